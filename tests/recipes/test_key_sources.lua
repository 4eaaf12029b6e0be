-- Keys other than age: what the program of each service is given, and what is made of its answer.
-- The words and answers of the stand-ins are those of the real programs.

local encode <const> = require "moonlatch.encode"
local test   <const> = require "moonlatch.test"

local source <const> = test.helper "tests/recipes/key_source.lua"
local stand_in <const>, script <const> = source.stand_in, source.script
local call_of <const> = source.call
local SHARE <const>, STRANGE <const> = source.SHARE, source.STRANGE

local function lacks_share(call)
  local said <const> = table.concat(call.words, "\n")
  for name, value in pairs(call.env) do
    test.lacks(name .. value, encode.base64(SHARE))
  end
  test.lacks(said, encode.base64(SHARE))
  test.lacks(said, SHARE)
end

local ARN <const> = "arn:aws:kms:eu-west-1:111122223333:key/0a-b"
local ROLE <const> = "arn:aws:iam::111122223333:role/team/sops"

test.it("drives aws: the share over stdin, region, context, profile, and base64 as it comes",
  function(t)
    stand_in(t, "aws", "printf 'QkxPQg==\\n'")
    local wrap <const> = ([[
      give(key_source.of "kms".wrap(key("kms", %q, { context = { b = "2,x", a = "1" },
        aws_profile = "work" }), SHARE, {}))]]):format(ARN)
    test.equal(script(t, STRANGE, wrap), "QkxPQg==")
    local call = call_of(t, "aws")
    test.equal(call.words, { "--profile=work", "kms", "encrypt", "--key-id=" .. ARN,
      "--plaintext=fileb:///dev/stdin", "--query=CiphertextBlob", "--output=text",
      '--encryption-context={"a":"1","b":"2,x"}', "--region=eu-west-1" })
    test.equal(call.stdin, SHARE)
    test.equal(source.own_variables(call), { "AWS_ACCESS_KEY_ID", "AWS_PAGER", "AWS_PROFILE",
      "AWS_SECRET_ACCESS_KEY", "HTTPS_PROXY" })
    test.equal(call.env.AWS_SECRET_ACCESS_KEY, "aws secret")
    lacks_share(call)

    stand_in(t, "aws", ("printf '%s\\n'"):format(encode.base64(SHARE)))
    test.equal(script(t, {}, ([[
      give(key_source.of "kms".unwrap(key("kms", %q), "QkxPQg==\n", {}))]]):format(ARN)),
      "the share")
    call = call_of(t, "aws")
    test.equal(call.words, { "kms", "decrypt", "--key-id=" .. ARN,
      "--ciphertext-blob=fileb:///dev/stdin", "--query=Plaintext", "--output=text",
      "--region=eu-west-1" })
    test.equal(call.stdin, "BLOB")
  end)

test.it("takes a role on before it asks KMS, and asks as that role alone", function(t)
  stand_in(t, "aws", [[
case $* in
*assume-role*) cp "$folder/aws.words" "$folder/first.words"
  echo '{"Credentials": {"AccessKeyId": "ASIA", "SecretAccessKey": "role secret",'
  echo ' "SessionToken": "role token"}}' ;;
*) echo QkxPQg== ;;
esac]])
  test.equal(script(t, STRANGE, ([[
    give(key_source.of "kms".wrap(key("kms", "%s+%s"), SHARE, {}))]]):format(ARN, ROLE)),
    "QkxPQg==")
  test.contains(t:read "bin/first.words", ("sts\nassume-role\n--role-arn=%s\n"
    .. "--role-session-name=sops@"):format(ROLE))
  local call <const> = call_of(t, "aws")
  test.equal(call.env.AWS_ACCESS_KEY_ID, "ASIA")
  test.equal(call.env.AWS_SECRET_ACCESS_KEY, "role secret")
  test.equal(call.env.AWS_SESSION_TOKEN, "role token")
  test.equal(call.env.AWS_PROFILE, nil)
  test.lacks(table.concat(call.words, " "), "role secret")

  stand_in(t, "aws", "echo '[1]'")
  test.contains(script(t, {}, ([[
    give(key_source.of "kms".wrap(key("kms", "%s+%s"), SHARE, {}))]]):format(ARN, ROLE)).message,
    "no credentials for the role")
