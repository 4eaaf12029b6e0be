--- rules — `.sops.yaml`: who may open which file.

local age   <const> = require "moonlatch.age"
local doc   <const> = require "moonlatch.doc"
local edit  <const> = require "moonlatch.rules.edit"
local fail  <const> = require "moonlatch.fail"
local read  <const> = require "moonlatch.rules.read"
local regex <const> = require "moonlatch.regex"

---@class moonlatch.Anchor
---@field name string
---@field value string?    nil for an anchor on a list or map
---@field line integer
---@field comment string?
---@field used integer     how many aliases name it

---@class moonlatch.Rules
---@field path string
---@field anchors moonlatch.Anchor[]
---@field rules moonlatch.Rule[]
---@field has_rules boolean   false: as if there were no configuration
local Rules = {}
Rules.__index = Rules

local rules = {}

--- Read a `.sops.yaml`. A text that YAML or sops would refuse is an error with its line.
---@param text string
---@param path string?  for messages
---@return moonlatch.Rules?
---@return moonlatch.Error? err
function rules.open(text, path)
  local parsed <const>, err <const> = doc.parse(text, { format = "yaml", path = path })
  if not parsed then
    return nil, err
  end
  local self <const> = setmetatable({ doc = parsed, path = path or ".sops.yaml", patterns = {} },
    Rules)
  local ok <const>, bad <const> = pcall(read.model, self)
  if ok then
    return self
  end
  if not fail.is(bad) then
    error(bad, 0)
  end
  bad.path = bad.path or self.path
  return nil, bad
end

