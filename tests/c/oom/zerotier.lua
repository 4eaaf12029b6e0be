local zerotier = require "moonlatch.zerotier"

local identity <const> = assert(zerotier.generate())

return function()
  local again <close> = assert(zerotier.parse(assert(identity:secret())))
  assert(again:check())
  local public <close> = assert(zerotier.parse(again:public()))
  assert(public:address() == identity:address())
  local fresh <close> = assert(zerotier.generate { threads = 1 })
  assert(fresh:address())
  assert(zerotier.parse("nonsense") == nil)
end
