-- The face of ssh-to-age: beside the real one, and where it differs on purpose. Each line of
-- docs/ssh-to-age-differences.md names the test that shows it.

local files  <const> = require "moonlatch.files"
local host   <const> = require "moonlatch.host"
local ssh    <const> = require "moonlatch.ssh"
local test   <const> = require "moonlatch.test"

local VECTORS <const> = "tests/vectors/ssh-to-age/"
local IDENTITY <const> =
  "AGE-SECRET-KEY-1K3VN4N03PTHJWSJSCCMQCN33RY5FSKQPJ4KRRTG3JMQUYE0TUSEQEDH6V8"
local RECIPIENT <const> = "age17044m9wgakla6pzftf4srtl3h5mcsr85jysgt5fg23zpnta8sfdqhzn452"
local LOCKED_IDENTITY <const> =
  "AGE-SECRET-KEY-1EJQ0DZ679RZ4MF6KDC8L8F327SHUULYD5XP53C08ZHYT0KQLNWJQHG7X8P"

--- A folder with the vectors, and the program under the name ssh-to-age.
local function setup(t)
  assert(t.root:symlink("ssh-to-age", assert(host.program())))
  for _, name in ipairs { "id_ed25519", "id_ed25519.pub", "id_ed25519_passphrase" } do
    t:write(name, assert(files.read(VECTORS .. name)), 384)
  end
  local scan <const> = assert(files.read(VECTORS .. "keyscan.txt")):publish()
  t:write("commented.txt", scan)
  t:write("keyscan.txt", (scan:gsub("#[^\n]*\n", ""))) -- the peer built here knows no comments
end

