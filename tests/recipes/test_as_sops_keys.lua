-- The face of sops with key groups, with PGP keys, and with keys that nobody here can use.

local proc <const> = require "moonlatch.proc"
local test <const> = require "moonlatch.test"

local face <const> = test.helper "tests/recipes/sops_face.lua"
local setup <const>, run <const>, out <const> = face.setup, face.run, face.out

--- Rules for two key groups: one's own key, and another's, whose private half is home/other.txt.
local function setup_groups(t, threshold)
  local one <const>, two <const> = setup(t), face.key(t, "home/other.txt")
  t:write(".sops.yaml", ("creation_rules:\n  - shamir_threshold: %d\n    key_groups:\n"
    .. "      - age: [%s]\n      - age: [%s]\n"):format(threshold, one, two))
  t:write("home/both.txt", t:read "home/key.txt" .. "\n" .. t:read "home/other.txt", 384)
  t:write("a.yaml", "a: secret\n")
  return one, two
end

local function both(t)
  return { SOPS_AGE_KEY_FILE = t:path "home/both.txt" }
end

--- How many key groups a sealed file has, and its threshold.
local function shape(text)
  local _, groups <const> = text:gsub("\n *hc_vault: %[%]", "")
  return groups, text:match "\n *shamir_threshold: (%d+)"
end

test.it("roundtrip_shamir", function(t)
  setup_groups(t, 2)
  out(t, { "encrypt", "-i", "a.yaml" })
  test.equal({ shape(t:read "a.yaml") }, { 2, "2" })
  test.equal(out(t, { "decrypt", "a.yaml", env = both(t) }), "a: secret\n")
end)

test.it("roundtrip_shamir_missing_decryption_key", function(t)
  setup_groups(t, 2)
  out(t, { "encrypt", "-i", "a.yaml" })
  local said <const> = run(t, { "decrypt", "a.yaml" }, 128).stderr
  test.contains(said, "\nGroup 0: SUCCESS\n")
  test.contains(said, "\nGroup 1: FAILED\n")
  test.contains(said, "Shamir threshold of\n2, but only 1")
end)

test.it("groups are added and deleted, with the real sops as reader", function(t)
  local real <const> = test.peer "sops"
  local one <const>, two <const> = setup_groups(t, 2)
  t:write(".sops.yaml", ("creation_rules:\n  - age: %s\n"):format(one))
  out(t, { "encrypt", "-i", "a.yaml" })
  local function opens(what)
    for _, program in ipairs { t:path "sops", real } do
      test.equal(run(t, { "decrypt", "a.yaml", env = both(t), program = program }).stdout,
        "a: secret\n", what)
    end
  end
  test.equal({ shape(out(t, { "groups", "add", "-f", "a.yaml", "--age", two })) }, { 2, "2" })
  out(t, { "groups", "add", "-i", "-f", "a.yaml", "--age", two })
  opens "two groups"
  out(t, { "groups", "add", "-i", "--file", "a.yaml", "--age", one, "--age", two, env = both(t) })
  test.equal({ shape(t:read "a.yaml") }, { 3, "2" })
  opens "three groups"
  out(t, { "groups", "delete", "-i", "-f", "a.yaml", "0", env = both(t) })
  opens "two again"
  test.contains(run(t, { "groups", "delete", "-f", "a.yaml", "0", env = both(t) }, 1).stderr,
    "removing this key group will make the Shamir threshold impossible to satisfy")
  run(t, { "groups", "delete", "-f", "a.yaml", "9", env = both(t) }, 2)
  out(t, { "groups", "delete", "-i", "-f", "a.yaml", "--shamir-secret-sharing-threshold", "1", "1",
    env = both(t) })
  opens "one"
end)

test.it("rotates and updates files with key groups", function(t)
  local real <const> = test.peer "sops"
  local one <const>, two <const> = setup_groups(t, 2)
  out(t, { "encrypt", "-i", "a.yaml" })
  local before <const> = t:read("a.yaml"):match "\na?:? ?(ENC[^\n]*)" or t:read("a.yaml")
  out(t, { "rotate", "-i", "a.yaml", env = both(t) })
  test.equal(t:read("a.yaml"):find(before, 1, true), nil)
  t:write(".sops.yaml", ("creation_rules:\n  - key_groups:\n    - age: [%s]\n    - age: [%s]\n"
    .. "    - age: [%s, %s]\n"):format(one, two, one, two))
  local said <const> = run(t, { "updatekeys", "-y", "a.yaml", env = both(t) })
  test.contains(said.stdout, "Group 3\n+++ ")
  test.equal({ shape(t:read "a.yaml") }, { 3, "2" })
  for _, program in ipairs { t:path "sops", real } do
    test.equal(run(t, { "decrypt", "a.yaml", env = both(t), program = program }).stdout,
      "a: secret\n")
  end
end)

