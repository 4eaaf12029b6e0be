--- plan — a transaction that is shown, agreed to, and committed.
--
-- The one rule of consent: a change to more than one file, or to any key, prints its plan first; a
-- terminal asks; without a terminal and without --yes the run ends with nothing written. --yes
-- agrees to the plan as shown and to nothing else.

local diff  <const> = require "moonlatch.diff"
local fail  <const> = require "moonlatch.fail"
local fs    <const> = require "moonlatch.fs"
local host  <const> = require "moonlatch.host"
local json  <const> = require "moonlatch.json"
local shell <const> = require "moonlatch.shell"
local tty   <const> = require "moonlatch.tty"

---@class moonlatch.Plan
---@field tx moonlatch.Transaction
---@field title string
---@field about table<string, string[]>  lines that explain a file's change, by root and path
---@field keys boolean                   the plan changes a key
---@field committed boolean
local Plan = {}
Plan.__index = Plan

local plan = {}

--- A plan over the roots that it may touch.
---@param options table  roots = list of fs.Root, global, report, title
---@return moonlatch.Plan
function plan.new(options)
  return setmetatable({
    tx = assert(fs.transaction { roots = options.roots }), global = options.global,
    report = options.report, title = options.title, about = {}, keys = false, committed = false,
  }, Plan)
end

