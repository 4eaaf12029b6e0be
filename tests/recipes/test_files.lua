-- The recipes for files, as a person runs them: through the program, in a folder of its own.

local fail, json = require "moonlatch.fail", require "moonlatch.json"
local host <const> = require "moonlatch.host"
local test <const> = require "moonlatch.test"

local FILE <const> = [[
# who we are
name: crew   # not secret, but sealed

list:
- 'one'
- "two"
-   three
flow: { a: 1, b: [x, "y"] }
text: |
    first

    second 🚀
folded: "a\tb"
empty:
]]

--- A folder with a key and a rule for secrets/; returns its public half.
local function setup(t)
  test.equal(t:program { "keygen", "-q", "-o", "home/key.txt" }.status, 0)
  local key <const> = t:program { "keygen", "--public", "home/key.txt" }.stdout:gsub("\n", "")
  t:write(".sops.yaml", ([[
creation_rules:
  - path_regex: secrets/.*\.yaml$
    encrypted_regex: ^(name|list|flow|text|folded|empty|new)$
    age: %s
  - age: %s
]]):format(key, key))
  t:write("secrets/a.yaml", FILE)
  return key
end

local ENV <const> = function(t)
  return { SOPS_AGE_KEY_FILE = t:path "home/key.txt", MOONLATCH_ACCEPT = "first-use" }
end

--- Runs with the key at hand; the status must be `status` (default 0).
local function run(t, command, status)
  command.env = command.env or ENV(t)
  return t:expect(command, status)
end

test.it("seals a file by its rule and gives it back byte for byte", function(t)
  setup(t)
  run(t, { "encrypt", "-i", "secrets/a.yaml" })
  local sealed <const> = t:read "secrets/a.yaml"
  test.contains(sealed, "ENC[AES256_GCM,")
  test.lacks(sealed, "name: crew")
  test.equal(run(t, { "decrypt", "secrets/a.yaml" }).stdout, FILE)
  test.contains(run(t, { "decrypt", "-i", "secrets/a.yaml" }).stderr,
    "next: moonlatch encrypt -i secrets/a.yaml")
  test.equal(t:read "secrets/a.yaml", FILE)
  test.equal(t.root:stat("secrets/a.yaml").mode, tonumber("600", 8))
end)

test.it("refuses what would leave a file open or sealed twice", function(t)
  setup(t)
  t:write("other.yaml", "a: 1\n")
  test.contains(run(t, { "encrypt", "other.yaml" }, 2).stderr, "--catch-all")
  test.contains(run(t, { "encrypt", "--catch-all", "other.yaml" }).stdout, "ENC[")
  run(t, { "encrypt", "-i", "secrets/a.yaml" })
  test.contains(run(t, { "encrypt", "secrets/a.yaml" }, 2).stderr, "sealed already")
  t:write("secrets/b.yaml", "host: x\n")
  test.contains(run(t, { "encrypt", "secrets/b.yaml" }, 2).stderr, "picks no value")
  t:write("secrets/c.yaml", "a: 1\na: 2\n")
  test.contains(run(t, { "encrypt", "secrets/c.yaml" }, 2).stderr, "secrets/c.yaml:2")
  test.equal(t:read "secrets/c.yaml", "a: 1\na: 2\n")
end)

test.it("seals, reads and changes dotenv and INI files by their names", function(t)
  local key <const> = setup(t)
  local texts <const> = {
    ["secrets/a.env"] = { "# one\nA=x=y\nB=a\\nb\n", "A", "x=y", "C", "C=new\n" },
    ["secrets/a.ini"] = { "; one\n[s]\nk = `a;b`\n", "s/k", "a;b", "s/c", "c = new\n" } }
  for name, row in pairs(texts) do
    t:write(name, row[1])
    local sealed <const> = run(t, { "encrypt", "-a", key, name }).stdout
    test.equal(sealed:find("x=y", 1, true) or sealed:find("a;b", 1, true), nil)
    t:write(name, sealed)
    test.equal(run(t, { "decrypt", name }).stdout, row[1])
    test.equal(run(t, { "get", name, row[2] }).stdout, row[3])
    run(t, { "set", name, row[4], "-", stdin = "new" })
    test.equal(run(t, { "decrypt", name }).stdout, row[1] .. row[5])
    run(t, { "unset", name, row[4] })
    test.equal(run(t, { "decrypt", name }).stdout, row[1])
  end
end)

