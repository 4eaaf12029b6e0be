-- From the vault into key file, anchor and key.json: extract-keys, sync-keys, bootstrap.

local age    <const> = require "moonlatch.age"
local json   <const> = require "moonlatch.json"
local sample <const> = require "moonlatch.sample"
local ssh    <const> = require "moonlatch.ssh"
local test   <const> = require "moonlatch.test"

local KEYS <const> = "home/.config/sops/age/keys.txt"

local function setup(t, options)
  t.sample = sample.below(t.root, options)
end

local function run(t, command, status)
  table.move({ "-C", "repo" }, 1, 2, 1, table.move(command, 1, #command, 3, command))
  return t:expect(command, status)
end

--- A key in the vault that the sample does not know.
local function add_to_vault(t, name)
  local key <const> = assert(ssh.generate { comment = name })
  t:write(("vault/sops-%s-ssh"):format(name), key:text(), tonumber("600", 8))
  t:write(("vault/sops-%s-ssh.pub"):format(name), key:public() .. "\n")
  return assert(key:age_identity()):recipient(), key
end

local function recipients_in(t, path)
  local list <const> = {}
  for _, line in ipairs(assert(age.parse_key_file(assert(t.root:read_secret(path))))) do
    if line.recipient then
      table.insert(list, line.recipient)
    end
  end
  return list
end

test.it("lists all keys of the vault with the names the repository gives them", function(t)
  setup(t, { machines = false })
  local rows <const> = json.parse(run(t, { "extract-keys", "--json" }).stdout).keys
  test.equal(#rows, 8)
  for _, row in ipairs(rows) do
    local name <const> = row.item:match "^sops%-(.+)%-ssh$"
    test.equal(row.anchor, name)
    test.equal(row.age_key, t.sample.identities[name].recipient)
    test.equal(row.fingerprint:match "^SHA256:", "SHA256:")
  end
  local public <const> = t.sample.identities["ben-user"].key:public()
  t:write("authorized", "# keys\n" .. public .. "\nssh-rsa AAAA\n")
  local result <const> = run(t, { "extract-keys", "--from", t:path "authorized" })
  test.contains(result.stdout, t.sample.identities["ben-user"].recipient)
  test.contains(result.stderr, "authorized:3")
end)

test.it("goes on behind an item that cannot be used, and fails at the end", function(t)
  setup(t, { machines = false })
  t:write("vault/sops-broken-ssh", "no key\n", tonumber("600", 8))
  local _, other <const> = add_to_vault(t, "swapped")
  add_to_vault(t, "pair")
  t:write("vault/sops-pair-ssh.pub", other:public() .. "\n")
  local result <const> = run(t, { "extract-keys", "--verify" }, 1)
  test.contains(result.stdout, "sops-vm-ssh")
  test.contains(result.stderr, "[vault-item]")
  test.contains(result.stderr, "[pair-differs]")
  test.contains(run(t, { "extract-keys", "nobody" }, 2).stderr, "[missing]")
end)

test.it("writes the key file of this login, and keeps what others wrote there", function(t)
  setup(t, { machines = false })
  local mine <const> = assert(age.generate())
  t:write(KEYS, require("moonlatch.secret").concat { "# mine\r\n", mine:secret(), "\r\n\n",
    "AGE-PLUGIN-YUBIKEY-1QQQSYQCYQ5RQWWQXWYR", "\n" }, tonumber("600", 8))
  local before <const> = t:read(KEYS)
  run(t, { "sync-keys", "-y" })
  local after <const> = t:read(KEYS)
  test.equal(after:sub(1, #before), before)
  test.equal(t.root:stat(KEYS).mode, tonumber("600", 8))
  test.equal(recipients_in(t, KEYS), { mine:recipient(), t.sample.identities.dev.recipient,
    t.sample.identities["owner-user"].recipient })
  run(t, { "sync-keys" }) -- nothing to do needs no consent
  test.equal(t:read(KEYS), after)
  test.equal(#t.root:list "home/.config/sops/age", 1) -- and no backup piles up
  run(t, { "sync-keys", "--exact", "-y" })
  test.equal(#recipients_in(t, KEYS), 2)
end)

test.it("does not drop the last key that opens some file", function(t)
  setup(t, { machines = false })
  local carol <const> = t.sample.identities["carol-user"].identity
  t:write(KEYS, require("moonlatch.secret").concat { carol:secret(), "\n" }, tonumber("600", 8))
  t:write("vault/sops-dev-ssh", assert(ssh.generate()):text(), tonumber("600", 8))
  t:write("vault/sops-owner-user-ssh", assert(ssh.generate()):text(), tonumber("600", 8))
  for _, name in ipairs { "dev", "owner-user" } do
    t.root:remove(("vault/sops-%s-ssh.pub"):format(name))
  end
  local before <const> = t:read(KEYS)
  test.contains(run(t, { "sync-keys", "--exact", "-y" }, 2).stderr, "secrets/")
  test.equal(t:read(KEYS), before)
  local result <const> = run(t, { "sync-keys", "-y" }, 1) -- other keys than the repository's
  test.contains(result.stderr, "[vault-differs]")
  run(t, { "sync-keys", "--exact", "--force", "-y" }, 1)
  test.equal(#recipients_in(t, KEYS), 2)
end)

test.it("truncates nothing when an item is missing", function(t)
  setup(t, { machines = false })
  run(t, { "sync-keys", "-y" })
  local before <const> = t:read(KEYS)
  t.root:remove "vault/sops-owner-user-ssh"
  local result <const> = run(t, { "sync-keys", "-y" }, 2)
  test.contains(result.stderr, "sops-owner-user-ssh")
  test.contains(result.stderr, "sops-ben-user-ssh") -- the candidates
  test.equal(t:read(KEYS), before)
end)

test.it("lets no repository decide where private keys go", function(t)
  setup(t, { machines = false })
  local text <const> = t:read "repo/moonlatch.lua"
  for _, path in ipairs { "keys.txt", "~/.bashrc", "/tmp/keys.txt", "~/.config/sops/../x" } do
    t:write("repo/moonlatch.lua", (text:gsub("version = 1,", ("version = 1, keyfile = %q,")
      :format(path))))
    test.contains(run(t, { "sync-keys", "-y" }, 2).stderr, "--keyfile")
  end
  test.equal(t.root:exists "repo/keys.txt", false)
  run(t, { "sync-keys", "-y", "--keyfile", t:path "home/elsewhere.txt" })
  test.equal(#recipients_in(t, "home/elsewhere.txt"), 2)
end)

test.it("sets up a new identity in all three contexts at once", function(t)
  setup(t)
  local key <const> = add_to_vault(t, "tara")
  local rules <const> = t:read "repo/.sops.yaml"
  test.contains(run(t, { "bootstrap", "tara" }, 2).stderr, "[consent]")
  test.equal(t:read "repo/.sops.yaml", rules)
  local result <const> = run(t, { "bootstrap", "tara", "-y" })
  test.equal(recipients_in(t, KEYS), { key })
  local anchored <const> = t:read "repo/.sops.yaml"
  test.contains(anchored, "  - &tara " .. key .. "\n")
  test.equal(anchored:gsub("  %- &tara [^\n]*\n", ""), rules) -- and nothing else changed there
  test.equal(json.parse(t:read "repo/sops/users/tara/key.json"),
    { { publickey = key, type = "age" } })
  test.contains(result.stderr, "moonlatch recipient add tara")
  run(t, { "bootstrap", "tara" }) -- once more: equal entries stay, nothing to agree to
  test.equal(t:read "repo/.sops.yaml", anchored)
end)

test.it("finds an identity that is there already, under whatever names", function(t)
  setup(t)
  local rules <const> = t:read "repo/.sops.yaml"
  run(t, { "bootstrap", "-y" })
  test.equal(t:read "repo/.sops.yaml", rules)
  test.equal(t.root:exists "repo/sops/users/owner-user", false)
  test.equal(recipients_in(t, KEYS), { t.sample.identities["owner-user"].recipient })
end)

test.it("never replaces a different key: that is a rotation", function(t)
  setup(t)
  local before <const> = t:read "repo/.sops.yaml"
  t:write("vault/sops-ben-user-ssh", assert(ssh.generate()):text(), tonumber("600", 8))
  t.root:remove "vault/sops-ben-user-ssh.pub"
  local result <const> = run(t, { "bootstrap", "ben-user", "-y" }, 2)
  test.contains(result.stderr, "moonlatch rotate ben-user")
  test.contains(result.stderr, ".sops.yaml:10")
  test.equal(t:read "repo/.sops.yaml", before)
  test.equal(t.root:exists(KEYS), false)
end)
