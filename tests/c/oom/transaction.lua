local fs = require "moonlatch.fs"
local secret = require "moonlatch.secret"

local place <const> = assert(fs.temp_folder())
local runs = 0

-- One that ran out of memory behind the commit point is finished by the next.
return function()
  assert(fs.recover())
  assert(#fs.pending() == 0)
  runs = runs + 1
  local root <close> = assert(fs.root(place))
  local tx <close> = assert(fs.transaction { roots = { root } })
  assert(tx:write(root, "sealed", "run " .. runs, { kind = "sealed" }))
  assert(tx:write(root, "new/clear", secret.new("run " .. runs),
    { kind = "clear", phase = "gain" }))
  assert(tx:link(root, "link", "target " .. runs))
  assert(tx:mkdir(root, "folder"))
  assert(assert(tx:read(root, "sealed")) == "run " .. runs)
  assert(tx:input(root, "absent", nil))
  if root:exists("gone") then
    assert(tx:remove(root, "gone"))
  else
    assert(tx:write(root, "gone", "for the next", { kind = "public" }))
  end
  assert(#assert(tx:plan()) >= 4)
  assert(tx:commit())
  assert(assert(root:read("sealed")) == "run " .. runs)
end