test.it("takes a file of --identity that is of no use for a mistake", function(t)
  setup(t)
  run(t, { "encrypt", "-i", "secrets/a.yaml" })
  test.contains(run(t, { "get", "--identity", "none.txt", "secrets/a.yaml", "name" }, 2).stderr,
    "none.txt")
  t:write("empty.txt", "# no key\n")
  test.contains(run(t, { "get", "--identity", "empty.txt", "secrets/a.yaml", "name" }, 2).stderr,
    "no private key")
end)

test.it("asks before it wraps a key to a recipient it does not know", function(t)
  setup(t)
  local env <const> = { SOPS_AGE_KEY_FILE = t:path "home/key.txt" }
  local refused <const> = run(t, { "encrypt", "-i", "secrets/a.yaml", env = env }, 1)
  test.contains(refused.stderr, "[approval]")
  test.equal(t:read "secrets/a.yaml", FILE)
  run(t, { "encrypt", "-i", "secrets/a.yaml" })
  run(t, { "decrypt", "-i", "secrets/a.yaml" })
  local stranger <const> = require("moonlatch.age").generate():recipient()
  t:write(".sops.yaml", ("creation_rules:\n  - path_regex: secrets/\n    age: %s\n")
    :format(stranger))
  local denied <const> = run(t, { "encrypt", "-i", "secrets/a.yaml" }, 1)
  test.contains(denied.stderr, stranger)
  test.equal(t:read "secrets/a.yaml", FILE)
end)

test.it("gets and sets one value, and changes nothing else", function(t)
  setup(t)
  run(t, { "encrypt", "-i", "secrets/a.yaml" })
  local before <const> = t:read "secrets/a.yaml"
  test.equal(run(t, { "get", "secrets/a.yaml", "list/2" }).stdout, "three")
  test.equal(run(t, { "get", "secrets/a.yaml", '["text"]' }).stdout, "first\n\nsecond 🚀\n")
  test.equal(run(t, { "get", "secrets/a.yaml", "flow" }).stdout, "a: 1\nb:\n    - x\n    - \"y\"\n")
  run(t, { "set", "secrets/a.yaml", "list/1", "-", stdin = "a new one\n" })
  test.equal(run(t, { "get", "secrets/a.yaml", "list/1" }).stdout, "a new one")
  local changed <const> = {}
  local old <const>, i = {}, 0
  for line in before:gmatch "[^\n]*" do
    table.insert(old, line)
  end
  for line in t:read("secrets/a.yaml"):gmatch "[^\n]*" do
    i = i + 1
    if line ~= old[i] then
      table.insert(changed, (line:match "^%s*[%w-]+"))
    end
  end
  test.equal(changed[1], "-")
  for n = 2, #changed do
    test.equal(changed[n] == "    mac" or changed[n] == "    lastmodified", true, changed[n])
  end
  run(t, { "set", "secrets/a.yaml", "new/deep", "--type", "json", "-", stdin = '{"k": [1, true]}' })
  test.equal(run(t, { "get", "--format", "json", "secrets/a.yaml", "new" }).stdout:gsub("%s", ""),
    '{"deep":{"k":[1,true]}}')
  run(t, { "unset", "secrets/a.yaml", "new" })
  test.contains(run(t, { "get", "secrets/a.yaml", "new" }, 2).stderr, "[missing]")
end)

