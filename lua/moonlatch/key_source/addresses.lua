--- key_source.addresses — which servers may be asked.
--
-- A sealed file names the server of its key, and whoever is asked gets the user's token. Anybody
-- who can write to the repository can write such a file, so the address must be one that the user's
-- own environment names.

local fail <const> = require "moonlatch.fail"
local host <const> = require "moonlatch.host"
local trim <const> = require "moonlatch.text".trim

local addresses = {}

local VARIABLE <const> = "MOONLATCH_KEY_ADDRESSES"

-- Only Microsoft answers below these.
local AZURE_DOMAINS <const> = { "vault.azure.net", "managedhsm.azure.net", "vault.azure.cn",
  "managedhsm.azure.cn", "vault.usgovcloudapi.net", "managedhsm.usgovcloudapi.net" }

local function plain(address)
  return (trim(address):gsub("/+$", ""):lower())
end

--- Is the address in a variable's list, with commas between?
local function is_listed(address, variable)
  for item in (host.env(variable) or ""):gmatch "[^,]+" do
    if plain(item) == plain(address) then
      return true
    end
  end
  return false
end

local function is_azure(url)
  local name <const> = plain(url):match "^https://[%w-]+%.([%w.-]+)$"
  for _, domain in ipairs(AZURE_DOMAINS) do
    if name == domain then
      return true
    end
  end
  return false
end

--- sops' own list for vaults: "all", "none" or addresses. nil: it says nothing.
local function sops_list(address)
  local value <const> = trim(host.env "SOPS_HC_VAULT_ALLOWLIST" or "")
  if value == "" then
    return nil
  end
  return value == "all" or value ~= "none" and is_listed(address, "SOPS_HC_VAULT_ALLOWLIST")
end

local function may_ask(key, address, options)
  if options.any_address then
    return key.kind ~= "hc_vault" or sops_list(address) ~= false
  elseif is_listed(address, VARIABLE) then
    return true
  elseif key.kind == "azure_kv" then
    return is_azure(address)
  end
  return is_listed(address, "VAULT_ADDR") or is_listed(address, "BAO_ADDR")
    or sops_list(address) == true
end

--- May the server of this key be asked?
---@param key moonlatch.Key  of kind azure_kv or hc_vault
---@param options moonlatch.SourceOptions
---@return boolean? ok
---@return moonlatch.Error? err  `permission`
function addresses.check(key, options)
  local address <const> = key.vault_address or key.vault_url
  if may_ask(key, address, options) then
    return true
  end
  return nil, fail.new("permission", ("the file names the server %s, and you have not")
    :format(address), ("if it is yours: export %s=%s"):format(VARIABLE, address))
end

return addresses
