--- values — the values of a document in clear as a tree, and what two versions of it differ in.
--
-- Comments and spelling of the text are no part of it. Values of a document that is a secret are
-- secrets; keys are not.

local doc  <const> = require "moonlatch.doc"
local fail <const> = require "moonlatch.fail"

---@class moonlatch.ValueTree
---@field kind "map"|"list"|"scalar"
---@field type string?                              of a scalar: "str", "int", …
---@field bytes moonlatch.Bytes?                    of a scalar
---@field keys string[]?                            of a map, in order
---@field of table<string, moonlatch.ValueTree>?    of a map
---@field items moonlatch.ValueTree[]?              of a list
---@field node moonlatch.Node?                      where it stands

local values = {}

local LARGEST <const> = 1000000 -- aliases could make a small text endless

local function build(node, budget)
  budget.left = budget.left - 1
  if budget.left < 0 then
    fail("limit", ("more than %d values, aliases written out"):format(LARGEST))
  end
  node = node:resolve()
  local tree <const> = { kind = node.kind, node = node }
  if node.kind == "map" then
    tree.keys, tree.of = {}, {}
    for key, child in node:pairs() do
      table.insert(tree.keys, key)
      tree.of[key] = build(child, budget)
    end
  elseif node.kind == "list" then
    tree.items = {}
    for _, child in node:items() do
      table.insert(tree.items, build(child, budget))
    end
  else
    tree.type, tree.bytes = node.type, node:text()
  end
  return tree
end

--- The tree of a parsed document. One text of several documents is a single value.
---@param parsed moonlatch.Document
---@return moonlatch.ValueTree
function values.of(parsed)
  if parsed:roots() ~= 1 then
    return { kind = "scalar", type = "documents", bytes = parsed:text() }
  end
  return build(parsed:root(), { left = LARGEST })
end

--- The tree of a text. A binary file is a single value.
---@param bytes moonlatch.Bytes
---@param format string
---@param path string?  for messages
---@return moonlatch.ValueTree? tree
---@return moonlatch.Error|moonlatch.Document|nil err  else the document
function values.read(bytes, format, path)
  if format == "binary" then
    return { kind = "scalar", type = "binary", bytes = bytes }
  end
  local parsed <const>, err <const> = doc.parse(bytes, { format = format, path = path })
  if not parsed then
    return nil, err
  end
  return values.of(parsed), parsed
end

local function same_bytes(a, b)
  if type(a) == "string" then
    a, b = b, a
  end
  return type(a) == "string" and a == b or type(a) ~= "string" and a:equal(b)
end

--- Are both values the same, the order of keys aside?
---@param a moonlatch.ValueTree?
---@param b moonlatch.ValueTree?
---@return boolean
function values.equal(a, b)
  if not a or not b or a.kind ~= b.kind then
    return a == b
  elseif a.kind == "scalar" then
    return a.type == b.type and (a.type == "null" or same_bytes(a.bytes, b.bytes))
  end
  local left <const>, right <const> = a.of or a.items, b.of or b.items
  if #(a.keys or a.items) ~= #(b.keys or b.items) then
    return false
  end
  for key, child in pairs(left) do
    if not values.equal(child, right[key]) then
      return false
    end
  end
  return true
end

--- The path of what is below a path, as `file:value` takes it.
---@param path string
---@param key string|integer  an index counts from 0
---@return string
function values.join(path, key)
  local word <const> = tostring(key):gsub("~", "~0"):gsub("/", "~1")
  return path == "" and word or path .. "/" .. word
end

--- What stands before a change of each kind in a list for people.
values.MARKS = { added = "+", removed = "-", changed = "~" }

---@class moonlatch.ValueChange
---@field path string
---@field change "added"|"removed"|"changed"
---@field old moonlatch.ValueTree?
---@field new moonlatch.ValueTree?

local function compare(list, path, old, new)
  if values.equal(old, new) then
    return
  elseif old and new and old.kind == "map" and new.kind == "map" then
    for _, key in ipairs(old.keys) do
      compare(list, values.join(path, key), old.of[key], new.of[key])
    end
    for _, key in ipairs(new.keys) do
      if not old.of[key] then
        compare(list, values.join(path, key), nil, new.of[key])
      end
    end
  elseif old and new and old.kind == "list" and new.kind == "list"
    and #old.items == #new.items then
    for i, item in ipairs(old.items) do
      compare(list, values.join(path, i - 1), item, new.items[i])
    end
  else
    table.insert(list, { path = path, old = old, new = new,
      change = not old and "added" or not new and "removed" or "changed" })
  end
end

--- What is different, each at the deepest place that both have; lists of different lengths as a
--- whole.
---@param old moonlatch.ValueTree?
---@param new moonlatch.ValueTree?
---@return moonlatch.ValueChange[]
function values.compare(old, new)
  local list <const> = {}
  compare(list, "", old, new)
  return list
end

return values
