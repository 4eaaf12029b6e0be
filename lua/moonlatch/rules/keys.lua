--- rules.keys — the keys that a rule names, each with the node it was read from.
--
-- A rule lists its keys flat, as strings, or in groups, where kinds with several parts are maps. A
-- group may take in others with `merge`.

local fail  <const> = require "moonlatch.fail"
local names <const> = require "moonlatch.key_source.names"
local nodes <const> = require "moonlatch.rules.nodes"

local has_private_key <const> = require "moonlatch.text".has_private_key
local trim <const> = require "moonlatch.text".trim

---@class moonlatch.RuleKey
---@field key string        its printed name, or what stands in its place
---@field kind string       as in the metadata of files: age, pgp, kms, gcp_kms, azure_kv, …
---@field value moonlatch.Key?
---@field problem moonlatch.Error?  why it has none
---@field anchor string?    the alias through which it stands there
---@field line integer
---@field group integer
---@field double moonlatch.RuleKey?  the earlier key of its group that is the same
---@field merged boolean?   the group has it from another one
---@field spot moonlatch.Node     what stands in the rule: the scalar, map or alias
---@field node moonlatch.Node     the scalar or map behind it
---@field list moonlatch.Node?    the list it is an item of
---@field from integer?           in a string with commas: its place in the decoded text
---@field to integer?
---@field shared string?          name of an anchor through which its container is used elsewhere

local keys = {}

local MERGE_LIMIT <const> = 100000

-- In the order in which sops takes them.
local FLAT <const> = {
  { "age", "age" }, { "pgp", "pgp" }, { "kms", "kms" }, { "gcp_kms", "gcp_kms" },
  { "hckms", "hckms" }, { "azure_keyvault", "azure_kv" }, { "hc_vault_transit_uri", "hc_vault" },
}
local GROUPED <const> = {
  { "age", "age" }, { "pgp", "pgp" }, { "kms", "kms" }, { "gcp_kms", "gcp_kms" },
  { "hckms", "hckms" }, { "azure_keyvault", "azure_kv" }, { "hc_vault", "hc_vault" },
}

local function first_words(list)
  local words <const> = {}
  for i, pair in ipairs(list) do
    words[i] = pair[1]
  end
  return words
end

--- The names of the fields that hold keys in a rule, and of all fields of a group.
keys.FIELDS = first_words(FLAT)
keys.GROUP_FIELDS = first_words(GROUPED)
table.insert(keys.GROUP_FIELDS, "merge")

--- The field in which keys of a kind stand: of a rule, or of a group.
---@param kind string
---@param flat boolean
---@return string?
function keys.field_of(kind, flat)
  for _, pair in ipairs(flat and FLAT or GROUPED) do
    if pair[2] == kind then
      return pair[1]
    end
  end
end

local function refuse_private(node, text)
  if has_private_key(text) then
    error(nodes.blame(node, "a private key stands where its public half belongs",
      "whoever can read this file has it: a new key must take its place"), 0)
  end
end

keys.refuse_private = refuse_private

-- A few merges of merges name keys without end.
local function count_merged(model, node)
  model.merged = (model.merged or 0) + 1
  if model.merged > MERGE_LIMIT then
    error(fail.new("limit", ("key groups are merged into more than %d keys"):format(MERGE_LIMIT),
      nil, { line = node.line }), 0)
  end
end

--- What is common to the keys of one place: { kind=, group=, list=, shared=, merged=, fields= }.
local function add(model, into, spot, node, value, problem)
  if spot.merged then
    count_merged(model, spot.node)
  end
  local entry <const> = { kind = spot.kind, line = spot.node.line, group = spot.group,
    list = spot.list, spot = spot.node, node = node, merged = spot.merged, shared = spot.shared,
    value = value, problem = problem, key = value and value.recipient or "" }
  if problem then
    problem.line = problem.line or spot.node.line
  end
  table.insert(into, entry)
  return entry
end

--- What stands where a key belongs, if it is none. In a group sops takes any scalar for text.
local function misfit(spot, node)
  if node.kind ~= "scalar" or nodes.is_null(node) then
    return nodes.blame(spot.node, ("%s: a key is expected, not a %s"):format(spot.kind,
      node.kind == "scalar" and "null" or node.kind))
  elseif not spot.in_group and node.type ~= "str" then
    return nodes.blame(spot.node, ("%s: this is no text but a value of type %s"):format(spot.kind,
      node.type), "write it in quotes")
  end
end

--- The keys of a string, with commas between. In a flat list sops minds what else stands there once
--- the rule is used, in a group at once.
local function add_text(model, into, spot)
  local node <const>, shared <const> = nodes.follow(model, spot.node)
  local wrong <const> = misfit(spot, node)
  if wrong and not spot.in_group then
    return add(model, into, spot, node, nil, wrong)
  elseif wrong then
    error(wrong, 0)
  end
  local text <const> = node:text()
  local several <const> = text:find(",", 1, true) ~= nil
  for start, piece in text:gmatch "()([^,]+)" do
    local word <const>, first <const> = trim(piece)
    if word ~= "" then
      refuse_private(spot.node, word)
      local value <const>, problem <const> = names.parse(spot.kind, word, spot.fields)
      local entry <const> = add(model, into, spot, node, value, problem)
      entry.key = value and value.recipient or word
      entry.anchor = spot.node.kind == "alias" and node.anchor or nil
      if several then
        entry.from = start + first - 1
        entry.to = entry.from + #word - 1
        entry.shared = entry.shared or shared
      end
    end
  end
end

