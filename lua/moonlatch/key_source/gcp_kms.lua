--- key_source.gcp_kms — Google Cloud KMS, through `gcloud`.

local encode  <const> = require "moonlatch.encode"
local fail    <const> = require "moonlatch.fail"
local host    <const> = require "moonlatch.host"
local program <const> = require "moonlatch.key_source.program"
local trim    <const> = require "moonlatch.text".trim

local gcp_kms = { program = "gcloud" }

local PASS <const> = { "CLOUDSDK_CONFIG", "CLOUDSDK_ACTIVE_CONFIG_NAME", "CLOUDSDK_CORE_ACCOUNT",
  "CLOUDSDK_CORE_PROJECT", "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE",
  "CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE", "CLOUDSDK_AUTH_IMPERSONATE_SERVICE_ACCOUNT",
  "CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDKMS", "CLOUDSDK_CORE_UNIVERSE_DOMAIN", "CLOUDSDK_PYTHON" }
local SECRETS <const> = { "CLOUDSDK_AUTH_ACCESS_TOKEN" }

--- gcloud has an account of its own; where sops' variables name another, it is told.
local function credentials()
  local env <const> = { CLOUDSDK_CORE_DISABLE_PROMPTS = "1" }
  local file <const> = host.env "GOOGLE_APPLICATION_CREDENTIALS"
  if file and file ~= "" and not host.env "CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE" then
    env.CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE = file
  end
  env.CLOUDSDK_AUTH_ACCESS_TOKEN = host.secret_env "GOOGLE_OAUTH_ACCESS_TOKEN"
  return env
end

--- Is it the name of a key?
---@param key moonlatch.Key
---@return boolean? ok
---@return moonlatch.Error? err  `format`
function gcp_kms.check(key)
  if key.resource_id:match
    "^projects/[^/%s]+/locations/[^/%s]+/keyRings/[^/%s]+/cryptoKeys/[^/%s]+$" then
    return true
  end
  return nil, fail.new("format", ("'%s' is no key of Google Cloud KMS"):format(key.resource_id),
    "projects/P/locations/L/keyRings/R/cryptoKeys/K is the shape")
end

local function run(key, operation, stdin, stdout)
  local ok <const>, bad <const> = gcp_kms.check(key)
  if not ok then
    return nil, bad
  end
  return program.run { program = gcp_kms.program, stdin = stdin, stdout = stdout,
    options = { "kms", operation, "--key=" .. key.resource_id, "--plaintext-file=-",
      "--ciphertext-file=-", "--quiet" },
    pass = { program.PROXY, PASS }, secrets = SECRETS, env = credentials(),
    needed_by = key.resource_id }
end

--- What the service gives for the share, as base64.
---@param key moonlatch.Key
---@param share moonlatch.Secret
---@return string? enc
---@return moonlatch.Error? err
function gcp_kms.wrap(key, share)
  local bytes <const>, err <const> = run(key, "encrypt", share, "string")
  return bytes and encode.base64(bytes), err
end

--- The share.
---@param key moonlatch.Key
---@param enc string
---@return moonlatch.Secret? share
---@return moonlatch.Error? err
function gcp_kms.unwrap(key, enc)
  local bytes <const>, bad <const> = encode.unbase64((trim(enc)))
  if not bytes then
    return nil, bad
  end
  return run(key, "decrypt", bytes, "secret")
end

return gcp_kms
