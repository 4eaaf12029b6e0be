-- No Lua code runs in the midst of a primitive, where it could close what the primitive uses.
local age    <const> = require "moonlatch.age"
local dialog <const> = require "moonlatch.age_dialogue"
local doc    <const> = require "moonlatch.doc"
local sops   <const> = require "moonlatch.sops"
local test   <const> = require "moonlatch.test"

-- The table, raising when anything is looked up in it that it does not have.
local function loud(table)
  return setmetatable(table, { __index = function(_, name)
    error("a metamethod ran for " .. name)
  end })
end

test.it("reads tables without their metamethods", function()
  local identity <const> = age.generate()
  local recipient <const> = identity:recipient()
  local approved <const> = assert(sops.approved(loud { recipient }))
  local sealed <const> = assert(sops.encrypt("a: 1\n", loud { recipients = approved,
    selectors = loud {}, path = "a.yaml" }))
  local file <const> = assert(sops.open(sealed, loud { path = "a.yaml" }))
  assert(file:unlock({ identity }, loud {}))
  assert(file:decrypt(loud {}))
  test.equal(file:value("a", loud {}):publish(), "1")
  test.equal(sops.update_many({ loud { text = sealed, recipients = approved, path = "a.yaml" } },
    { identity })[1], { unchanged = true })
  assert(assert(age.seal({ recipient }, loud {})):encrypt("text", loud {}))
  assert(assert(doc.parse("a: 1\n", loud {})):set("a", "2", loud {}))
  test.raises("table expected", function()
    dialog.unwrap(dialog.default_identity("x"), { loud { type = "X", body = "b" } })
  end)
end)

test.it("has no finalisers", function()
  test.raises("use a variable with <close>", function()
    setmetatable({}, { __gc = function() end })
  end)
  test.raises("protected", function()
    setmetatable(setmetatable({}, { __metatable = false }), {})
  end)
  test.raises("nil or table expected", function()
    setmetatable({}, 1)
  end)
  local meta <const> = { __index = { a = 1 } }
  test.equal(setmetatable({}, meta).a, 1)
  test.equal(getmetatable(setmetatable(setmetatable({}, meta), nil)), nil)
end)
