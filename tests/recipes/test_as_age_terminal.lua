-- What the faces of age ask at a terminal, when they ask it, and what they refuse to show there.

local host <const> = require "moonlatch.host"
local test <const> = require "moonlatch.test"

local at_terminal <const> = test.helper "tests/recipes/terminal.lua"

local FILE <const> = "Enter passphrase: "
local NEW <const>, AGAIN <const> = "Enter passphrase (leave empty to autogenerate a secure one): ",
  "Confirm passphrase: "
local REPORT <const> = "age: report unexpected or unhelpful errors where you got moonlatch from\r\n"

--- A folder with the program under its names, a key, and files sealed in several ways.
local function setup(t)
  for _, name in ipairs { "age", "age-keygen" } do
    assert(t.root:symlink(name, assert(host.program())))
  end
  t:write("in", "hello\n")
  t:expect { "keygen", "-q", "-o", "k.txt" }
  local made <const> = t:run { "sh", "-c", [[
    set -e
    ./age -e -i k.txt -o f.age in
    ./age -p -o p.age in
    ./age -p -o k.age k.txt
    ssh-keygen -q -t ed25519 -N 'pass phrase' -C '' -f ed
    ./age -R ed.pub -o ed.age in
  ]], env = { MOONLATCH_AGE_PASSPHRASE = "pass phrase" } }
  test.equal({ made.status, made.stderr }, { 0, "" })
end

--- Both, and without control sequences it is all that was seen.
local function saw(t, line, answers, status, shown)
  local result <const> = at_terminal(t, line, answers)
  test.equal({ result.status, result.shown }, { status, shown }, line)
end

test.it("asks for the passphrase of a file", function(t)
  setup(t)
  saw(t, "./age -d p.age", { FILE, "pass phrase" }, 0, FILE .. "\r\nhello\r\n")
  saw(t, "./age -d p.age", { FILE, "another" }, 1,
    FILE .. "\r\nage: error: incorrect passphrase\r\n" .. REPORT)
  saw(t, "./age -d p.age", { FILE, "" }, 1,
    FILE .. "\r\nage: error: passphrase can't be empty\r\n" .. REPORT)
end)

test.it("asks twice for a new passphrase", function(t)
  setup(t)
  saw(t, "./age -p -o n.age in", { NEW, "new one", AGAIN, "new one" }, 0,
    NEW .. "\r\n" .. AGAIN .. "\r\n")
  saw(t, "./age -d n.age", { FILE, "new one" }, 0, FILE .. "\r\nhello\r\n")
  saw(t, "./age -p -o m.age in", { NEW, "new one", AGAIN, "new two" }, 1,
    NEW .. "\r\n" .. AGAIN .. "\r\nage: error: passphrases didn't match\r\n" .. REPORT)
  test.equal(t.root:exists "m.age", false)
end)

test.it("asks for a protected file of identities when its turn comes", function(t)
  setup(t)
  local prompt <const> = 'Enter passphrase for identity file "k.age": '
  local unmatched <const> =
    "age: warning: encrypted identity file \"k.age\" didn't match file's recipients\r\n"
  saw(t, "./age -d -i k.age f.age", { prompt, "pass phrase" }, 0, prompt .. "\r\nhello\r\n")
  saw(t, "./age -d -i k.age -i k.txt f.age", {}, 0, "hello\r\n") -- that one opens it unasked
  saw(t, "./age -d -i k.age f.age", { prompt, "another" }, 1, prompt
    .. "\r\nage: error: failed to decrypt identity file: incorrect passphrase\r\n" .. REPORT)
  saw(t, "./age -d -i k.age ed.age", { prompt, "pass phrase" }, 1, prompt .. "\r\n" .. unmatched
    .. "age: error: no identity matched any of the recipients\r\n" .. REPORT)
  saw(t, "./age -e -i k.age in | ./age -d -i k.txt", { prompt, "pass phrase" }, 0,
    prompt .. "\r\nhello\r\n")
end)

test.it("asks for an SSH key only when the file is for it", function(t)
  setup(t)
  local prompt <const> = 'Enter passphrase for "ed": '
  saw(t, "./age -d -i ed ed.age", { prompt, "pass phrase" }, 0, prompt .. "\r\nhello\r\n")
  saw(t, "./age -d -i ed f.age", {}, 1,
    "age: error: no identity matched any of the recipients\r\n" .. REPORT)
  saw(t, "./age -e -i ed in > out", {}, 0, "")
  saw(t, "./age -d -i ed ed.age", { prompt, "another" }, 1, prompt
    .. "\r\nage: error: failed to decrypt SSH key file: incorrect passphrase\r\n" .. REPORT)
end)

test.it("takes what is typed as whole at the first Ctrl-D", function(t)
  setup(t)
  local seen <const> = at_terminal(t, "echo ready; ./age -e -i k.txt -o typed.age",
    { "ready", "typed\n\4" })
  test.equal(seen.status, 0)
  test.equal(t:run({ t:path "age", "-d", "-i", "k.txt", "typed.age" }).stdout, "typed\n")
end)

test.it("takes a sealed text that is typed as whole at its last line", function(t)
  setup(t)
  t:write("p.txt", t:run({ t:path "age", "-a", "-p", "in",
    env = { MOONLATCH_AGE_PASSPHRASE = "pass phrase" } }).stdout)
  local text <const> = t:read "p.txt":gsub("\n$", "")
  local seen <const> = at_terminal(t, "echo ready; ./age -d",
    { "ready", text, FILE, "pass phrase" })
  test.equal(seen.status, 0)
  test.contains(seen.shown, FILE .. "\r\nhello\r\n")
end)

test.it("shows no sealed file at a terminal, unless it is told to", function(t)
  setup(t)
  local refused <const> = "age: error: refusing to output binary to the terminal\r\n"
    .. "age: hint: did you mean to use -a/--armor?\r\nage: hint: force anyway with \"-o -\"\r\n"
    .. REPORT
  saw(t, "./age -e -i k.txt in", {}, 1, refused)
  saw(t, "./age -p in", {}, 1, refused) -- before it asks
  saw(t, "./age -e -i k.txt -o - in | ./age -d -i k.txt", {}, 0, "hello\r\n")
  test.contains(at_terminal(t, "./age -a -e -i k.txt in", {}).shown, "-----END AGE")
  test.contains(at_terminal(t, "./age -e -i k.txt -o - in", {}).shown, "-> X25519 ")
end)

test.it("shows a new key at a terminal without saying its public half twice", function(t)
  setup(t)
  local shown <const> = at_terminal(t, "./age-keygen", {}).shown
  test.contains(shown, "AGE-SECRET-KEY-1")
  test.lacks(shown, "Public key:")
end)

test.it("tells what a redirection of PowerShell has done", function(t)
  setup(t)
  t:write("crlf.age", (t:read("f.age"):gsub("\n", "\r\n")))
  t:write("wide.age", "\255\254" .. t:read("f.age"):gsub(".", "%0\0"))
  for _, name in ipairs { "crlf.age", "wide.age" } do
    test.contains(t:run({ t:path "age", "-d", "-i", "k.txt", name }).stderr,
      "age: hint: it looks like this file was corrupted by PowerShell redirection")
  end
end)
