--- schema — checks that data has the shape it must have, and says where not.
--
-- A check is a function (value, where) that raises an error object or returns nothing.

local fail  <const> = require "moonlatch.fail"
local lists <const> = require "moonlatch.lists"

local schema = {}

---@alias moonlatch.Check fun(value: any, where: string)

local function refuse(where, message, hint)
  fail("site", ("%s: %s"):format(where, message), hint)
end

local function name_of(value)
  return value == nil and "nothing" or value == false and "false" or type(value)
end

--- A string; with `pattern` one that matches it.
---@param pattern string?
---@param what string?  what the pattern stands for
---@return moonlatch.Check
function schema.text(pattern, what)
  return function(value, where)
    if type(value) ~= "string" or value == "" then
      refuse(where, ("a text is expected, not %s"):format(name_of(value)))
    end
    if pattern and not value:match(pattern) then
      refuse(where, ("'%s' is not %s"):format(value, what or "of the form expected"))
    end
  end
end

---@param value any
---@param where string
function schema.flag(value, where)
  if type(value) ~= "boolean" then
    refuse(where, ("true or false is expected, not %s"):format(name_of(value)))
  end
end

--- One of a few words.
---@param words string[]
---@return moonlatch.Check
function schema.word(words)
  return function(value, where)
    local known <const>, err = fail.choose(words, tostring(value), "choice", "site")
    if type(value) ~= "string" or not known then
      refuse(where, ("'%s' is not one of %s"):format(tostring(value), table.concat(words, ", ")),
        err and fail.nearest(tostring(value), words) and err.hint or nil)
    end
  end
end

--- Exactly this value.
---@param wanted any
---@return moonlatch.Check
function schema.exactly(wanted)
  return function(value, where)
    if value ~= wanted then
      refuse(where, ("%s is expected, not %s"):format(tostring(wanted), tostring(value)))
    end
  end
end

--- `false`, or what `check` takes: the context does not exist, and is not missed.
---@param check moonlatch.Check
---@return moonlatch.Check
function schema.or_false(check)
  return function(value, where)
    if value ~= false then
      check(value, where)
    end
  end
end

--- What `first` takes if the value is a table, else what `second` takes.
---@param first moonlatch.Check
---@param second moonlatch.Check
---@return moonlatch.Check
function schema.table_or(first, second)
  return function(value, where)
    return (type(value) == "table" and first or second)(value, where)
  end
end

local function check_table(value, where)
  if type(value) ~= "table" then
    refuse(where, ("a table is expected, not %s"):format(name_of(value)))
  end
end

--- A list of what `check` takes.
---@param check moonlatch.Check
---@return moonlatch.Check
function schema.list(check)
  return function(value, where)
    check_table(value, where)
    for key in pairs(value) do
      if math.type(key) ~= "integer" or key < 1 or key > #value then
        refuse(where, ("a list is expected; it has a field '%s'"):format(tostring(key)))
      end
    end
    for i, item in ipairs(value) do
      check(item, ("%s[%d]"):format(where, i))
    end
  end
end

--- Any names, each with what `check` takes.
---@param check moonlatch.Check
---@return moonlatch.Check
function schema.map(check)
  return function(value, where)
    check_table(value, where)
    for key in pairs(value) do
      if type(key) ~= "string" then
        refuse(where, "names are expected, not positions")
      end
    end
    for _, name in ipairs(lists.names(value)) do
      check(value[name], where .. "." .. name)
    end
  end
end

--- Known fields, each optional; an unknown one is an error with the nearest name.
---@param fields table<string, moonlatch.Check>
---@param where_from string?  how the whole is called
---@return moonlatch.Check
function schema.fields(fields, where_from)
  local names <const> = lists.names(fields)
  return function(value, where)
    where = where or where_from
    check_table(value, where)
    local given <const> = {}
    for key in pairs(value) do
      table.insert(given, tostring(key))
    end
    table.sort(given) -- so that of several faults always the same one is said
    for _, name in ipairs(given) do
      if not fields[name] then
        local near <const> = fail.nearest(name, names)
        refuse(where, ("there is no field '%s'"):format(name),
          near and ("did you mean '%s'?"):format(near) or "known: " .. table.concat(names, ", "))
      end
    end
    for _, name in ipairs(given) do
      fields[name](value[name], where == "" and name or where .. "." .. name)
    end
  end
end

return schema
