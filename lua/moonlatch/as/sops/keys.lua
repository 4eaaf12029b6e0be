--- as.sops.keys — which keys a file gets: those of the command line and the environment, else those
--- of the creation rule. Like its peer this face asks nothing and remembers nothing.

local age   <const> = require "moonlatch.age"
local codes <const> = require "moonlatch.as.sops.codes"
local fail  <const> = require "moonlatch.fail"
local sops  <const> = require "moonlatch.sops"
local trim  <const> = require "moonlatch.text".trim

local keys = {}

--- How a flag's words become keys; in the order in which sops lists them.
local KINDS <const> = { "kms", "gcp-kms", "hckms", "azure-kv", "pgp", "hc-vault-transit", "age" }

local function age_key(word)
  if not word:match "^age1" and not word:match "^ssh%-" then
    codes.leave(codes.generic, ('failed to parse input, unknown recipient type: "%s"'):format(word))
  end
  local ok <const>, err <const> = age.recipient(word)
  if not ok then
    codes.leave(codes.generic, ("failed to parse input as Bech32-encoded age public key: %s")
      :format(err.message))
  end
  return { kind = "age", recipient = word }
end

--- One word of a flag as a key.
local MAKE <const> = { age = age_key }

local function later(kind)
  codes.leave(codes.generic, ("keys of kind %s cannot be made yet"):format(kind))
end

--- The keys of a text with commas.
---@param kind string   a flag's name
---@param text string
---@return moonlatch.Key[]
function keys.parse(kind, text)
  local list <const> = {}
  for word in (text .. ","):gmatch "([^,]*)," do
    table.insert(list, (MAKE[kind] or later(kind))((trim(word))))
  end
  return list
end

--- The keys that flags and environment name; empty when they name none.
---@param flags moonlatch.SopsFlags
---@param prefix "add-"|"rm-"|nil
---@return moonlatch.Key[]
function keys.named(flags, prefix)
  local list <const> = {}
  for _, kind in ipairs(KINDS) do
    local text <const> = flags[(prefix or "") .. kind]
    if text and text ~= "" then
      local more <const> = keys.parse(kind, text)
      table.move(more, 1, #more, #list + 1, list)
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
  for _, entry in ipairs(rule.keys) do
    if entry.kind ~= "age" then
      later(entry.kind)
    end
  end
  for _, text in ipairs(config.model:keys(rule, "age")) do
    table.insert(group, age_key(text))
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
      table.insert(texts, key.recipient)
    end
  end
  local approved <const>, err <const> = sops.approved(texts)
  return approved or codes.leave(codes.generic, fail.is(err) and err.message or tostring(err))
end

return keys