--- Runs a command line: `{ "-i", "file", stdin = …, env = …, program = … }`.
local function run(t, words, status)
  local command <const> = { words.program or t:path "ssh-to-age" }
  table.move(words, 1, #words, 2, command)
  command.stdin, command.env = words.stdin, words.env or {}
  local result <const> = t:run(command)
  if status then
    test.equal(result.status, status, table.concat(words, " ") .. ": " .. result.stderr)
  end
  return result
end

local function mode(t, path)
  return ("%o"):format(t.root:stat(path).mode & 511)
end

--- What both must do alike; `said`: also the first line on standard error, but for the program.
local LINES <const> = {
  { "-i", "id_ed25519.pub" },
  { "--i=id_ed25519.pub" },
  { "-i", "id_ed25519.pub", "-private-key=false" },
  { "-i", "id_ed25519.pub", "operand", "-x" },
  { "-i", "id_ed25519.pub", "--", "-x" },
  { "-i", "keyscan.txt", said = true },
  { "-i", "id_ed25519.pub", "-o", "out" },
  { "-i", "keyscan.txt", "-o", "out", said = true },
  { "-private-key", "-i", "id_ed25519" },
  { "-private-key", "-i", "id_ed25519", "-o", "out" },
  { "-private-key", stdin = "id_ed25519" },
  { "-private-key=T", "-i", "-", stdin = "id_ed25519" },
  { stdin = "id_ed25519.pub" },
  { stdin = "" },
  { "-private-key", "-i", "id_ed25519_passphrase", env = { SSH_TO_AGE_PASSPHRASE = "test" } },
  { "-private-key", "-i", "id_ed25519_passphrase", env = { SSH_TO_AGE_PASSPHRASE = "tset" } },
  { "-private-key", "-i", "id_ed25519_passphrase", env = { SSH_TO_AGE_PASSPHRASE = "" } },
  { "-private-key", "-i", "id_ed25519_passphrase" },
  { "-private-key", "-i", "id_ed25519", env = { SSH_TO_AGE_PASSPHRASE = "test" } },
  { "-private-key", "-i", "id_ed25519.pub" },
  { "-private-key", "-i", "rsa" },
  { "-i", "id_ed25519" },
  { "-i", "rsa.pub", said = true },
  { "-i", "hosts", said = true },
  { "-i", "crlf.pub" },
  { "-i", "cut.pub" },
  { "-i", "two" },
  { "-i", "none", said = true },
  { "-i", "." },
  { "-i", "id_ed25519.pub", "-o", "none/out", said = true },
  { "-i=", said = true },
  { "-i", said = true },
  { "-x", said = true },
  { "---i", said = true },
  { "-=x", said = true },
  { "-private-key=maybe", said = true },
  { "-h" },
  { "--help" },
}

--- Keys that the vectors have not.
local function more_keys(t)
  local public <const> = t:read "id_ed25519.pub"
  t:write("crlf.pub", (public:gsub("\n", "\r\n")))
  t:write("cut.pub", public:sub(1, 60) .. "\n")
  t:write("two", public .. "\n" .. public .. "oops\n" .. public)
  t:write("hosts", "@cert-authority *.example.org,[h]:22 " .. public .. "h " .. public)
  test.equal(t:run({ "ssh-keygen", "-q", "-t", "rsa", "-N", "", "-f", "rsa" }).status, 0)
end

test.it("does what ssh-to-age does", function(t)
  local real <const> = test.peer "ssh-to-age"
  setup(t)
  more_keys(t)
  for _, words in ipairs(LINES) do
    local line <const>, results <const> = table.concat(words, " "), {}
    words.stdin = words.stdin and words.stdin ~= "" and t.root:read(words.stdin) or words.stdin
    for i, program in ipairs { t:path "ssh-to-age", real } do
      words.program = program
      local result <const> = run(t, words)
      results[i] = { status = result.status, stdout = result.stdout,
        said = words.said and result.stderr:match("^[^\n]*"):gsub("^%S+ssh%-to%-age: ", ""),
        out = t.root:exists "out" and t:read "out" or nil }
      if result.status ~= 0 then
        results[i].out = nil
      end
      t.root:remove "out"
    end
    test.equal(results[1], results[2], line)
  end
end)

test.it("works without a link", function(t)
  setup(t)
  test.equal(t:expect({ "as", "ssh-to-age", "-i", "id_ed25519.pub" }).stdout, RECIPIENT .. "\n")
  test.contains(t:expect({ "as", "ssh-to-age", "-i", "none" }, 1).stderr, "ssh-to-age: error")
end)

test.it("no message shows a key", function(t)
  setup(t)
  local line <const> = t:read("id_ed25519"):match "\n(%w+)\n"
  t:write("broken", (t:read("id_ed25519"):gsub("\n.", "\nA")))
  t:write("age.txt", IDENTITY .. "\n")
  for _, words in ipairs { { "-private-key", "-i", "broken" }, { "-i", "id_ed25519" },
    { "-i", "age.txt" }, { "-private-key", "-i", "age.txt" },
    { "-private-key", "-i", "id_ed25519", env = { SSH_TO_AGE_PASSPHRASE = "x" } } } do
    local said <const> = run(t, words, 1).stderr
    test.lacks(said, line)
    test.lacks(said, "AGE-SECRET-KEY")
    test.lacks(said, "-----")
  end
end)

test.it("a private key is for its owner alone", function(t)
  setup(t)
  run(t, { "-private-key", "-i", "id_ed25519", "-o", "new" }, 0)
  t:write("old", "", 420)
  run(t, { "-private-key", "-i", "id_ed25519", "-o", "old" }, 0)
  test.equal({ t:read "new", mode(t, "new"), mode(t, "old") }, { IDENTITY .. "\n", "600", "600" })
end)

test.it("a failure leaves no file and changes none", function(t)
  setup(t)
  t:write("cut.pub", t:read "id_ed25519.pub" .. "ssh-ed25519 AAAA\n")
  run(t, { "-private-key", "-i", "id_ed25519_passphrase", "-o", "out" }, 1)
  run(t, { "-i", "cut.pub", "-o", "out" }, 1)
  test.equal(t.root:exists "out", false)
  t:write("out", "before")
  run(t, { "-i", "cut.pub", "-o", "out" }, 1)
  test.equal(t:read "out", "before")
end)

test.it("keys of other types are passed over wherever they stand", function(t)
  setup(t)
  local key <const> = t:read "id_ed25519.pub"
  local ecdsa <const> = "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBE"
    .. "vJ8oZcyKqbSH9cyRzxYPTXA3ibqdRMNMlIvnXgKJBRTFkDPdbTOSPv3QwPLnfqZWQmQv/T0mWTh3VRwOVBs4Q="
  t:write("keys", key .. ecdsa .. " me@here\n" .. "ssh-new AAAAB3NzaC1uZXcAAAAA\n" .. key)
  local result <const> = run(t, { "-i", "keys" }, 0)
  test.equal(result.stdout, (RECIPIENT .. "\n"):rep(2))
  test.contains(result.stderr, "got ecdsa-sha2-nistp256 key type")
  test.contains(result.stderr, "got ssh-new key type")
end)

test.it("revoked keys are passed over", function(t)
  setup(t)
  t:write("hosts", "@revoked h " .. t:read "id_ed25519.pub")
  local result <const> = run(t, { "-i", "hosts" }, 0)
  test.equal(result.stdout, "")
  test.contains(result.stderr, "revoked")
end)

test.it("blank lines and comments are blank, indented or not", function(t)
  setup(t)
  t:write("keys", " \t\n# one\n  # two\n  " .. t:read "id_ed25519.pub" .. "\r\n")
  test.equal(run(t, { "-i", "keys" }, 0).stdout, RECIPIENT .. "\n")
  test.equal(select(2, run(t, { "-i", "commented.txt" }, 0).stdout:gsub("age1", "")), 2)
end)

test.it("a key whose type is not the word before it is refused", function(t)
  setup(t)
  t:write("keys", "h ssh-rsa " .. t:read("id_ed25519.pub"):match "AAAA%S+" .. "\n")
  run(t, { "-i", "keys" }, 1)
end)

test.it("reads every cipher that ssh-keygen writes", function(t)
  setup(t)
  for _, cipher in ipairs { "3des-cbc", "aes128-ctr", "aes256-gcm", "chacha20-poly1305" } do
    local path <const> = "tests/vectors/ssh/private/" .. cipher
    t:write("key", assert(files.read(path)), 384)
    local result <const> = run(t, { "-private-key", "-i", "key",
      env = { SSH_TO_AGE_PASSPHRASE = "pass word" } }, 0)
    test.contains(result.stdout, "AGE-SECRET-KEY-1")
  end
end)

test.it("a private key stands alone in its file", function(t)
  setup(t)
  local key <const> = t:read "id_ed25519"
  for _, text in ipairs { key .. key, "text\n" .. key, key .. "text\n" } do
    t:write("keys", text, 384)
    run(t, { "-private-key", "-i", "keys" }, 1)
  end
  t:write("keys", "\n" .. key:gsub("\n", "\r\n") .. "\n", 384)
  run(t, { "-private-key", "-i", "keys" }, 0)
end)

test.it("a private key may be in PKCS#8", function(t)
  setup(t)
  t:write("key", "-----BEGIN PRIVATE KEY-----\n" -- of RFC 8032, 7.1
    .. "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
    .. "-----END PRIVATE KEY-----\n", 384)
  test.equal(run(t, { "-private-key", "-i", "key" }, 0).stdout,
    "AGE-SECRET-KEY-1X47G8PJ09QEUKSN69MCUQZSP8N7L7FMGMXQVPGA9YRCQDYZDAY8SH3M5PD\n")
end)

test.it("points outside the group are refused", function(t)
  setup(t)
  local blob <const> = require "moonlatch.encode".base64("\0\0\0\11ssh-ed25519\0\0\0\32\1"
    .. ("\0"):rep(31))
  test.equal(ssh.public("ssh-ed25519 " .. blob) ~= nil, true)
  t:write("keys", "ssh-ed25519 " .. blob .. "\n")
  test.equal(run(t, { "-i", "keys" }, 1).stdout, "")
end)

test.it("a passphrase comes from standard input", function(t)
  setup(t)
  local words <const> = { "-private-key", "-stdinpass", "-i", "id_ed25519_passphrase",
    stdin = "test\r\n", env = { SSH_TO_AGE_PASSPHRASE = "wrong" } }
  test.equal(run(t, words, 0).stdout, LOCKED_IDENTITY .. "\n")
  words.stdin = "tset\n"
  run(t, words, 1)
  run(t, { "-private-key", "-stdinpass", stdin = "test" }, 1)
  run(t, { "-private-key", "-stdinpass", "-i", "-", stdin = "test" }, 1)
end)

test.it("says its version", function(t)
  setup(t)
  test.contains(run(t, { "-version" }, 0).stdout, host.version)
end)
