--- repl.commands — what a line that begins with a colon does.

local complete <const> = require "moonlatch.repl.complete"
local fail     <const> = require "moonlatch.fail"
local frame    <const> = require "moonlatch.repl.frame"
local help     <const> = require "moonlatch.help"
local show     <const> = require "moonlatch.repl.show"

local commands = {}

---@class moonlatch.ReplCommand
---@field name string
---@field takes string?   its argument, for the list
---@field summary string
---@field run fun(session: moonlatch.Session, argument: string)

---@type moonlatch.ReplCommand[]
local list <const> = {}

--- Names that `:help` knows and that look like this one.
local function described(name)
  local words <const> = {}
  for _, module in ipairs(complete.modules()) do
    table.insert(words, module)
    if name:match("^[%w_]+") == module then
      for member in pairs(require("moonlatch." .. module)) do
        table.insert(words, module .. "." .. tostring(member))
      end
    end
  end
  return words
end

local function show_help(session, name)
  local text <const> = help.text(name) or fail.explain(name)
  if not text then
    local _, err <const> = fail.choose(described(name), name, "description of", "missing")
    err.hint = err.hint or "`:help` alone names the modules"
    error(err, 0)
  end
  session:say(text:gsub("\n$", ""))
end

local function overview(session)
  for _, command in ipairs(list) do
    session:say(("  %-16s %s"):format(":" .. command.name .. " " .. (command.takes or ""),
      command.summary))
  end
  session:say("\nA line is an expression, whose values are printed, or statements. A local lasts "
    .. "until the\nsession ends, one marked <close> as long as its line. `_` is the last value.\n"
    .. "The modules are there by name:\n")
  local line = " "
  for _, name in ipairs(complete.modules()) do
    if #line + #name > 78 then
      session:say(line)
      line = " "
    end
    line = line .. " " .. name
  end
  session:say(line)
end

--- The plan that an argument means; without one the session's own.
local function plan_of(session, argument)
  local pending <const> = argument == "" and session.plan
    or argument ~= "" and session:value(argument)
  if not pending or #pending.tx:plan() == 0 then
    fail("missing", "nothing is pending", "pending:write(root, path, bytes, { kind = \"public\" })")
  end
  return pending
end

local function frames_of(session)
  return session.frames or fail("usage", "no function waits here",
    "`:up`, `:down` and `:where` are for breakpoints and --debug")
end

local function where(session)
  for i, one in ipairs(frames_of(session)) do
    session:say((i == session.selected and "* " or "  ") .. frame.describe(one))
  end
end

local function move(step)
  return function(session)
    if not frames_of(session)[session.selected + step] then
      fail("missing", "there is no further function that way")
    end
    session:select(session.selected + step)
    where(session)
  end
end

local function locals(session)
  local names <const> = {}
  for name in pairs(session.scope:names()) do
    table.insert(names, name ~= "_ENV" and name or nil)
  end
  table.sort(names)
  for _, name in ipairs(names) do
    local value <const> = show.value(session.scope.environment[name])
    session:say(("%s = %s"):format(name, value:find("\n", 1, true) and "{…}" or value))
  end
end

for _, command in ipairs {
  { name = "help", takes = "[NAME]", summary = "this list, or what the sources say of a name",
    run = function(session, name)
      if name == "" then
        overview(session)
      else
        show_help(session, name)
      end
    end },
  { name = "locals", summary = "variables and their values", run = locals },
  { name = "diff", takes = "[PLAN]", summary = "what `pending`, or another plan, would write",
    run = function(session, argument) plan_of(session, argument):show() end },
  { name = "commit", summary = "write what is pending, after asking",
    run = function(session)
      plan_of(session, ""):finish()
      session.plan = nil
    end },
  { name = "drop", summary = "forget what is pending", run = function(session) session:drop() end },
  { name = "where", summary = "the functions that wait, innermost first", run = where },
  { name = "up", summary = "look at the caller", run = move(1) },
  { name = "down", summary = "back towards the innermost", run = move(-1) },
  { name = "quit", summary = "end; at a breakpoint, let the run go on",
    run = function(session) session.over = true end },
  { name = "abort", summary = "end, and the run with it",
    run = function(session) session.over, session.aborted = true, true end },
} do
  table.insert(list, command)
end

--- The names of the commands.
---@return string[]
function commands.names()
  local names <const> = {}
  for _, command in ipairs(list) do
    table.insert(names, command.name)
  end
  return names
end

--- Run a line that begins with a colon.
---@param session moonlatch.Session
---@param line string
function commands.run(session, line)
  local word <const>, argument <const> = line:match("^%s*:%s*(%S*)%s*(.-)%s*$")
  local name <const> = assert(fail.choose(commands.names(), word, "command"))
  for _, command in ipairs(list) do
    if command.name == name then
      if argument ~= "" and not command.takes then
        fail("usage", (":%s takes no argument"):format(name))
      end
      return command.run(session, argument)
    end
  end
end

return commands
