local names, test = require "moonlatch.key_source.names", require "moonlatch.test"

local ARN <const> = "arn:aws:kms:us-east-1:111122223333:key/a"
local ROLE <const> = "arn:aws:iam::111122223333:role/foo"

test.it("prints keys as sops 3.13 does", function()
  for _, case in ipairs {
    { "kms", { arn = ARN }, ARN },
    { "kms", { arn = ARN, role = "", aws_profile = "", context = {} }, ARN },
    { "kms", { arn = ARN, role = ROLE, context = { Env = "prod", App = "x" }, aws_profile = "pp" },
      ARN .. "+" .. ROLE .. "|App:x,Env:prod|pp" },
    { "kms", { arn = ARN, context = { Env = "prod", App = "z" } }, ARN .. "|App:z,Env:prod" },
    { "kms", { arn = ARN, aws_profile = "pp" }, ARN .. "||pp" },
    { "azure_kv", { vault_url = "https://v.vault.azure.net/", name = "k", version = "v1" },
      "https://v.vault.azure.net//keys/k/v1" },
    { "hc_vault", { vault_address = "http://v:1", engine_path = "some/deep", key_name = "k2" },
      "http://v:1/v1/some/deep/keys/k2" },
    { "gcp_kms", { resource_id = "projects/p" }, "projects/p" },
    { "hckms", { key_id = "tr-west-1:abc" }, "tr-west-1:abc" },
    { "pgp", { fp = "AB" }, "AB" },
  } do
    test.equal(names.new(case[1], case[2]).recipient, case[3])
  end
end)

test.it("reads keys in the notations of sops", function()
  for _, case in ipairs {
    { "age", " age1x ", { recipient = "age1x" } },
    { "pgp", " 85D7 7543 ", { fp = "85D77543" } },
    { "kms", " " .. ARN .. " + " .. ROLE, { arn = ARN, role = ROLE } },
    { "kms", ARN, { arn = ARN } },
    { "kms", ARN .. "+arn:aws-cn:iam::1:role/x", { arn = ARN, role = "arn:aws-cn:iam::1:role/x" } },
    { "gcp_kms", " projects/p/locations/ l ", { resource_id = "projects/p/locations/l" } },
    { "hckms", " tr-west-1:abc ", { key_id = "tr-west-1:abc" } },
    { "azure_kv", " https://v.vault.azure.net:8443/keys/k/v1",
      { vault_url = "https://v.vault.azure.net:8443", name = "k", version = "v1" } },
    { "azure_kv", "https://v.vault.azure.net/keys/k",
      { vault_url = "https://v.vault.azure.net", name = "k", version = "" } },
    { "hc_vault", "http://127.0.0.1:1/v1/some/deep/keys/k2/",
      { vault_address = "http://127.0.0.1:1", engine_path = "some/deep", key_name = "k2" } },
  } do
    local key <const> = assert(names.parse(case[1], case[2]))
    test.equal(key.kind, case[1])
    for field, value in pairs(case[3]) do
      test.equal(key[field], value, case[2])
    end
  end
  local key <const> = assert(names.parse("kms", ARN, { aws_profile = "pp" }))
  test.equal(key.recipient, ARN .. "||pp")
end)

test.it("refuses what is no key of its kind", function()
  for _, case in ipairs {
    { "azure_kv", "http://v.vault.azure.net/keys/k/v" },
    { "azure_kv", "https://v.vault.azure.net/keys/k/v/x" }, { "azure_kv", "https://v/keys" },
    { "hc_vault", "http://h/v1/keys/k" }, { "hc_vault", "http://h/x/v1/t/keys/k" },
    { "hc_vault", "h/v1/t/keys/k" }, { "hc_vault", "http://h/v1/a/b" },
    { "hc_vault", "http://user:word@h/v1/t/keys/k" }, { "hc_vault", "http://h/v1/t/keys/k?a=b" },
    { "hckms", "abc" }, { "hckms", ":abc" }, { "hckms", "region:" },
  } do
    local none <const>, err <const> = names.parse(case[1], case[2])
    test.equal(none, nil, case[2])
    test.equal(err.code, "format")
  end
end)
