-- What secrets cost the system, which Lua's collector does not see.
local fs     <const> = require "moonlatch.fs"
local secret <const> = require "moonlatch.secret"
local test   <const> = require "moonlatch.test"

test.it("gives back the mappings of secrets that nobody refers to", function()
  local bytes <const> = ("x"):rep(100)
  for _ = 1, 60000 do
    secret.new(bytes)
  end
  local _, mappings <const> = fs.read_named "/proc/self/maps":publish():gsub("\n", "\n")
  test.equal(mappings < 8000, true, mappings .. " mappings")
end)
