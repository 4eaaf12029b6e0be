-- The face of sops publishes: to S3, Google Cloud Storage and vaults, through stand-ins of their
-- programs that write down what they got.

local json <const> = require "moonlatch.json"
local test <const> = require "moonlatch.test"

local face <const> = test.helper "tests/recipes/sops_face.lua"
local source <const> = test.helper "tests/recipes/key_source.lua"
local setup <const>, run <const>, out <const> = face.setup, face.run, face.out

--- A sealed file, rules for where it goes, and a stand-in for each program.
local function setup_destinations(t)
  local key <const> = setup(t)
  local other <const> = face.key(t, "home/other.txt")
  face.seal(t, "a.json", '{"foo": 2, "bar": "baz"}')
  t:write(".sops.yaml", ([[
creation_rules:
  - age: %s
destination_rules:
  - { path_regex: a.json, s3_bucket: bucket, s3_prefix: pre/ }
  - { path_regex: gcs, gcs_bucket: bucket, omit_extensions: true }
  - { path_regex: vault, vault_path: team/, vault_address: "http://127.0.0.1:8200" }
  - { path_regex: one, vault_path: team, vault_kv_mount_name: kv/, vault_kv_version: 1 }
  - { path_regex: again, s3_bucket: bucket, recreation_rule: { age: %s } }
]]):format(key, other))
  for _, name in ipairs { "gcs.json", "vault.json", "one.json", "again.json" } do
    t:write(name, t:read "a.json")
  end
  for _, program in ipairs { "aws", "gcloud", "vault" } do
    source.stand_in(t, program, "exit ${STATUS:-0}\n")
  end
  return key, other
end

local function publish(t, words, status)
  table.insert(words, 1, "publish")
  words.env = words.env or {}
  words.env.PATH = t:path "bin" .. ":/usr/bin:/bin"
  return run(t, words, status)
end

test.it("publish_json_file_s3", function(t)
  setup_destinations(t)
  publish(t, { "--yes", "a.json" })
  local call <const> = source.call(t, "aws")
  test.equal(call.words, { "s3", "cp", "-", "s3://bucket/pre/a.json" })
  test.equal(call.stdin, t:read "a.json")
end)

test.it("publish_json_file_vault", function(t)
  setup_destinations(t)
  publish(t, { "--yes", "vault.json", env = { VAULT_TOKEN = "token", AWS_SESSION_TOKEN = "no",
    GOOGLE_OAUTH_ACCESS_TOKEN = "no" } })
  local call <const> = source.call(t, "vault")
  test.equal(call.words, { "kv", "put", "-mount=secret", "team/vault.json", "-" })
  test.equal(json.parse(call.stdin), { foo = 2, bar = "baz" })
  test.equal({ call.env.VAULT_ADDR, call.env.VAULT_TOKEN }, { "http://127.0.0.1:8200", "token" })
  test.equal({ call.env.AWS_SESSION_TOKEN, call.env.GOOGLE_OAUTH_ACCESS_TOKEN }, {})
end)

test.it("publish_json_file_vault_version_1", function(t)
  setup_destinations(t)
  local asked <const> = publish(t, { "one.json", stdin = "y\n", env =
    { VAULT_ADDR = "http://v:1" } })
  test.contains(asked.stdout, "one.json to http://v:1/v1/kv/team/one.json ? (y/n): ")
  test.equal(source.call(t, "vault").words, { "kv", "put", "-mount=kv", "team/one.json", "-" })
end)

test.it("publishes to Google Cloud Storage without the ending of the name", function(t)
  setup_destinations(t)
  publish(t, { "-y", "gcs.json" })
  test.equal(source.call(t, "gcloud").words, { "storage", "cp", "-", "gs://bucket/gcs" })
end)

test.it("seals anew for the keys of a recreation rule", function(t)
  local key <const>, other <const> = setup_destinations(t)
  local said <const> = publish(t, { "-y", "again.json" })
  test.contains(said.stdout, ("Group 1\n+++ %s\n--- %s\n"):format(other, key))
  t:write("sent.json", source.call(t, "aws").stdin)
  test.contains(out(t, { "decrypt", "sent.json", env = { SOPS_AGE_KEY_FILE =
    t:path "home/other.txt" } }), "baz")
  run(t, { "decrypt", "sent.json" }, 128)
end)

test.it("asks, and sends nothing without a yes", function(t)
  setup_destinations(t)
  test.contains(publish(t, { "a.json", stdin = "x\nn\n" }, 1).stderr, "canceled")
  publish(t, { "a.json", stdin = "" }, 1)
  test.equal(t:read "bin/aws.words", nil)
end)

test.it("says what is missing, and what went wrong", function(t)
  setup_destinations(t)
  test.contains(run(t, { "publish", "-y", "a.json", env = { PATH = "/none" } }, 1).stderr,
    "aws is not installed: s3://bucket/pre/a.json is reached through it")
  source.stand_in(t, "aws", "echo no such bucket >&2; exit 3\n")
  test.contains(publish(t, { "-y", "a.json" }, 1).stderr, "no such bucket")
  test.contains(publish(t, { "-y", "x.json" }, 1).stderr, "no such file")
end)

test.it("publishes all files of a folder", function(t)
  setup_destinations(t)
  t:write("d/a.json", t:read "a.json")
  t:write("d/deep/a.json", t:read "a.json")
  publish(t, { "-y", "d" }, 1)
  publish(t, { "-y", "--recursive", "d" })
  test.equal(source.call(t, "aws").words[4], "s3://bucket/pre/deep/a.json")
end)
