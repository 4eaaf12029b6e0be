--- key_source.kms — AWS KMS, through `aws`.

local doc     <const> = require "moonlatch.doc"
local encode  <const> = require "moonlatch.encode"
local fail    <const> = require "moonlatch.fail"
local host    <const> = require "moonlatch.host"
local json    <const> = require "moonlatch.json"
local program <const> = require "moonlatch.key_source.program"
local trim    <const> = require "moonlatch.text".trim

local kms = { program = "aws" }

local WHERE <const> = { "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_CA_BUNDLE",
  "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_KMS", "AWS_ENDPOINT_URL_STS", "AWS_USE_FIPS_ENDPOINT",
  "AWS_USE_DUALSTACK_ENDPOINT", "AWS_STS_REGIONAL_ENDPOINTS", "AWS_EC2_METADATA_DISABLED" }
local WHO <const> = { "AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_ROLE_ARN", "AWS_ROLE_SESSION_NAME",
  "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
  "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE" }
--- Variables that hold a secret, which this program gets and no other.
kms.SECRETS = { "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
  "AWS_CONTAINER_AUTHORIZATION_TOKEN" }
local ROLE_CREDENTIALS <const> = { AWS_ACCESS_KEY_ID = "AccessKeyId",
  AWS_SECRET_ACCESS_KEY = "SecretAccessKey", AWS_SESSION_TOKEN = "SessionToken" }

local function aws(key, words, call)
  call.program, call.needed_by = kms.program, key.arn
  call.options = { table.unpack(words) }
  table.insert(call.options, "--region=" .. key.arn:match "^arn:[^:]*:kms:([^:]*)")
  call.stdout = "secret"
  call.env = call.env or {}
  call.env.AWS_PAGER = "" -- it would wait for a person
  return program.run(call)
end

--- The user's own credentials, or those of the key's profile.
local function own_credentials(key)
  local profile <const> = key.aws_profile or ""
  return { pass = { program.PROXY, WHERE, WHO }, secrets = kms.SECRETS },
    profile ~= "" and { "--profile=" .. profile } or {}
end

--- Those of the key's role, for one call.
local function role_credentials(key)
  local call <const>, words <const> = own_credentials(key)
  local session <const> = ("sops@" .. host.hostname()):gsub("[^%w=,.@-]", ""):sub(1, 64)
  table.move({ "sts", "assume-role", "--role-arn=" .. key.role,
    "--role-session-name=" .. session, "--output=json" }, 1, 5, #words + 1, words)
  local answer <const>, err <const> = aws(key, words, call)
  if not answer then
    return nil, err
  end
  local parsed <const> = doc.parse(answer, { format = "json" })
  local root <const> = parsed and parsed:root(1)
  local given = root and root.kind == "map" and root:get "Credentials"
  given = given and given.kind == "map" and given or nil
  local env <const> = {}
  for variable, name in pairs(ROLE_CREDENTIALS) do
    local node <const> = given and given:get(name)
    if not node then
      return nil, fail.new("child", ("aws gave no credentials for the role %s"):format(key.role))
    end
    env[variable] = node:text():copy()
  end
  return { pass = { program.PROXY, WHERE }, env = env }, {}
end

--- Are they ARNs? The region in one is where the key is asked for.
---@param key moonlatch.Key
---@return boolean? ok
---@return moonlatch.Error? err  `format`
function kms.check(key)
  if not key.arn:match "^arn:aws[%w-]*:kms:[%w-]+:%d+:key/[%w-]+$"
    and not key.arn:match "^arn:aws[%w-]*:kms:[%w-]+:%d+:alias/[%w/_-]+$" then
    return nil, fail.new("format", ("'%s' is no ARN of a key of AWS KMS"):format(key.arn),
      "arn:aws:kms:REGION:ACCOUNT:key/ID is the shape")
  elseif key.role and key.role ~= "" and not key.role:match "^arn:aws[%w-]*:iam::%d+:role/%S+$" then
    return nil, fail.new("format", ("'%s' is no ARN of a role"):format(key.role),
      "arn:aws:iam::ACCOUNT:role/NAME is the shape")
  end
  return true
end

--- One operation of KMS on some bytes; its result is base64, as KMS gives all bytes.
local function run(key, operation, argument, bytes, member)
  local ok <const>, bad <const> = kms.check(key)
  if not ok then
    return nil, bad
  end
  local call, words
  if key.role and key.role ~= "" then
    call, words = role_credentials(key)
  else
    call, words = own_credentials(key)
  end
  if not call then
    return nil, words
  end
  table.move({ "kms", operation, "--key-id=" .. key.arn, argument .. "=fileb:///dev/stdin",
    "--query=" .. member, "--output=text" }, 1, 6, #words + 1, words)
  if key.context and next(key.context) then
    table.insert(words, "--encryption-context=" .. json.format(key.context))
  end
  call.stdin = bytes
  local text <const>, err <const> = aws(key, words, call)
  return text and text:trim(), err
end

--- The blob that KMS gives for the share, as base64.
---@param key moonlatch.Key
---@param share moonlatch.Secret
---@return string? enc
---@return moonlatch.Error? err
function kms.wrap(key, share)
  local enc <const>, err <const> = run(key, "encrypt", "--plaintext", share, "CiphertextBlob")
  return enc and enc:publish(), err
end

--- The share that a blob holds.
---@param key moonlatch.Key
---@param enc string
---@return moonlatch.Secret? share
---@return moonlatch.Error? err
function kms.unwrap(key, enc)
  local blob <const>, bad <const> = encode.unbase64((trim(enc)))
  if not blob then
    return nil, bad
  end
  local text <const>, err <const> = run(key, "decrypt", "--ciphertext-blob", blob, "Plaintext")
  if not text then
    return nil, err
  end
  return encode.unbase64(text)
end

return kms