--- The text of a map's field, whatever scalar it is: sops takes numbers for text here.
local function word(model, map, name)
  local value <const> = nodes.field(model, map, name)
  local node <const> = value and nodes.follow(model, value)
  if node and node.kind ~= "scalar" then
    error(nodes.blame(value, ("%s: text is expected, not a %s"):format(name, node.kind)), 0)
  end
  return node and node:text() or nil
end

local function context_of(model, map)
  local node <const> = nodes.container(model, map, "context", "map")
  if not node then
    return nil
  end
  local context <const> = {}
  for name in node:pairs() do
    context[name] = word(model, node, name)
  end
  return next(context) and context or nil
end

--- Keys that are maps in groups.
local MAPS <const> = {
  kms = function(model, map)
    local role <const>, profile <const> = word(model, map, "role"), word(model, map, "aws_profile")
    return names.parse("kms", word(model, map, "arn") or "", { role = role, aws_profile = profile,
      context = context_of(model, map) })
  end,
  gcp_kms = function(model, map)
    return names.parse("gcp_kms", word(model, map, "resource_id") or "")
  end,
  hckms = function(model, map)
    return names.parse("hckms", word(model, map, "key_id") or "")
  end,
  azure_kv = function(model, map)
    return names.new("azure_kv", { vault_url = word(model, map, "vaultUrl") or "",
      name = word(model, map, "key") or "", version = word(model, map, "version") or "" })
  end,
}

local function add_map(model, into, spot)
  local node <const> = nodes.follow(model, spot.node)
  if node.kind ~= "map" then
    error(nodes.blame(spot.node, ("%s: a map is expected in a key group, not a %s")
      :format(spot.kind, node.kind)), 0)
  end
  add(model, into, spot, node, MAPS[spot.kind](model, node))
end

--- Is a key of this kind a map where it stands in a group?
---@param kind string
---@return boolean
function keys.is_map(kind)
  return MAPS[kind] ~= nil
end

--- One field that is a list, or in a rule a string.
local function add_field(model, into, node, spot)
  local list <const>, shared <const> = nodes.follow(model, node)
  if list.kind ~= "list" then
    if spot.in_group or spot.kind == "hckms" then
      error(nodes.blame(node, ("%s: a list is expected, not a %s"):format(spot.kind, list.kind)), 0)
    end
    spot.node = node
    return add_text(model, into, spot)
  end
  local add_item <const> = spot.in_group and MAPS[spot.kind] and add_map or add_text
  spot.list, spot.shared = list, spot.shared or shared
  for _, item in list:items() do
    spot.node = item
    add_item(model, into, spot)
  end
end

local function add_group(model, rule, value, group, shared, merged)
  local node <const>, through <const> = nodes.follow(model, value)
  shared = shared or through
  if node.kind ~= "map" then
    error(nodes.blame(value, ("a key group is a map, not a %s"):format(node.kind)), 0)
  elseif merged then
    count_merged(model, value)
  end
  for _, unknown in ipairs(nodes.unknown(node, keys.GROUP_FIELDS)) do
    table.insert(rule.unknown, unknown)
  end
  local list <const>, via <const> = nodes.container(model, node, "merge", "list")
  if list then
    for _, item in list:items() do
      add_group(model, rule, item, group, via or shared, true)
    end
  end
  for _, pair in ipairs(GROUPED) do
    local field <const>, from <const> = nodes.field(model, node, pair[1])
    if field then
      add_field(model, rule.keys, field, { kind = pair[2], group = group, in_group = true,
        merged = merged, shared = from or shared })
    end
  end
end

--- Within a group sops keeps the first of two equal keys.
local function mark_doubles(list)
  local seen <const> = {}
  for _, entry in ipairs(list) do
    local id <const> = ("%d %s %s"):format(entry.group, entry.kind, entry.key)
    entry.double = seen[id]
    seen[id] = seen[id] or entry
  end
end

--- Fill `rule.keys`, `rule.groups` and `rule.flat`.
---@param model table
---@param rule moonlatch.Rule
---@param shared string?  the rule itself is used elsewhere
function keys.read(model, rule, shared)
  rule.keys, rule.groups, rule.flat, rule.shared = {}, 1, true, shared
  local groups <const>, through <const> = nodes.container(model, rule.node, "key_groups", "list")
  if groups and groups.count > 0 then
    rule.flat = false
    for i, group in groups:items() do
      rule.groups = i
      add_group(model, rule, group, i, through or shared)
    end
  else
    local fields <const> = { aws_profile = nodes.text(model, rule.node, "aws_profile") }
    for _, pair in ipairs(FLAT) do
      local field <const>, from <const> = nodes.field(model, rule.node, pair[1])
      if field then
        add_field(model, rule.keys, field, { kind = pair[2], group = 1, shared = from or shared,
          fields = pair[2] == "kms" and fields or nil })
      end
    end
  end
  mark_doubles(rule.keys)
end

--- The keys of each group as data, each once. `context`: of KMS keys that are listed flat, where a
--- file of rules cannot say it.
---@param rule moonlatch.Rule
---@param context table<string, string>?
---@return moonlatch.Key[][]?
---@return moonlatch.Error? err  of a key that is none
function keys.groups(rule, context)
  local groups <const> = {}
  for i = 1, rule.groups do
    groups[i] = {}
  end
  for _, entry in ipairs(rule.keys) do
    if entry.problem then
      return nil, entry.problem
    elseif not entry.double then
      local key = entry.value
      if context and rule.flat and key.kind == "kms" then
        key = names.new("kms", { arn = key.arn, role = key.role, aws_profile = key.aws_profile,
          context = context })
      end
      table.insert(groups[entry.group], key)
    end
  end
  return groups
end

return keys
