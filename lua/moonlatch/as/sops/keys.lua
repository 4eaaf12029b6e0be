--- as.sops.keys — which keys a file gets: those of the command line and the environment, else those
--- of the creation rule. Like its peer this face asks nothing and remembers nothing.

local age   <const> = require "moonlatch.age"
local codes <const> = require "moonlatch.as.sops.codes"
local sops  <const> = require "moonlatch.sops"

local key_source      <const> = require "moonlatch.key_source"
local has_private_key <const> = require "moonlatch.text".has_private_key

local keys = {}

--- The flags that name keys, with their kinds, in the order in which sops lists them.
local KINDS <const> = { { "kms", "kms" }, { "gcp-kms", "gcp_kms" }, { "hckms", "hckms" },
  { "azure-kv", "azure_kv" }, { "pgp", "pgp" }, { "hc-vault-transit", "hc_vault" },
  { "age", "age" } }

local function check_age(word)
  if has_private_key(word) then
    codes.leave(codes.generic, "a private key stands where its public half belongs")
  elseif not word:match "^age1" and not word:match "^ssh%-" then
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
  local key <const>, err <const> = key_source.parse(kind, word, fields)
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
    for word in (text and text .. "," or ""):gmatch "([^,]*)," do
      table.insert(list, keys.parse(kind, word, fields))
    end
  end
  return list
end

--- The keys of flags that are given once for each key.
---@param flags moonlatch.SopsFlags
---@return moonlatch.Key[]
function keys.listed(flags)
  local list <const> = {}
  for _, known in ipairs(KINDS) do
    local flag <const>, kind <const> = table.unpack(known)
    for _, word in ipairs(flags.all[flag] or {}) do
      table.insert(list, keys.parse(kind, word, fields_of(kind, flags)))
    end
  end
  return list
end

--- The groups that a new file gets, and how many of them are needed.
---@param flags moonlatch.SopsFlags
---@param config moonlatch.SopsConfig?
---@param rule moonlatch.Rule?
---@return moonlatch.Key[][] groups
---@return integer? threshold
function keys.wanted(flags, config, rule)
  local named <const> = keys.named(flags)
  local given <const> = flags["shamir-secret-sharing-threshold"]
  local threshold <const> = given ~= 0 and given or nil
  if #named > 0 then
    return { named }, threshold
  elseif not rule then
    codes.leave(codes.generic, "config file not found, or has no creation rules, and no keys "
      .. "provided through command line options")
  end
  local groups <const>, said <const> = config:groups(rule, context(flags))
  return groups, threshold or said
end

--- How sops says that a data key cannot be given to a key.
local function told(failure)
  return ('failed to encrypt new data key with master key "%s": %s'):format(failure.key.recipient,
    failure.error.message)
end

local function refuse(messages)
  codes.leave(codes.generic, ("Could not generate data key: [%s]"):format(
    table.concat(messages, " ")))
end

--- Wrap what only a key source can.
local function fill(envelope)
  local ok <const>, err <const> = key_source.fill(envelope, { any_address = true })
  if ok then
    return envelope
  end
  local messages <const> = {}
  for _, failure in ipairs(err.failures or {}) do
    table.insert(messages, told(failure))
  end
  refuse(#messages > 0 and messages or { err.message })
end

--- The approved set of some groups. The threshold of a single group means nothing.
---@param groups moonlatch.Key[][]
---@param threshold integer?
---@return moonlatch.Approved
local function approve(groups, threshold)
  if #groups == 0 then
    refuse { "no key groups provided" }
  end
  for _, group in ipairs(groups) do
    if #group == 0 then
      refuse { "empty key group provided" }
    end
  end
  local whole <const>, err <const> = key_source.complete(groups, { any_address = true })
  if not whole then
    refuse { err.message }
  end
  local approved <const>, bad <const> = sops.approved { groups = whole,
    threshold = #groups > 1 and threshold or nil }
  return approved or codes.leave(codes.generic, bad.message)
end

--- An envelope that was made, wrapped for all its keys.
local function made(envelope, err)
  return envelope and fill(envelope)
    or refuse { "could not split data key into parts for Shamir: " .. err.message }
end

--- A new data key for some groups, wrapped for all their keys.
---@param groups moonlatch.Key[][]
---@param threshold integer?
---@return moonlatch.Envelope
function keys.envelope(groups, threshold)
  return made(sops.envelope(approve(groups, threshold)))
end

--- The data key of an unlocked file, wrapped for these groups.
---@param file moonlatch.SopsFile
---@param groups moonlatch.Key[][]
---@param threshold integer?
---@return moonlatch.Envelope
function keys.envelope_of(file, groups, threshold)
  return made(file:envelope(approve(groups, threshold)))
end

return keys