--- A key ring with a fresh PGP key, in the role of the functional tests' own.
local function new_ring(t)
  if not proc.find "gpg" then
    test.skip "gpg is not installed"
  end
  assert(t.root:mkdir("g", 448))
  local env <const> = { GNUPGHOME = t:path "g" }
  t:run { "gpg", "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", "",
    "--quick-generate-key", "test@example.org", "future-default", "default", "never", env = env }
  local list <const> = t:run { "gpg", "--batch", "--with-colons", "--list-keys", env = env }
  local function finish()
    t:run { "gpgconf", "--kill", "all", env = env }
  end
  return setmetatable({ env = env, fp = list.stdout:match "\nfpr:::::::::(%x+):" },
    { __close = finish })
end

test.it("pgp: seals by the rule of the folder, and opens, as the functional tests do", function(t)
  local ring <close> = new_ring(t)
  setup(t)
  t:write(".sops.yaml", ("creation_rules:\n  - pgp: %s\n"):format(ring.fp))
  t:write("a.json", '{\n    "foo": 2,\n    "bar": "baz"\n}')
  for _, words in ipairs { { "-e", "-i", "a.json" }, { "--set", '["a"] {"aa": "aaa"}', "a.json" },
    { "set", "a.json", '["b"]', '"bbb"' }, { "rotate", "-i", "a.json" } } do
    words.env = ring.env
    out(t, words)
  end
  test.contains(t:read "a.json", ring.fp)
  test.equal(out(t, { "-d", "--extract", '["a"]["aa"]', "a.json", env = ring.env }), "aaa")
  local real <const> = test.peer "sops"
  local read <const> = { "-d", "--extract", '["b"]', "a.json", env = ring.env, program = real }
  test.equal(run(t, read).stdout, "bbb")
end)

test.it("test_decrypt_file_multiple_keys", function(t)
  local ring <close> = new_ring(t)
  local own <const> = setup(t)
  local lost <const> = "0000000000000000000000000000000000000001"
  t:write("a.yaml", "a: secret\n")
  test.contains(run(t, { "encrypt", "--pgp", lost, "a.yaml", env = ring.env }, 1).stderr,
    ('Could not generate data key: [failed to encrypt new data key with master key "%s": ')
      :format(lost))
  out(t, { "encrypt", "-i", "--age", own, "--pgp", ring.fp, "a.yaml", env = ring.env })
  local sealed <const> = t:read "a.yaml"
  -- one key after the other is the only one that is at hand
  test.equal(out(t, { "decrypt", "a.yaml" }), "a: secret\n")
  local without_age <const> = { SOPS_AGE_KEY_FILE = "/none", GNUPGHOME = ring.env.GNUPGHOME }
  test.equal(run(t, { "decrypt", "a.yaml", env = without_age }).stdout, "a: secret\n")
  local said <const> = run(t, { "decrypt", "a.yaml", env = { SOPS_AGE_KEY_FILE = "/none" } }, 128)
    .stderr
  test.contains(said, ring.fp .. ": FAILED")
  test.contains(said, own .. ": FAILED")
  test.equal(t:read "a.yaml", sealed)
  for _, order in ipairs { "age,pgp", "pgp,age", "pgp", "kms" } do
    test.equal(out(t, { "decrypt", "--decryption-order", order, "a.yaml", env = ring.env }),
      "a: secret\n", order)
  end
end)

test.it("keys come from flags and variables, of every kind", function(t)
  setup(t)
  t:write("a.yaml", "a: 1\n")
  local function refused(words, part)
    test.contains(run(t, words, 1).stderr, part)
  end
  refused({ "encrypt", "a.yaml", env = { SOPS_PGP_FP = "0000000000000000000000000000000000000001",
    GNUPGHOME = t:path "home" } }, 'master key "0000000000000000000000000000000000000001"')
  refused({ "encrypt", "a.yaml", env = { SOPS_KMS_ARN = "arn:aws:kms:x:1:key/k", PATH = "/none" } },
    'master key "arn:aws:kms:x:1:key/k"')
  refused({ "encrypt", "a.yaml", env = { SOPS_GCP_KMS_IDS = "projects/p/x", PATH = "/none" } },
    'master key "projects/p/x"')
  refused({ "encrypt", "a.yaml", env = { SOPS_VAULT_URIS = "nonsense" } }, "vault")
  refused({ "encrypt", "a.yaml", env = { SOPS_AZURE_KEYVAULT_URLS = "nonsense" } }, "Azure")
  refused({ "encrypt", "a.yaml", env = { SOPS_AGE_RECIPIENTS = "nonsense" } },
    'failed to parse input, unknown recipient type: "nonsense"')
  run(t, { "encrypt", "--kms", "k", "--encryption-context", "nonsense", "a.yaml" }, 6)
  refused({ "decrypt", "--keyservice", "tcp://localhost:1", "a.yaml" }, "sops metadata not found")
  out(t, { "encrypt", "-i", "a.yaml" })
  refused({ "decrypt", "--keyservice", "tcp://localhost:1", "a.yaml" }, "not supported")
  refused({ "decrypt", "a.yaml", env = { SOPS_KEYSERVICE = "tcp://localhost:1" } }, "not supported")
  refused({ "keyservice" }, "not supported")
end)
