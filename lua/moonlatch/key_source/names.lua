--- key_source.names — how people write the keys of each kind, and how sops prints them.
--
-- A key (moonlatch.Key) is what the metadata of a file says of it: { kind=, recipient=, the fields
-- of its kind }. `recipient` is the printed name, by which keys are compared, approved and removed.

local fail <const> = require "moonlatch.fail"
local trim <const> = require "moonlatch.text".trim

local names = {}

local function bad(message, hint)
  return nil, fail.new("format", message, hint)
end

local function sorted_pairs(map)
  local list <const> = {}
  for name, value in pairs(map or {}) do
    table.insert(list, name .. ":" .. value)
  end
  table.sort(list)
  return table.concat(list, ",")
end

local DESCRIBE <const> = {
  age = function(key) return key.recipient end,
  pgp = function(key) return key.fp end,
  gcp_kms = function(key) return key.resource_id end,
  hckms = function(key) return key.key_id end,
  azure_kv = function(key)
    return ("%s/keys/%s/%s"):format(key.vault_url, key.name, key.version or "")
  end,
  hc_vault = function(key)
    return ("%s/v1/%s/keys/%s"):format(key.vault_address, key.engine_path, key.key_name)
  end,
  kms = function(key)
    local name = key.arn
    if (key.role or "") ~= "" then
      name = name .. "+" .. key.role
    end
    local context <const>, profile <const> = sorted_pairs(key.context), key.aws_profile or ""
    if context ~= "" or profile ~= "" then
      name = name .. "|" .. context
    end
    return profile ~= "" and name .. "|" .. profile or name
  end,
}

--- What sops prints for a key.
---@param key moonlatch.Key
---@return string
function names.describe(key)
  return DESCRIBE[key.kind](key)
end

--- A key of these fields, with its printed name.
---@param kind string
---@param fields table
---@return moonlatch.Key
function names.new(kind, fields)
  local key <const> = { kind = kind }
  for name, value in pairs(fields) do
    key[name] = value
  end
  key.recipient = names.describe(key)
  return key
end

local function without_blanks(text)
  return (text:gsub(" ", ""))
end

local VAULT_SHAPE <const> = "https://vault.example.com:8200/v1/transit/keys/NAME is the shape"

local PARSE <const> = {
  age = function(text) return { recipient = trim(text) } end,
  pgp = function(text) return { fp = without_blanks(text) } end,
  gcp_kms = function(text) return { resource_id = without_blanks(text) } end,
  kms = function(text)
    local whole <const> = without_blanks(text)
    local arn <const>, role <const> = whole:match "^(.-)%+(arn:aws[%w-]*:iam::.*)$"
    return { arn = arn or whole, role = role }
  end,
  hckms = function(text)
    local id <const> = trim(text)
    if not id:match "^[^:]+:." then
      return bad(("'%s' is no key of HuaweiCloud KMS"):format(id), "REGION:UUID is the shape")
    end
    return { key_id = id }
  end,
  azure_kv = function(text)
    local url <const>, name <const>, version <const> =
      trim(text):match "^(https://[^/]+)/keys/([^/]+)/?([^/]*)$"
    if not url then
      return bad(("'%s' is no key of an Azure Key Vault"):format(trim(text)),
        "https://NAME.vault.azure.net/keys/KEY/VERSION is the shape")
    end
    return { vault_url = url, name = name, version = version }
  end,
  hc_vault = function(text)
    local uri <const> = trim(text)
    local address <const>, path <const> = uri:match "^(%a[%w+.-]*://[^/?#@]+)(/[^?#]*)$"
    local engine <const>, name <const> = (path or ""):match "^/v%d+/([^/].*)/keys/([^/]+)/?$"
    if not engine then
      return bad(("'%s' is no key of a vault's transit engine"):format(uri), VAULT_SHAPE)
    end
    return { vault_address = address, engine_path = engine, key_name = name }
  end,
}

--- The key that a text means, in one of sops' notations: a fingerprint, an ARN with a role behind
--- `+`, a URL.
---@param kind string
---@param text string
---@param fields table?  what stands beside it: `context`, `aws_profile`
---@return moonlatch.Key?
---@return moonlatch.Error? err  `format`
function names.parse(kind, text, fields)
  local found <const>, err <const> = PARSE[kind](text)
  if not found then
    return nil, err
  end
  for name, value in pairs(fields or {}) do
    found[name] = value
  end
  return names.new(kind, found)
end

return names
