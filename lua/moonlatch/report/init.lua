--- report — what a recipe says: findings, notes, tables and results.
--
-- Results go to stdout, everything else to stderr. With `--json` one object is written at the end
-- and nothing else reaches stdout, so a program can always read it. A state is a glyph *and* a
-- word: neither colour nor a font decides what is understood.

local fail   <const> = require "moonlatch.fail"
local host   <const> = require "moonlatch.host"
local json   <const> = require "moonlatch.json"
local tables <const> = require "moonlatch.report.table"
local tty    <const> = require "moonlatch.tty"

---@class moonlatch.Finding
---@field code string
---@field message string
---@field level "finding"|"note"|"skipped"
---@field path string?
---@field line integer?
---@field name string?   the identity concerned
---@field hint string?

---@class moonlatch.Report
---@field findings moonlatch.Finding[]
---@field notes moonlatch.Finding[]
---@field skips moonlatch.Finding[]
---@field strict boolean   notes are findings
---@field brief boolean    findings and notes count, but only --json lists them
local Report = {}
Report.__index = Report

local report = {}

local function use_color(global, stream)
  if global.color == "always" or global.color == "never" then
    return global.color == "always"
  end
  local no_color <const> = host.env("NO_COLOR")
  return tty.is_terminal(stream) and (no_color == nil or no_color == "")
    and host.env("TERM") ~= "dumb"
end

--- A report for one run.
---@param global table  global options: json, quiet, verbose, color
---@param more { strict: boolean?, brief: boolean? }?
---@return moonlatch.Report
function report.new(global, more)
  return setmetatable({
    global = global, strict = more and more.strict or false,
    brief = more and more.brief or false,
    findings = {}, notes = {}, said = {}, skips = {}, members = {}, order = {},
    started = host.time(), progress_shown = false,
    color = { stdout = use_color(global, "stdout"), stderr = use_color(global, "stderr") },
  }, Report)
end

local function clear_progress(self)
  if self.progress_shown then
    host.status(nil)
    self.progress_shown = false
  end
end

--- A line on stderr. It stays one: a file's name must not forge another. The writer escapes it,
--- therefore the colour is the writer's to add.
local function err_line(self, line, state)
  clear_progress(self)
  host.err(host.escape(line) .. "\n",
    self.color.stderr and state and { color = tables.COLORS[state] } or nil)
end

local function entry(code, message, level, fields)
  if not fail.codes[code] then
    error(("'%s' is not in the table of codes"):format(tostring(code)), 3)
  end
  local f <const> = { code = code, message = message, level = level }
  for name, value in pairs(fields or {}) do
    f[name] = value
  end
  return f
end

--- Each thing is said once: a pattern that is no good is met again with every file.
local function add(self, list, f)
  local id <const> = table.concat({ f.level, f.code, f.path or "", f.line or "", f.name or "",
    f.message }, "\0")
  if not self.said[id] then
    self.said[id] = true
    table.insert(list, f)
  end
end

--- Something that must be put right: the run exits 1.
---@param code string
---@param message string
---@param fields table?  path, line, name, hint
function Report:finding(code, message, fields)
  add(self, self.findings, entry(code, message, "finding", fields))
end

--- Something to know. With `strict` it counts as a finding.
---@param code string
---@param message string
---@param fields table?
function Report:note(code, message, fields)
  if self.strict then
    return self:finding(code, message, fields)
  end
  add(self, self.notes, entry(code, message, "note", fields))
end

--- A check that could not be made, and why: silence would look like success.
---@param what string
---@param why string
function Report:skipped(what, why)
  table.insert(self.skips, { code = "skipped", message = what .. ": " .. why, level = "skipped" })
end

--- A line for people, on stderr; not with --quiet or --json.
---@param line string
function Report:say(line)
  if not self.global.quiet and not self.global.json then
    err_line(self, line)
  end
end

--- A line only with --verbose.
---@param line string
function Report:detail(line)
  if self.global.verbose and not self.global.json then
    err_line(self, line)
  end
end

--- A warning: also with --quiet, also beside JSON.
---@param line string
function Report:warn(line)
  err_line(self, "moonlatch: " .. line)
end

--- How far the work is. Seen on a terminal only, and only once it has taken a second.
---@param done integer
---@param total integer
---@param what string
function Report:progress(done, total, what)
  local quiet <const> = self.global.quiet or self.global.json
  if quiet or host.time() - self.started < 1 or not tty.is_terminal("stderr") then
    return
  end
  if done >= total then
    return clear_progress(self)
  end
  host.status(("%s %d/%d"):format(what, done, total))
  self.progress_shown = true
