--- rules.edit — changes to the keys of rules that touch only what must change.
--
-- People write recipients in many shapes: aliases in a list, keys in a list, one string with
-- commas, a folded string. An edit keeps the shape it finds. What other rules use too is not
-- edited through one of them.

local change <const> = require "moonlatch.rules.change"
local doc    <const> = require "moonlatch.doc"
local keys   <const> = require "moonlatch.rules.keys"
local names  <const> = require "moonlatch.key_source.names"
local nodes  <const> = require "moonlatch.rules.nodes"

local done <const>, refuse <const> = change.done, change.refuse

local edit = {}

local function the_rule(model, index)
  local rule <const> = model.rules[index]
  if rule then
    return rule
  end
  return refuse("missing", ("there is no rule %s"):format(tostring(index)),
    ("rules are numbered from 1 to %d"):format(#model.rules))
end

local function refuse_shared(rule, anchor, line)
  return refuse("conflict",
    ("rule %d shares its keys with others through *%s"):format(rule.index, anchor),
    "give the rule a list of its own, or edit the shared one by hand", line)
end

--- The anchor through which a new entry of `list` should name `key`, if any.
local function alias_for(model, rule, list, key)
  local aliases, items = 0, 0
  for _, entry in ipairs(rule.keys) do
    if entry.list and list and entry.list.line == list.line and entry.list.column == list.column
    then
      items = items + 1
      aliases = aliases + (entry.anchor and 1 or 0)
    end
  end
  if items > 0 and aliases == 0 then
    return nil -- this list names its keys in full
  end
  for _, anchor in ipairs(model.anchors) do
    if anchor.value == key and anchor.line < rule.line then
      return anchor.name
    end
  end
end

--- The entry a new one is put behind: the one that is `like`, else the last of its kind in the
--- group. Those that come by `merge` belong elsewhere.
local function neighbour(rule, kind, group, like)
  local found
  for _, entry in ipairs(rule.keys) do
    if entry.kind == kind and entry.group == group and not entry.merged then
      if like and (entry.key == like or entry.anchor == like) then
        return entry
      end
      found = entry
    end
  end
  return found
end

--- In a string with commas: behind the entry, with the separator that stands there already.
local function append_text(model, entry, key)
  local text <const> = entry.node:text()
  if not entry.from then
    return done(model, model.doc:replace_text(entry.node, #text + 1, #text, "," .. key))
  end
  local separator = ","
  local before <const> = text:sub(1, entry.from - 1):match(",(%s*)$")
  local behind <const> = text:sub(entry.to + 1):match("^%s*,(%s*)%S")
  local space <const> = before or behind
  if space and space ~= "" then
    separator = ", "
  end
  return done(model, model.doc:replace_text(entry.node, entry.to + 1, entry.to, separator .. key))
end

--- The rule or the group of it that a field can be added to.
local function own_map(model, rule, group)
  local map, shared = rule.node, rule.shared
  if not rule.flat and not shared then
    local list <const>, through <const> =
      nodes.container(model, rule.node, "key_groups", "list")
    local item <const> = list:item(group)
    if item.kind == "alias" then
      return refuse("unsupported",
        ("rule %d has no key group %d of its own"):format(rule.index, group),
        "write the group out, or take it in with `merge`", rule.line)
    end
    map, shared = nodes.follow(model, item)
    shared = through or shared
  end
  if shared then
    return refuse_shared(rule, shared, rule.line)
  end
  return map
end

--- A rule or group that has no key of this kind yet.
local function add_first(model, rule, kind, group, key)
  local field <const> = keys.field_of(kind, rule.flat)
  local map <const>, err <const> = own_map(model, rule, group)
  if not map then
    return nil, err
  end
  local value = alias_for(model, rule, nil, key)
  value = value and doc.alias(value) or key
  local own <const> = nodes.child(map, field)
  if not own and nodes.inherited(model, map, field) then
    return refuse_shared(rule, "<<", rule.line)
  elseif own and own.kind == "list" then
    return done(model, model.doc:insert(own, value, { after = "last" }))
  elseif own then
    return done(model, model.doc:set(own, rule.flat and value or { value }))
  end
  return done(model, model.doc:insert(map, { value }, { key = field, after = "last" }))
end

local function check_group(rule, group)
  if group < 1 or group > rule.groups then
    return refuse("argument", ("rule %d has no key group %d"):format(rule.index, group), nil,
      rule.line)
  end
  return true
end

--- Let a key open what a rule covers.
---@param model table
---@param index integer
---@param key string  in sops' notation
---@param options { anchor: string?, like: string?, group: integer?, kind: string? }?
---  kind: default age
function edit.add_recipient(model, index, key, options)
  options = options or {}
  local group <const>, kind <const> = options.group or 1, options.kind or "age"
  local rule <const>, err <const> = the_rule(model, index)
  if not rule then
    return nil, err
  end
  local ok <const>, no_group <const> = check_group(rule, group)
  local parsed <const>, malformed <const> = names.parse(kind, key)
  if not ok or not parsed then
    return nil, no_group or malformed
  end
  for _, entry in ipairs(rule.keys) do
    if entry.key == parsed.recipient and entry.kind == kind and entry.group == group then
      return false
    end
  end
  if not rule.flat and keys.is_map(kind) then
    return refuse("unsupported", ("a key of kind %s is a map in a key group"):format(kind),
      "write it by hand: it has parts that this command does not ask for", rule.line)
  end
  local entry <const> = neighbour(rule, kind, group, options.like)
  if not entry then
    return add_first(model, rule, kind, group, key)
  elseif entry.shared then
    return refuse_shared(rule, entry.shared, entry.line)
  elseif not entry.list and not entry.anchor then
    return append_text(model, entry, key)
  end
  local name <const> = options.anchor or alias_for(model, rule, entry.list, key)
  local value <const> = name and doc.alias(name) or key
  if entry.list then
    return done(model, model.doc:insert(entry.list, value, { after = entry.spot }))
  end
  -- `age: *one`: the anchor is one key and stays so; the rule gets a list.
  return done(model, model.doc:set(entry.spot, { doc.alias(entry.anchor), value }))
end

--- Cuts an entry out of a string with commas, with one separator.
local function cut_text(model, entry)
  local text <const> = entry.node:text()
  local from, to = entry.from, entry.to
  local behind <const> = text:match("^%s*,%s*()", to + 1)
  if behind and behind <= #text then
    to = behind - 1
  else
    local kept <const> = text:sub(1, from - 1):match "^(.*),%s*$"
    from = kept and #(kept:match "^.*%S" or "") + 1 or from
  end
  return model.doc:replace_text(entry.node, from, to, "")
end

--- Is this all that a field's text names, so that the field goes with it?
local function is_whole_field(rule, entry)
  for _, other in ipairs(rule.keys) do
    if other.key ~= entry.key and nodes.here(other.spot) == nodes.here(entry.spot) then
      return false
    end
  end
  return not entry.list
end

--- May this entry be taken out? Not if its group would be empty, or others lose it as well.
local function check_removal(model, rule, entry)
  local left = 0
  for _, other in ipairs(rule.keys) do
    if other.group == entry.group and (other.key ~= entry.key or other.kind ~= entry.kind) then
      left = left + 1
    end
  end
  if left == 0 then
    return refuse("conflict", rule.groups == 1
      and ("rule %d would be left without a key"):format(rule.index)
      or ("key group %d of rule %d would be left without a key"):format(entry.group, rule.index),
      "add another recipient first, or remove the rule by hand", entry.line)
  elseif entry.shared then
    return refuse_shared(rule, entry.shared, entry.line)
  elseif is_whole_field(rule, entry)
    and nodes.inherited(model, entry.spot:parent(), entry.spot.key) then
    return refuse("conflict",
      ("rule %d would take other keys from elsewhere with << then"):format(rule.index),
      "edit it by hand", entry.line)
  end
  local _, used <const> = nodes.follow(model, entry.spot)
  if entry.spot.kind ~= "alias" and used then
    return refuse("conflict", ("&%s stands in rule %d and is used elsewhere")
      :format(used, rule.index), "move it to the list `keys` at the top first", entry.line)
  end
  return true
end

--- The first entry of a key, if the rule has it still. All its entries can be taken out, or none.
local function removable(model, rule, key, options)
  local first
  for _, entry in ipairs(rule.keys) do
    if entry.key == key and (not options.group or entry.group == options.group)
      and (not options.kind or entry.kind == options.kind) then
      local ok <const>, err <const> = check_removal(model, rule, entry)
      if not ok then
        return nil, err
      end
      first = first or entry
    end
  end
  return first
end

--- Stop a key from opening what a rule covers, wherever the rule names it.
---@param model table
---@param index integer
---@param key string  as it is printed
---@param options { group: integer?, kind: string? }?  only there
function edit.remove_recipient(model, index, key, options)
  local changed = false
  while true do
    local rule <const>, err <const> = the_rule(model, index)
    if not rule then
      return nil, err
    end
    local entry <const>, fixed <const> = removable(model, rule, key, options or {})
    if fixed then
      return nil, fixed
    elseif not entry then
      return changed
    end
    local ok, bad
    if entry.from then
      ok, bad = cut_text(model, entry)
    else
      ok, bad = model.doc:remove(entry.spot)
    end
    ok, bad = done(model, ok, bad)
    if not ok then
      return nil, bad
    end
    changed = true
  end
end

return edit
