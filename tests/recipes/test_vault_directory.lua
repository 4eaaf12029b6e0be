-- A vault that is a folder of key files.

local fs    <const> = require "moonlatch.fs"
local json  <const> = require "moonlatch.json"
local ssh   <const> = require "moonlatch.ssh"
local test  <const> = require "moonlatch.test"
local vault <const> = require "moonlatch.vault"

--- The vault at `keys`, beside the repository.
local function open(t, config)
  t.root:mkdir("keys", tonumber("700", 8))
  t.root:mkdir("repo", tonumber("755", 8))
  return assert(vault.open({ path = t:path "repo", config = {
    vault = config or { provider = "directory", path = t:path "keys" } } }, {}))
end

local function new_key(t, name)
  local key <const> = assert(ssh.generate { comment = name })
  t:write("keys/" .. name, key:text(), tonumber("600", 8))
  t:write("keys/" .. name .. ".pub", key:public() .. "\n")
  return key
end

local function names(items)
  local list <const> = {}
  for i, item in ipairs(items) do
    list[i] = item.name
  end
  return list
end

test.it("lists the key files, and reads no private half unless told to", function(t)
  local v <const> = open(t)
  local key <const> = new_key(t, "two")
  t:write("keys/one", "no key\n", tonumber("600", 8))
  t:write("keys/.hidden", "no key\n", tonumber("600", 8))
  t.root:mkdir("keys/folder", tonumber("700", 8))
  local listed = assert(v:list())
  test.equal(names(listed), { "one", "two" })
  test.equal({ listed[1].problem, listed[1].public, listed[2].public, listed[2].recipient },
    { nil, nil, key:public() })
  test.equal(names(assert(v:list { search = "tw", names = { "absent" } })), { "absent", "two" })
  listed = assert(v:list { read = function(item) return item.name == "two" end })
  test.equal({ listed[1].problem, listed[2].recipient, listed[2].private },
    { nil, assert(key:age_identity()):recipient() })
end)

test.it("gives a key, and one error for each that cannot be used", function(t)
  local v <const> = open(t)
  local key <const>, other <const> = new_key(t, "good"), new_key(t, "pair")
  t:write("keys/pair.pub", key:public() .. "\n")
  t:write("keys/open", other:text(), tonumber("640", 8))
  local found <const> = assert(v:fetch { "good", "pair", "open", "absent", "../good", "good.pub" })
  test.equal(found.good.public .. " good", key:public())
  test.equal({ found.pair.code, found.pair.stated .. " good" }, { "conflict", key:public() })
  test.equal({ found.open.code, found.open.hint }, { "permission",
    ("chmod 600 %s/keys/open"):format(t.folder) })
  test.equal({ found.absent, found["../good"], found["good.pub"] }, {})
  test.fails_with("missing", function() assert(v:get "absent") end)
  test.fails_with("permission", function() assert(v:get "open") end)
end)

test.it("stores a key for its owner alone, and never over another", function(t)
  local v <const> = open(t)
  local key <const> = assert(ssh.generate { comment = "new" })
  assert(v:put("new", key:text(), key:public()))
  test.equal(t.root:stat("keys/new").mode, tonumber("600", 8))
  test.equal(t:read "keys/new.pub", key:public() .. "\n")
  test.equal(assert(v:get "new").key:public(), key:public())
  local before <const> = t:read "keys/new"
  test.fails_with("exists", function()
    assert(v:put("new", assert(ssh.generate()):text(), key:public()))
  end)
  test.equal(t:read "keys/new", before)
  for _, name in ipairs { "../out", ".hidden", "new.pub" } do
    test.fails_with("argument", function() assert(v:put(name, key:text(), key:public())) end)
  end
  test.fails_with("format", function() assert(v:put("other", key:text(), "no key")) end)
  test.equal(assert(fs.root(t:path "keys")):list ".", { "new", "new.pub" })
end)

test.it("says what is wrong with the folder", function(t)
  t:write("file", "")
  local key <const> = assert(ssh.generate())
  for _, path in ipairs { "absent", "file", "~/absent" } do
    local v <const> = open(t, { provider = "directory", path = path })
    test.equal(v:status().state, "missing", path)
    test.contains(v:status().hint, path:match "%w+")
    test.fails_with("missing", function() assert(v:list()) end)
    test.fails_with("missing", function() assert(v:put("x", key:text(), key:public())) end)
  end
  test.fails_with("missing", function()
    assert(vault.open({ path = t.folder, config = { vault = { provider = "directory" } } }))
  end)
  test.fails_with("site", function()
    assert(vault.open({ path = t.folder, config = { vault = { provider = "directry" } } }))
  end)
end)

test.it("takes the folder that MOONLATCH_VAULT_PATH names before that of the site", function(t)
  open(t)
  new_key(t, "sops-me-ssh")
  t.root:mkdir("repo", tonumber("755", 8))
  t:write("repo/.sops.yaml", "creation_rules: []\n")
  t:write("repo/moonlatch.lua", "return { version = 1, vault = { provider = 'directory',"
    .. " path = '/nowhere' } }")
  local command <const> = { "-C", "repo", "extract-keys", "--json" }
  test.equal(t:program(command).status, 2)
  command.env = { MOONLATCH_VAULT_PATH = t:path "keys" }
  test.equal(json.parse(t:program(command).stdout).keys[1].item, "sops-me-ssh")
end)
