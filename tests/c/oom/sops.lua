local age = require "moonlatch.age"
local sops = require "moonlatch.sops"

local clear <const> = [[
# a comment
user: tara
list: [1, 2.5, true]
deep:
  value: "quoted"
]]
local key <const>, other <const> = assert(age.generate()), assert(age.generate())
local mine <const> = assert(sops.approved { key:recipient() })
local both <const> = assert(sops.approved { key:recipient(), other:recipient() })
local sealed <const> = assert(sops.encrypt(clear, { recipients = mine, path = "x.yaml" }))
local groups <const> = {
  { { kind = "age", recipient = key:recipient() },
    { kind = "kms", arn = "arn:aws:kms:x", role = "r", context = { App = "b", Env = "c" } } },
  { { kind = "age", recipient = other:recipient() }, { kind = "pgp", fp = "ABCD" } },
  { { kind = "hc_vault", vault_address = "https://v", engine_path = "e", key_name = "k" } },
}

--- What key sources would do.
local function fill(envelope)
  for _, open in ipairs(assert(envelope:open())) do
    assert(open.key.recipient and #open.share > 0)
    assert(envelope:give(open.index, "wrapped"))
  end
  return envelope
end

--- Key groups: sealed, opened, changed, split anew.
local function several()
  local approved <const> = assert(sops.approved { groups = groups, threshold = 2 })
  local text <const> = assert(sops.encrypt(clear, { envelope = fill(assert(
    sops.envelope(approved))), path = "x.yaml" }))
  local file <close> = assert(sops.open(text, { path = "x.yaml" }))
  assert(#assert(file:recipients()) == 5)
  local none <const>, err <const> = file:unlock({ key }, { order = { "pgp", "age" } })
  if none or err.code ~= "key" then
    error(err, 0)
  end
  assert(#err.groups == 3)
  assert(file:unlock { key, other })
  local more <const> = assert(sops.approved { groups = { { groups[1][1], groups[2][1] }, groups[2],
    groups[3] } })
  assert(file:update_keys(fill(assert(file:envelope(more)))))
  assert(file:decrypt())
  assert(file:renew(fill(assert(sops.envelope(approved)))))
  assert(file:offer(1, ("x"):rep(33)))
end

--- A dotenv or INI file: sealed, changed, shown in another format.
local function lines(path, text, name, format)
  local file <close> = assert(sops.open(assert(sops.encrypt(text, { recipients = mine,
    path = path })), { path = path }))
  assert(file:unlock { key })
  assert(file:decrypt())
  assert(assert(file:clear_text()):equal(text))
  assert(file:clear_text { format = format })
  assert(file:set(name, "a;b"))
  assert(file:update_keys(both))
  assert(file:update_keys(mine))
  assert(file:decrypt())
  assert(file:unset(name))
end

return function()
  local fresh <const> = assert(sops.encrypt(clear, { recipients = mine, path = "x.yaml",
    selectors = { encrypted_regex = "^(user|deep)$" } }))
  assert(sops.is_encrypted(fresh, { path = "x.yaml" }) and sops.has_sealed(fresh))
  local file <close> = assert(sops.open(sealed, { path = "x.yaml" }))
  assert(#assert(file:recipients()) == 1)
  for _, one in ipairs(assert(file:verify())) do
    error(one.message)
  end
  assert(#assert(file:paths()) == 5)
  assert(file:unlock { other, key })
  assert(file:decrypt())
  assert(assert(file:clear_text()):equal(clear))
  assert(assert(file:value("deep/value")):equal("quoted"))
  assert(file:value("deep", { format = "json" }))
  local changes <const> = { { "set", "deep/value", "new" }, { "unset", "list/0" },
    { "reseal", clear }, { "repair" }, { "update_keys", both }, { "renew", both } }
  for _, change in ipairs(changes) do
    assert(file:unlock { key })
    assert(file:decrypt())
    assert(file[change[1]](file, table.unpack(change, 2)))
  end
  assert(file:text() and file:notes())
  local binary <const> = assert(sops.encrypt("\0bytes", { recipients = mine, format = "binary" }))
  local again <close> = assert(sops.open(binary, { format = "binary" }))
  assert(again:unlock { key })
  assert(again:decrypt())
  assert(assert(again:clear_text()):equal("\0bytes"))
  lines("x.env", "# c\nA=x\\ny\n", "B", "yaml")
  lines("x.ini", "; c\n\n; d\na = \"\"\"x\ny\"\"\" ; e\n[s]\nb=1\n", "s/c", "json")
  local many <const> = sops.update_many({ { text = sealed, recipients = both, path = "x.yaml" } },
    { key })
  assert(not many[1].error or error(many[1].error))
  several()
end