end)

test.it("drives gcloud: bytes through both pipes, base64 in the file", function(t)
  local ID <const> = "projects/p/locations/l/keyRings/r/cryptoKeys/k"
  stand_in(t, "gcloud", "printf 'G\\001\\377'")
  test.equal(script(t, STRANGE, ([[
    give(key_source.of "gcp_kms".wrap(key("gcp_kms", %q), SHARE, {}))]]):format(ID)),
    encode.base64 "G\1\255")
  local call <const> = call_of(t, "gcloud")
  test.equal(call.words, { "kms", "encrypt", "--key=" .. ID, "--plaintext-file=-",
    "--ciphertext-file=-", "--quiet" })
  test.equal(call.stdin, SHARE)
  test.equal(source.own_variables(call),
    { "CLOUDSDK_CONFIG", "CLOUDSDK_CORE_DISABLE_PROMPTS", "HTTPS_PROXY" })
  lacks_share(call)

  stand_in(t, "gcloud", "cat \"$folder/share\"")
  t:write("bin/share", SHARE)
  test.equal(script(t, { GOOGLE_APPLICATION_CREDENTIALS = "/c.json",
    GOOGLE_OAUTH_ACCESS_TOKEN = "token" }, ([[
    give(key_source.of "gcp_kms".unwrap(key("gcp_kms", %q), %q, {}))]]):format(ID,
    encode.base64 "G\1\255")), "the share")
  local second <const> = call_of(t, "gcloud")
  test.equal(second.stdin, "G\1\255")
  test.equal(second.words[2], "decrypt")
  test.equal(second.env.CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE, "/c.json")
  test.equal(second.env.CLOUDSDK_AUTH_ACCESS_TOKEN, "token")
end)

test.it("tells gcloud what sops' variables say", function(t)
  stand_in(t, "gcloud", "printf G")
  local wrap <const> = [[give(key_source.of "gcp_kms".wrap(key("gcp_kms",
    "projects/p/locations/l/keyRings/r/cryptoKeys/k"), SHARE, {}))]]
  local got = script(t, { GOOGLE_CREDENTIALS = '{"private_key": "x"}' }, wrap)
  test.equal(got.code, "unsupported")
  got = script(t, { GOOGLE_CREDENTIALS = "/d.json", SOPS_GCP_KMS_ENDPOINT = "kms.example:443",
    SOPS_GCP_KMS_UNIVERSE_DOMAIN = "example" }, wrap)
  test.equal(got, encode.base64 "G")
  local env <const> = call_of(t, "gcloud").env
  test.equal({ env.CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE, env.CLOUDSDK_CORE_UNIVERSE_DOMAIN,
    env.CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDKMS, env.GOOGLE_CREDENTIALS },
    { "/d.json", "example", "https://kms.example:443/" })
end)

local AZURE <const> = "https://team.vault.azure.net/keys/sops/0123456789abcdef"

test.it("drives az: base64 over stdin, RSA-OAEP-256, base64 for URLs in the file", function(t)
  stand_in(t, "az", "echo '+/8='")
  test.equal(script(t, STRANGE, ([[
    give(key_source.of "azure_kv".wrap(key("azure_kv", %q), SHARE, {}))]]):format(AZURE)), "-_8")
  local call <const> = call_of(t, "az")
  test.equal(call.words, { "keyvault", "key", "encrypt", "--algorithm", "RSA-OAEP-256", "--value",
    "@-", "--query", "result", "--id", AZURE, "--only-show-errors", "--output", "tsv" })
  test.equal(call.stdin, encode.base64(SHARE))
  test.equal(source.own_variables(call),
    { "AZURE_CONFIG_DIR", "AZURE_CORE_COLLECT_TELEMETRY", "HTTPS_PROXY" })
  lacks_share(call)

  stand_in(t, "az", ("echo '%s'"):format(encode.base64(SHARE)))
  test.equal(script(t, {}, ([[
    give(key_source.of "azure_kv".unwrap(key("azure_kv", %q), "-_8", {}))]]):format(AZURE)),
    "the share")
  test.equal(call_of(t, "az").stdin, "+/8=")
end)

