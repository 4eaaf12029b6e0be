--- repl.show — values as the REPL prints them: readable, masked, escaped.
--
-- A secret is its own `<secret, N bytes>`. A string that was revealed is masked before anything is
-- cut from it: half a secret would not be known for one.

local fail <const> = require "moonlatch.fail"
local host <const> = require "moonlatch.host"
local json <const> = require "moonlatch.json"

local show = {}

local DEEPEST <const>, MOST <const> = 6, 100      -- tables in tables; entries of one
local WIDTH <const>, LONGEST <const> = 80, 10000  -- of a table on one line; of a string

--- Text for the terminal, on one line or with its line breaks.
---@param text string
---@param lines boolean?
---@return string
function show.text(text, lines)
  return host.escape(host.mask(text), lines)
end

local function quoted(text)
  local masked <const> = host.mask(text)
  local cut <const> = masked:sub(1, LONGEST)
  local whole <const> = '"' .. host.escape((cut:gsub('[\\"]', "\\%0"))) .. '"'
  return #cut == #masked and whole or ("%s… (%d bytes)"):format(whole, #text)
end

local RESERVED <const> = {}
for word in ("and break do else elseif end false for function goto if in local nil not or repeat "
  .. "return then true until while"):gmatch("%a+") do
  RESERVED[word] = true
end

--- Is it a word that names a variable?
---@param text any
---@return boolean
function show.is_name(text)
  return type(text) == "string" and text:match("^[%a_][%w_]*$") ~= nil and not RESERVED[text]
end

--- Numbers before strings, each in their order; whatever else by its text.
local function before(a, b)
  local kind_a <const>, kind_b <const> = type(a), type(b)
  if kind_a ~= kind_b then
    return kind_a < kind_b
  elseif kind_a == "number" or kind_a == "string" then
    return a < b
  end
  return tostring(a) < tostring(b)
end

local value_at -- below

local function entries_of(value, depth, above)
  local out <const>, keys <const>, listed <const> = {}, {}, rawlen(value)
  for i = 1, math.min(listed, MOST) do
    out[i] = value_at(rawget(value, i), depth, above)
  end
  for key in next, value do
    if not (math.type(key) == "integer" and key >= 1 and key <= listed) then
      table.insert(keys, key)
    end
  end
  table.sort(keys, before)
  for i = 1, math.min(#keys, MOST - #out) do
    local key <const> = keys[i]
    local name <const> = show.is_name(key) and key == host.mask(key) and key
      or "[" .. value_at(key, DEEPEST, above) .. "]"
    table.insert(out, name .. " = " .. value_at(rawget(value, key), depth, above))
  end
  local left <const> = listed + #keys - #out
  if left > 0 then
    table.insert(out, ("… %d more"):format(left))
  end
  return out
end

local function table_at(value, depth, above)
  if above[value] then
    return "{ the table around it }"
  elseif depth >= DEEPEST then
    return next(value) == nil and "{}" or "{…}"
  end
  above[value] = true
  local entries <const> = entries_of(value, depth + 1, above)
  above[value] = nil
  local line <const> = "{ " .. table.concat(entries, ", ") .. " }"
  if #entries == 0 then
    return "{}"
  elseif #line + 2 * depth <= WIDTH and not line:find("\n", 1, true) then
    return line
  end
  local indent <const> = ("  "):rep(depth + 1)
  return "{\n" .. indent .. table.concat(entries, ",\n" .. indent) .. "\n"
    .. ("  "):rep(depth) .. "}"
end

function value_at(value, depth, above)
  local meta <const> = getmetatable(value)
  if type(value) == "string" then
    return quoted(value)
  elseif value == json.null then
    return "json.null"
  elseif fail.is(value) then
    return "<" .. show.text(("error %s: %s"):format(value.code, value.message)) .. ">"
  elseif type(value) == "table" and not (type(meta) == "table" and meta.__tostring) then
    return table_at(value, depth, above)
  end
  return show.text(tostring(value))
end

--- One value, as Lua would write it where Lua can.
---@param value any
---@return string
function show.value(value)
  return value_at(value, 0, {})
end

return show
