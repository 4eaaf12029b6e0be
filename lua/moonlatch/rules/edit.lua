--- rules.edit — changes to a `.sops.yaml` that touch only what must change.
--
-- People write recipients in many shapes: aliases in a list, keys in a list, one string with
-- commas, a folded string. An edit keeps the shape it finds. Each function makes one edit of the
-- document and reads the model again; all return true when something changed, false when there was
-- nothing to do, or nil and an error.

local doc  <const> = require "moonlatch.doc"
local fail <const> = require "moonlatch.fail"
local read <const> = require "moonlatch.rules.read"

local edit = {}

local function refuse(code, message, hint, line)
  return nil, fail.new(code, message, hint, { line = line })
end

--- Reads the model again after an edit.
local function done(model, ok, err)
  if not ok then
    return nil, err
  end
  local read_again <const>, bad <const> = pcall(read.model, model)
  if not read_again then
    if not fail.is(bad) then
      error(bad, 0)
    end
    return nil, bad
  end
  return true
end

local function the_anchor(model, name)
  local found
  for _, anchor in ipairs(model.anchors) do
    if anchor.name == name and found then
      return refuse("conflict", ("anchor %s is defined twice"):format(name), "rename one of them",
        anchor.line)
    elseif anchor.name == name then
      found = anchor
    end
  end
  if found then
    return found
  end
  local names <const> = {}
  for _, anchor in ipairs(model.anchors) do
    table.insert(names, anchor.name)
  end
  local _, err <const> = fail.choose(names, name, "anchor", "missing")
  return nil, err
end

--- The list where anchors live and the node to put a new one behind.
local function anchor_place(model, after)
  if after then
    local anchor <const>, err <const> = the_anchor(model, after)
    if not anchor then
      return nil, err
    end
    return anchor.node:parent(), anchor.node
  end
  local list <const> = read.child(model.doc:root(1), "keys")
  if list and list.kind == "list" then
    return list, "last"
  end
  if list then
    return refuse("unsupported", "keys: is not a list", "name an anchor with `after`", list.line)
  end
end

--- Define an anchor in the list `keys`, made at the top if there is none.
---@param model table
---@param name string
---@param key string
---@param options { after: string? }?
function edit.add_anchor(model, name, key, options)
  if not name:match("^%w[%w_-]*$") then
    return refuse("argument", ("'%s' cannot be the name of an anchor"):format(name),
      "letters, digits, dash and underscore")
  end
  for _, anchor in ipairs(model.anchors) do
    if anchor.name == name then
      if anchor.value == key then
        return false
      end
      return refuse("exists", ("anchor %s has another key"):format(name),
        ("`moonlatch rotate %s` changes a key"):format(name), anchor.line)
    end
  end
  if model.doc:roots() == 0 or model.doc:root(1).kind ~= "map" then
    return refuse("missing", "there is nothing in this file yet", "`moonlatch init` makes one")
  end
  local list, after = anchor_place(model, options and options.after)
  if list then
    return done(model, model.doc:insert(list, key, { anchor = name, after = after }))
  elseif after then
    return nil, after
  end
  -- A list can be inserted only with something in it, and what is in it has no anchor.
  local ok, err = model.doc:insert(model.doc:root(1), { key }, { key = "keys", after = "first" })
  if ok then
    list = read.child(model.doc:root(1), "keys")
    ok, err = model.doc:insert(list, key, { anchor = name, after = "last" })
  end
  if ok then
    ok, err = model.doc:remove(read.child(model.doc:root(1), "keys"):item(1))
  end
  return done(model, ok, err)
end

--- Give an anchor another key. All its aliases follow.
function edit.set_anchor(model, name, key)
  local anchor <const>, err <const> = the_anchor(model, name)
  if not anchor then
    return nil, err
  end
  if anchor.value == nil then
    return refuse("unsupported", ("anchor %s is not a single key"):format(name), nil, anchor.line)
  end
  if anchor.value == key then
    return false
  end
  return done(model, model.doc:set(anchor.node, key))
end

--- Take an anchor away that nothing uses.
function edit.remove_anchor(model, name)
  local anchor <const>, err <const> = the_anchor(model, name)
  if not anchor then
    return nil, err
  end
  if anchor.used > 0 then
    return refuse("conflict", ("anchor %s is used %d times"):format(name, anchor.used),
      ("`moonlatch recipient remove %s --everywhere`"):format(name), anchor.line)
  end
  return done(model, model.doc:remove(anchor.node))
end

