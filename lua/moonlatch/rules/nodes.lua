--- rules.nodes — how fields of a `.sops.yaml` are found: through aliases, through `<<`, by type.
--
-- People share keys with anchors. What others use too is known by its anchor's name (`shared`), so
-- that an edit of one rule does not change another.

local fail <const> = require "moonlatch.fail"

local nodes = {}

--- An error at a node.
---@param node moonlatch.Node
---@param message string
---@param hint string?
---@return moonlatch.Error
function nodes.blame(node, message, hint)
  return fail.new("format", message, hint, { line = node.line, column = node.column })
end

--- Where a node is, as a key for tables.
---@param node moonlatch.Node
---@return string
function nodes.here(node)
  return node.line .. ":" .. node.column
end

---@param node moonlatch.Node
---@return boolean
function nodes.is_null(node)
  return node.kind == "scalar" and node.type == "null"
end

--- The value under `name` in a map, as it stands: an alias stays an alias.
---@param map moonlatch.Node
---@param name string
---@return moonlatch.Node?
function nodes.child(map, name)
  for key, node in map:pairs() do
    if key == name then
      return node
    end
  end
end

--- A node behind its alias, and its anchor's name if others use it too: by an alias of their own,
--- or in the place where it stands.
---@param model table
---@param node moonlatch.Node
---@return moonlatch.Node target
---@return string? shared
function nodes.follow(model, node)
  local alias <const> = node.kind == "alias"
  local target <const> = alias and node:resolve() or node
  if not target.anchor then
    return target
  end
  local place <const> = nodes.here(target)
  local uses = model.uses[place] or 0
  if alias then
    uses = uses - 1 + (model.in_rules[place] and 1 or 0)
  end
  return target, uses > 0 and target.anchor or nil
end

--- The value of a field that a map takes from elsewhere with `<<`, unless it has it itself.
---@param model table
---@param map moonlatch.Node
---@param name string
---@return moonlatch.Node?
---@return string? shared  where it comes from
function nodes.inherited(model, map, name)
  local from <const> = nodes.child(map, "<<")
  local source <const> = from and nodes.follow(model, from)
  if not source then
    return nil
  end
  local maps <const> = {}
  if source.kind == "map" then
    maps[1] = source
  elseif source.kind == "list" then
    for i, item in source:items() do
      maps[i] = nodes.follow(model, item)
    end
  end
  for _, other in ipairs(maps) do
    local value <const>, deeper <const> = nodes.field(model, other, name)
    if value then
      return value, deeper or other.anchor or "<<"
    end
  end
end

--- The value of a map's field, its own or an inherited one; null counts as nothing.
---@param model table
---@param map moonlatch.Node
---@param name string
---@return moonlatch.Node?
---@return string? shared  where it comes from, if it is not the map's own
function nodes.field(model, map, name)
  local own <const> = nodes.child(map, name)
  if own then
    return not nodes.is_null(nodes.follow(model, own)) and own or nil
  end
  return nodes.inherited(model, map, name)
end

--- A field that is one scalar of a type.
---@param model table
---@param map moonlatch.Node
---@param name string
---@param wanted "str"|"int"|"bool"
---@return string|integer|boolean|nil
function nodes.scalar(model, map, name, wanted)
  local value <const> = nodes.field(model, map, name)
  if not value then
    return nil
  end
  local node <const> = nodes.follow(model, value)
  if node.kind ~= "scalar" or node.type ~= wanted then
    error(nodes.blame(value, ("%s: a value of type %s is expected"):format(name, wanted)), 0)
  end
  return node:value()
end

--- The same for text; the empty one says nothing.
function nodes.text(model, map, name)
  local value <const> = nodes.scalar(model, map, name, "str")
  return value ~= "" and value or nil
end

--- A field that is a list or a map.
---@param model table
---@param map moonlatch.Node
---@param name string
---@param wanted "list"|"map"
---@return moonlatch.Node?
---@return string? shared
function nodes.container(model, map, name, wanted)
  local value <const>, from <const> = nodes.field(model, map, name)
  if not value then
    return nil
  end
  local node <const>, shared <const> = nodes.follow(model, value)
  if node.kind ~= wanted then
    error(nodes.blame(value, ("%s: a %s is expected, not a %s"):format(name, wanted, node.kind)), 0)
  end
  return node, shared or from
end

--- Fields that sops passes over, each with the one that was perhaps meant.
---@param map moonlatch.Node
---@param known string[]
---@return { name: string, line: integer, near: string? }[]
function nodes.unknown(map, known)
  local list <const>, is_known <const> = {}, { ["<<"] = true }
  for _, name in ipairs(known) do
    is_known[name] = true
  end
  for name, node in map:pairs() do
    if not is_known[name] then
      table.insert(list, { name = name, line = node.line, near = fail.nearest(name, known) })
    end
  end
  return list
end

return nodes
