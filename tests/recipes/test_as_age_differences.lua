-- Where the faces of age differ from age, on purpose: each line of docs/age-differences.md names
-- the test that shows it.

local files <const> = require "moonlatch.files"
local host  <const> = require "moonlatch.host"
local test  <const> = require "moonlatch.test"

local at_terminal <const> = test.helper "tests/recipes/terminal.lua"

--- A folder with the program under its three names and a key.
local function setup(t)
  for _, name in ipairs { "age", "age-keygen", "age-inspect" } do
    assert(t.root:symlink(name, assert(host.program())))
  end
  t:expect { "keygen", "-q", "-o", "k.txt" }
  t:write("in", "hello\n")
end

--- Run a line of shell, in which the names of age are the faces.
local function run(t, line, status, env)
  local variables <const> = { PATH = t.folder .. ":" .. host.env "PATH" }
  for name, value in pairs(env or {}) do
    variables[name] = value
  end
  local result <const> = t:run { "sh", "-c", line, env = variables }
  test.equal(result.status, status or 0, line .. "\n" .. result.stderr)
  return result
end

local function mode(t, path)
  return ("%o"):format(t.root:stat(path).mode & 511)
end

--- A file of several chunks, cut in the second.
local function cut(t)
  t:write("big", ("0123456789abcdef"):rep(8192))
  run(t, "age -e -i k.txt big | head -c 100000 > cut.age")
end

test.it("what is opened is for its owner alone", function(t)
  setup(t)
  t:write("there", "older\n", 420)
  run(t, "umask 022; age -e -i k.txt -o f.age in; age -d -i k.txt -o new f.age")
  run(t, "umask 022; age -d -i k.txt -o there f.age")
  test.equal({ mode(t, "f.age"), mode(t, "new"), mode(t, "there") }, { "644", "600", "600" })
  test.equal(t:read "there", "hello\n")
end)

test.it("a failure leaves no part of a file", function(t)
  setup(t)
  cut(t)
  t:write("there", "older\n")
  run(t, "age -d -i k.txt -o new cut.age", 1)
  run(t, "age -d -i k.txt -o there cut.age", 1)
  test.contains(run(t, "ulimit -f 0; age -e -i k.txt -o new in", 1).stderr, "cannot write new")
  test.equal({ t:read "new", t:read "there" }, { nil, "older\n" })
  run(t, "age -d --keep-partial -i k.txt -o new cut.age", 1)
  test.equal({ t:read "new", mode(t, "new") }, { t:read("big"):sub(1, 65536), "600" })
end)

test.it("a signal leaves nothing", function(t)
  setup(t)
  -- A pipe holds less than what is written: age is reading when the signal comes.
  run(t, "mkfifo p; age -e -i k.txt -o out p & exec 4> p; head -c 500000 /dev/zero >&4; "
    .. "kill -TERM $!; head -c 500000 /dev/zero >&4; wait $!", 130)
  test.equal(t.root:exists "out", false)
end)

test.it("a file is replaced whole", function(t)
  setup(t)
  cut(t)
  t:write("there", "older\n")
  run(t, "ln there other; age -e -i k.txt -o there big; age -d -i k.txt there | cmp - big")
  test.equal(t:read "other", "older\n") -- a new file took the place of the old one
end)

test.it("a file that one may not write to is not replaced", function(t)
  setup(t)
  if run(t, "id -u").stdout == "0\n" then
    test.skip "root may write to every file"
  end
  t:write("kept", "older\n", 256)
  test.contains(run(t, "age -e -i k.txt -o kept in", 1).stderr, "kept: permission denied")
  test.equal(t:read "kept", "older\n")
end)

test.it("an input that is written to is refused", function(t)
  setup(t)
  t:write("log", ("0123456789abcdef"):rep(256 * 1024))
  -- The pipe holds too little for age to be at the end before the log has grown.
  local result <const> = run(t, "mkfifo p; { head -c 1; echo more >> log; cat; } < p > out.age & "
    .. "age -e -i k.txt log > p; status=$?; wait; exit $status", 1)
  test.contains(result.stderr, "age: error: log was written to while it was read")
end)