test.it("takes no value on the command line, and shows none", function(t)
  setup(t)
  run(t, { "encrypt", "-i", "secrets/a.yaml" })
  local refused <const> = run(t, { "set", "secrets/a.yaml", "name", "hunter2" }, 3)
  test.lacks(refused.stderr, "hunter2")
  test.contains(run(t, { "set", "secrets/a.yaml", "other", "-", stdin = "x" }, 2).stderr,
    "--clear")
end)

test.it("says who could help when no key opens a file", function(t)
  local key <const> = setup(t)
  run(t, { "encrypt", "-i", "secrets/a.yaml" })
  local none <const> = run(t, { "decrypt", "secrets/a.yaml", env = {} }, 2)
  test.contains(none.stderr, "[key]")
  test.lacks(none.stderr, "traceback")
  t:program { "keygen", "-q", "-o", "home/other.txt" }
  local other <const> = run(t, { "decrypt", "secrets/a.yaml",
    env = { SOPS_AGE_KEY_FILE = t:path "home/other.txt" } }, 2)
  test.contains(other.stderr, key)
end)

test.it("notices a changed file, and opens it only when told to", function(t)
  setup(t)
  run(t, { "encrypt", "-i", "secrets/a.yaml" })
  local sealed <const> = t:read "secrets/a.yaml"
  t:write("secrets/a.yaml", (sealed:gsub("list:\n%- [^\n]*\n", "list:\n", 1)))
  test.contains(run(t, { "decrypt", "secrets/a.yaml" }, 2).stderr, "[mac]")
  test.contains(run(t, { "decrypt", "--ignore-mac", "secrets/a.yaml" }).stdout, "crew")
  test.contains(run(t, { "set", "secrets/a.yaml", "name", "-", stdin = "x" }, 2).stderr, "[mac]")
end)

test.it("works as sops does, with its exit codes", function(t)
  local key <const> = setup(t)
  t:write("p.json", '{"a": "b", "n": 1}\n')
  local sealed <const> = run(t, { "as", "sops", "encrypt", "--age", key, "p.json" }).stdout
  t:write("s.json", sealed)
  test.equal(run(t, { "as", "sops", "-d", "s.json" }).stdout, '{"a": "b", "n": 1}\n')
  test.equal(run(t, { "as", "sops", "decrypt", "--extract", '["a"]', "s.json" }).stdout, "b")
  test.equal(run(t, { "as", "sops", "decrypt", "s.json", "--output-type", "yaml" }).stdout,
    "a: b\n\"n\": 1\n") -- as sops writes it: YAML 1.1 takes a bare n for false
  run(t, { "as", "sops", "encrypt", "--age", key, "s.json" }, 203)
  run(t, { "as", "sops", "decrypt", "none.json" }, 100)
  run(t, { "as", "sops", "decrypt", "s.json", env = {} }, 128)
  run(t, { "as", "sops", "encrypt", "-i" }, 8)
  run(t, { "as", "sops", "--bogus" }, 1)
  test.contains(run(t, { "as", "sops", "--version" }).stdout, "sops 3.")
  run(t, { "as", "sops", "encrypt", "-i", "secrets/a.yaml" })
  test.contains(t:read "secrets/a.yaml", "encrypted_regex")
end)

test.it("makes keys and never writes over one", function(t)
  run(t, { "keygen", "-o", "k.txt", env = {} })
  test.equal(t.root:stat("k.txt").mode, tonumber("600", 8))
  local before <const> = t:read "k.txt"
  test.contains(run(t, { "keygen", "-o", "k.txt", env = {} }, 2).stderr, "[exists]")
  test.equal(t:read "k.txt", before)
  run(t, { "keygen", "--ssh", "--comment", "me@here", "-o", "id", env = {} })
  local public <const> = t:read "id.pub"
  test.equal(run(t, { "keygen", "--public", "id", env = {} }).stdout, public)
  local age_key <const> = run(t, { "ssh-to-age", "id.pub", env = {} }).stdout
  test.equal(run(t, { "ssh-to-age", "id", env = {} }).stdout, age_key)
  t:write("derived.txt", run(t, { "ssh-to-age", "--private", "id", env = {} }).stdout, 384)
  test.equal(run(t, { "keygen", "--public", "derived.txt", env = {} }).stdout, age_key)
  test.contains(run(t, { "ssh-to-age", env = {}, stdin = "ssh-rsa AAAA\n" }, 2).stderr, "-:1")
end)

