--- rules.check — what is wrong, or worth knowing, about a `.sops.yaml` itself.

local age        <const> = require "moonlatch.age"
local key_source <const> = require "moonlatch.key_source"
local read       <const> = require "moonlatch.rules.read"
local regex      <const> = require "moonlatch.regex"

local check = {}

local function add(list, level, code, line, message, hint)
  table.insert(list, { level = level, code = code, line = line, message = message, hint = hint })
end

local function check_anchors(model, list)
  local first <const>, named <const> = {}, {}
  for _, anchor in ipairs(model.anchors) do
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

local function check_selectors(list, rule, what)
  local used <const> = read.selectors_of(rule)
  for _, name in ipairs(used) do
    local ok, err = true, nil
    if name:match "_regex$" then
      ok, err = regex.compile(rule.selectors[name])
    end
    if not ok then
      add(list, "finding", "bad-rule", rule.line, ("%s: %s: %s"):format(what, name, err.message),
        err.hint)
    end
  end
  if #used > 1 then
    add(list, "finding", "bad-rule", rule.line, ("%s has both %s: sops takes one of them")
      :format(what, table.concat(used, " and ")))
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

local function check_key(list, entry, what)
  if entry.problem then
    add(list, "finding", "bad-rule", entry.line, ("%s: %s"):format(what, entry.problem.message),
      entry.problem.hint)
  elseif entry.double and not entry.merged and not entry.double.merged then
    add(list, "finding", "duplicate-key", entry.line, ("%s names one key twice"):format(what))
  end
  local ok, err = entry.problem ~= nil, nil
  if entry.kind == "age" then
    ok, err = age.recipient(entry.key)
  elseif entry.value then
    ok, err = key_source.of(entry.kind).check(entry.value)
  end
  if not ok then
    add(list, err.code == "unsupported" and "note" or "finding", "bad-rule", entry.line,
      ("%s: %s"):format(what, err.message), err.hint)
  end
end

--- A file needs keys of as many groups as the threshold says; of all, if it says nothing.
local function check_groups(list, rule, what)
  local filled <const> = {}
  for _, entry in ipairs(rule.keys) do
    filled[entry.group] = true
  end
  for group = 1, rule.groups do
    if not filled[group] then
      add(list, "finding", "bad-rule", rule.line, rule.groups == 1 and what .. " has no key"
        or ("%s: key group %d has no key"):format(what, group))
    end
  end
  if rule.groups > 1 and not rule.threshold then
    add(list, "note", "bad-rule", rule.line,
      ("%s has %d key groups: a file needs a key of each"):format(what, rule.groups),
      "for one list of keys, remove the dashes before the later groups")
  elseif rule.groups > 1 and (rule.threshold < 2 or rule.threshold > rule.groups) then
    add(list, "finding", "bad-rule", rule.line, ("%s: shamir_threshold is %d, with %d key groups")
      :format(what, rule.threshold, rule.groups), "from 2 to the number of groups is possible")
  end
end

local function check_rule(list, rule, what)
  check_fields(list, what .. ": ", rule.unknown)
  check_selectors(list, rule, what)
  for _, entry in ipairs(rule.keys) do
    check_key(list, entry, what)
  end
  check_groups(list, rule, what)
end

local function check_reach(model, list, rule, seen)
  local pattern <const> = rule.pattern or ""
  if seen.all then
    add(list, "note", "shadowed-rule", rule.line, ("rule %d is never reached: rule %d takes all")
      :format(rule.index, seen.all))
  elseif seen[pattern] then
    add(list, "note", "shadowed-rule", rule.line,
      ("rule %d is never reached: rule %d has the same pattern"):format(rule.index, seen[pattern]))
  end
  seen[pattern] = seen[pattern] or rule.index
  local ok <const>, err <const> = regex.compile(pattern)
  if not ok then
    return add(list, "finding", "bad-rule", rule.line,
      ("rule %d: %s"):format(rule.index, err.message), err.hint)
  end
  local kind <const> = model:catch_all(rule)
  if kind then
    add(list, "note", "catch-all", rule.line, ("rule %d takes %s files at any path")
      :format(rule.index, kind), "a file in an unexpected place goes to its recipients")
  end
  if kind == "all" then
    seen.all = seen.all or rule.index
  end
end

local function check_destination(list, destination)
  local what <const> = ("destination %d"):format(destination.index)
  check_fields(list, what .. ": ", destination.unknown)
  local ok, err = regex.compile(destination.pattern or "")
  if not ok then
    add(list, "finding", "bad-rule", destination.line, ("%s: %s"):format(what, err.message),
      "sops takes such a pattern for one that never matches")
  end
  ok, err = read.usable(destination)
  if not ok then
    add(list, "finding", "bad-rule", destination.line, err.message)
  end
  if destination.rule then
    check_rule(list, destination.rule, what .. ": recreation_rule")
  end
end

--- What sops refuses to indent by.
local LEAST <const> = { { "yaml", 0 }, { "json", -1 }, { "binary", -1 } }

local function check_stores(list, model)
  for _, pair in ipairs(LEAST) do
    local indent <const> = model.indents[pair[1]]
    if indent and indent < pair[2] then
      add(list, "finding", "bad-rule", 1,
        ("stores: an indent of %d for %s"):format(indent, pair[1]), ("%d is the least")
          :format(pair[2]))
    end
  end
end

--- All findings and notes.
---@param model moonlatch.Rules
---@return { level: string, code: string, line: integer, message: string, hint: string? }[]
function check.findings(model)
  local list <const>, seen <const> = {}, {}
  check_anchors(model, list)
  check_fields(list, "", model.unknown, true)
  for _, rule in ipairs(model.rules) do
    check_rule(list, rule, ("rule %d"):format(rule.index))
    check_reach(model, list, rule, seen)
  end
  for _, destination in ipairs(model.destinations) do
    check_destination(list, destination)
  end
  check_stores(list, model)
  return list
end

return check