end

--- A member of the --json object; without --json nothing.
---@param name string
---@param value any
function Report:result(name, value)
  if self.members[name] == nil then
    table.insert(self.order, name)
  end
  self.members[name] = value
end

--- A text that is the result, as it is; with --json the member `name`.
---@param name string
---@param text string
function Report:text(name, text)
  if self.global.json then
    return self:result(name, text)
  end
  clear_progress(self)
  assert(host.out(text))
end

--- The same for a list of lines; with --json it stays a list.
---@param name string
---@param lines string[]
function Report:lines(name, lines)
  self:text(name, self.global.json and json.array(lines) or table.concat(lines, "\n") .. "\n")
end

--- A table on stdout; with --json a list of objects under `name`.
---@param header string[]
---@param rows any[][]   cells: text, or { glyph = "ok", text = … }
---@param name string?   member of the JSON object, default "rows"
function Report:table(header, rows, name)
  if self.global.json then
    local list <const> = json.array {}
    for _, row in ipairs(rows) do
      local object <const> = {}
      for i, title in ipairs(header) do
        local cell <const> = row[i]
        object[title:lower():gsub("[^%w]+", "_")] = type(cell) == "table" and cell.text or cell
      end
      table.insert(list, object)
    end
    return self:result(name or "rows", list)
  end
  clear_progress(self)
  for _, line in ipairs(tables.lines(header, rows, self.color.stdout)) do
    assert(host.out(line .. "\n"))
  end
end

--- What came out of it, in one line on stdout after all that was found.
---@param line string
function Report:summary(line)
  self.summary_line = line
end

--- The copyable last line.
---@param command string
function Report:next(command)
  self.next_command = command
end

local function by_place(a, b)
  if (a.path or "") ~= (b.path or "") then
    return (a.path or "") < (b.path or "")
  end
  if (a.line or 0) ~= (b.line or 0) then
    return (a.line or 0) < (b.line or 0)
  end
  return a.code .. a.message < b.code .. b.message
end

local function show(self, list, word)
  table.sort(list, by_place)
  for _, f in ipairs(list) do
    local at = f.path or ""
    if f.line then
      at = ("%s:%d"):format(at, f.line)
    end
    err_line(self, ("%s %s %s%s [%s]"):format(tables.GLYPHS[f.level], word,
      at ~= "" and at .. ": " or "", f.message, f.code), f.level)
    if f.hint then
      err_line(self, "    hint: " .. f.hint)
    end
  end
end

--- JSON holds UTF-8 only, file names any byte: what is not UTF-8 is written as people see it.
local function in_utf8(value)
  if type(value) == "string" then
    return utf8.len(value) and not value:find("\0", 1, true) and value or host.escape(value)
  elseif type(value) ~= "table" then
    return value
  end
  local copy <const> = setmetatable({}, getmetatable(value))
  for name, member in pairs(value) do
    copy[in_utf8(name)] = in_utf8(member)
  end
  return copy
end

local function as_json(self, status)
  local object <const> = { status = status }
  for _, name in ipairs { "findings", "notes", "skips" } do
    local list <const> = json.array {}
    table.sort(self[name], by_place)
    table.move(self[name], 1, #self[name], 1, list)
    object[name == "skips" and "skipped" or name] = list
  end
  for _, name in ipairs(self.order) do
    object[name] = self.members[name]
  end
  object.summary, object.next = self.summary_line, self.next_command
  assert(host.out(json.format(in_utf8(object), { indent = 2 }) .. "\n"))
end

--- Say all that was found and end the report.
---@param status integer?  of the recipe's own, for instance 1 for changes pending
---@return integer status  1 if there are findings
function Report:finish(status)
  status = math.max(status or 0, #self.findings > 0 and 1 or 0)
  clear_progress(self)
  if self.global.json then
    as_json(self, status)
    return status
  end
  if not self.brief then
    show(self, self.findings, "finding")
  end
  if not self.global.quiet then
    show(self, self.brief and {} or self.notes, "note")
    show(self, self.skips, "skipped")
    if self.summary_line then
      assert(host.out(host.escape(self.summary_line) .. "\n"))
    end
    if self.next_command then
      err_line(self, "next: " .. self.next_command)
    end
  end
  return status
end

return report
