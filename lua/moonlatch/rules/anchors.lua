--- rules.anchors — edits of anchors, by which people name keys, and of keys wherever they stand.

local change <const> = require "moonlatch.rules.change"
local fail   <const> = require "moonlatch.fail"
local nodes  <const> = require "moonlatch.rules.nodes"

local done <const>, refuse <const> = change.done, change.refuse

local anchors = {}

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
  local list <const> = nodes.child(model.doc:root(1), "keys")
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
function anchors.add_anchor(model, name, key, options)
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
    list = nodes.child(model.doc:root(1), "keys")
    ok, err = model.doc:insert(list, key, { anchor = name, after = "last" })
  end
  if ok then
    ok, err = model.doc:remove(nodes.child(model.doc:root(1), "keys"):item(1))
  end
  return done(model, ok, err)
end

--- Give an anchor another key. All its aliases follow.
function anchors.set_anchor(model, name, key)
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
function anchors.remove_anchor(model, name)
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
function anchors.replace_key(model, old, new)
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

return anchors
