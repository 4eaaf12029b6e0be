local age, keyfile, test = require "moonlatch.age", require "moonlatch.keyfile",
  require "moonlatch.test"

local OLD <const> = assert(age.generate())
local HEAD <const> = "# made by hand\n\nAGE-PLUGIN-YUBIKEY-18S3VSX\r\n#odd\n"

test.it("keeps every line it does not own", function()
  local kf <const> = assert(keyfile.parse(HEAD, "keys.txt"))
  test.equal(kf:bytes():equal(HEAD), true)
  test.equal(kf:add(OLD, { comment = "tara" }), true)
  test.equal(kf:add(OLD), false)
  test.equal(kf:bytes():sub(1, #HEAD):equal(HEAD), true)
  test.equal(kf:keys(), { OLD:recipient() })
  test.equal(kf:remove(OLD:recipient()), true)
  test.equal(kf:bytes():equal(HEAD), true)
  test.equal(kf:remove(OLD:recipient()), false)
end)

test.it("reads back what it writes", function()
  local kf <const> = keyfile.new()
  kf:add(OLD, { comment = "two\nlines" })
  local again <const> = assert(keyfile.parse(kf:bytes()))
  test.equal(again:keys(), { OLD:recipient() })
  test.equal(#again.entries, 3)
end)

test.it("marks a retired key and keeps it", function()
  local kf <const> = keyfile.new()
  kf:add(OLD)
  test.equal(kf:retired(OLD:recipient()), nil)
  test.equal(kf:retire(OLD:recipient(), "2025-01-31"), true)
  test.equal(kf:retire(OLD:recipient(), "2025-01-31"), false)
  local again <const> = assert(keyfile.parse(kf:bytes()))
  test.equal(again:retired(OLD:recipient()), "2025-01-31")
  test.equal(again:remove(OLD:recipient()), true)
  test.equal(#again.entries, 0)
end)

test.it("drops what is not wanted only when told to", function()
  local kf <const> = assert(keyfile.parse(HEAD))
  local before <const> = assert(keyfile.parse(HEAD))
  kf:add(OLD)
  kf:keep_only { OLD:recipient() }
  test.equal(#kf.entries, 2)
  local added, removed = kf:diff(before)
  test.equal(added, { OLD:recipient() })
  test.equal(removed, {})
end)
