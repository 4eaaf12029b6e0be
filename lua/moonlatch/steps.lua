--- steps — a long workflow as an ordered list of named steps.
--
-- A site changes a shipped workflow by name, not by copying it:
--
--     return require("recipes.shipped.rotate"):after("prove", "push CI key", function(ctx) … end)
--
-- Every change makes a new list, so that two sites, or two tests, never see each other's.

local fail <const> = require "moonlatch.fail"
local host <const> = require "moonlatch.host"

---@class moonlatch.Steps
---@field name string
---@field private list { [1]: string, [2]: fun(ctx: table): any }[]
local Steps = {}
Steps.__index = Steps

local steps = {}

local function position(self, name)
  for i, step in ipairs(self.list) do
    if step[1] == name then
      return i
    end
  end
  local _, err = fail.choose(self:names(), name, ("step of %s named"):format(self.name), "argument")
  error(err, 0)
end

local function check_new(self, name, run)
  if type(name) ~= "string" or name == "" then
    error("a step needs a name", 3)
  end
  if type(run) ~= "function" then
    error(("step '%s' needs a function"):format(name), 3)
  end
  for _, step in ipairs(self.list) do
    if step[1] == name then
      error(("%s has two steps named '%s'"):format(self.name, name), 3)
    end
  end
end

local function copy(self)
  return setmetatable({ name = self.name, list = table.move(self.list, 1, #self.list, 1, {}) },
    Steps)
end

--- A list of steps.
---@param name string  of the workflow, for messages
---@param list { [1]: string, [2]: fun(ctx: table): any }[]
---@return moonlatch.Steps
function steps.new(name, list)
  local self <const> = setmetatable({ name = name, list = {} }, Steps)
  for _, step in ipairs(list) do
    check_new(self, step[1], step[2])
    table.insert(self.list, { step[1], step[2] })
  end
  return self
end

--- The names, in order.
---@return string[]
function Steps:names()
  local names <const> = {}
  for i, step in ipairs(self.list) do
    names[i] = step[1]
  end
  return names
end

local function insert(self, anchor, offset, name, run)
  local new <const> = copy(self)
  check_new(new, name, run)
  table.insert(new.list, position(new, anchor) + offset, { name, run })
  return new
end

--- A new list with step `name` before step `anchor`.
---@param anchor string
---@param name string
---@param run fun(ctx: table): any
---@return moonlatch.Steps
function Steps:before(anchor, name, run)
  return insert(self, anchor, 0, name, run)
end

--- A new list with step `name` behind step `anchor`.
---@param anchor string
---@param name string
---@param run fun(ctx: table): any
---@return moonlatch.Steps
function Steps:after(anchor, name, run)
  return insert(self, anchor, 1, name, run)
end

--- A new list where `around(inner, ctx)` runs in place of step `name`, and may call `inner(ctx)`.
---@param name string
---@param around fun(inner: fun(ctx: table): any, ctx: table): any
---@return moonlatch.Steps
function Steps:wrap(name, around)
  local new <const> = copy(self)
  local i <const> = position(new, name)
  local inner <const> = new.list[i][2]
  new.list[i] = { name, function(ctx) return around(inner, ctx) end }
  return new
end

--- A new list where `run` takes the place of step `name`.
---@param name string
---@param run fun(ctx: table): any
---@return moonlatch.Steps
function Steps:replace(name, run)
  local new <const> = copy(self)
  new.list[position(new, name)] = { name, run }
  return new
end

-- An error object learns in which step it arose; an error string is a bug and keeps its traceback.
local function in_step(name)
  return function(err)
    if fail.is(err) then
      err.step = err.step or name
      return err
    end
    return host.traceback(("step '%s': %s"):format(name, tostring(err)))
  end
end

--- Run all steps in order. A step that returns `steps.STOP` ends the workflow early, with what it
--- returns behind it as the result.
---@param ctx table     handed to each step; `ctx.step` is the name of the one that runs
---@return any result   of the last step
function Steps:run(ctx)
  local result
  for _, step in ipairs(self.list) do
    ctx.step = step[1]
    local ok <const>, first, second = xpcall(step[2], in_step(step[1]), ctx)
    if not ok then
      error(first, 0)
    end
    if first == steps.STOP then
      return second
    end
    result = first
  end
  return result
end

--- Returned by a step to end the workflow: `return steps.STOP, status`.
steps.STOP = setmetatable({}, { __name = "moonlatch.steps.STOP" })

return steps