local function the_rule(model, index)
  local rule <const> = model.rules[index]
  if rule then
    return rule
  end
  return refuse("missing", ("there is no rule %s"):format(tostring(index)),
    ("rules are numbered from 1 to %d"):format(#model.rules))
end

local function check_shared(rule, entry)
  if not entry.shared then
    return true
  end
  return refuse("conflict",
    ("rule %d shares its keys with others through *%s"):format(rule.index, entry.shared),
    "give the rule a list of its own, or edit the shared one by hand", entry.line)
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

--- The entry a new one is put behind: the one that is `like`, else the last age key of the group.
local function neighbour(rule, group, like)
  local found
  for _, entry in ipairs(rule.keys) do
    if entry.kind == "age" and entry.group == group then
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

--- A rule or group that has no age key yet.
local function first_age(model, rule, group, key)
  local value = alias_for(model, rule, nil, key)
  value = value and doc.alias(value) or key
  local into = rule.node
  if not rule.flat then
    local groups <const> = read.child(rule.node, "key_groups")
    into = groups.kind == "list" and groups:item(group) or nil
    if not into or into.kind ~= "map" then
      return refuse("unsupported",
        ("rule %d has no key group %d of its own"):format(rule.index, group), nil, rule.line)
    end
  end
  local age <const> = read.child(into, "age")
  if age and age.kind == "list" then
    return done(model, model.doc:insert(age, value, { after = "last" }))
  elseif age then
    return done(model, model.doc:set(age, value))
  end
  return done(model, model.doc:insert(into, { value }, { key = "age", after = "last" }))
end

--- Let a key open what a rule covers.
---@param model table
---@param index integer
---@param key string
---@param options { anchor: string?, like: string?, group: integer? }?
function edit.add_recipient(model, index, key, options)
  options = options or {}
  local rule <const>, err <const> = the_rule(model, index)
  if not rule then
    return nil, err
  end
  local group <const> = options.group or 1
  if group < 1 or group > math.max(1, rule.groups) then
    return refuse("argument", ("rule %d has no key group %d"):format(index, group), nil, rule.line)
  end
  for _, entry in ipairs(rule.keys) do
    if entry.key == key and entry.kind == "age" and entry.group == group then
      return false
    end
  end
  local entry <const> = neighbour(rule, group, options.like)
  if not entry then
    return first_age(model, rule, group, key)
  end
  local own <const>, bad <const> = check_shared(rule, entry)
  if not own then
    return nil, bad
  end
  if not entry.list and not entry.anchor then
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

local function left_in_group(rule, entry)
  local left = 0
  for _, other in ipairs(rule.keys) do
    if other.group == entry.group and (other.key ~= entry.key or other.kind ~= entry.kind) then
      left = left + 1
    end
  end
  return left
end

--- Stop a key from opening what a rule covers, wherever the rule names it.
---@param model table
---@param index integer
---@param key string
function edit.remove_recipient(model, index, key)
  local changed = false
  while true do
    local rule <const>, err <const> = the_rule(model, index)
    if not rule then
      return nil, err
    end
    local entry
    for _, candidate in ipairs(rule.keys) do
      entry = entry or (candidate.key == key and candidate) or nil
    end
    if not entry then
      return changed
    end
    if left_in_group(rule, entry) == 0 then
      return refuse("conflict", ("rule %d would be left without a key"):format(index),
        "add another recipient first, or remove the rule by hand", entry.line)
    end
    local own <const>, shared <const> = check_shared(rule, entry)
    if not own then
      return nil, shared
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

--- One place where `old` is written out, not through an alias.
local function literal_of(model, old)
  for _, anchor in ipairs(model.anchors) do
    if anchor.value == old then
      return anchor.node
    end
  end
  for _, rule in ipairs(model.rules) do
    for _, entry in ipairs(rule.keys) do
      if entry.key == old and entry.spot.kind == "scalar" then
        return entry.node, entry.from, entry.to
      end
    end
  end
end

--- Put `new` wherever `old` is written: at anchors, in lists, in strings.
---@param model table
---@param old string
---@param new string
function edit.replace_key(model, old, new)
  local changed = false
  if old == new then
    return false
  end
  while true do
    local node <const>, from <const>, to <const> = literal_of(model, old)
    if not node then
      return changed
    end
    local ok, err
    if from then
      ok, err = model.doc:replace_text(node, from, to, new)
    else
      ok, err = model.doc:set(node, new)
    end
    ok, err = done(model, ok, err)
    if not ok then
      return nil, err
    end
    changed = true
  end
end

return edit
