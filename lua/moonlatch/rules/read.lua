--- rules.read — what a `.sops.yaml` says, with the node each word was read from.
--
-- Nodes are valid until the document's next edit; the model is read again after each.

local fail  <const> = require "moonlatch.fail"
local keys  <const> = require "moonlatch.rules.keys"
local nodes <const> = require "moonlatch.rules.nodes"

---@class moonlatch.Rule
---@field index integer     from 1; a rule within a destination has that one's
---@field line integer
---@field pattern string?
---@field keys moonlatch.RuleKey[]
---@field groups integer
---@field selectors table<string, string|boolean>
---@field threshold integer?
---@field node moonlatch.Node
---@field flat boolean      no key_groups
---@field shared string?    an anchor through which the whole rule is used elsewhere
---@field unknown table[]   fields that mean nothing

---@class moonlatch.Destination
---@field index integer
---@field line integer
---@field pattern string?
---@field kinds string[]    of "s3", "gcs", "vault"; one, else it cannot be used
---@field bucket string?    s3, gcs
---@field prefix string?
---@field path string?      vault
---@field address string?
---@field mount string?
---@field version integer?
---@field omit_extensions boolean
---@field rule moonlatch.Rule?   the file is sealed anew by it
---@field unknown table[]

local read = {}

read.SELECTORS = { "unencrypted_suffix", "encrypted_suffix", "unencrypted_regex",
  "encrypted_regex", "unencrypted_comment_regex", "encrypted_comment_regex" }

--- The names of the selectors that a rule has.
---@param rule moonlatch.Rule
---@return string[]
function read.selectors_of(rule)
  local used <const> = {}
  for _, name in ipairs(read.SELECTORS) do
    table.insert(used, rule.selectors[name] and name or nil)
  end
  return used
end

--- Can a destination be used?
---@param destination moonlatch.Destination
---@return boolean? ok
---@return moonlatch.Error? err  `conflict`
function read.usable(destination)
  local kinds <const> = destination.kinds
  if #kinds == 1 then
    return true
  end
  return nil, fail.new("conflict", #kinds == 0
    and ("destination %d says neither s3_bucket, gcs_bucket nor vault_path")
      :format(destination.index)
    or ("destination %d is both %s: sops takes one"):format(destination.index,
      table.concat(kinds, " and ")), nil, { line = destination.line })
end