test.it("explains every recipe and every code", function(t)
  local listed <const> = json.parse(run(t, { "recipe", "list", "--json", env = {} }).stdout)
  for _, row in ipairs(listed.recipes) do
    local words <const> = { "help", env = {} }
    for word in row.recipe:gmatch "%S+" do
      table.insert(words, #words + 1, word)
    end
    test.contains(run(t, words).stdout, row.what:sub(2))
    test.contains(run(t, { "completion", "--complete", "--", row.recipe:match "^%S+", env = {} })
      .stdout, row.recipe:match "^%S+")
  end
  for code in pairs(fail.codes) do
    test.equal(run(t, { "help", code, env = {} }).status, 0)
    test.contains(run(t, { "help", ("[%s]"):format(code), env = {} }).stdout, code .. " (")
  end
  test.contains(run(t, { env = {} }).stdout, "moonlatch init")
  test.contains(run(t, { "hlep", env = {} }, 3).stderr, "help")
  test.contains(run(t, { "version", env = {} }).stdout, "moonlatch ")
  test.contains(run(t, { "recipe", "show", "get", env = {} }).stdout, "--- get")
end)

test.it("shows the help of a recipe file, and runs none of it", function(t)
  t:write("r.lua", [[
return { summary = "make a mark", takes = {}, run = function()
  require "moonlatch.fs".root(".")
  error "it ran"
end }
]])
  test.contains(run(t, { "run", "r.lua", "--help", env = {} }).stdout, "Make a mark.")
  test.contains(run(t, { "run", "r.lua", "more", env = {} }, 3).stderr,
    "hint: see `moonlatch run r.lua --help`")
end)

test.it("runs a Lua file, which cannot get at files behind our back", function(t)
  t:write("a.lua", 'local host = require "moonlatch.host"\nhost.out(... .. "\\n")\nreturn 7\n')
  test.equal(run(t, { "run", "a.lua", "hello", env = {} }, 7).stdout, "hello\n")
  t:write("b.lua", "return io == nil and os.execute == nil and 5 or 6\n")
  run(t, { "run", "b.lua", env = {} }, 5)
  t:write("c.lua", "error 'a bug'\n")
  test.contains(run(t, { "run", "c.lua", env = {} }, 2).stderr, "c.lua:1")
end)

test.it("seals onto a file: recipients, data key and unchanged values stay", function(t)
  setup(t)
  run(t, { "encrypt", "-i", "secrets/a.yaml" })
  local before <const> = t:read "secrets/a.yaml"
  t:write("new.yaml", (FILE:gsub("'one'", "'another'")))
  local sealed <const> = run(t, { "encrypt", "new.yaml", "--onto", "secrets/a.yaml" }).stdout
  test.equal(t:read "secrets/a.yaml", before)
  t:write("secrets/b.yaml", sealed)
  test.equal(run(t, { "decrypt", "secrets/b.yaml" }).stdout, t:read "new.yaml")
  for _, pattern in ipairs { "name: [^\n]*\n", "flow: [^\n]*\n", "%-%-%-%-%-BEGIN AGE.-END AGE" } do
    test.equal(sealed:match(pattern), before:match(pattern))
  end
  test.equal(sealed:match "list:\n%- [^\n]*" ~= before:match "list:\n%- [^\n]*", true)
  run(t, { "encrypt", "new.yaml", "--onto", "secrets/a.yaml", "-o", "secrets/a.yaml" })
  test.equal(run(t, { "get", "secrets/a.yaml", "list/0" }).stdout, "another")
  t:write("new.yaml", FILE .. "open: 1\n")
  test.contains(run(t, { "encrypt", "new.yaml", "--onto", "secrets/a.yaml" }, 2).stderr, "--clear")
  run(t, { "encrypt", "new.yaml", "--onto", "secrets/a.yaml", "--clear", "open" })
end)

test.it("seals standard input by the rule of a path", function(t)
  setup(t)
  local sealed <const> = run(t, { "encrypt", "-", "--path", "secrets/new.yaml",
    stdin = "name: x\nport: 1\n" }).stdout
  test.contains(sealed, "\nport: 1\n") -- the rule's selector
  t:write("secrets/new.yaml", sealed)
  test.equal(run(t, { "get", "secrets/new.yaml", "name" }).stdout, "x")
  local as_json <const> = run(t, { "encrypt", "-", "--path", "other.json", "--catch-all",
    stdin = '{"a": "b"}\n' }).stdout
  test.contains(as_json, '"a": "ENC[') -- the path's form
  test.contains(run(t, { "encrypt", "-", stdin = "a: 1\n" }, 3).stderr, "--path")
end)

test.it("completes the paths of the values in the file that was named", function(t)
  setup(t)
  t:write("secrets/a.yaml", "name: x\nnew: {b: 1, c/d: 2}\n\"odd\\e[31m\": y\n")
  run(t, { "encrypt", "-i", "secrets/a.yaml" })
  local function offered(...)
    return run(t, { "completion", "--complete", "--", ... }).stdout
  end
  test.equal(offered("get", "secrets/a.yaml", ""), "name\nnew/b\nnew/c~1d\n")
  test.equal(offered("set", "--type", "int", "secrets/a.yaml", "new/c"), "new/c~1d\n")
  test.equal(offered("get", "secrets/none.yaml", ""), "")
  test.equal(offered("get", ".sops.yaml", ""), "")
  test.equal(offered("get", ""), ":file\n")
end)

test.it("names the line of a key file that stops it from being used", function(t)
  setup(t)
  run(t, { "encrypt", "-i", "secrets/a.yaml" })
  t:write("home/key.txt", "\n" .. t:read "home/key.txt" .. "AGE-SECRET-KEY-1GARBAGE\n")
  local told <const> = run(t, { "get", "secrets/a.yaml", "name" }, 2).stderr
  test.contains(told:match "^[^\n]*", "SOPS_AGE_KEY_FILE: line 5: malformed age identity")
  test.lacks(told, "GARBAGE")
end)

test.it("writes nothing over what somebody else wrote meanwhile", function(t)
  setup(t)
  assert(t.root:symlink("program", assert(host.program())))
  -- the command that gives the key is called once the file was read
  t:write("key", "#!/bin/sh\nprintf theirs | SOPS_AGE_KEY_FILE=home/key.txt ./program set "
    .. "secrets/a.yaml new - >&2 && cat home/key.txt\n", tonumber("700", 8))
  local env <const> = { SOPS_AGE_KEY_CMD = t:path "key" }
  for _, words in ipairs { { "set", "secrets/a.yaml", "name", "-", stdin = "x" },
    { "unset", "secrets/a.yaml", "name" }, { "decrypt", "-i", "secrets/a.yaml" },
    { "encrypt", "b.yaml", "--onto", "secrets/a.yaml", "-o", "secrets/a.yaml" } } do
    t:write("b.yaml", (FILE:gsub("'one'", "another")))
    t:write("secrets/a.yaml", FILE)
    run(t, { "encrypt", "-i", "secrets/a.yaml" })
    words.env = env
    test.contains(run(t, words, 2).stderr, "[changed]")
    test.equal(run(t, { "get", "secrets/a.yaml", "new" }).stdout, "theirs")
    test.equal(run(t, { "get", "secrets/a.yaml", "name" }).stdout, "crew")
  end
end)
