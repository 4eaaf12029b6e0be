-- Where the face of sops differs from sops, on purpose: each line of docs/sops-differences.md names
-- the test that shows it, most of them here.

local host <const> = require "moonlatch.host"
local test <const> = require "moonlatch.test"

local face <const> = test.helper "tests/recipes/sops_face.lua"
local setup <const>, run <const>, out <const>, seal <const> = face.setup, face.run, face.out,
  face.seal

local function mode(t, path)
  return ("%o"):format(t.root:stat(path).mode & 511)
end

test.it("refuses a pattern that Go refuses", function(t)
  setup(t)
  t:write("a.yaml", "a: secret\n")
  for _, flag in ipairs { "--encrypted-regex", "--unencrypted-regex" } do
    test.lacks(run(t, { "encrypt", "-i", flag, "(", "a.yaml" }, false).stdout, "secret")
  end
  run(t, { "--encrypted-comment-regex", "(", "-e", "-i", "a.yaml" }, 23)
  test.equal(t:read "a.yaml", "a: secret\n")
end)

test.it("refuses a selector that picks nothing", function(t)
  setup(t)
  t:write("a.yaml", "a: secret\n")
  test.contains(run(t, { "encrypt", "-i", "--encrypted-regex", "zz", "a.yaml" }, 23).stderr,
    "picks no value")
  test.equal(t:read "a.yaml", "a: secret\n")
end)

test.it("refuses JSON that is cut short, or goes on behind its end", function(t)
  setup(t)
  for _, text in ipairs { '{"a": 1, "b": [1', '{"a":', '{"a": 1} {"b": 2}' } do
    t:write("a.json", text)
    run(t, { "encrypt", "-i", "a.json" }, 2)
    test.equal(t:read "a.json", text)
  end
end)

test.it("refuses equal keys and numbers that would be rounded", function(t)
  setup(t)
  for text, status in pairs { ['{"a": 1, "a": 2}'] = 2, ['{"a": 12345678901234567890}'] = 23 } do
    t:write("a.json", text)
    run(t, { "encrypt", "-i", "a.json" }, status)
    test.equal(t:read "a.json", text)
  end
end)

test.it("refuses what JSON cannot hold", function(t)
  setup(t)
  t:write("a.yaml", "a: .inf\n")
  run(t, { "encrypt", "--output-type", "json", "a.yaml" }, 4)
  t:write("b.bin", "\xFF")
  out(t, { "encrypt", "-i", "b.bin" })
  run(t, { "decrypt", "--output-type", "json", "b.bin" }, 4)
  test.equal(out(t, { "decrypt", "b.bin" }), "\xFF")
end)

test.it("does not change a file without a MAC", function(t)
  setup(t)
  t:write("a.yaml", (seal(t, "a.yaml", "a: 1\n"):gsub("\n *mac: [^\n]*", "")))
  local before <const> = t:read "a.yaml"
  test.equal(out(t, { "decrypt", "--ignore-mac", "a.yaml" }), "a: 1\n")
  test.contains(run(t, { "set", "--ignore-mac", "a.yaml", '["a"]', "2" }, 1).stderr, "no MAC")
  test.equal(t:read "a.yaml", before)
end)

test.it("makes no key groups that open nothing", function(t)
  local own <const> = setup(t)
  local before <const> = seal(t, "a.yaml", "a: 1\n")
  local threshold <const> = "--shamir-secret-sharing-threshold"
  for _, words in ipairs { {}, { "--age", "junk" }, { "--age", own, threshold, "1" },
    { "--age", own, threshold, "3" } } do
    run(t, { "groups", "add", "-i", "-f", "a.yaml", table.unpack(words) }, 1)
  end
  run(t, { "groups", "delete", "-i", "-f", "a.yaml", "0" }, 1)
  test.equal(t:read "a.yaml", before)
end)

