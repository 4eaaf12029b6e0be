--- rules.read — what a `.sops.yaml` says, with the node each word was read from.
--
-- Nodes are valid until the document's next edit; the model is read again after each.

local fail <const> = require "moonlatch.fail"

local has_private_key <const> = require "moonlatch.text".has_private_key
local trim <const> = require "moonlatch.text".trim

---@class moonlatch.RuleKey
---@field key string        trimmed text of the recipient
---@field kind string       age, pgp, kms, gcp_kms, hckms, azure_keyvault, hc_vault
---@field anchor string?    the alias through which it stands there
---@field line integer
---@field group integer
---@field spot moonlatch.Node     what stands in the rule: the scalar, map or alias
---@field node moonlatch.Node     the scalar behind it
---@field list moonlatch.Node?    the list it is an item of
---@field from integer?           in a string with commas: its place in the decoded text
---@field to integer?
---@field shared string?          name of an anchor through which its container is used elsewhere

---@class moonlatch.Rule
---@field index integer     from 1
---@field line integer
---@field pattern string?
---@field keys moonlatch.RuleKey[]
---@field groups integer
---@field selectors table<string, string|boolean>
---@field threshold integer?
---@field node moonlatch.Node
---@field flat boolean      no key_groups

local read = {}

local FLAT <const> = { "age", "pgp", "kms", "gcp_kms", "hckms", "azure_keyvault",
  "hc_vault_transit_uri" }
local GROUPED <const> = { "age", "pgp", "kms", "gcp_kms", "hckms", "azure_keyvault", "hc_vault" }
read.SELECTORS = { "unencrypted_suffix", "encrypted_suffix", "unencrypted_regex",
  "encrypted_regex", "unencrypted_comment_regex", "encrypted_comment_regex" }

