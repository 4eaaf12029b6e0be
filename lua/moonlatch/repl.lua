--- repl — Lua line by line, among the modules: alone, at a breakpoint, after an error.
--
--     require("moonlatch.repl").enter()     in a recipe: look at its variables, then let it go on
--
-- Values go to stdout and all else to stderr, masked and escaped. At a terminal an error ends a
-- line; lines from a pipe end at the first error, so that none builds on one that failed. Code of
-- a site is not loaded here, and passphrases are asked for at the terminal, never read as a line.

local commands <const> = require "moonlatch.repl.commands"
local complete <const> = require "moonlatch.repl.complete"
local editor   <const> = require "moonlatch.editor"
local fail     <const> = require "moonlatch.fail"
local frame    <const> = require "moonlatch.repl.frame"
local host     <const> = require "moonlatch.host"
local scope    <const> = require "moonlatch.repl.scope"
local show     <const> = require "moonlatch.repl.show"
local tty      <const> = require "moonlatch.tty"

local PROMPT <const>, MORE <const> = "> ", ">> "

---@class moonlatch.Session
---@field scope moonlatch.Scope
---@field editor moonlatch.Editor
---@field interactive boolean       a person types
---@field reading boolean           a line is awaited
---@field context moonlatch.Context? of the recipe `repl`
---@field plan moonlatch.Plan?       what `pending` holds
---@field frames moonlatch.Frame[]?  functions that wait, innermost first
---@field selected integer?          the one that is looked at
---@field over boolean?
---@field aborted boolean?
local Session = {}
Session.__index = Session

local repl = {}

--- Print lines on stdout.
---@param text string
function Session:say(text)
  assert(host.out(show.text(text, true) .. "\n"))
end

--- The transaction of the session, made when it is first needed.
local function pending(self)
  local plan <const> = require "moonlatch.plan"
  if not self.plan then
    local global <const> = self.context and self.context.global or {}
    local report <const> = self.context and self.context.report
      or require("moonlatch.report").new(global)
    plan.recover(report)
    self.plan = plan.new { roots = {}, global = global, report = report, title = "this session" }
  end
  return self.plan
end

--- Forget what is pending.
function Session:drop()
  if self.plan then
    self.plan.tx:close()
    self.plan = nil
  end
end

local function print_to(session)
  return function(...)
    local parts <const> = table.pack(...)
    for i = 1, parts.n do
      parts[i] = tostring(parts[i])
    end
    session:say(table.concat(parts, "\t"))
  end
end

--- What a session has from the start: the modules by name, `pending`, `ctx`, `print`, and Lua.
local function givens(self)
  local modules <const> = {}
  for _, name in ipairs(complete.modules()) do
    modules[name] = "moonlatch." .. name
  end
  local own <const> = {
    pending = pending, print = print_to, ctx = function(session) return session.context end,
  }
  local function given(name)
    if own[name] then
      return own[name](self)
    end
    return _G[name] or modules[name] and require(modules[name]) or nil
  end
  local function names()
    local found <const> = {}
    for _, from in ipairs { own, modules, _G, self.scope:names() } do
      for name in pairs(from) do
        table.insert(found, name)
      end
    end
    return found
  end
  return given, names
end

--- Look at another of the waiting functions.
---@param index integer
function Session:select(index)
  self.selected = index
  self.scope.frame = frame.at(self.frames[index].height)
  self.scope.frame:load()
end

local function new_session(context)
  local self <const> = setmetatable({ context = context, editor = assert(editor.open()),
    interactive = tty.is_terminal "stdin" }, Session)
  local given <const>, names <const> = givens(self)
  self.scope = scope.new(given)
  local first <const> = { [""] = names, [":"] = commands.names, ["moonlatch."] = complete.modules }
  self.completer = function(word)
    return complete.words(word, self.scope.environment, first)
  end
  return self
end

--- The next whole entry: a command, or lines until they are complete. nil at the end.
local function read(self)
  local text
  repeat
    collectgarbage() -- secrets that nobody holds any more do not wait for a person to type
    local line <const>, err <const> = self.editor:line(text and MORE or PROMPT, self.completer)
    if err then
      error(err, 0)
    elseif not line and text then
      fail("format", "the input ends within a statement")
    elseif not line then
      return nil
    end
    if line ~= "" then
      self.editor:remember(line)
    end
    text = text and text .. "\n" .. line or line
    local _, _, incomplete <const> = self.scope:compile(text)
  until not incomplete or text:match("^%s*:")
  return text
