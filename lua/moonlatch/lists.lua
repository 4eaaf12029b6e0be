--- lists — small questions about tables.

local lists = {}

--- Is `value` in the list?
---@param list any[]?
---@param value any
---@return boolean
function lists.has(list, value)
  for _, item in ipairs(list or {}) do
    if item == value then
      return true
    end
  end
  return false
end

--- The names in a table in order, where `pairs` would give them in a new one each run.
---@param map table<string, any>?
---@return string[]
function lists.names(map)
  local names <const> = {}
  for name in pairs(map or {}) do
    table.insert(names, name)
  end
  table.sort(names)
  return names
end

return lists
