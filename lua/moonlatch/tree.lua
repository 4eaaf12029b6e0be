--- tree — a document's node as a value that an edit takes: numbers keep their spelling, secrets
--- stay secrets.

local doc  <const> = require "moonlatch.doc"
local json <const> = require "moonlatch.json"

local tree = {}

---@param node moonlatch.Node
---@return moonlatch.Value
function tree.of(node)
  if node.kind == "map" then
    local pairs_of <const> = {}
    for key, child in node:pairs() do
      table.insert(pairs_of, { key, tree.of(child) })
    end
    return doc.map(pairs_of)
  elseif node.kind == "list" then
    local list <const> = json.array {}
    for i, child in node:items() do
      list[i] = tree.of(child)
    end
    return list
  elseif node.type == "null" then
    return doc.null
  end
  return doc.scalar(node:text(), node.type)
end

return tree
