--- repl.frame — the variables of a function that waits while the REPL looks at it.
--
-- A frame is known by its height above the bottom of the stack, which does not change while it
-- waits, whatever the REPL calls. Its variables are read before each line and those that the line
-- changed are written back behind it.

local host <const> = require "moonlatch.host"

---@class moonlatch.Variable
---@field get fun(): any
---@field set fun(value: any)|nil  nil: a constant

---@class moonlatch.WaitingFrame
---@field height integer
---@field variables table<string, moonlatch.Variable>
local Frame = {}
Frame.__index = Frame

local frame = {}

--- All running functions from the caller of this function's caller down.
---@return moonlatch.Frame[]  each with its `height`
function frame.stack()
  local list <const> = host.stack(3)
  for i, one in ipairs(list) do
    one.height = #list - i + 1
  end
  return list
end

--- Those whose variables can be seen.
---@param list moonlatch.Frame[]
---@return moonlatch.Frame[]
function frame.only_lua(list)
  local out <const> = {}
  for _, one in ipairs(list) do
    table.insert(out, one.kind ~= "C" and one or nil)
  end
  return out
end

--- One running function for people: "replace, moonlatch/fs.lua:12".
---@param one moonlatch.Frame
---@return string
function frame.describe(one)
  return ("%s, %s:%s"):format(one.name or one.kind == "main" and "the file" or "a function",
    (one.source:gsub("^[@=]", "")), one.line or "?")
end

--- The waiting function at a height.
---@param height integer
---@return moonlatch.WaitingFrame
function frame.at(height)
  return setmetatable({ height = height, variables = {} }, Frame)
end

--- Its level, as seen by the function that calls this one.
local function level_of(self)
  return #host.stack(1) - self.height
end

local function variable_of(changed, one)
  return { get = function() return one.value end, set = function(value)
    one.value = value
    changed[one] = true
  end }
end

--- Read the variables. An inner one hides an outer one of its name, a local an upvalue.
function Frame:load()
  self.variables, self.changed = {}, {}
  for _, one in ipairs(host.locals(level_of(self))) do
    self.variables[one.name] = variable_of(self.changed, one)
  end
end

--- Write back what was changed since.
function Frame:store()
  for one in pairs(self.changed) do
    host.set_local(level_of(self), one.index, one.upvalue, one.value)
  end
  self.changed = {}
end

return frame
