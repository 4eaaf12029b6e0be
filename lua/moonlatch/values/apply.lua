--- values.apply — edits made in a document in clear, so that its comments and spelling stay.

local tree   <const> = require "moonlatch.tree"
local values <const> = require "moonlatch.values"

local function splice(document, edit)
  local both <const> = math.min(edit.count, #edit.items)
  for i = 1, both do
    assert(document:set(values.join(edit.path, edit.from + i - 1), tree.of(edit.items[i].node)))
  end
  for i = edit.count, both + 1, -1 do
    assert(document:remove(values.join(edit.path, edit.from + i - 1)))
  end
  for i = both + 1, #edit.items do
    local at <const> = edit.from + i - 1
    local after <const> = at == 0 and "first"
      or assert(document:find(values.join(edit.path, at - 1)))
    assert(document:insert(edit.path, tree.of(edit.items[i].node), { after = after }))
  end
end

local function insert(document, edit)
  local after <const> = edit.after and document:find(values.join(edit.path, edit.after))
  assert(document:insert(edit.path, tree.of(edit.value.node), { key = edit.key,
    after = after or "last" }))
end

--- Make edits in a document. Raises where it cannot take one.
---@param document moonlatch.Document
---@param edits moonlatch.ValueEdit[]
local function apply(document, edits)
  for _, edit in ipairs(edits) do
    if edit.op == "set" then
      assert(document:set(edit.path, tree.of(edit.value.node)))
    elseif edit.op == "remove" then
      assert(document:remove(edit.path))
    elseif edit.op == "insert" then
      insert(document, edit)
    else
      splice(document, edit)
    end
  end
end

return apply