test.it("asks Azure for the newest version of a key that names none", function(t)
  stand_in(t, "az", "echo https://team.vault.azure.net/keys/sops/77")
  local bare <const> = "https://team.vault.azure.net/keys/sops"
  test.equal(script(t, {}, ([[
    local groups, err = key_source.complete({ { key("azure_kv", %q), key("pgp", "0") } })
    give(groups and { groups[1][1].recipient, groups[1][2].recipient }, err)]]):format(bare)),
    { bare .. "/77", "0" })
  test.equal(script(t, {}, ([[
    give(key_source.of "azure_kv".wrap(key("azure_kv", %q), SHARE, {}))]]):format(bare)).code,
    "format")
end)

local VAULT <const> = "https://vault.example.com:8200/v1/deep/er/keys/sops"

test.it("drives vault or bao: base64 over stdin, and the text that comes", function(t)
  stand_in(t, "vault", "printf vault:v1:abc")
  local wrap <const> = ([[
    give(key_source.of "hc_vault".wrap(key("hc_vault", %q), SHARE, {}))]]):format(VAULT)
  local env <const> = { VAULT_ADDR = "https://VAULT.example.com:8200/", VAULT_NAMESPACE = "team" }
  for name, value in pairs(STRANGE) do
    env[name] = value
  end
  test.equal(script(t, env, wrap), "vault:v1:abc")
  local call <const> = call_of(t, "vault")
  test.equal(call.words, { "write", "-field=ciphertext", "deep/er/encrypt/sops", "plaintext=-" })
  test.equal(call.stdin, encode.base64(SHARE))
  test.equal(call.env.VAULT_ADDR, "https://vault.example.com:8200")
  test.equal(source.own_variables(call),
    { "BAO_ADDR", "HTTPS_PROXY", "VAULT_ADDR", "VAULT_NAMESPACE", "VAULT_TOKEN" })
  lacks_share(call)

  stand_in(t, "bao", ("echo '%s'"):format(encode.base64(SHARE)))
  test.equal(script(t, { BAO_ADDR = "https://vault.example.com:8200" }, ([[
    give(key_source.of "hc_vault".unwrap(key("hc_vault", %q), "vault:v1:abc\n", {}))]])
    :format(VAULT)), "the share")
  test.equal(call_of(t, "bao").words,
    { "write", "-field=plaintext", "deep/er/decrypt/sops", "ciphertext=-" })
  test.equal(call_of(t, "bao").stdin, "vault:v1:abc")
end)