test.it("a passphrase stanza stands alone, whatever key is there", function(t)
  setup(t)
  local vector <const> = files.read "tests/vectors/age/kit/scrypt_mixed_x25519_behind":publish()
  t:write("both.txt", vector:match "\nidentity: (%C+\n)")
  t:write("both.age", vector:match "\n\n(.*)$")
  for _, line in ipairs { "age -d -i both.txt both.age", "age-inspect both.age" } do
    test.contains(run(t, line, 1).stderr, "a passphrase stanza (scrypt) is not alone")
  end
end)

test.it("a folder is no input", function(t)
  setup(t)
  test.equal(run(t, "mkdir d; age -e -i k.txt d", 1).stdout, "")
end)

test.it("no message shows a private key", function(t)
  setup(t)
  local key <const> = t:read("k.txt"):match "AGE%-SECRET%-KEY%-%w+"
  t:write("broken.txt", key:gsub("Q", "P", 1):sub(1, -3) .. "\n")
  for _, line in ipairs { "age -r KEY in", "age -r KEY in -o x", "age -r KEY -r KEY in",
    "age -R k.txt in", "age -d -i broken.txt in", "age-keygen -y broken.txt",
    "age -r age1KEY in", "echo '# KEY' | age -R - in" } do
    local said <const> = run(t, line:gsub("KEY", key), 1).stderr
    test.lacks(said, key)
    test.lacks(said, key:sub(20, 40))
  end
end)

test.it("passphrases come from a descriptor or the environment", function(t)
  setup(t)
  t:write("pass", "pass phrase\n")
  t:write("other", "another\n")
  local variable <const> = { MOONLATCH_AGE_PASSPHRASE = "pass phrase" }
  run(t, "age -p --passphrase-fd 3 -o p.age in 3< pass")
  test.equal(run(t, "age -d --passphrase-fd 0 p.age < pass").stdout, "hello\n")
  test.equal(run(t, "age -d p.age", 0, variable).stdout, "hello\n")
  test.contains(run(t, "age -d --passphrase-fd 3 p.age 3< other", 1).stderr,
    "error: incorrect passphrase\n")
  -- files of identities, and SSH keys
  run(t, "age -p -o k.age k.txt && age -e -i k.txt -o f.age in", 0, variable)
  test.equal(run(t, "age -d -i k.age f.age", 0, variable).stdout, "hello\n")
  run(t, "ssh-keygen -q -t ed25519 -N 'pass phrase' -f ed && age -R ed.pub -o ed.age in")
  test.equal(run(t, "age -d -i ed ed.age", 0, variable).stdout, "hello\n")
  -- what is no passphrase
  for _, line in ipairs { "age -d --passphrase-fd 7 p.age", "age -d --passphrase-fd 1 p.age",
    "age -d --passphrase-fd x p.age", "age -d --passphrase-fd 99999999999 p.age",
    "age -d --passphrase-fd 0x3 p.age 3< pass", "age -d --passphrase-fd 0 < p.age",
    "age -d --passphrase-fd 3 p.age 3< /dev/null" } do
    run(t, line, 1)
  end
  run(t, "age -d p.age", 1, { MOONLATCH_AGE_PASSPHRASE = "" })
end)

test.it("a passphrase that was made up is for the terminal alone", function(t)
  setup(t)
  local shown <const> = at_terminal(t, "./age -p -o p.age in 2> said",
    { "Enter passphrase", "" }).shown
  local words <const> = shown:match 'age: using autogenerated passphrase "([%l%-]+)"'
  test.equal(select(2, words:gsub("%-", "")), 9)
  test.equal(t:read "said", "")
  test.equal(run(t, "age -d p.age", 0, { MOONLATCH_AGE_PASSPHRASE = words }).stdout, "hello\n")
end)

