-- The keys that rules name, in all their shapes.

local age, rules, test = require "moonlatch.age", require "moonlatch.rules",
  require "moonlatch.test"

local function new_recipient()
  return assert(age.generate()):recipient()
end

local A <const>, B <const>, C <const> = new_recipient(), new_recipient(), new_recipient()
local FP <const> = ("AB"):rep(20)
local ARN <const> = "arn:aws:kms:us-east-1:111122223333:key/a"
local ROLE <const> = "arn:aws:iam::111122223333:role/foo"

local function fill(text)
  return (text:gsub("%f[%w](%u+)%f[%W]", { A = A, B = B, C = C, FP = FP, ARN = ARN, ROLE = ROLE }))
end

local function open(text)
  return assert(rules.open(fill(text), ".sops.yaml"))
end

--- The printed names of the groups of rule `index`.
local function printed(model, index, options)
  local groups <const>, threshold <const> = assert(model:groups(model.rules[index or 1], options))
  local names <const> = {}
  for i, group in ipairs(groups) do
    names[i] = {}
    for j, key in ipairs(group) do
      names[i][j] = key.recipient
    end
  end
  return names, threshold
end

test.it("gives flat keys as one group, in sops' order, whatever the file's is", function()
  local model <const> = open [[
creation_rules:
  - hc_vault_transit_uri: https://v:8200/v1/transit/keys/k
    azure_keyvault: https://a.vault.azure.net/keys/k/1,, https://a.vault.azure.net/keys/l/2
    hckms: ["r:u"]
    gcp_kms: [projects/p]
    kms: ARN+ROLE, ARN
    aws_profile: work
    pgp: >-
      FP,
      ABAB ABAB
    age: [A, "B, C"]
]]
  test.equal(printed(model), { { A, B, C, FP, "ABABABAB", ARN .. "+" .. ROLE .. "||work",
    ARN .. "||work", "projects/p", "r:u", "https://a.vault.azure.net/keys/k/1",
    "https://a.vault.azure.net/keys/l/2", "https://v:8200/v1/transit/keys/k" } })
  test.equal(printed(model, 1, { context = { Env = "prod" } })[1][6],
    ARN .. "+" .. ROLE .. "|Env:prod|work")
  local key <const> = assert(model:groups(model.rules[1]))[1][6]
  test.equal({ key.kind, key.arn, key.role, key.aws_profile }, { "kms", ARN, ROLE, "work" })
end)