test.it("asks no server that only a file names", function(t)
  local ran <const> = 'touch "$folder/ran"'
  stand_in(t, "vault", ran)
  stand_in(t, "az", ran)
  local function try(kind, text, options, env)
    t.root:remove "bin/ran"
    local got <const> = script(t, env or {}, ([[
      give(key_source.of(%q).unwrap(key(%q, %q), "AAAA", %s))]]):format(kind, kind, text, options))
    return t.root:exists "bin/ran", got
  end
  local ask <const>, refused <const> = try("hc_vault", VAULT, "{}")
  test.equal(ask, false)
  test.equal(refused.code, "permission")
  test.equal(refused.hint,
    "if it is yours: export MOONLATCH_KEY_ADDRESSES=https://vault.example.com:8200")
  local listed <const> = "https://a.example, https://vault.example.com:8200/"
  for _, case in ipairs {
    { "hc_vault", VAULT, "{}", { VAULT_ADDR = "https://vault.example.com" }, false },
    { "hc_vault", VAULT, "{}", { VAULT_ADDR = "http://vault.example.com:8200" }, false },
    { "hc_vault", VAULT, "{}", { BAO_ADDR = "https://vault.example.com:8200" }, true },
    { "hc_vault", VAULT, "{}", { MOONLATCH_KEY_ADDRESSES = listed }, true },
    { "hc_vault", VAULT, "{}", { SOPS_HC_VAULT_ALLOWLIST = listed }, true },
    { "hc_vault", VAULT, "{}", { SOPS_HC_VAULT_ALLOWLIST = "none" }, false },
    { "hc_vault", VAULT, "{ any_address = true }", {}, true },
    { "hc_vault", VAULT, "{ any_address = true }", { SOPS_HC_VAULT_ALLOWLIST = "none" }, false },
    { "hc_vault", VAULT, "{ any_address = true }", { SOPS_HC_VAULT_ALLOWLIST = "all" }, true },
    { "azure_kv", AZURE, "{}", {}, true },
    { "azure_kv", "https://vault.azure.net.evil.example/keys/k/1", "{}", {}, false },
    { "azure_kv", "https://evilvault.azure.net/keys/k/1", "{}", {}, false },
    { "azure_kv", "https://kv.example/keys/k/1", "{}", {}, false },
    { "azure_kv", "https://kv.example/keys/k/1", "{}",
      { MOONLATCH_KEY_ADDRESSES = "https://kv.example" }, true },
    { "azure_kv", "https://kv.example/keys/k/1", "{ any_address = true }", {}, true },
  } do
    local asked <const> = try(case[1], case[2], case[3], case[4])
    test.equal(asked, case[5], case[2] .. case[3] .. (next(case[4]) or ""))
  end
end)

test.it("refuses names that a program could take for something else", function(t)
  for _, program in ipairs { "aws", "gcloud", "az", "vault", "gpg" } do
    stand_in(t, program, 'touch "$folder/ran"')
  end
  for _, case in ipairs {
    { "kms", "{ arn = 'alias/x' }" }, { "kms", "{ arn = 'arn:aws:kms:a.evil.example:1:key/x' }" },
    { "kms", ("{ arn = %q, role = '--debug' }"):format(ARN) },
    { "gcp_kms", "{ resource_id = 'projects/p' }" },
    { "azure_kv", "{ vault_url = 'http://a.vault.azure.net', name = 'k', version = '1' }" },
    { "azure_kv", "{ vault_url = 'https://a.vault.azure.net', name = '@/etc', version = '1' }" },
    { "hc_vault", "{ vault_address = 'https://v', engine_path = '../sys', key_name = 'k' }" },
    { "hc_vault", "{ vault_address = 'https://v', engine_path = '-x', key_name = 'k' }" },
    { "pgp", "{ fp = '--output' }" }, { "pgp", "{ fp = 'ABCD' }" },
  } do
    local got <const> = script(t, { VAULT_ADDR = "https://v" }, ([[
      local key = require "moonlatch.key_source.names".new(%q, %s)
      give(key_source.of(%q).wrap(key, SHARE, {}))]]):format(case[1], case[2], case[1]))
    test.equal(got.code, "format", case[2])
  end
  test.equal(t.root:exists "bin/ran", false)
end)

test.it("says which program is missing, and shows what one that fails has to say", function(t)
  local wrap <const> = ([[
    give(key_source.of "kms".wrap(key("kms", %q), SHARE, {}))]]):format(ARN)
  local got = script(t, { PATH = t:path "bin" }, wrap)
  test.equal(got.code, "missing")
  test.equal(got.message, "the program aws is not installed")
  test.equal(got.hint, ("install aws: the key %s is used through it"):format(ARN))
  stand_in(t, "aws", "echo one >&2; echo >&2; echo 'AccessDenied: no' >&2; exit 254")
  got = script(t, {}, wrap)
  test.equal({ got.code, got.message }, { "child", "aws ended with status 254" })
  test.equal(got.details, { "one", "AccessDenied: no" })
  stand_in(t, "aws", "echo 'not base64'")
  test.equal(script(t, {}, ([[
    give(key_source.of "kms".unwrap(key("kms", %q), "QQ==", {}))]]):format(ARN)).code, "format")
  test.equal(script(t, {}, [[
    give(key_source.of "hckms".unwrap(key("hckms", "tr-west-1:abc"), "x", {}))]]).code,
    "unsupported")
end)

