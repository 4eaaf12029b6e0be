-- What scripts ask of a transaction.

local fs, test = require "moonlatch.fs", require "moonlatch.test"

test.it("makes folders with the mode that was asked for", function(t)
  local root <const> = t.root
  local change <close> = assert(fs.transaction { roots = { root } })
  assert(change:mkdir(root, "closed", tonumber("700", 8)))
  assert(change:mkdir(root, "open", tonumber("755", 8)))
  assert(change:commit())
  test.equal(root:stat("closed").mode, tonumber("700", 8))
  test.equal(root:stat("open").mode, tonumber("755", 8))
end)