test.it("keeps the format that a file has", function(t)
  setup(t)
  t:write("a", seal(t, "a.yaml", "a: 1\nb: 2\n"))
  out(t, { "set", "--input-type", "yaml", "a", '["a"]', "3" })
  out(t, { "rotate", "-i", "--input-type", "yaml", "a" })
  out(t, { "edit", "--input-type", "yaml", "a", env = { EDITOR = "sed -i s/2/4/" } })
  test.equal(out(t, { "decrypt", "--input-type", "yaml", "--output-type", "yaml", "a" }),
    "a: 3\nb: 4\n")
  test.contains(t:read "a", "a: ENC[")
end)

test.it("edit -s is for YAML and JSON", function(t)
  setup(t)
  for _, name in ipairs { "a.env", "a.bin" } do
    local before <const> = seal(t, name, "A=1\n")
    run(t, { "edit", "-s", name, env = { EDITOR = "true" } }, 1)
    test.equal(t:read(name), before)
  end
end)

test.it("says nothing more when it is asked to", function(t)
  setup(t)
  seal(t, "a.yaml", "a: 1\n")
  test.equal(out(t, { "--verbose", "-d", "a.yaml" }), "a: 1\n")
end)

test.it("writes no key twice, and nothing that says nothing", function(t)
  local own <const> = setup(t)
  t:run { "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "somebody", "-f", t:path "ssh" }
  t:write("a.yaml", "a: 1\n")
  out(t, { "encrypt", "-i", "--shamir-secret-sharing-threshold", "2", "--age",
    own .. "," .. t:read("ssh.pub"):gsub("\n", ""), "a.yaml" })
  test.lacks(t:read "a.yaml", "somebody")
  test.lacks(t:read "a.yaml", "shamir_threshold")
  out(t, { "rotate", "-i", "--add-age", own, "a.yaml" })
  test.equal(select(2, t:read("a.yaml"):gsub(own, "")), 1)
end)

test.it("exec-file waits for its command", function(t)
  setup(t)
  seal(t, "a.yaml", "a: 1\n")
  run(t, { "exec-file", "--background", "a.yaml", "cat {} > b" })
  test.equal(t:read "b", "a: 1\n")
end)

test.it("text in clear is for its owner alone", function(t)
  setup(t)
  seal(t, "a.yaml", "a: 1\n")
  assert(t.root:write("b.yaml", t:read "a.yaml", { mode = 420 }))
  out(t, { "decrypt", "--output", "new.yaml", "a.yaml" })
  out(t, { "decrypt", "-i", "b.yaml" })
  test.equal({ mode(t, "new.yaml"), mode(t, "b.yaml") }, { "600", "600" })
end)

test.it("a file is written whole or not at all", function(t)
  setup(t)
  local before <const> = seal(t, "d/a.yaml", "a: 1\n")
  local inode <const> = t.root:stat("d/a.yaml")
  out(t, { "set", "d/a.yaml", '["a"]', "2" }) -- a new file takes the old one's place
  test.equal(t:read "d/a.yaml" ~= before, true)
  test.equal(inode.mode, t.root:stat("d/a.yaml").mode)
  test.equal(#assert(t.root:list "d"), 1)
  run(t, { "set", "d/a.yaml", '["a"]x', "2" }, 7)
  run(t, { "decrypt", "--output", "none/b.yaml", "d/a.yaml" }, 3)
  test.equal(t.root:exists "none", false)
end)

test.it("does not write over what somebody else wrote during an edit", function(t)
  setup(t)
  seal(t, "a.yaml", "a: 1\n")
  t:write("other.yaml", t:read "a.yaml" .. "# theirs\n")
  t:write("editor", "#!/bin/sh\ncp other.yaml a.yaml\necho 'a: 2' > \"$1\"\n", 493)
  run(t, { "edit", "a.yaml", env = { EDITOR = t:path "editor" } }, 1)
  test.equal(t:read "a.yaml", t:read "other.yaml")
end)

test.it("says no private key that was given for a public one", function(t)
  setup(t)
  t:write("a.yaml", "a: 1\n")
  local private <const> = t:read "home/key.txt"
  for _, words in ipairs { { "encrypt", "--age", private, "a.yaml" },
    { "encrypt", "a.yaml", env = { SOPS_AGE_RECIPIENTS = private } } } do
    test.lacks(run(t, words, 1).stderr, private)
  end
end)

test.it("keeps how a file is written", function(t)
  setup(t)
  local text <const> = "# head\nb: 'one'\n\na: [x, \"y\"] # note\nlist:\n- 1\n-   2\n"
    .. "t: |\n   two\n   lines\n"
  seal(t, "a.yaml", text)
  test.equal(out(t, { "decrypt", "a.yaml" }), text)
  out(t, { "set", "a.yaml", '["b"]', '"two"' })
  test.equal(out(t, { "decrypt", "a.yaml" }), (text:gsub("'one'", "'two'")))
  seal(t, "a.json", '{"b":1,  "a": [1,2]}')
  test.equal(out(t, { "decrypt", "a.json" }), '{"b":1,  "a": [1,2]}\n')
end)

test.it("writes text as plain as it can", function(t)
  local real <const>, key <const> = test.peer "sops", setup(t)
  t:write("a.json", '{\n\t"a": "x & y"\n}\n')
  t:write("a.yaml", "a: |\n    x \n    y\nb: --- x\nc: \240\159\142\137\n")
  for _, name in ipairs { "a.json", "a.yaml" } do
    t:write("sealed-" .. name, run(t, { "encrypt", "--age", key, name, program = real }).stdout)
    test.equal(out(t, { "decrypt", "sealed-" .. name }), t:read(name))
  end
end)

test.it("keeps text of several lines that begins with a tab", function(t)
  setup(t)
  seal(t, "a.json", '{"a": "\\tx\\ny"}')
  test.equal(out(t, { "decrypt", "--extract", '["a"]', "a.json" }), "\tx\ny")
  test.lacks(out(t, { "decrypt", "--output-type", "yaml", "a.json" }), "null")
end)

test.it("says that it drops documents", function(t)
  setup(t)
  seal(t, "a.yaml", "a: 1\n---\nb: 2\n")
  local said <const> = run(t, { "decrypt", "--output-type", "json", "a.yaml" })
  test.equal(said.stdout, '{\n\t"a": 1\n}\n')
  test.contains(said.stderr, "level=warning")
  t:write("b.yaml", "a: 1\n---\nb: 2\n")
  local sealed <const> = run(t, { "encrypt", "--output-type", "json", "b.yaml" })
  test.contains(sealed.stderr, "level=warning")
end)

test.it("puts no first document in the place of all", function(t)
  setup(t)
  t:write("b.yaml", "a: 1\n---\nb: 2\n")
  seal(t, "a.yaml", t:read "b.yaml")
  for _, words in ipairs { { "decrypt", "-i", "a.yaml" }, { "set", "a.yaml", '["a"]', "3" },
    { "unset", "a.yaml", '["a"]' }, { "encrypt", "-i", "b.yaml" } } do
    local path <const> = words[1] == "encrypt" and "b.yaml" or "a.yaml"
    local before <const> = t:read(path)
    table.insert(words, 2, "--output-type=json")
    test.contains(run(t, words, 4).stderr, "several documents")
    test.equal(t:read(path), before)
  end
end)

test.it("edit -s does what is changed in the metadata", function(t)
  setup(t)
  local other <const> = face.key(t, "home/other.txt")
  seal(t, "a.yaml", "a: 1\nb: 2\n")
  t:write("add", ([[
#!/bin/sh
sed -i -e 's/^b: 2/b: 3/' -e 's/^\( *\)- enc: |/\1- recipient: %s\n&/' "$1"
]]):format(other), 493)
  out(t, { "edit", "-s", "a.yaml", env = { EDITOR = t:path "add" } })
  local env <const> = { SOPS_AGE_KEY_FILE = t:path "home/other.txt" }
  test.equal(out(t, { "decrypt", "a.yaml", env = env }), "a: 1\nb: 3\n")
  t:write("select", [[
#!/bin/sh
sed -i 's/unencrypted_suffix: .*/encrypted_regex: "^b"/' "$1"
]], 493)
  out(t, { "edit", "-s", "a.yaml", env = { EDITOR = t:path "select" } })
  test.contains(t:read "a.yaml", "a: 1\nb: ENC[")
  test.equal(out(t, { "decrypt", "a.yaml" }), "a: 1\nb: 3\n")
end)

test.it("an edit that cannot be sealed ends when there is nobody to ask", function(t)
  setup(t)
  local before <const> = seal(t, "a.yaml", "a: 1\n")
  t:write("editor", "#!/bin/sh\necho 'a: [' > \"$1\"\n", 493)
  run(t, { "edit", "a.yaml", stdin = "\n\n\n", env = { EDITOR = t:path "editor" } }, 1)
  test.equal(t:read "a.yaml", before)
end)

test.it("the text in clear is in memory while it is edited or read by a command", function(t)
  setup(t)
  seal(t, "a.yaml", "a: secret\n")
  t:write("editor", "#!/bin/sh\nstat -f -c %T \"$1\" > where; ls -ld \"${1%/*}\" >> where\n", 493)
  run(t, { "edit", "a.yaml", env = { EDITOR = t:path "editor", TMPDIR = t:path "tmp" } }, 200)
  test.equal(t:read("where"):match "^(%S+)", "tmpfs")
  test.contains(t:read "where", "drwx------")
  test.equal(out(t, { "exec-file", "a.yaml", "stat -f -c %T {}" }):match "^(%S+)", "tmpfs")
  -- one that is known has a folder of its own, where `moonlatch edit` has it
  t:write("nano", "#!/bin/sh\necho \"${2%/*}\" > where\n", 493)
  local env <const> = { SOPS_AGE_KEY_FILE = t:path "home/key.txt", EDITOR = t:path "nano" }
  test.equal(t:program({ "edit", "a.yaml", env = env }).status, 0)
  local own <const> = t:read "where"
  run(t, { "edit", "a.yaml", env = env }, 200)
  test.equal(t:read("where"):gsub("%x+\n$", ""), (own:gsub("%x+\n$", "")))
end)

test.it("exec-file gives a file that can be read again", function(t)
  setup(t)
  seal(t, "a.yaml", "a: 1\n")
  test.equal(out(t, { "exec-file", "a.yaml", "cat {} {}; test -f {}" }), "a: 1\na: 1\n")
end)

test.it("a number that is set keeps its kind", function(t)
  setup(t)
  seal(t, "a.yaml", "a: 1\n")
  out(t, { "set", "a.yaml", '["a"]', "9007199254740993" })
  test.contains(t:read "a.yaml", "type:int]")
  test.equal(out(t, { "decrypt", "a.yaml" }), "a: 9007199254740993\n")
  seal(t, "a.env", "A=1\n")
  out(t, { "set", "a.env", '["A"]', "5" })
  test.equal(out(t, { "decrypt", "a.env" }), "A=5\n")
end)

test.it("lists can be set", function(t)
  setup(t)
  seal(t, "a.json", '{"a": 1}')
  out(t, { "set", "a.json", '["a"]', '[1, "two"]' })
  test.equal(out(t, { "decrypt", "--extract", '["a"][1]', "a.json" }), "two")
end)

test.it("null is no value of a flat file", function(t)
  setup(t)
  local before <const> = seal(t, "a.env", "A=1\n")
  run(t, { "set", "a.env", '["A"]', "null" }, 23)
  test.equal(t:read "a.env", before)
end)

test.it("a place that cannot be is an error, where sops goes on or breaks down", function(t)
  setup(t)
  local before <const> = seal(t, "a.yaml", "m:\n  k: 1\nl:\n- 1\n")
  for _, place in ipairs { '["m"][0]', '["l"]["k"]', '["l"][-1]', "[" } do
    for _, words in ipairs { { "set", "a.yaml", place, "1" }, { "unset", "a.yaml", place } } do
      local found <const> = words[1] == "unset" and place == '["m"][0]' -- sops tells, there
      local refused <const> = run(t, words, found and 1 or 2)
      test.lacks(refused.stderr, "traceback")
      test.lacks(refused.stderr, "panic")
    end
  end
  test.equal(t:read "a.yaml", before)
end)

test.it("a flag counts wherever it stands", function(t)
  setup(t)
  seal(t, "a.yaml", "a: 1\n")
  test.equal(out(t, { "-d", "a.yaml", "--extract", '["a"]' }), "1\n")
  test.equal(out(t, { "exec-env", "a.yaml", "env", "--pristine" }):find "HOME", nil)
  test.contains(run(t, { "-d", "a.yaml", "--bogus" }, 1).stdout,
    "flag provided but not defined: -bogus")
end)

test.it("updatekeys keeps what is sealed to a key that stays", function(t)
  local own <const> = setup(t)
  local other <const> = face.key(t, "home/other.txt")
  local before <const> = seal(t, "a.yaml", "a: 1\n")
  t:write(".sops.yaml", ("creation_rules:\n  - age: %s,%s\n"):format(own, other))
  run(t, { "updatekeys", "-y", "a.yaml" })
  test.contains(t:read "a.yaml", before:match "%-%-%-%-%-BEGIN.-%-%-%-%-%-END")
end)

test.it("edit keeps the version of a file", function(t)
  setup(t)
  t:write("a.yaml", (seal(t, "a.yaml", "a: 1\n"):gsub("version: [^\n]*", "version: 3.9.0")))
  out(t, { "edit", "a.yaml", env = { EDITOR = "sed -i s/1/2/" } })
  test.contains(t:read "a.yaml", "version: 3.9.0")
end)

test.it("asks no network for a newer version", function(t)
  setup(t)
  test.equal(run(t, { "--version", env = { HTTPS_PROXY = "http://127.0.0.1:1" } }).stderr, "")
end)

test.it("key services are refused", function(t)
  setup(t)
  seal(t, "a.yaml", "a: 1\n")
  for _, words in ipairs { { "keyservice" }, { "decrypt", "--keyservice", "tcp://h:1", "a.yaml" },
    { "decrypt", "a.yaml", env = { SOPS_KEYSERVICE = "unix:///x" } } } do
    test.contains(run(t, words, 1).stderr, "not supported")
  end
end)

test.it("a private key in the rules is refused", function(t)
  setup(t)
  t:write("a.yaml", "a: 1\n")
  local private <const> = t:read "home/key.txt"
  t:write(".sops.yaml", "creation_rules:\n  - age: " .. private .. "\n")
  test.lacks(run(t, { "encrypt", "a.yaml" }, 1).stderr, private)
end)

test.it("a command that a signal ended gives the status that shells give", function(t)
  setup(t)
  seal(t, "a.yaml", "a: 1\n")
  run(t, { "exec-env", "a.yaml", "kill -9 $$" }, 137)
end)

test.it("does not seal a sealed binary file", function(t)
  setup(t)
  local before <const> = seal(t, "a.bin", "x")
  run(t, { "encrypt", "-i", "a.bin" }, 203)
  test.equal(t:read "a.bin", before)
end)

test.it("takes no rules from a folder of somebody else", function(t)
  if not host.privileged() then
    test.skip "only root can give a folder away"
  end
  setup(t)
  t:write("d/a.yaml", "a: 1\n")
  local function encrypt(status)
    return run(t, { "encrypt", "a.yaml", cwd = assert(t.root:open "d") }, status)
  end
  encrypt(0)
  t:run { "chown", "12345", t.folder }
  test.contains(encrypt(1).stderr, "config file not found")
end)

test.it("an empty variable is none", function(t)
  setup(t)
  seal(t, "a.yaml", "a: 1\n")
  t:write("home/.config/sops/age/keys.txt", t:read "home/key.txt", 384)
  test.equal(out(t, { "decrypt", "a.yaml", env = { SOPS_AGE_KEY_FILE = "" } }), "a: 1\n")
end)