-- An envelope and a file as the core gives them.
local DOUBLES <const> = [[
  local given, offered = {}, {}
  local envelope = { open = function() return {
    { index = 2, key = key("kms", ARN), share = SHARE:copy() },
    { index = 3, key = key("hckms", "a:b"), share = SHARE:copy() } } end,
    give = function(_, index, enc)
      if enc == "" then
        return nil, require("moonlatch.fail").new("format", "nothing was wrapped")
      end
      given[tostring(index)] = enc
      return true
    end }
  local function file(threshold, groups, list)
    local made = { threshold = threshold, groups = groups }
    function made.recipients() return list end
    function made.offer(_, index, share)
      if not share:equal(SHARE) then
        return nil, require("moonlatch.fail").new("auth", "not this")
      end
      table.insert(offered, index)
      return true
    end
    return made
  end
  local function recipient(index, group, kind, text, enc)
    local made = key(kind, text)
    made.index, made.group, made.enc = index, group, enc
    return made
  end
]]

test.it("fills an envelope, and tells of every key that could not be used", function(t)
  stand_in(t, "aws", "echo QkxPQg==")
  local got <const> = script(t, {}, ("local ARN = %q\n%s"):format(ARN, DOUBLES) .. [[
    local ok, err = key_source.fill(envelope)
    give { ok = ok or false, given = given, code = err.code, details = err.details,
      first = err.failures[1].key.recipient }]])
  test.equal(got, { ok = false, given = { ["2"] = "QkxPQg==" }, code = "unsupported",
    details = { "a:b: keys of HuaweiCloud KMS cannot be used: a:b" }, first = "a:b" })
  stand_in(t, "aws", "echo")
  test.equal(script(t, {}, ("local ARN = %q\n%s"):format(ARN, DOUBLES) .. [[
    local ok, err = key_source.fill(envelope)
    give { ok = ok or false, given = next(given) == nil, failed = #err.failures,
      code = err.code }]]), { ok = false, given = true, failed = 2, code = "format" })
end)

test.it("opens groups in order until there are enough, and keeps the reasons of the rest",
  function(t)
    stand_in(t, "aws", ([[
case $(cat "$folder/aws.stdin") in
good) echo '%s' ;;
wrong) echo QQ== ;;
*) echo denied >&2; exit 1 ;;
esac]]):format(encode.base64(SHARE)))
    local head <const> = ("local ARN = %q\n%s"):format(ARN, DOUBLES)
    local GOOD <const>, WRONG <const>, BAD <const> = encode.base64 "good", encode.base64 "wrong",
      encode.base64 "bad"
    local list <const> = ([[ {
      recipient(1, 1, "age", "age1x", "-"), recipient(2, 1, "kms", ARN, "%s"),
      recipient(3, 1, "hckms", "a:b", "x"), recipient(4, 1, "kms", ARN, "%s"),
      recipient(5, 2, "kms", ARN, "%s"), recipient(6, 3, "kms", ARN, "%s") } ]])
      :format(BAD, GOOD, WRONG, GOOD)
    local report <const> = [[
      local reasons = {}
      for _, failure in ipairs(failures) do
        table.insert(reasons, failure.group .. failure.error.code)
      end
      give { n = n, offered = offered, reasons = reasons }]]
    test.equal(script(t, {}, head .. "local n, failures = key_source.offer(file(2, 3, " .. list
      .. "))" .. report), { n = 2, offered = { 4, 6 },
        reasons = { "1child", "1unsupported", "2auth" } })
    test.equal(script(t, {}, head .. "local n, failures = key_source.offer(file(2, 3, " .. list
      .. "), { groups = { { open = true }, { open = false }, {} }, order = { 'kms' } })" .. report),
      { n = 1, offered = { 6 }, reasons = { "2auth" } })
  end)
