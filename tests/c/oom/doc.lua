local doc = require "moonlatch.doc"
local secret = require "moonlatch.secret"

local text <const> = [[
# head
keys:
  - &tara age1tara # hers
  - *tara
map: { a: 1, b: [x, 'y', "z"] }
long: |
  two
  lines
]]

local function walk(node)
  for child in node:children() do
    walk(child)
  end
  return node:path(), node.kind, node.style, node.line
end

return function()
  local d <close> = assert(doc.parse(text, { format = "yaml", path = "x.yaml" }))
  walk(d:root())
  assert(assert(d:find("map/b/1")):value() == "y")
  assert(d:find("nothing") == nil)
  for _, node in d:root():pairs() do
    if node.kind == "scalar" then
      node:text()
    end
  end
  assert(d:set("map/a", 2))
  assert(d:insert("keys", "age1new", { after = "last", anchor = "new" }))
  local added <const> = doc.map { { "one", 1 }, { "two", { 1, 2 } } }
  assert(d:insert("", added, { key = "added", after = "last" }))
  assert(d:rename_anchor(assert(d:find("keys/0")), "thea"))
  assert(d:remove("long"))
  assert(#d:text() > 0)
  local clear <const> = secret.new('{ "a": [1, true, null, "x"] }')
  local j <close> = assert(doc.parse(clear, { format = "json" }))
  assert(secret.is(assert(j:find("a/3")):value()))
  assert(j:set("a/0", secret.new("other")))
  assert(secret.is(j:text()))
  assert(doc.parse("a: [", { format = "yaml" }) == nil)
end