--- The finding that an error of `rules.open` is to a check. An alias that names nothing is told
--- from other faults by what stands at the place.
---@param text string
---@param err moonlatch.Error
---@return { code: string, path: string, line: integer?, message: string, hint: string? }
function rules.diagnose(text, err)
  local at = 1
  for _ = 2, err.line or 1 do
    at = (text:find("\n", at, true) or #text) + 1
  end
  local alias <const> = text:match("^%*([%w_.-]+)", at + (err.column or 1) - 1)
  if not alias then
    return { code = "bad-rule", path = err.path, line = err.line, message = err.message,
      hint = err.hint }
  end
  local anchors <const> = {}
  for name in text:gmatch("&([%w_.-]+)") do
    table.insert(anchors, name)
  end
  local near <const> = fail.nearest(alias, anchors)
  return { code = "undefined-alias", path = err.path, line = err.line,
    message = ("*%s: no anchor of that name is above"):format(alias),
    hint = near and ("is it *%s?"):format(near) or nil }
end

--- The text with all edits.
---@return string
function Rules:text()
  return self.doc:text()
end

--- The anchor of that name, if there is exactly one.
---@param name string
---@return moonlatch.Anchor?
function Rules:anchor(name)
  local found
  for _, anchor in ipairs(self.anchors) do
    if anchor.name == name then
      if found then
        return nil
      end
      found = anchor
    end
  end
  return found
end

--- All anchors that hold this key.
---@param key string
---@return moonlatch.Anchor[]
function Rules:anchors_of(key)
  return self.by_value[key] or {}
end

--- A rule's pattern, compiled; kept, because a site asks once per file.
local function compiled(self, rule)
  local pattern <const> = rule.pattern
  if self.patterns[pattern] == nil then
    local rx <const>, err <const> = regex.compile(pattern)
    self.patterns[pattern] = rx or fail.new("format",
      ("rule %d: %s"):format(rule.index, err.message), err.hint,
      { path = self.path, line = rule.line })
  end
  local rx <const> = self.patterns[pattern]
  if fail.is(rx) then
    return nil, rx
  end
  return rx
end

local function matches(self, rule, path)
  if rule.pattern == nil or rule.pattern == "" then
    return true
  end
  local rx <const>, err <const> = compiled(self, rule)
  if not rx then
    return nil, err
  end
  return rx:match(path)
end

--- The first rule that matches. As in sops, a bad pattern matters once it is reached.
---@param path string  relative to the folder of the `.sops.yaml`
---@return moonlatch.Rule|false|nil rule  false: none matches
---@return moonlatch.Error? err
function Rules:match(path)
  for _, rule in ipairs(self.rules) do
    local yes <const>, err <const> = matches(self, rule, path)
    if yes == nil then
      return nil, err
    elseif yes then
      return rule
    end
  end
  return false
end

--- The recipients of a rule, each once, in order.
---@param rule moonlatch.Rule
---@param kind string?  only these; default all
---@return string[]
function Rules:keys(rule, kind)
  local list <const>, seen <const> = {}, {}
  for _, entry in ipairs(rule.keys) do
    if not seen[entry.key] and (kind == nil or entry.kind == kind) then
      seen[entry.key] = true
      table.insert(list, entry.key)
    end
  end
  return list
end

-- A catch-all takes a file that nobody thought of. These are such files.
local KINDS <const> = { "yaml", "yml", "json", "env", "ini" }

--- Does the rule take files at any path: of every kind ("all"), or of one ("yaml")?
---@param rule moonlatch.Rule
---@return string|false
function Rules:catch_all(rule)
  local function takes(name)
    return matches(self, rule, name) and matches(self, rule, "q7/z9/" .. name)
  end
  if takes "k3v" and takes "k3v.w5x" then
    return "all"
  end
  for _, kind in ipairs(KINDS) do
    if takes("k3v." .. kind) then
      return kind
    end
  end
  return false
end

local function add(list, level, code, line, message, hint)
  table.insert(list, { level = level, code = code, line = line, message = message, hint = hint })
end

local function check_anchors(self, list)
  local first <const>, named <const> = {}, {}
  for _, anchor in ipairs(self.anchors) do
    if first[anchor.name] then
      add(list, "finding", "duplicate-anchor", anchor.line,
        ("anchor %s is defined already in line %d"):format(anchor.name, first[anchor.name].line))
    end
    first[anchor.name] = first[anchor.name] or anchor
    if anchor.used == 0 then
      add(list, "note", "unused-anchor", anchor.line,
        ("anchor %s is not used by any rule"):format(anchor.name))
    end
    local other <const> = anchor.value and named[anchor.value]
    if other and other.name ~= anchor.name then
      add(list, "note", "two-names", anchor.line,
        ("anchors %s and %s have the same key"):format(other.name, anchor.name))
    end
    if anchor.value then
      named[anchor.value] = other or anchor
    end
  end
end

local function check_selectors(list, rule)
  local used = {}
  for _, name in ipairs(read.SELECTORS) do
    local value <const> = rule.selectors[name]
    if value then
      table.insert(used, name)
      local ok, err = true, nil
      if name:match("_regex$") then
        ok, err = regex.compile(value)
      end
      if not ok then
        add(list, "finding", "bad-rule", rule.line,
          ("rule %d: %s: %s"):format(rule.index, name, err.message), err.hint)
      end
    end
  end
  if #used > 1 then
    add(list, "finding", "bad-rule", rule.line, ("rule %d has both %s: sops takes one of them")
      :format(rule.index, table.concat(used, " and ")))
  end
end

--- A field with a slip in its name does nothing. At the top people keep lists of their own, so only
--- what looks like such a slip is told.
local function check_fields(list, where, unknown, only_near)
  for _, field in ipairs(unknown) do
    if field.near or not only_near then
      add(list, field.near and "finding" or "note", "bad-rule", field.line,
        ("%sthere is no field '%s', and sops passes over it"):format(where, field.name),
        field.near and ("did you mean '%s'?"):format(field.near) or nil)
    end
  end
end

local function check_keys(list, rule)
  if #rule.keys == 0 then
    add(list, "finding", "bad-rule", rule.line, ("rule %d has no key"):format(rule.index))
  end
  for _, entry in ipairs(rule.keys) do
    if entry.double then
      add(list, "finding", "duplicate-key", entry.line,
        ("rule %d names one key twice"):format(rule.index))
    end
    if entry.kind == "age" then
      local ok <const>, err <const> = age.recipient(entry.key)
      if not ok then
        add(list, "finding", "bad-rule", entry.line,
          ("rule %d: %s"):format(rule.index, err.message), err.hint)
      end
    end
  end
  if rule.groups > 1 and not rule.threshold then
    add(list, "note", "bad-rule", rule.line,
      ("rule %d has %d key groups: a file needs a key of each"):format(rule.index, rule.groups),
      "for one list of keys, remove the dashes before the later groups")
  end
end

local function check_reach(self, list, rule, seen)
  local pattern <const> = rule.pattern or ""
  if seen.all then
    add(list, "note", "shadowed-rule", rule.line, ("rule %d is never reached: rule %d takes all")
      :format(rule.index, seen.all))
  elseif seen[pattern] then
    add(list, "note", "shadowed-rule", rule.line,
      ("rule %d is never reached: rule %d has the same pattern"):format(rule.index, seen[pattern]))
  end
  seen[pattern] = seen[pattern] or rule.index
  if pattern ~= "" then
    local rx <const>, err <const> = compiled(self, rule)
    if not rx then
      return add(list, "finding", "bad-rule", rule.line, err.message, err.hint)
    end
  end
  local kind <const> = self:catch_all(rule)
  if kind then
    add(list, "note", "catch-all", rule.line, ("rule %d takes %s files at any path")
      :format(rule.index, kind), "a file in an unexpected place goes to its recipients")
  end
  if kind == "all" then
    seen.all = seen.all or rule.index
  end
end

--- What is wrong, or worth knowing, about the file itself.
---@return { level: string, code: string, line: integer, message: string, hint: string? }[]
function Rules:findings()
  local list <const>, seen <const> = {}, {}
  check_anchors(self, list)
  check_fields(list, "", self.unknown, true)
  for _, rule in ipairs(self.rules) do
    check_fields(list, ("rule %d: "):format(rule.index), rule.unknown)
    check_selectors(list, rule)
    check_keys(list, rule)
    check_reach(self, list, rule, seen)
  end
  return list
end

for name, make in pairs(edit) do
  Rules[name] = function(self, ...)
    local changed <const>, err <const> = make(self, ...)
    if err then
      err.path = err.path or self.path
    end
    return changed, err
  end
end

return rules