test.it("a terminal gets plain text only", function(t)
  setup(t)
  local function shown(text, flags)
    t:write("in", text)
    run(t, "age -e -i k.txt -o f.age in")
    return at_terminal(t, ("./age -d -i k.txt %s f.age"):format(flags or ""), {}).shown
  end
  for _, text in ipairs { "a\27[1mb", "a\0b", "\255\254", "a\u{202E}b", "a\127" } do
    local said <const> = shown(text)
    test.contains(said, "refusing to output binary to the terminal")
    test.lacks(said, text)
  end
  test.equal(shown "caf\u{E9}\tx\n", "caf\u{E9}\tx\r\n")
  test.contains(shown("a\27[1mb", "-o -"), "a\27[1mb")
end)

test.it("a dash is standard output", function(t)
  setup(t)
  test.contains(run(t, "age-keygen -o -").stdout, "AGE-SECRET-KEY-1")
  test.equal(t.root:exists "-", false)
end)

test.it("refuses the old encryption of PEM with advice", function(t)
  setup(t)
  run(t, "ssh-keygen -q -t rsa -b 2048 -m PEM -N 'pass phrase' -f old")
  run(t, "age -e -i k.txt -o f.age in")
  test.contains(run(t, "age -d -i old f.age", 1).stderr, "hint: ssh-keygen -p -f")
end)

test.it("an SSH key stands alone in its file", function(t)
  setup(t)
  run(t, "ssh-keygen -q -t ed25519 -N '' -f ed && age -R ed.pub -o ed.age in")
  run(t, "age -d -i ed ed.age")
  for _, line in ipairs { "cat ed ed", "cat ed k.txt", "cat ed; echo text" } do
    run(t, ("{ %s; } | age -d -i - ed.age"):format(line), 1)
  end
end)

test.it("a weak RSA key is no identity", function(t)
  setup(t)
  run(t, "ssh-keygen -q -t rsa -b 1024 -N '' -f weak && age -e -i k.txt -o f.age in")
  test.contains(run(t, "age -d -i weak -i k.txt f.age", 1).stderr, "an RSA key of 1024 bits")
end)

test.it("what is sealed can be opened", function(t)
  setup(t)
  local key <const> = run(t, "age-keygen -y k.txt").stdout
  t:write("many", key:rep(1024))
  t:write("more", key:rep(1025))
  test.equal(run(t, "age -R many in | age -d -i k.txt").stdout, "hello\n")
  test.equal(run(t, "age -R more -o f.age in", 1).stderr:match "more than %d+", "more than 1024")
  test.equal(t.root:exists "f.age", false)
end)

test.it("a file of identities has lines of any length", function(t)
  setup(t)
  run(t, "age -e -i k.txt -o f.age in")
  t:write("long.txt", "#" .. ("x"):rep(70000) .. "\n" .. t:read "k.txt")
  t:write("many.txt", t:read "k.txt" .. ("\n"):rep(100000))
  run(t, "age -d -i long.txt f.age")
  test.contains(run(t, "age -d -i many.txt f.age", 1).stderr, "100000 lines")
end)

test.it("what cannot be read or written is an error", function(t)
  setup(t)
  run(t, "age -e -i k.txt -o f.age in")
  for _, line in ipairs { "age -e -i k.txt <&-", "age -e -i k.txt in >&-", "age -d -i k.txt <&-",
    "age -d -i k.txt f.age >&-", "age-keygen >&-", "age-keygen -y k.txt >&-",
    "age-inspect f.age >&-", "age-inspect f.age > /dev/full" } do
    test.contains(run(t, line, 1).stderr, "error: ")
  end
end)

test.it("the name of a file is escaped", function(t)
  setup(t)
  run(t, "age -e -i k.txt -o \"$(printf 'a\\033b')\" in")
  test.contains(run(t, "age-inspect a?b").stdout, "a\\x1bb is an age file")
end)

test.it("says which program it is", function(t)
  setup(t)
  for _, name in ipairs { "age", "age-keygen", "age-inspect" } do
    test.contains(run(t, name .. " --version").stdout, "\nmoonlatch " .. host.version .. "\n")
  end
end)

test.it("sends nobody to the authors of age", function(t)
  setup(t)
  local said <const> = run(t, "age -d -i k.txt in", 1).stderr
  test.contains(said, "\nage: report unexpected or unhelpful errors ")
  test.lacks(said, "://")
end)