end

--- The values of a line.
local function evaluate(self, text)
  return table.pack(assert(self.scope:compile(text))())
end

--- The first value of an expression.
---@param text string
---@return any
function Session:value(text)
  return evaluate(self, text)[1]
end

local function run_entry(self)
  self.reading = true
  local text <const> = read(self)
  self.reading = false
  if not text then
    self.over = true
    host.err(self.interactive and "\n" or "")
  elseif text:match("^%s*:") then
    commands.run(self, text)
  else
    local values <const> = evaluate(self, text)
    for i = 1, values.n do
      self:say(show.value(values[i]))
    end
    if values.n > 0 then
      self.scope.globals._ = values[1]
    end
  end
end

--- For xpcall: what is no error object becomes text, with the functions between the line and where
--- it arose.
local function locate(err)
  if fail.is(err) then
    return err
  end
  local lines <const> = { tostring(err) }
  for _, one in ipairs(frame.stack()) do
    if one.source:match("moonlatch/repl%.lua$") then
      break
    elseif one.kind == "Lua" and not one.source:match("moonlatch/repl/") then
      table.insert(lines, "  in " .. frame.describe(one))
    end
  end
  return table.concat(lines, "\n")
end

local function say_error(err)
  host.err(fail.is(err) and fail.describe(err) or err .. "\n")
end

--- Read and run until the end. Returns the error that ended it, if one did.
local function converse(self)
  while not self.over do
    if self.scope.frame then
      self.scope.frame:load()
    end
    local ok <const>, err <const> = xpcall(run_entry, locate, self)
    if self.scope.frame then
      self.scope.frame:store()
    end
    if not ok and (not self.interactive or fail.is(err, "interrupted") and err.final) then
      return err
    elseif not ok and self.reading and fail.is(err, "interrupted") then
      host.err "\n" -- Ctrl-C drops what was typed
    elseif not ok then
      say_error(err)
    end
  end
  return self.aborted and fail.new("interrupted", "ended by :abort") or nil
end

--- Converse, then let go of what the session holds.
local function run_session(self, greeting)
  host.err(greeting)
  local err <const> = converse(self)
  local left <const> = self.plan and #self.plan.tx:plan() or 0
  if left > 0 then
    host.err(("moonlatch: pending and not written: %d change%s\n"):format(left,
      left == 1 and "" or "s"))
  end
  self:drop()
  self.editor:close()
  return err
end

--- The recipe `repl`.
---@param context moonlatch.Context
---@return integer status
function repl.start(context)
  local self <const> = new_session(context)
  local err <const> = run_session(self, not self.interactive and ""
    or ("moonlatch %s; :help helps, Ctrl-D ends\n"):format(host.version))
  if err and fail.is(err, "interrupted") then
    error(err, 0)
  elseif err then
    say_error(err)
  end
  return err and fail.status(err) or 0
end

--- A session among the variables of the first of these functions.
local function stop_at(frames, what_ends)
  local self <const> = new_session()
  self.frames = frames
  self:select(1)
  return self, ("stopped in %s; :help helps, %s\n"):format(frame.describe(frames[1]), what_ends)
end

--- A breakpoint: the variables of the calling function can be read and set. Ctrl-D lets the run go
--- on, `:abort` ends it.
function repl.enter()
  local frames <const> = frame.only_lua(frame.stack())
  local err <const> = run_session(stop_at(frames, "Ctrl-D goes on, :abort ends the run"))
  if err then
    error(err, 0)
  end
end

--- For an error handler, while the functions that failed still wait: look at their variables. The
--- error is `_`.
---@param err any
function repl.post_mortem(err)
  if fail.is(err, "usage") or fail.is(err, "interrupted") and err.final then
    return
  end
  local frames <const> = frame.only_lua(frame.stack())
  table.remove(frames, 1) -- the handler
  while #frames > 1 and frames[1].source:match("moonlatch/fail%.lua$") do
    table.remove(frames, 1)
  end
  if not fail.is(err) then
    host.err(("moonlatch: %s\n"):format(tostring(err)))
  end
  local self <const>, greeting <const> = stop_at(frames, "Ctrl-D ends the run")
  self.scope.globals._ = err
  local problem <const> = run_session(self, greeting)
  if problem then
    say_error(problem)
  end
end

return repl
