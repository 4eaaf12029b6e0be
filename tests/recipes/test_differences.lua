-- The pages that list where a face differs from its peer.

local files <const> = require "moonlatch.files"
local test  <const> = require "moonlatch.test"

for _, peer in ipairs { "age", "sops", "ssh-to-age" } do
  test.it("every difference from " .. peer .. " that is listed has its test", function()
    local page <const> = assert(files.read(("docs/%s-differences.md"):format(peer))):publish()
    local count = 0
    for path, name in page:gmatch "`(tests/[%w_/]+%.lua): ([^`]+)`" do
      test.contains(assert(files.read(path)):publish(), ('test.it("%s"'):format(name))
      count = count + 1
    end
    local _, rows <const> = page:gsub("\n|[^%-\n][^\n]*", "")
    test.equal(count, rows - 1) -- the first row says what the columns are
  end)
end
