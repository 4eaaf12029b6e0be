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
end
