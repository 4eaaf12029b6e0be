-- Keys in Bitwarden items: which are found, which are read, which are refused.

local encode <const> = require "moonlatch.encode"
local host   <const> = require "moonlatch.host"
local json   <const> = require "moonlatch.json"
local secret <const> = require "moonlatch.secret"
local ssh    <const> = require "moonlatch.ssh"
local test   <const> = require "moonlatch.test"

local bitwarden <const> = test.helper "tests/recipes/bitwarden.lua"
local answer <const>, setup <const>, run <const> = bitwarden.answer, bitwarden.setup, bitwarden.run
local script <const>, calls <const>, new_key <const>
  = bitwarden.script, bitwarden.calls, bitwarden.new_key
local item <const>, ssh_item <const>, all_shapes <const>
  = bitwarden.item, bitwarden.ssh_item, bitwarden.all_shapes
local recipients_in <const>, KEYS <const>, NO_SITE <const>
  = bitwarden.recipients_in, bitwarden.KEYS, bitwarden.NO_SITE

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

test.it("reads nothing of items that were not asked for", function(t)
  local key <const>, text <const> = new_key()
  local bank <const> = item("bank, see sops-me-ssh", { notes = "not a key: hunter2",
    login = { password = "hunter2", username = "hunter3" },
    attachments = json.array { { id = "private", fileName = "id_ed25519" } } })
  setup(t, { bank, ssh_item("sops-me-ssh", text, key:public()) })
  local result <const> = run(t, { "--trace", "sync-keys", "-y" }, 0)
  test.equal(calls(t), { "status", "list items --search=sops-me-ssh" })
  test.lacks(result.stdout .. result.stderr, "hunter")
  test.lacks(result.stdout .. result.stderr, "bank,")
end)

test.it("reads private halves only where it is told to, and a key once a run", function(t)
  local _, text <const> = new_key()
  local other <const> = new_key()
  setup(t, { ssh_item("sops-me-ssh", text, other:public()), ssh_item("sops-you-ssh", text) })
  local listed <const> = script(t, [[
    local items = assert(vault:list())
    give({ items[1].public, #items, items[1].problem == nil, items[2].recipient == nil })]])
  test.equal(listed, json.array { other:public(), 2, true, true })
  calls(t)
  test.equal(script(t, [[
    local key = assert(vault:get "sops-you-ssh")
    give({ assert(vault:fetch { "sops-you-ssh" })["sops-you-ssh"] == key })]])[1], true)
  test.equal(calls(t), { "status", "list items --search=sops-you-ssh" })
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

test.it("takes that of several items of one name which the site file means", function(t)
  local key <const>, text <const>, recipient <const> = new_key()
  local other <const>, other_text <const> = new_key()
  local mine <const> = ssh_item("sops-me-ssh", text, key:public())
  local theirs <const> = ssh_item("sops-me-ssh", other_text, other:public())
  mine.id, mine.organizationId = "1111", "home"
  theirs.id, theirs.organizationId = "2222", "work"
  for _, said in ipairs { "id = '1111'", "organisation = 'home'",
    "shape = 'ssh-key', id = '1111'" } do
    setup(t, { theirs, mine }, ("return { version = 1, identities = { me = { login = { %q }, "
      .. "vault = { item = 'sops-me-ssh', %s } } } }"):format(host.user().name, said))
    run(t, { "sync-keys", "-y", "--exact", "--force" }, 0)
    test.equal(recipients_in(t, KEYS), { recipient })
  end
  setup(t, { theirs, mine }, ("return { version = 1, identities = { me = { login = { %q }, "
    .. "vault = { id = '3333' } } } }"):format(host.user().name))
  test.contains(run(t, { "sync-keys", "-y" }, 2).stderr, "no item named sops-me-ssh")
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
    pem = "no END line", rsa = "ssh-ed25519 key only", ["rsa-notes"] = "ssh-ed25519 key only",
    ecdsa = "of type ecdsa-sha2-nistp256", ["ecdsa-notes"] = "of type ecdsa-sha2-nistp256",
    ["locked-notes"] = "passphrase" } do
    test.contains(why[("sops-%s-ssh"):format(name)], part)
  end
  test.lacks(result.stdout .. result.stderr, "the milk")
  local protected <const> = script(t, "give(vault:get 'sops-locked-ssh')")
  test.equal(protected.code, "passphrase")
  test.contains(protected.hint, "terminal")
end)

test.it("stores a new key over stdin, and never over another", function(t)
  local old <const>, text <const> = new_key()
  local old_item <const> = ssh_item("sops-old-ssh", text, old:public())
  setup(t, { old_item })
  -- `bw create item` puts what it is given into the list
  t:write("bin/create.sh", [[{ printf '[%s,' "$(cat "$folder/old")"; ]]
    .. [[base64 -d "$folder/created" | sed '1s/^{/{"id":"x",/'; printf ']'; } > "$folder/list"]])
  t:write("bin/old", json.format(old_item))
  local made <const> = script(t, [[
    local key = assert(ssh.generate { comment = "new" })
    give({ assert(vault:put("sops-new-ssh", key:text(), key:public())), key:public() })]])
  test.equal(calls(t), { "status", "list items --search=sops-new-ssh", "create item",
    "list items --search=sops-new-ssh" })
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

test.it("does not believe that a key was stored until the vault gives it back", function(t)
  setup(t, {})
  for _, what in ipairs { "", [[{ printf '['; base64 -d "$folder/created" |
    sed '1s/^{/{"id":"x",/; s/"sshKey"/"unknown"/'; printf ']'; } > "$folder/list"]] } do
    t:write("bin/create.sh", what)
    local refused <const> = script(t, [[
      local key = assert(ssh.generate())
      give(vault:put("sops-new-ssh", key:text(), key:public()))]])
    test.contains(refused.message, "the vault did not keep the key")
    answer(t, "list", json.array {})
  end
end)
