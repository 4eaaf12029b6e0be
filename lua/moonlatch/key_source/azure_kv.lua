--- key_source.azure_kv — Azure Key Vault, through `az`.

local addresses <const> = require "moonlatch.key_source.addresses"
local encode    <const> = require "moonlatch.encode"
local fail      <const> = require "moonlatch.fail"
local names     <const> = require "moonlatch.key_source.names"
local program   <const> = require "moonlatch.key_source.program"
local trim      <const> = require "moonlatch.text".trim

local azure_kv = { program = "az" }

local PASS <const> = { "AZURE_CONFIG_DIR", "AZURE_EXTENSION_DIR", "AZURE_CLOUD_NAME" }
local ALGORITHM <const> = "RSA-OAEP-256"

--- The key as `az --id` takes it. An argument that begins with `@` would name a file.
local function id_of(key)
  local url <const> = key.vault_url:gsub("/+$", "")
  local id <const> = ("%s/keys/%s/%s"):format(url, key.name, key.version or "")
  if not url:match "^https://[%w.:-]+$" or not key.name:match "^[%w-]+$"
    or not (key.version or ""):match "^%w*$" then
    return nil, fail.new("format", ("'%s' is no key of an Azure Key Vault"):format(id),
      "https://NAME.vault.azure.net/keys/KEY/VERSION is the shape")
  end
  return (id:gsub("/$", ""))
end

--- Is it the name of a key?
---@param key moonlatch.Key
---@return boolean? ok
---@return moonlatch.Error? err  `format`
function azure_kv.check(key)
  local id <const>, err <const> = id_of(key)
  return id and true, err
end

local function az(key, words, options, call)
  local id <const>, bad <const> = id_of(key)
  if not id then
    return nil, bad
  end
  local ok <const>, refused <const> = addresses.check(key, options)
  if not ok then
    return nil, refused
  end
  table.move({ "--id", id, "--only-show-errors", "--output", "tsv" }, 1, 5, #words + 1, words)
  call.program, call.options, call.needed_by = azure_kv.program, words, id
  call.pass, call.stdout = { program.PROXY, PASS }, "secret"
  call.env = { AZURE_CORE_COLLECT_TELEMETRY = "no" }
  local text <const>, err <const> = program.run(call)
  return text and text:trim(), err
end

local function operate(key, operation, value, options)
  return az(key, { "keyvault", "key", operation, "--algorithm", ALGORITHM, "--value", "@-",
    "--query", "result" }, options, { stdin = value })
end

--- What the vault gives for the share, as base64 for URLs without padding.
---@param key moonlatch.Key
---@param share moonlatch.Secret
---@param options moonlatch.SourceOptions
---@return string? enc
---@return moonlatch.Error? err
function azure_kv.wrap(key, share, options)
  if (key.version or "") == "" then
    return nil, fail.new("format", ("%s has no version"):format(key.recipient),
      "without it, a newer version of the key could not open the file")
  end
  local text <const>, err <const> = operate(key, "encrypt", encode.base64(share), options)
  if not text then
    return nil, err
  end
  return (text:publish():gsub("[+/=]", { ["+"] = "-", ["/"] = "_", ["="] = "" }))
end

--- The share.
---@param key moonlatch.Key
---@param enc string
---@param options moonlatch.SourceOptions
---@return moonlatch.Secret? share
---@return moonlatch.Error? err
function azure_kv.unwrap(key, enc, options)
  local plain <const> = trim(enc):gsub("[_-]", { ["-"] = "+", ["_"] = "/" })
  local bytes <const>, bad <const> = encode.unbase64(plain, { padding = false })
  if not bytes then
    return nil, bad
  end
  local text <const>, err <const> = operate(key, "decrypt", encode.base64(bytes), options)
  if not text then
    return nil, err
  end
  return encode.unbase64(text)
end

--- The key with the version that is newest now, if it names none.
---@param key moonlatch.Key
---@param options moonlatch.SourceOptions
---@return moonlatch.Key?
---@return moonlatch.Error? err
function azure_kv.complete(key, options)
  if (key.version or "") ~= "" then
    return key
  end
  local text <const>, err <const> = az(key, { "keyvault", "key", "show", "--query", "key.kid" },
    options, {})
  if not text then
    return nil, err
  end
  local version <const> = text:publish():match "/keys/[^/]+/(%w+)$"
  if not version then
    return nil, fail.new("child", "az named no version of the key " .. key.recipient)
  end
  return names.new("azure_kv", { vault_url = key.vault_url, name = key.name, version = version })
end

return azure_kv