--- Finish what an earlier run left open. A recipe that writes calls it before it reads. What cannot
--- be finished stands in the way of commits below its own folders only: they refuse by themselves.
---@param report moonlatch.Report
---@param dry_run boolean?  say it and change nothing
function plan.recover(report, dry_run)
  local open <const> = fs.pending()
  if #open == 0 then
    return
  end
  if dry_run then
    report:warn "an earlier run was cut short: `moonlatch recover`"
    return
  end
  report:warn(("an earlier run was cut short; finishing %d open transaction%s")
    :format(#open, #open == 1 and "" or "s"))
  local done <const>, err <const> = fs.recover()
  if not done then
    report:warn(("%s: `moonlatch recover` says more"):format(err.message))
  end
end

local function id(root, path)
  return root.path .. "\0" .. path
end

local function explain(self, root, path, why)
  if why then
    local at <const> = id(root, path)
    self.about[at] = self.about[at] or {}
    for _, line in ipairs(type(why) == "table" and why or { why }) do
      table.insert(self.about[at], line)
    end
  end
end

--- Write a file. `why`: a line or lines for the plan, of names and public keys only.
---@param root moonlatch.Root
---@param path string
---@param bytes moonlatch.Bytes
---@param options { kind: "sealed"|"public"|"clear", phase: string?, mode: integer?, why: any,
---  was_clear: boolean? }
---@return boolean? ok
---@return moonlatch.Error? err
function Plan:write(root, path, bytes, options)
  explain(self, root, path, options.why)
  return self.tx:write(root, path, bytes,
    { kind = options.kind, phase = options.phase, mode = options.mode,
      was_clear = options.was_clear })
end

--- Remove a file.
---@param root moonlatch.Root
---@param path string
---@param options { why: any }?
---@return boolean? ok
---@return moonlatch.Error? err
function Plan:remove(root, path, options)
  explain(self, root, path, options and options.why)
  return self.tx:remove(root, path)
end

--- What a file will hold: pending writes are seen by later steps.
---@param root moonlatch.Root
---@param path string
---@param options { secret: boolean? }?
---@return moonlatch.Bytes?
---@return moonlatch.Error? err
function Plan:current(root, path, options)
  return self.tx:read(root, path, options)
end

--- Say that the plan changes a key, so that consent is needed however few the files.
function Plan:key_change()
  self.keys = true
end

local MARK <const> = { write = "~", remove = "-", link = "+", mkdir = "+", chmod = "~" }

local function same(old, new)
  if old == nil or new == nil then
    return old == new
  end
  if type(old) == "string" and type(new) == "string" then
    return old == new
  end
  return (type(new) == "string" and old or new):equal(type(new) == "string" and new or old)
end

--- What really changes; a write of equal bytes is none.
local function changes(self)
  local list <const> = {}
  for _, op in ipairs(self.tx:plan()) do
    if op.op ~= "write" or not same(op.old, op.new) then
      table.insert(list, op)
    end
  end
  return list
end

local function mark_of(op)
  return op.op == "write" and op.old == nil and "+" or MARK[op.op] or "~"
end

--- The path as seen from here: a plan may reach beyond the repository, to a key file.
local function name_of(op)
  local here <const>, folder <const> = fs.cwd() .. "/", op.root.path:gsub("/$", "") .. "/"
  local path <const> = folder:sub(1, #here) == here and folder:sub(#here + 1) .. op.path
    or folder .. op.path
  return path .. (op.op == "link" and " -> " .. tostring(op.new) or "")
end

--- Why, and what changes in public text. Of a sealed or clear file the bytes are never shown.
local function reasons(self, op)
  local lines <const> = {}
  for _, line in ipairs(self.about[id(op.root, op.path)] or {}) do
    table.insert(lines, "      " .. line)
  end
  local public <const> = op.op == "write" and op.kind == "public"
    and type(op.new) == "string" and (op.old == nil or type(op.old) == "string")
  for _, line in ipairs(public and diff.short(op.old or "", op.new) or {}) do
    table.insert(lines, "      " .. line)
  end
  return lines
end

--- Changes that follow each other for one reason are shown together, the reason once.
local function show(self, list, loud)
  local say <const> = loud and function(line) host.err(host.escape(line) .. "\n") end
    or function(line) self.report:say(line) end
  say(("%s: %d change%s"):format(self.title, #list, #list == 1 and "" or "s"))
  local before = {}
  for i = 1, #list + 1 do
    local lines <const> = list[i] and reasons(self, list[i]) or {}
    if i > 1 and (not list[i] or table.concat(lines, "\n") ~= table.concat(before, "\n")) then
      for _, line in ipairs(before) do
        say(line)
      end
    end
    before = lines
    if list[i] then
      say(("  %s %s"):format(mark_of(list[i]), name_of(list[i])))
    end
  end
end

--- Show what would change, whatever is said otherwise. Returns how many changes there are.
---@return integer
function Plan:show()
  local list <const> = changes(self)
  show(self, list, true)
  return #list
end

local function as_data(self, list)
  local data <const> = json.array {}
  for _, op in ipairs(list) do
    local why <const> = self.about[id(op.root, op.path)]
    table.insert(data, { op = op.op, path = op.path, root = op.root.path, kind = op.kind,
      why = why and json.array(table.move(why, 1, #why, 1, {})) or nil })
  end
  return data
end

--- The folders that a file brings with it are no further change to agree to.
local function files_of(list)
  local count = 0
  for _, op in ipairs(list) do
    count = count + (op.op == "mkdir" and 0 or 1)
  end
  return count
end

--- Asks where a change needs consent. Raises "consent" or "declined".
local function agree(self, list)
  local needed <const> = self.keys or files_of(list) > 1
  local asks <const> = needed and not self.global.yes
  show(self, list, asks)
  if not asks then
    return
  end
  if not tty.available() then
    fail("consent", ("%s needs your consent"):format(self.title),
      "read the plan above, then run it again with --yes")
  end
  if tty.confirm "Do this? [y/N] " ~= true then
    fail("declined", "nothing was written")
  end
end

--- The command line that would do what --dry-run has shown.
local function without_dry_run()
  local words <const> = { "moonlatch" }
  for _, word in ipairs(host.arguments()) do
    if word ~= "-n" and word ~= "--dry-run" then
      table.insert(words, shell.quote(word))
    end
  end
  return table.concat(words, " ")
end

--- Show the plan, ask if need be, commit. With --dry-run show it and write nothing.
---@param options { next: string?, before_commit: fun()? }?
---  next: the command to suggest when it is done;  before_commit: what must happen outside once it
---  is agreed to, for instance storing a new key; if it raises, nothing is written
---@return integer status  0 done or nothing to do, 1 changes pending under --dry-run
function Plan:finish(options)
  local list <const> = changes(self)
  self.report:result("changes", as_data(self, list))
  if #list == 0 then
    self.tx:close()
    self.report:say(self.title .. ": nothing to do")
    return 0
  end
  if self.global.dry_run then
    show(self, list)
    self.tx:close()
    self.report:next(without_dry_run())
    return 1
  end
  agree(self, list)
  if options and options.before_commit then
    options.before_commit()
  end
  assert(self.tx:commit())
  self.committed = true
  if options and options.next then
    self.report:next(options.next)
  end
  return 0
end

--- A plan that is left before it is finished writes nothing.
function Plan:__close()
  if not self.committed then
    self.tx:close()
  end
end

return plan
