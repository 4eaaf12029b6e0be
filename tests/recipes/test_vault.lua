-- Bitwarden through a stand-in for bw, which writes down how it was called and answers from files.

local age    <const> = require "moonlatch.age"
local encode <const> = require "moonlatch.encode"
local fs     <const> = require "moonlatch.fs"
local host   <const> = require "moonlatch.host"
local json   <const> = require "moonlatch.json"
local sample <const> = require "moonlatch.sample"
local secret <const> = require "moonlatch.secret"
local ssh    <const> = require "moonlatch.ssh"
local test   <const> = require "moonlatch.test"

local KEYS <const> = "home/.config/sops/age/keys.txt"
local NO_SITE <const> = "return { version = 1 }"
local SESSION <const> = "c2Vzc2lvbiBvZiB0aGUgc3RhbmQtaW4="

-- `bw WORD …` runs WORD.sh beside it, if the test has put one there, else prints the file WORD.
local STAND_IN <const> = [[
#!/bin/sh
folder=${0%/*}
echo "$*" >> "$folder/calls"
env >> "$folder/environment"
[ "$1" != create ] || cat > "$folder/created"
[ ! -e "$folder/$1.sh" ] || . "$folder/$1.sh"
[ ! -e "$folder/$1" ] || exec cat "$folder/$1"
]]

local function answer(t, word, value)
  t:write("bin/" .. word, type(value) == "string" and value or json.format(value))
end

local function status(t, state, synced)
  answer(t, "status", { serverUrl = json.null, lastSync = synced or json.null, status = state })
end

--- An unlocked vault with these items, synced now.
local function setup(t, items, site)
  t.root:mkdir("repo", tonumber("755", 8))
  t:write("bin/bw", STAND_IN, tonumber("700", 8))
  t:write("repo/.sops.yaml", "keys: []\ncreation_rules: []\n")
  t:write("repo/moonlatch.lua", site or ("return { version = 1, identities = {"
    .. " me = { login = { %q }, vault = 'sops-me-ssh' } } }"):format(host.user().name))
  status(t, "unlocked", os.date("!%Y-%m-%dT%H:%M:%S.000Z", math.floor(host.time())))
  answer(t, "list", json.array(items or {}))
end

local function run(t, words, wanted)
  local command <const> = { "-C", "repo", table.unpack(words) }
  command.env = { PATH = t:path "bin" .. ":" .. host.env "PATH", BW_SESSION = SESSION }
  for name, value in pairs(words.env or {}) do
    command.env[name] = value
  end
  local result <const> = t:program(command)
  if wanted and result.status ~= wanted then
    error(("%s: status %s, wanted %d\n%s%s"):format(table.concat(words, " "),
      tostring(result.status), wanted, result.stdout, result.stderr), 2)
  end
  return result
end

--- A script with `vault` (of the site) and `ssh`; its result is printed as JSON.
local function script(t, body)
  t:write("script.lua", ([[
    local json, ssh = require "moonlatch.json", require "moonlatch.ssh"
    return { summary = "", takes = {}, options = {}, run = function(_, ctx)
      local vault = assert(require("moonlatch.vault").open(ctx.site,
        { report = ctx.report, seconds = 1 }))
      local function give(value, err)
        require("moonlatch.host").out(json.format(err and { code = err.code, message = err.message,
          hint = err.hint } or value))
      end
      %s
    end }]]):format(body))
  return json.parse(run(t, { "run", t:path "script.lua" }, 0).stdout)
end

--- How bw was called since the last time.
local function calls(t)
  local list <const> = {}
  for line in (t:read "bin/calls" or ""):gmatch "[^\n]+" do
    table.insert(list, line)
  end
  t.root:remove "bin/calls"
  return list
end

local function new_key()
  local key <const> = assert(ssh.generate())
  return key, key:text():publish(), assert(key:age_identity()):recipient()
end

local number = 0

--- An item in the way bw writes it.
local function item(name, fields)
  number = number + 1
  local made <const> = { object = "item", id = ("00000000-0000-4000-8000-%012d"):format(number),
    name = name, type = 1, notes = json.null, favorite = false, collectionIds = json.array {} }
  for field, value in pairs(fields) do
    made[field] = value
  end
  return made
end

local function ssh_item(name, private, public)
  return item(name, { type = 5, sshKey = { privateKey = private, publicKey = public,
    keyFingerprint = "SHA256:any" } })
end

--- One item of each shape, and what their keys are.
local function all_shapes()
  local one, one_text <const>, r1 <const> = new_key()
  local two, two_text <const>, r2 <const> = new_key()
  local _, three_text <const>, r3 <const> = new_key()
  local four <const> = assert(age.generate())
  return {
    ssh_item("sops-a-ssh", one_text, one:public()),
    item("sops-b-ssh", { notes = two_text, login = { username = "b", password = two:public() } }),
    item("sops-c-ssh", { type = 2, attachments = json.array {
      { id = "other", fileName = "notes.txt" }, { id = "attached", fileName = "id_ed25519" } } }),
    item("sops-d-ssh", { type = 2, notes = ("# created: today\n# public key: %s\n%s\n"):format(
      four:recipient(), four:secret():publish()) }),
  }, { r1, r2, r3, four:recipient() }, three_text
end

local function recipients_in(t, path)
  local list <const> = {}
  for _, line in ipairs(assert(age.parse_key_file(assert(t.root:read_secret(path))))) do
    table.insert(list, line.recipient)
  end
  return list
end

local SHAPES_SITE <const> = "return { version = 1, identities = {"
  .. (" %s = { keyfile = 'always', vault = 'sops-%s-ssh' },"):rep(4) .. " } }"

test.it("lists all shapes by one search", function(t)
  local items <const>, keys <const>, attached <const> = all_shapes()
  setup(t, items)
  answer(t, "get", attached)
  t:write("repo/moonlatch.lua", "return { version = 1 }")
  local rows <const> = json.parse(run(t, { "extract-keys", "--json" }, 0).stdout).keys
  local shapes <const> = { "ssh-key", "login", "attachment", "note" }
  test.equal(#rows, 4)
  for i, row in ipairs(rows) do
    test.equal({ row.shape, row.age_key }, { shapes[i], keys[i] })
  end
  local attachment <const> = ("get attachment --itemid=%s --raw attached"):format(items[3].id)
  test.equal(calls(t), { "status", "list items --search=sops-", attachment })
  run(t, { "extract-keys", "--verify" }, 0)
  test.equal(calls(t), { "status", "list items --search=sops-", attachment })
  run(t, { "extract-keys", "a", "sops-b-ssh" }, 0)
  test.equal(calls(t), { "status", "list items --search=sops-" }) -- no attachment is asked for
end)

test.it("fetches the keys of all shapes by one search", function(t)
  local items <const>, keys <const>, attached <const> = all_shapes()
  table.insert(items, item("sops-e-ssh", { attachments = json.array {
    { id = "of somebody else", fileName = "id_ed25519" } } }))
  setup(t, items, SHAPES_SITE:format("a", "a", "b", "b", "c", "c", "d", "d"))
  answer(t, "get", attached)
  run(t, { "sync-keys", "-y" }, 0)
  test.equal(recipients_in(t, KEYS), keys)
  test.equal(calls(t), { "status", "list items --search=sops-",
    ("get attachment --itemid=%s --raw attached"):format(items[3].id) })
end)

test.it("searches for what all names have in common, if anything", function(t)
  local _, text <const> = new_key()
  local names <const> = { "one", "two", "sixty" }
  setup(t, { item("one", { notes = text }), item("two", { notes = text }),
    item("sixty", { notes = text }) })
  for _, case in ipairs { { 3, "list items" }, { 2, "list items --search=o" },
    { 1, "list items --search=one" } } do
    local found <const> = script(t, ([[
      local names, count = { %q, %q, %q }, 0
      for _ in pairs(assert(vault:fetch(table.move(names, 1, %d, 1, {})))) do
        count = count + 1
      end
      give({ count })]]):format(names[1], names[2], names[3], case[1]))
    test.equal(found, json.array { case[1] })
    test.equal(calls(t), { "status", case[2] })
  end
end)

test.it("tells logged out, locked and not synced apart, each with its command", function(t)
  local key <const>, text <const> = new_key()
  setup(t, { ssh_item("sops-me-ssh", text, key:public()) })
  for _, case in ipairs {
    { "unauthenticated", "[logged-out]", "bw login" },
    { "locked", "BW_SESSION is not, or no longer, its session", "bw unlock --raw" },
    { "locked", "the vault is locked", "bw unlock --raw", { BW_SESSION = false } },
    { "on fire", "[child]", "a state that is not known" },
  } do
    status(t, case[1], "2025-01-01T00:00:00.000Z")
    local said <const> = run(t, { "sync-keys", "-y", "--sync", env = case[4] }, 2).stderr
    test.contains(said, case[2])
    test.contains(said, case[3])
    test.equal(calls(t), { "status" })
  end
  test.equal(t.root:exists(KEYS), false)
end)

test.it("warns when bw has not synced for a day, and syncs only when told to", function(t)
  local key <const>, text <const> = new_key()
  setup(t, { ssh_item("sops-me-ssh", text, key:public()) })
  local function ago(seconds)
    return os.date("!%Y-%m-%dT%H:%M:%S.000Z", math.floor(host.time() - seconds))
  end
  for _, case in ipairs { { ago(23 * 3600) }, { ago(25 * 3600), ago(25 * 3600):sub(1, 10) },
    { nil, "never synced" }, { "2024-02-29T23:59:59.999Z", "2024-02-29" } } do
    status(t, "unlocked", case[1])
    local said <const> = run(t, { "extract-keys" }, 0).stderr
    test.equal(calls(t), { "status", "list items --search=sops-" })
    if case[2] then
      test.contains(said, case[2])
      test.contains(said, "--sync")
    else
      test.equal(said, "")
    end
  end
  test.lacks(run(t, { "extract-keys", "--sync" }, 0).stderr, "2024")
  test.equal(calls(t), { "status", "sync", "list items --search=sops-" })
end)

test.it("gives the session to bw's environment, no other secret, nothing to its argv", function(t)
  local items <const> = all_shapes()
  setup(t, { items[1], items[2] }, NO_SITE)
  local result <const> = run(t, { "--trace", "extract-keys", "--verify",
    env = { SOPS_AGE_KEY = "AGE-SECRET-KEY-1NOTFORBW", BW_PASSWORD = "master" } }, 0)
  local environment <const> = t:read "bin/environment"
  test.contains(environment, "BW_SESSION=" .. SESSION)
  test.lacks(environment, "NOTFORBW")
  test.lacks(environment, "BW_PASSWORD")
  test.lacks(t:read "bin/calls", SESSION)
  test.lacks(result.stdout .. result.stderr, SESSION)
  test.lacks(result.stdout .. result.stderr, "PRIVATE KEY")
end)

test.it("reads nothing of items that were not asked for", function(t)
  local key <const>, text <const> = new_key()
  local bank <const> = item("bank, see sops-me-ssh", { notes = "not a key: hunter2",
    login = { password = "hunter2", username = "hunter3" },
    attachments = json.array { { id = "private", fileName = "id_ed25519" } } })
  setup(t, { bank, ssh_item("sops-me-ssh", text, key:public()) })
  local result <const> = run(t, { "--trace", "sync-keys", "-y" }, 0)
  test.equal(calls(t), { "status", "list items --search=sops-me-ssh" })
  test.lacks(result.stdout .. result.stderr, "hunter")
  test.lacks(result.stdout .. result.stderr, "bank")
end)

test.it("uses no key whose public half is another's", function(t)
  local _, text <const> = new_key()
  local other <const> = new_key()
  for _, bad in ipairs { ssh_item("sops-me-ssh", text, other:public()),
    item("sops-me-ssh", { notes = text, login = { password = other:public() } }) } do
    setup(t, { bad })
    test.contains(run(t, { "extract-keys", "--verify" }, 1).stderr, "[pair-differs]")
    test.contains(run(t, { "sync-keys", "-y" }, 2).stderr, "is not that of its private key")
  end
  setup(t, { ssh_item("sops-me-ssh", text, "null") })
  test.contains(run(t, { "extract-keys" }, 1).stderr, "[vault-item]")
  test.contains(run(t, { "sync-keys", "-y" }, 2).stderr, "no SSH public key")
  setup(t, { item("sops-me-ssh", { notes = text, login = { password = "hunter2" } }) })
  run(t, { "extract-keys" }, 0) -- a password that is no public key states nothing
  test.equal(t.root:exists(KEYS), false)
end)

test.it("guesses neither among items of one name nor for one that is missing", function(t)
  local key <const>, text <const> = new_key()
  setup(t, { ssh_item("sops-me-ssh", text, key:public()),
    ssh_item("sops-me-ssh", text, key:public()) })
  test.contains(run(t, { "sync-keys", "-y" }, 2).stderr, "two items named sops-me-ssh")
  setup(t, { ssh_item("sops-you-ssh", text, key:public()) })
  local said <const> = run(t, { "sync-keys", "-y" }, 2).stderr
  test.contains(said, "no item named sops-me-ssh")
  test.contains(said, "it has sops-you-ssh")
  local result <const> = run(t, { "extract-keys" }, 1) -- the others are listed all the same
  test.contains(result.stdout, "sops-you-ssh")
  test.contains(result.stderr, "no item named sops-me-ssh")
  test.contains(script(t, "give(vault:get 'sops-me-ssh')").hint, "bw sync")
  test.equal(t.root:exists(KEYS), false)
end)

test.it("says why a key cannot be used, and goes on with the others", function(t)
  local key <const>, text <const> = new_key()
  local items <const> = { ssh_item("sops-fine-ssh", text, key:public()),
    item("sops-empty-ssh", {}), item("sops-text-ssh", { notes = "remember the milk" }),
    item("sops-pem-ssh", { notes = "-----BEGIN RSA PRIVATE KEY-----\nMII=\n" }) }
  for name, options in pairs { rsa = { "-t", "rsa", "-b", "2048", "-N", "" },
    ecdsa = { "-t", "ecdsa", "-N", "" }, locked = { "-t", "ed25519", "-a", "1", "-N", "x" } } do
    test.equal(t:run { "ssh-keygen", "-q", "-f", name, table.unpack(options) }.status, 0)
    local public <const> = t:read(name .. ".pub")
    table.insert(items, ssh_item(("sops-%s-ssh"):format(name), t:read(name), public))
    table.insert(items, item(("sops-%s-notes-ssh"):format(name), { notes = t:read(name) }))
  end
  setup(t, items, NO_SITE)
  local result <const> = run(t, { "extract-keys", "--verify", "--json" }, 1)
  local said <const> = json.parse(result.stdout)
  test.equal(#said.keys, 2) -- the public half of a protected key can be compared all the same
  test.equal({ said.keys[1].item, said.keys[2].item }, { "sops-fine-ssh", "sops-locked-ssh" })
  local why <const> = {}
  for _, finding in ipairs(said.findings) do
    why[finding.name] = finding.message .. " " .. (finding.hint or "")
  end
  for name, part in pairs { empty = "holds no key", text = "sops-text-ssh: ",
    pem = "form than that of OpenSSH", rsa = "only ssh-ed25519", ["rsa-notes"] = "only ssh-ed25519",
    ecdsa = "only ssh-ed25519", ["ecdsa-notes"] = "only ssh-ed25519",
    ["locked-notes"] = "passphrase" } do
    test.contains(why[("sops-%s-ssh"):format(name)], part)
  end
  test.lacks(result.stdout .. result.stderr, "milk")
  local protected <const> = script(t, "give(vault:get 'sops-locked-ssh')")
  test.equal(protected.code, "passphrase")
  test.contains(protected.hint, "terminal")
end)

test.it("takes a bw that fails or talks nonsense for no vault, not for an empty one", function(t)
  local items <const>, _, attached <const> = all_shapes()
  items[3].name = "sops-me-ssh"
  setup(t, { items[3] })
  local status_text <const> = t:read "bin/status"
  for _, word in ipairs { "status", "list", "get" } do
    for _, bad in ipairs { "exit 1", "kill -9 $$", "exit 0", "echo 'hunter2: sorry'; exit 0",
      [[echo '{"status":"unlocked","status":"locked","x":"hunter2"}'; exit 0]],
      [=[echo '[{"name":"sops-me-ssh","id":"1","id":"2","notes":"hunter2"}]'; exit 0]=],
      "head -c 99 /dev/zero; exit 0", [[echo '[[[[[[[["hunter2'; exit 0]] } do
      answer(t, "status", status_text)
      answer(t, "get", attached)
      t:write(("bin/%s.sh"):format(word), bad .. "\n")
      local result <const> = run(t, { "sync-keys", "-y" }, 2)
      test.contains(result.stderr, word == "get" and bad:find "exit 0" and "sops-me-ssh: "
        or "[child]")
      test.lacks(result.stderr, "hunter2")
      test.lacks(result.stderr, "a bug")
      t.root:remove(("bin/%s.sh"):format(word))
    end
  end
  test.equal(t.root:exists(KEYS), false)
  run(t, { "sync-keys", "-y" }, 0)
end)

test.it("does not wait for ever", function(t)
  setup(t, {})
  t:write("bin/list.sh", "exec sleep 600\n")
  local err <const> = script(t, "give(vault:list())")
  test.equal(err.code, "child")
  test.contains(err.message, "took too long")
end)

test.it("stores a new key over stdin, and never over another", function(t)
  local old <const>, text <const> = new_key()
  setup(t, { ssh_item("sops-old-ssh", text, old:public()) })
  local made <const> = script(t, [[
    local key = assert(ssh.generate { comment = "new" })
    give({ assert(vault:put("sops-new-ssh", key:text(), key:public())), key:public() })]])
  test.equal(calls(t), { "status", "list items --search=sops-new-ssh", "create item" })
  local stored <const> = json.parse(assert(encode.unbase64(t:read "bin/created")))
  test.equal({ stored.type, stored.name }, { 5, "sops-new-ssh" })
  local key <const> = assert(ssh.private(secret.new(stored.sshKey.privateKey)))
  test.equal(key:public(), made[2])
  test.equal(stored.sshKey.publicKey .. " new", made[2])
  test.equal(stored.sshKey.keyFingerprint, key:fingerprint())
  local refused <const> = script(t, [[
    local key = assert(ssh.generate())
    give(vault:put("sops-old-ssh", key:text(), key:public()))]])
  test.equal(refused.code, "exists")
  test.equal(calls(t), { "status", "list items --search=sops-old-ssh" })
end)

test.it("runs only a bw that others cannot change", function(t)
  setup(t, {})
  t:run { "chmod", "777", "bin" }
  test.contains(run(t, { "extract-keys" }, 2).stderr, "[permission]")
  t.root:remove "bin/bw"
  local result <const> = run(t, { "extract-keys", env = { PATH = t:path "bin" } }, 2)
  test.contains(result.stderr, "[missing]")
  test.contains(result.stderr, "install the Bitwarden command line")
  test.equal(calls(t), {})
end)

test.it("sets up an identity from Bitwarden", function(t)
  local key <const>, text <const>, recipient <const> = new_key()
  setup(t, { ssh_item("sops-tara-ssh", text, key:public()) })
  t.root:remove "repo/.sops.yaml"
  t.root:remove "repo/moonlatch.lua"
  sample.make(assert(fs.root(t:path "repo")))
  local result <const> = run(t, { "bootstrap", "tara", "-y" }, 0)
  test.equal(recipients_in(t, KEYS), { recipient })
  test.contains(t:read "repo/.sops.yaml", "  - &tara " .. recipient .. "\n")
  test.contains(result.stderr, "bw lock")
  test.equal(calls(t), { "status", "list items --search=sops-tara-ssh" })
end)