local function joined(...)
  local all <const> = {}
  for _, list in ipairs { ... } do
    table.move(list, 1, #list, #all + 1, all)
  end
  return all
end

local FIELDS <const> = joined(read.SELECTORS, keys.FIELDS, { "path_regex", "key_groups",
  "shamir_threshold", "mac_only_encrypted", "aws_profile" })
local DESTINATION_FIELDS <const> = { "path_regex", "s3_bucket", "s3_prefix", "gcs_bucket",
  "gcs_prefix", "vault_path", "vault_address", "vault_kv_mount_name", "vault_kv_version",
  "omit_extensions", "recreation_rule" }
local TOP <const> = { "creation_rules", "destination_rules", "stores" }
-- The names of stores, and the formats that they are elsewhere in this program.
local STORES <const> = { yaml = "yaml", json = "json", json_binary = "binary", dotenv = "dotenv",
  ini = "ini" }

local function a_map(model, value, what)
  local node <const>, shared <const> = nodes.follow(model, value)
  if node.kind ~= "map" then
    error(nodes.blame(value, ("%s is a %s, not a map"):format(what, node.kind)), 0)
  end
  return node, shared
end

local function read_rule(model, item, index, what)
  local node <const>, shared <const> = a_map(model, item, what)
  local rule <const> = { index = index, line = item.line, selectors = {}, node = node,
    unknown = nodes.unknown(node, FIELDS), pattern = nodes.text(model, node, "path_regex"),
    threshold = nodes.scalar(model, node, "shamir_threshold", "int") }
  for _, name in ipairs(read.SELECTORS) do
    rule.selectors[name] = nodes.text(model, node, name)
  end
  rule.selectors.mac_only_encrypted = nodes.scalar(model, node, "mac_only_encrypted", "bool")
  keys.read(model, rule, shared)
  return rule
end

--- What each kind of destination is known by.
local KINDS <const> = { { "s3", "s3_bucket" }, { "gcs", "gcs_bucket" }, { "vault", "vault_path" } }

local function read_destination(model, item, index)
  local what <const> = ("destination %d"):format(index)
  local node <const> = a_map(model, item, what)
  local function text(name)
    return nodes.text(model, node, name)
  end
  local destination <const> = { index = index, line = item.line, kinds = {},
    pattern = text "path_regex", unknown = nodes.unknown(node, DESTINATION_FIELDS),
    omit_extensions = nodes.scalar(model, node, "omit_extensions", "bool") or false,
    bucket = text "s3_bucket" or text "gcs_bucket", path = text "vault_path",
    prefix = text(text "s3_bucket" and "s3_prefix" or "gcs_prefix"),
    address = text "vault_address", mount = text "vault_kv_mount_name",
    version = nodes.scalar(model, node, "vault_kv_version", "int") }
  for _, kind in ipairs(KINDS) do
    table.insert(destination.kinds, text(kind[2]) and kind[1] or nil)
  end
  local again <const> = nodes.field(model, node, "recreation_rule")
  destination.rule = again and read_rule(model, again, index, what .. ": recreation_rule") or nil
  return destination
end

--- Indentations by format, those that are said.
local function read_stores(model, root)
  local stores <const> = nodes.container(model, root, "stores", "map")
  if not stores then
    return
  end
  local known <const> = {}
  for name, format in pairs(STORES) do
    table.insert(known, name)
    local store <const> = nodes.container(model, stores, name, "map")
    model.indents[format] = store and nodes.scalar(model, store, "indent", "int") or nil
  end
  for _, unknown in ipairs(nodes.unknown(stores, known)) do
    table.insert(model.unknown, unknown)
  end
end

--- Comment on the line of a node, or else on the line right above it.
local function comment_of(comments, node)
  local comment <const> = comments[node.line] or comments[node.line - 1]
  return comment and comment:text():gsub("^%s+", "") or nil
end

--- Anchors and how often each is used. The walk follows no alias, so it ends. `comments`: those
--- beside the node, by their lines. `in_rules`: the node is part of a rule itself.
local function walk(model, node, comments, in_rules)
  if node.kind == "alias" then
    local target <const> = nodes.here(node:resolve())
    model.uses[target] = (model.uses[target] or 0) + 1
    return
  end
  if node.anchor then
    local scalar <const> = node.kind == "scalar"
    if scalar then
      keys.refuse_private(node, node:text())
    end
    local place <const> = nodes.here(node)
    model.in_rules[place] = in_rules
    table.insert(model.anchors, { name = node.anchor, value = scalar and node:text() or nil,
      line = node.line, node = node, place = place, comment = comment_of(comments, node) })
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
      walk(model, child, beside, in_rules or child.key == "creation_rules"
        or child.key == "destination_rules")
    end
  end
end

local function index_anchors(model)
  for _, anchor in ipairs(model.anchors) do
    anchor.used = model.uses[anchor.place] or 0
    local same <const> = model.by_value[anchor.value or false] or {}
    table.insert(same, anchor)
    model.by_value[anchor.value or false] = same
  end
end

--- Fill a model from its document: anchors, rules, destinations, stores. Raises error objects.
---@param model table
function read.model(model)
  model.anchors, model.rules, model.destinations, model.unknown = {}, {}, {}, {}
  model.uses, model.in_rules, model.indents, model.merged = {}, {}, {}, 0
  model.by_value, model.has_rules = {}, false -- by_value: anchors that hold one key
  local root <const> = model.doc:roots() > 0 and model.doc:root(1) or nil
  if not root or nodes.is_null(root) then
    return
  elseif root.kind ~= "map" then
    error(nodes.blame(root, "a map with creation_rules is expected"), 0)
  end
  walk(model, root, {}, false)
  model.unknown = nodes.unknown(root, TOP)
  index_anchors(model)
  read_stores(model, root)
  local rules <const> = nodes.container(model, root, "creation_rules", "list")
  model.has_rules = rules ~= nil
  if rules then
    for i, item in rules:items() do
      model.rules[i] = read_rule(model, item, i, ("rule %d"):format(i))
    end
  end
  local destinations <const> = nodes.container(model, root, "destination_rules", "list")
  if destinations then
    for i, item in destinations:items() do
      model.destinations[i] = read_destination(model, item, i)
    end
  end
end

return read