test.it("gives key groups with all their parts, and the threshold", function()
  local model <const> = open [[
creation_rules:
  - shamir_threshold: 2
    age: C
    key_groups:
      - hc_vault: [https://v:8200/v1/transit/keys/k]
        azure_keyvault: [{vaultUrl: https://a.vault.azure.net, key: k}]
        hckms: [{key_id: "r:u"}]
        gcp_kms: [{resource_id: projects/p}]
        kms:
          - arn: ARN
            role: ROLE
            context: {b: x, a: 1}
            aws_profile: work
          - arn: ARN
        pgp: [FP]
        age: [A]
      - age: ["B,A"]
]]
  local names <const>, threshold <const> = printed(model)
  test.equal(names, { { A, FP, ARN .. "+" .. ROLE .. "|a:1,b:x|work", ARN, "projects/p", "r:u",
    "https://a.vault.azure.net/keys/k/", "https://v:8200/v1/transit/keys/k" }, { B, A } })
  test.equal(threshold, 2)
  test.equal(model:keys(model.rules[1], "age"), { A, B })
end)

test.it("takes merged groups first, all the way down, and drops what came before", function()
  local model <const> = open [[
groups:
  - &admins {age: [A], pgp: [FP]}
  - &ops
    merge: [*admins, {age: [B]}]
    age: [A]
creation_rules:
  - key_groups:
      - age: [C, A]
        merge:
          - *ops
          - *admins
      - merge: [*admins]
]]
  test.equal(printed(model), { { A, FP, B, C }, { A, FP } })
  for _, found in ipairs(model:findings()) do
    test.equal(found.code == "duplicate-key" and found.message or nil, nil)
  end
end)

test.it("takes fields from elsewhere with <<, its own before those", function()
  local model <const> = open [[
defaults: &defaults
  age: [A]
  encrypted_regex: ^secret$
  shamir_threshold: 3
creation_rules:
  - <<: *defaults
    path_regex: a
  - <<: [{pgp: FP}, *defaults]
    age: B
]]
  test.equal(printed(model, 1), { { A } })
  test.equal(model.rules[1].selectors.encrypted_regex, "^secret$")
  local names <const>, threshold <const> = printed(model, 2)
  test.equal(names, { { B, FP } })
  test.equal(threshold, 3)
  test.fails_with("conflict", function() assert(model:add_recipient(1, C)) end)
  assert(model:add_recipient(2, C))
  test.equal(printed(model, 2), { { B, C, FP } })
  test.equal(printed(model, 1), { { A } })
end)

test.it("refuses fields of a shape that sops refuses, with their line", function()
  for text, line in pairs {
    ["creation_rules:\n  - hckms: a:b\n"] = 2,
    ["creation_rules:\n  - key_groups:\n      - age: [null]\n"] = 3,
    ["creation_rules:\n  - key_groups: {}\n"] = 2,
    ["creation_rules:\n  - key_groups:\n      - age: A\n"] = 3,
    ["creation_rules:\n  - key_groups:\n      - kms: [ARN]\n"] = 3,
    ["creation_rules:\n  - key_groups:\n      - merge: {}\n"] = 3,
    ["creation_rules:\n  - key_groups:\n      - kms: [{arn: [x]}]\n"] = 3,
    ["creation_rules:\n  - key_groups:\n      - A\n"] = 3,
    ["creation_rules:\n  - age: A\n    shamir_threshold: two\n"] = 3,
  } do
    local none <const>, err <const> = rules.open(fill(text), ".sops.yaml")
    test.equal(none, nil, text)
    test.equal({ err.code, err.line, err.path }, { "format", line, ".sops.yaml" }, text)
  end
end)

test.it("keeps a key that is none until its rule is used, and finds it in a check", function()
  local model <const> = open [[
creation_rules:
  - path_regex: ^one/
    age: A
  - path_regex: ^two/
    hc_vault_transit_uri: http://h/v1/keys/k
]]
  test.equal(model:match "two/x".index, 2)
  test.equal(printed(model, 1), { { A } })
  local err <const> = test.fails_with("format", function()
    assert(model:groups(model.rules[2]))
  end)
  test.equal({ err.line, err.path }, { 5, ".sops.yaml" })
  local found <const> = model:findings()
  test.equal({ found[1].code, found[1].line, found[1].level }, { "bad-rule", 5, "finding" })
  for text, line in pairs { ["pgp: 1234567890"] = 2, ["age:\n      - A\n      -"] = 4,
    ["age: {a: b}"] = 2, ["kms: [{arn: x}]"] = 2, ["age: [[A]]"] = 2 } do
    local other <const> = open(("creation_rules:\n  - %s\n"):format(text))
    test.equal(test.fails_with("format", function()
      assert(other:groups(other.rules[1]))
    end).line, line, text)
    test.equal(other:keys(other.rules[1]), line == 4 and { A } or {})
    test.equal(other:findings()[1].line, line)
  end
end)

test.it("finds keys that their services refuse, and notes those that cannot be used", function()
  local found <const> = {}
  for _, finding in ipairs(open([[
creation_rules:
  - path_regex: ^x/
    pgp: FP, tara@example.org
    kms: alias/mine, ARN
    gcp_kms: projects/p
    hckms: ["r:u"]
    azure_keyvault: https://a.vault.azure.net/keys/k/1
]]):findings()) do
    table.insert(found, finding.level .. " " .. finding.message:match ": (.*)")
  end
  test.equal(found, { "finding 'tara@example.org' is no fingerprint of a PGP key",
    "finding 'alias/mine' is no ARN of a key of AWS KMS",
    "finding 'projects/p' is no key of Google Cloud KMS",
    "note keys of HuaweiCloud KMS cannot be used: r:u" })
end)

test.it("finds groups without a key, impossible thresholds, slips in a group", function()
  local function messages(text)
    local list <const> = {}
    for _, found in ipairs(open("creation_rules:\n  - path_regex: x\n" .. text):findings()) do
      table.insert(list, found.message)
    end
    return table.concat(list, "\n")
  end
  test.contains(messages "    key_groups: [{age: [A]}, {}]\n", "key group 2 has no key")
  test.contains(messages "    shamir_threshold: 3\n    key_groups: [{age: [A]}, {age: [B]}]\n",
    "shamir_threshold is 3, with 2 key groups")
  test.contains(messages "    shamir_threshold: 1\n    key_groups: [{age: [A]}, {age: [B]}]\n",
    "shamir_threshold is 1")
  test.contains(messages "    key_groups: [{age: [A], agee: [B]}]\n", "no field 'agee'")
  test.contains(messages "    age: [A, A]\n", "names one key twice")
  test.equal(messages "    shamir_threshold: 2\n    key_groups: [{age: [A]}, {age: [B]}]\n", "")
end)

test.it("ends merges of merges that name keys without end", function()
  local lines <const> = { "groups:", "  - &g0 {age: [x]}" }
  for i = 1, 40 do
    table.insert(lines, ("  - &g%d {merge: [*g%d, *g%d]}"):format(i, i - 1, i - 1))
  end
  table.insert(lines, "creation_rules:\n  - key_groups:\n      - merge: [*g40]\n")
  local none <const>, err <const> = rules.open(table.concat(lines, "\n"))
  test.equal(none, nil)
  test.equal(err.code, "limit")
end)

test.it("refuses a private key in any shape", function()
  local SECRET <const> = "AGE-SECRET-KEY-1" .. ("Q"):rep(58)
  for _, text in ipairs { "  - age: [%s]\n", "  - key_groups: [{merge: [{age: [%s]}]}]\n",
    "  - key_groups: [{pgp: [%s]}]\n" } do
    local none <const>, err <const> = rules.open("creation_rules:\n" .. text:format(SECRET))
    test.equal(none, nil)
    test.contains(err.message, "private key")
    test.lacks(tostring(err), SECRET)
  end
end)
