--- rules — `.sops.yaml`: who may open which file.

local doc   <const> = require "moonlatch.doc"
local fail  <const> = require "moonlatch.fail"
local keys  <const> = require "moonlatch.rules.keys"
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
---@field destinations moonlatch.Destination[]
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

--- The first `.sops.yaml` from a folder upward, as sops looks for it.
---@param start string
---@return string? path
---@return string? ignored  a `.sops.yml` on the way, which sops passes over
function rules.find(start)
  return require "moonlatch.rules.find"(start)
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
    self.patterns[pattern] = rx or err
  end
  local rx <const> = self.patterns[pattern]
  if fail.is(rx) then
    return nil, fail.new("format", ("rule %d: %s"):format(rule.index, rx.message), rx.hint,
      { path = self.path, line = rule.line })
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
    if entry.value and not seen[entry.key] and (kind == nil or entry.kind == kind) then
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

--- The keys that a rule's groups hold, each group's once, and its threshold.
---@param rule moonlatch.Rule
---@param options { context: table<string, string>? }?  of KMS keys that are listed flat
---@return moonlatch.Key[][]? groups
---@return integer|moonlatch.Error|nil threshold
function Rules:groups(rule, options)
  local groups <const>, err <const> = keys.groups(rule, options and options.context)
  if not groups then
    err.path = err.path or self.path
    return nil, err
  end
  return groups, rule.threshold
end

--- The selectors of a rule, of which sops allows one.
---@param rule moonlatch.Rule
---@return moonlatch.Selectors?
---@return moonlatch.Error? err  `conflict`
function Rules:selectors(rule)
  local used <const> = read.selectors_of(rule)
  if #used > 1 then
    return nil, fail.new("conflict", ("rule %d has both %s: sops takes one of them")
      :format(rule.index, table.concat(used, " and ")), nil, { path = self.path, line = rule.line })
  end
  return rule.selectors
end

--- How deep formats are indented, those for which it is said: { yaml = 2, json = -1, binary = … }.
---@return table<string, integer>
function Rules:stores()
  return self.indents
end

--- Where a file is published: the first destination that matches. As in sops, the path is taken as
--- it was given, and a bad pattern matches nothing.
---@param path string
---@return moonlatch.Destination|false|nil destination  false: none matches
---@return moonlatch.Error? err  `conflict`
function Rules:destination(path)
  for _, destination in ipairs(self.destinations) do
    if matches(self, destination, path) then
      local ok <const>, err <const> = read.usable(destination)
      if not ok then
        err.path = self.path
      end
      return ok and destination, err
    end
  end
  return false
end

--- What is wrong, or worth knowing, about the file itself.
---@return { level: string, code: string, line: integer, message: string, hint: string? }[]
function Rules:findings()
  return require("moonlatch.rules.check").findings(self)
end

--- Edits, by the module that makes them; it is loaded with the first.
local EDITS <const> = { add_anchor = "anchors", set_anchor = "anchors", remove_anchor = "anchors",
  replace_key = "anchors", add_recipient = "edit", remove_recipient = "edit" }

for name, module in pairs(EDITS) do
  Rules[name] = function(self, ...)
    local changed <const>, err <const> = require("moonlatch.rules." .. module)[name](self, ...)
    if err then
      err.path = err.path or self.path
    end
    return changed, err
  end
end

return rules
