--- repl.scope — the variables of a session, and the lines that use them.
--
-- Each line is a chunk of its own, yet its locals outlive it: behind a line that declares some
-- stand two functions for each name in it, which read and set the variable. So what later lines,
-- and functions that were made meanwhile, call `x` is one variable, as it would be in a file.

local host <const> = require "moonlatch.host"
local show <const> = require "moonlatch.repl.show"

---@class moonlatch.Scope
---@field environment table            what the lines see as globals
---@field kept table<string, moonlatch.Variable>   locals of earlier lines
---@field globals table<string, any>
---@field frame moonlatch.WaitingFrame?
---@field given fun(name: string): any what there is beside
local Scope = {}
Scope.__index = Scope

local scope = {}

--- How a line is named in messages.
scope.NAME = "input"

--- Variable of that name: of the session, else of the function that waits.
local function variable(self, name)
  return self.kept[name] or self.frame and self.frame.variables[name]
end

local function get(self, name)
  if self.probing then
    self.probing = "global"
    return nil
  end
  local found <const> = variable(self, name)
  if found then
    return found.get()
  end
  local value = self.globals[name]
  local around <const> = self.frame and self.frame.variables._ENV
  if value == nil and around then
    value = around.get()[name]
  end
  if value == nil then
    value = self.given(name)
  end
  return value
end

local function set(self, name, value)
  local found <const> = variable(self, name)
  if found and not found.set then
    error(("attempt to assign to const variable '%s'"):format(name), 3)
  elseif found then
    found.set(value)
  else
    self.globals[name] = value
  end
end

--- An empty scope. `given` answers for names that nobody has set.
---@param given fun(name: string): any
---@param frame moonlatch.WaitingFrame?
---@return moonlatch.Scope
function scope.new(given, frame)
  local self <const> = setmetatable({ kept = {}, globals = {}, given = given, frame = frame },
    Scope)
  self.environment = setmetatable({}, {
    __index = function(_, name) return get(self, name) end,
    __newindex = function(_, name, value) set(self, name, value) end,
  })
  return self
end

--- Keep those of the names that are locals of the chunk. The reader of any other name asks the
--- environment.
local function keep(self, names)
  for name, functions in pairs(names) do
    self.probing = "local"
    functions[1]()
    if self.probing == "local" then
      self.kept[name] = { get = functions[1], set = functions[2] }
    end
  end
  self.probing = nil
end

--- The line with its locals handed over behind it. `constants` have no function that sets them.
local function with_locals(text, constants)
  local seen <const>, parts <const> = {}, {}
  for name in text:gmatch("[%a_][%w_]*") do
    if show.is_name(name) and not seen[name] then
      seen[name] = true
      table.insert(parts, ("%s = { function() return %s end%s }"):format(name, name,
        constants[name] and "" or (", function(...) %s = ... end"):format(name)))
    end
  end
  return ("%s\n;(...) { %s }"):format(text, table.concat(parts, ", "))
end

--- The chunk of a line that declares locals; nil when it cannot hand them over, since it returns.
local function compile_locals(self, text)
  local constants <const> = {}
  while true do
    local chunk <const>, err <const> = host.load_text(with_locals(text, constants), scope.NAME,
      self.environment)
    if chunk then
      return function() return chunk(function(names) keep(self, names) end) end
    end
    local name <const> = err.message:match("assign to const variable '([%w_]+)'")
    if not name then
      return nil
    end
    constants[name] = true
  end
end

local function is_incomplete(err)
  return err.message:match("near <eof>$") ~= nil
end

--- Compile a line, or several: an expression, whose values are returned, or statements.
---@param text string
---@return function? run
---@return moonlatch.Error? err
---@return boolean? incomplete  more lines may make it whole
function Scope:compile(text)
  self.probing = nil -- an interrupt may have come while locals were kept
  local value <const>, no_value <const> =
    host.load_text("return " .. text, scope.NAME, self.environment)
  if value then
    return value
  end
  local chunk <const>, err <const> = host.load_text(text, scope.NAME, self.environment)
  if not chunk then
    return nil, err, is_incomplete(err) or is_incomplete(no_value)
  end
  return text:find("local", 1, true) and compile_locals(self, text) or chunk
end

--- Names of variables that a line could use, for completion; what is `given` is not among them.
---@return table<string, boolean>
function Scope:names()
  local names <const> = {}
  for _, from in ipairs { self.kept, self.globals, self.frame and self.frame.variables or {} } do
    for name in pairs(from) do
      names[name] = true
    end
  end
  return names
end

return scope
