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
--- Variables that hold a secret, which this program gets and no other.
gcp_kms.SECRETS = { "CLOUDSDK_AUTH_ACCESS_TOKEN" }

--- The file of a key that sops' variables name. GOOGLE_CREDENTIALS may hold the key itself, which
--- gcloud takes from a file alone, and it is not put into one.
local function key_file()
  local held <const> = host.secret_env "GOOGLE_CREDENTIALS"
  if not held or #held == 0 then
    return host.env "GOOGLE_APPLICATION_CREDENTIALS"
  elseif held:has "{" then
    return nil, fail.new("unsupported",
      "GOOGLE_CREDENTIALS holds a key, and gcloud takes keys from files only",
      "give its file in GOOGLE_APPLICATION_CREDENTIALS, or a token in GOOGLE_OAUTH_ACCESS_TOKEN")
  end
  return held:publish()
end

--- gcloud has an account and servers of its own; where sops' variables name others, it is told.
local function environment()
  local file <const>, err <const> = key_file()
  if err then
    return nil, err
  end
  local endpoint = host.env "SOPS_GCP_KMS_ENDPOINT"
  if endpoint and not endpoint:find "://" then
    endpoint = "https://" .. endpoint
  end
  return { CLOUDSDK_CORE_DISABLE_PROMPTS = "1", CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE = file,
    CLOUDSDK_AUTH_ACCESS_TOKEN = host.secret_env "GOOGLE_OAUTH_ACCESS_TOKEN",
    CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDKMS = endpoint and endpoint:gsub("/*$", "/", 1),
    CLOUDSDK_CORE_UNIVERSE_DOMAIN = host.env "SOPS_GCP_KMS_UNIVERSE_DOMAIN" }
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
  local env <const>, unusable <const> = environment()
  if not env then
    return nil, unusable
  end
  return program.run { program = gcp_kms.program, stdin = stdin, stdout = stdout,
    options = { "kms", operation, "--key=" .. key.resource_id, "--plaintext-file=-",
      "--ciphertext-file=-", "--quiet" },
    pass = { program.PROXY, PASS }, secrets = gcp_kms.SECRETS, env = env,
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