local FIELDS <const> = table.move(read.SELECTORS, 1, #read.SELECTORS, #FLAT + 1,
  table.move(FLAT, 1, #FLAT, 1, {}))
table.move({ "path_regex", "key_groups", "shamir_threshold", "mac_only_encrypted", "aws_profile" },
  1, 5, #FIELDS + 1, FIELDS)
local TOP <const> = { "creation_rules", "destination_rules", "stores" }

local function blame(node, message, hint)
  return fail.new("format", message, hint, { line = node.line, column = node.column })
end

local function here(node)
  return node.line .. ":" .. node.column
end

--- The value under `name` in a map, as it stands: an alias stays an alias.
---@param map moonlatch.Node
---@param name string
---@return moonlatch.Node?
function read.child(map, name)
  for key, node in map:pairs() do
    if key == name then
      return node
    end
  end
end

--- A node behind its alias, and the anchor's name if it is one that others use too.
local function follow(model, node)
  if node.kind ~= "alias" then
    return node
  end
  local target <const> = node:resolve()
  local many <const> = (model.uses[here(target)] or 0) > 1
  return target, many and target.anchor or nil
end

local function is_null(node)
  return node.kind == "scalar" and node.type == "null"
end

local function refuse_private(node, key)
  if has_private_key(key) then
    error(blame(node, "a private key stands where its public half belongs",
      "whoever can read this file has it: a new key must take its place"), 0)
  end
end

--- Adds the comma-separated entries of a scalar.
local function add_scalar(model, keys, spot)
  local node <const>, shared <const> = follow(model, spot.node)
  if node.kind ~= "scalar" then
    error(blame(spot.node, ("%s: a key is expected, not a %s"):format(spot.kind, node.kind)), 0)
  end
  if is_null(node) then
    return
  end
  local text <const> = node:text()
  local several <const> = text:find(",", 1, true) ~= nil
  for start, piece in text:gmatch("()([^,]+)") do
    local key <const>, first <const> = trim(piece)
    local from <const> = start + first - 1
    if key ~= "" then
      refuse_private(spot.node, key)
      table.insert(keys, {
        key = key, kind = spot.kind, line = spot.node.line, group = spot.group, list = spot.list,
        spot = spot.node, node = node, anchor = spot.node.kind == "alias" and node.anchor or nil,
        from = several and from or nil, to = several and from + #key - 1 or nil,
        shared = spot.shared or several and shared or nil,
      })
    end
  end
end

--- How sops prints the keys that are maps.
local MAPS <const> = {
  kms = function(text) return text "arn" end,
  gcp_kms = function(text) return text "resource_id" end,
  hckms = function(text) return text "key_id" end,
  azure_keyvault = function(text)
    return ("%s/keys/%s/%s"):format(text "vaultUrl", text "key", text "version")
  end,
}

local function add_item(model, keys, spot)
  local node <const> = follow(model, spot.node)
  if node.kind ~= "map" or not MAPS[spot.kind] then
    return add_scalar(model, keys, spot)
  end
  local key <const> = MAPS[spot.kind](function(name)
    local value <const> = read.child(node, name)
    local scalar <const> = value and follow(model, value)
    return scalar and scalar.kind == "scalar" and scalar:text() or ""
  end)
  table.insert(keys, { key = key, kind = spot.kind, line = spot.node.line, group = spot.group,
    list = spot.list, spot = spot.node, node = node, shared = spot.shared })
end

--- One field of a rule or group: a comma string or a list.
local function add_field(model, keys, value, kind, group, shared)
  local node <const>, through <const> = follow(model, value)
  if node.kind ~= "list" then
    return add_scalar(model, keys, { node = value, kind = kind, group = group, shared = shared })
  end
  for _, item in node:items() do
    add_item(model, keys,
      { node = item, list = node, kind = kind, group = group, shared = through or shared })
  end
end

local function add_group(model, keys, value, group, shared)
  local node <const>, through <const> = follow(model, value)
  shared = through or shared
  if node.kind ~= "map" then
    error(blame(value, ("a key group is a map, not a %s"):format(node.kind)), 0)
  end
  local merge <const> = read.child(node, "merge")
  if merge then
    local list <const>, via <const> = follow(model, merge)
    if list.kind ~= "list" then
      error(blame(merge, "merge: a list of key groups is expected"), 0)
    end
    for _, item in list:items() do
      add_group(model, keys, item, group, via or shared)
    end
  end
  for _, kind in ipairs(GROUPED) do
    local field <const> = read.child(node, kind)
    if field then
      add_field(model, keys, field, kind, group, shared)
    end
  end
end

--- Within a group sops keeps the first of two equal keys.
local function mark_doubles(keys)
  local seen <const> = {}
  for _, entry in ipairs(keys) do
    local id <const> = ("%d %s %s"):format(entry.group, entry.kind, entry.key)
    entry.double = seen[id]
    seen[id] = true
  end
end

local function scalar_field(model, map, name, wanted)
  local value <const> = read.child(map, name)
  local node <const> = value and follow(model, value)
  if not node or is_null(node) then
    return nil
  end
  if node.kind ~= "scalar" or node.type ~= wanted then
    error(blame(value, ("%s: a value of type %s is expected"):format(name, wanted)), 0)
  end
  return node:value()
end

local function add_groups(model, rule, value)
  local list <const>, shared <const> = follow(model, value)
  if list.kind ~= "list" then
    error(blame(value, "key_groups: a list is expected"), 0)
  end
  for i, group in list:items() do
    rule.groups = i
    add_group(model, rule.keys, group, i, shared)
  end
end

--- Fields that sops passes over, each with the one that was perhaps meant.
local function unknown_fields(map, known)
  local list <const>, is_known <const> = {}, {}
  for _, name in ipairs(known) do
    is_known[name] = true
  end
  for name, node in map:pairs() do
    if not is_known[name] then
      table.insert(list, { name = name, line = node.line, near = fail.nearest(name, known) })
    end
  end
  return list
end

local function read_rule(model, item, index)
  local node <const>, shared <const> = follow(model, item)
  if node.kind ~= "map" then
    error(blame(item, ("rule %d is a %s, not a map"):format(index, node.kind)), 0)
  end
  if read.child(node, "<<") then
    error(blame(item, ("rule %d takes fields from elsewhere with <<"):format(index),
      "write its fields out; only then is it plain who can read what"), 0)
  end
  local rule <const> = { index = index, line = item.line, keys = {}, selectors = {}, node = node,
    groups = 1, flat = true }
  rule.unknown = unknown_fields(node, FIELDS)
  rule.pattern = scalar_field(model, node, "path_regex", "str")
  rule.threshold = scalar_field(model, node, "shamir_threshold", "int")
  for _, name in ipairs(read.SELECTORS) do
    rule.selectors[name] = scalar_field(model, node, name, "str")
  end
  rule.selectors.mac_only_encrypted = scalar_field(model, node, "mac_only_encrypted", "bool")
  local groups <const> = read.child(node, "key_groups")
  if groups and not is_null(groups) then
    add_groups(model, rule, groups)
    rule.flat = groups.kind == "list" and groups.count == 0
  end
  if rule.flat then
    for _, kind in ipairs(FLAT) do
      local field <const> = read.child(node, kind)
      if field then
        add_field(model, rule.keys, field, kind, 1, shared)
      end
    end
  end
  mark_doubles(rule.keys)
  return rule
end

--- Comment on the line of a node, or else on the line right above it.
local function comment_of(comments, node)
  local comment <const> = comments[node.line] or comments[node.line - 1]
  return comment and comment:text():gsub("^%s+", "") or nil
end

--- Anchors and how often each is used. The walk follows no alias, so it ends. `comments`: those
--- beside the node, by their lines.
local function walk(model, node, comments)
  if node.kind == "alias" then
    local target <const> = here(node:resolve())
    model.uses[target] = (model.uses[target] or 0) + 1
    return
  end
  if node.anchor then
    local scalar <const> = node.kind == "scalar"
    if scalar then
      refuse_private(node, node:text())
    end
    table.insert(model.anchors, { name = node.anchor, value = scalar and node:text() or nil,
      line = node.line, node = node, place = here(node), comment = comment_of(comments, node) })
  end
  if node.kind == "map" or node.kind == "list" then
    local children <const>, beside <const> = {}, {}
    for child in node:children() do
      table.insert(children, child)
      if child.kind == "comment" then
        beside[child.line] = child
      end
    end
    for _, child in ipairs(children) do
      walk(model, child, beside)
    end
  end
end

--- Fill `model.anchors` and `model.rules` from its document. Raises error objects.
---@param model table
function read.model(model)
  model.anchors, model.rules, model.uses, model.has_rules = {}, {}, {}, false
  model.unknown = {}
  model.by_value = {} -- anchors that hold one key
  if model.doc:roots() == 0 then
    return
  end
  local root <const> = model.doc:root(1)
  if is_null(root) then
    return
  end
  if root.kind ~= "map" then
    error(blame(root, "a map with creation_rules is expected"), 0)
  end
  walk(model, root, {})
  model.unknown = unknown_fields(root, TOP)
  for _, anchor in ipairs(model.anchors) do
    anchor.used = model.uses[anchor.place] or 0
    local same <const> = model.by_value[anchor.value or false] or {}
    table.insert(same, anchor)
    model.by_value[anchor.value or false] = same
  end
  local rules <const> = read.child(root, "creation_rules")
  if not rules or is_null(rules) then
    return
  end
  model.has_rules = true
  local list <const> = follow(model, rules)
  if list.kind ~= "list" then
    error(blame(rules, "creation_rules: a list is expected"), 0)
  end
  for i, item in list:items() do
    model.rules[i] = read_rule(model, item, i)
  end
end

return read
