--- as.sops.keys — which keys a file gets: those of the command line and the environment, else those
--- of the creation rule. Like its peer this face asks nothing and remembers nothing.

local age   <const> = require "moonlatch.age"
local codes <const> = require "moonlatch.as.sops.codes"
local fail  <const> = require "moonlatch.fail"
local names <const> = require "moonlatch.key_source.names"
local sops  <const> = require "moonlatch.sops"

local keys = {}

--- The flags that name keys, with their kinds, in the order in which sops lists them.
local KINDS <const> = { { "kms", "kms" }, { "gcp-kms", "gcp_kms" }, { "hckms", "hckms" },
  { "azure-kv", "azure_kv" }, { "pgp", "pgp" }, { "hc-vault-transit", "hc_vault" },
  { "age", "age" } }

local function check_age(word)
  if not word:match "^age1" and not word:match "^ssh%-" then
    codes.leave(codes.generic, ('failed to parse input, unknown recipient type: "%s"'):format(word))
  end
  local ok <const>, err <const> = age.recipient(word)
  if not ok then
    codes.leave(codes.generic, "failed to parse input as Bech32-encoded age public key: "
      .. err.message)
  end
end

--- The encryption context of KMS keys: key:value, with commas.
local function context(flags)
  local text <const> = flags["encryption-context"] or ""
  local pairs_of <const> = {}
  for word in text:gmatch "[^,]+" do
    local name <const>, value <const> = word:match "^([^:]*):([^:]*)$"
    if not name then
      codes.leave(codes.context, "Invalid KMS encryption context format")
    end
    pairs_of[name] = value
  end
  return next(pairs_of) and pairs_of or nil
end

--- What stands beside a key of a kind on the command line.
local function fields_of(kind, flags)
  return kind == "kms" and { context = context(flags), aws_profile = flags["aws-profile"] } or nil
end

--- One word as a key.
---@param kind string
---@param word string
---@param fields table?
---@return moonlatch.Key
function keys.parse(kind, word, fields)
  local key <const>, err <const> = names.parse(kind, word, fields)
  if not key then
    codes.leave(codes.generic, err.message)
  elseif kind == "age" then
    check_age(key.recipient)
  end
  return key
end

--- The keys that flags and environment name; empty when they name none.
---@param flags moonlatch.SopsFlags
---@param prefix "add-"|"rm-"|nil
---@return moonlatch.Key[]
function keys.named(flags, prefix)
  local list <const> = {}
  for _, known in ipairs(KINDS) do
    local flag <const>, kind <const> = table.unpack(known)
    local text <const> = flags[(prefix or "") .. flag]
    local fields <const> = fields_of(kind, flags)
    for word in (text and text ~= "" and text .. "," or ""):gmatch "([^,]*)," do
      table.insert(list, keys.parse(kind, word, fields))
    end
  end
  return list
end

--- The key groups of a creation rule, and how many of them are needed.
---@param config moonlatch.SopsConfig
---@param rule moonlatch.Rule
---@return moonlatch.Key[][] groups
---@return integer? threshold
function keys.of_rule(config, rule)
  local group <const> = {}
  if rule.groups > 1 then
    codes.leave(codes.generic, "key groups cannot be made yet")
  end
  for _, text in ipairs(config.model:keys(rule, "age")) do
    table.insert(group, keys.parse("age", text))
  end
  return { group }, rule.threshold
end

--- The groups that a new file gets.
---@param flags moonlatch.SopsFlags
---@param config moonlatch.SopsConfig?
---@param rule moonlatch.Rule?
---@return moonlatch.Key[][] groups
---@return integer? threshold
function keys.wanted(flags, config, rule)
  local named <const> = keys.named(flags)
  local given <const> = flags["shamir-secret-sharing-threshold"]
  local threshold = given ~= 0 and given or nil
  if #named > 0 then
    return { named }, threshold
  elseif not rule then
    codes.leave(codes.generic, "config file not found, or has no creation rules, and no keys "
      .. "provided through command line options")
  end
  local groups <const>, said <const> = keys.of_rule(config, rule)
  return groups, threshold or said
end

--- The approved set of some groups.
---@param groups moonlatch.Key[][]
---@return moonlatch.Approved
function keys.approve(groups)
  local texts <const> = {}
  for _, group in ipairs(groups) do
    if #group == 0 then
      codes.leave(codes.generic, "Could not generate data key: [empty key group provided]")
    end
    for _, key in ipairs(group) do
      if key.kind ~= "age" then
        codes.leave(codes.generic, ("keys of kind %s cannot be made yet"):format(key.kind))
      end
      table.insert(texts, key.recipient)
    end
  end
  local approved <const>, err <const> = sops.approved(texts)
  return approved or codes.leave(codes.generic, fail.is(err) and err.message or tostring(err))
end

return keys
