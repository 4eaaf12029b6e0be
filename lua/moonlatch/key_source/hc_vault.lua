--- key_source.hc_vault — the transit engine of a HashiCorp Vault or OpenBao, through `vault` or
--- `bao`.

local addresses <const> = require "moonlatch.key_source.addresses"
local encode    <const> = require "moonlatch.encode"
local fail      <const> = require "moonlatch.fail"
local host      <const> = require "moonlatch.host"
local proc      <const> = require "moonlatch.proc"
local program   <const> = require "moonlatch.key_source.program"
local trim      <const> = require "moonlatch.text".trim

local hc_vault = { program = "vault" }

--- Variables that hold a secret, which this program gets and no other.
hc_vault.SECRETS = { "VAULT_TOKEN", "BAO_TOKEN" }
local SETTINGS <const> = { "NAMESPACE", "CACERT", "CACERT_BYTES", "CAPATH", "CLIENT_CERT",
  "CLIENT_KEY", "TLS_SERVER_NAME", "SKIP_VERIFY", "CLIENT_TIMEOUT", "MAX_RETRIES", "CONFIG_PATH" }

local function variables()
  local list <const> = {}
  for _, name in ipairs(SETTINGS) do
    table.insert(list, "VAULT_" .. name)
    table.insert(list, "BAO_" .. name)
  end
  return list
end

--- The two are called in the same way. Whoever has set OpenBao up gets that.
---@return string program
function hc_vault.choose()
  local first, second = "vault", "bao"
  if host.env "BAO_ADDR" then
    first, second = second, first
  end
  if not proc.find(first) and proc.find(second) then
    return second
  end
  return first
end

--- Is it a path of an engine, and of nothing else in the vault?
---@param key moonlatch.Key
---@return boolean? ok
---@return moonlatch.Error? err  `format`
function hc_vault.check(key)
  if key.engine_path:match "^[%w_][%w_./-]*$" and key.key_name:match "^[%w_][%w_.-]*$"
    and not key.engine_path:find("..", 1, true) then
    return true
  end
  return nil, fail.new("format", ("'%s' is no key of a vault's transit engine")
    :format(key.recipient))
end

local function run(key, operation, argument, field, stdin, options)
  local ok, refused = hc_vault.check(key)
  if ok then
    ok, refused = addresses.check(key, options)
  end
  if not ok then
    return nil, refused
  end
  local text <const>, err <const> = program.run { program = hc_vault.choose(), stdin = stdin,
    options = { "write", "-field=" .. field },
    operands = { ("%s/%s/%s"):format(key.engine_path, operation, key.key_name), argument .. "=-" },
    pass = { program.PROXY, variables() }, secrets = hc_vault.SECRETS, stdout = "secret",
    env = { VAULT_ADDR = key.vault_address, BAO_ADDR = key.vault_address },
    needed_by = key.recipient }
  return text and text:trim(), err
end

--- What the engine gives for the share: `vault:v1:…`.
---@param key moonlatch.Key
---@param share moonlatch.Secret
---@param options moonlatch.SourceOptions
---@return string? enc
---@return moonlatch.Error? err
function hc_vault.wrap(key, share, options)
  local enc <const>, err <const> = run(key, "encrypt", "plaintext", "ciphertext",
    encode.base64(share), options)
  return enc and enc:publish(), err
end

--- The share.
---@param key moonlatch.Key
---@param enc string
---@param options moonlatch.SourceOptions
---@return moonlatch.Secret? share
---@return moonlatch.Error? err
function hc_vault.unwrap(key, enc, options)
  local text <const>, err <const> = run(key, "decrypt", "ciphertext", "plaintext", (trim(enc)),
    options)
  if not text then
    return nil, err
  end
  return encode.unbase64(text)
end

return hc_vault
