-- Identities of ZeroTier, as recipes see them.

local secret, test, zerotier =
  require "moonlatch.secret", require "moonlatch.test", require "moonlatch.zerotier"

local ADDRESS <const> = "8e4df28b72"
local PUBLIC <const> = ADDRESS .. ":0:"
  .. "ac3d46abe0c21f3cfe7a6c8d6a85cfcffcb82fbd55af6a4d6350657c68200843"
  .. "fa2e16f9418bbd9702cae365f2af5fb4c420908b803a681d4daef6114d78a2d7"
local SECRET <const> = PUBLIC .. ":"
  .. "bd8dd6e4ce7022d2f812797a80c6ee8ad180dc4ebf301dec8b06d1be08832bdd"
  .. "d63a2f1cfa7b2c504474c75bdc8898ba476ef92e8e2d0509f8441985171ff16e"

test.it("an identity that is known to be good reads, checks and writes back", function()
  local identity <close> = assert(zerotier.parse(secret.new(SECRET)))
  test.equal(identity:check(), true)
  test.equal(identity:address(), ADDRESS)
  test.equal(identity:public(), PUBLIC)
  local text <const> = assert(identity:secret())
  test.equal(tostring(text), ("<secret, %d bytes>"):format(#SECRET))
  assert(text:equal(SECRET))
end)

test.it("its public half is an identity of its own, and has no secret one", function()
  local identity <close> = assert(zerotier.parse(PUBLIC .. "\n"))
  test.equal(identity:check(), true)
  test.fails_with("missing", function() assert(identity:secret()) end)
end)

test.it("what does not belong together, or has another form, is told apart", function()
  local moved <close> = assert(zerotier.parse((SECRET:gsub("^8", "9"))))
  test.fails_with("conflict", function() assert(moved:check()) end)
  test.fails_with("format", function() assert(zerotier.parse(ADDRESS)) end)
end)

test.it("a new identity is valid", function()
  local identity <close> = assert(zerotier.generate())
  test.equal(identity:check(), true)
  test.equal(#identity:address(), 10)
  test.equal(pcall(zerotier.generate, { threads = 0 }), false)
end)
