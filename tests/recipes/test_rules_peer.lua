-- Rules as the real sops reads them: what it would change in the keys of a file is what differs
-- from the groups that are read here.

local age   <const> = require "moonlatch.age"
local rules <const> = require "moonlatch.rules"
local test  <const> = require "moonlatch.test"

local random_rules <const> = test.helper "tests/lua/random_rules.lua"
local ROUNDS <const> = 60

local function new_recipient()
  return assert(age.generate()):recipient()
end

local A <const>, B <const>, C <const> = new_recipient(), new_recipient(), new_recipient()
local ARN <const> = "arn:aws:kms:us-east-1:111122223333:key/a"

local CONFIGS <const> = {
  { "flat strings and lists", [[
  - pgp: "85D7 7543 B3D6 24B6 3CEA 9E6D BC17 301B 491B 3F21,ABAB"
    kms: "ARN+arn:aws:iam::111122223333:role/foo , ARN"
    aws_profile: work
    age: [A, "B , C"]
    gcp_kms: ["projects/p/locations/ l/keyRings/r/cryptoKeys/k"]
    hckms: [" tr-west-1:abc "]
    azure_keyvault: " https://v.vault.azure.net:8443/keys/k/v1"
    hc_vault_transit_uri:
      - http://127.0.0.1:8200/v1/some/deep/keys/k2/
      - https://v/v1/k/keys/x
]] },
  { "groups", [[
  - shamir_threshold: 2
    key_groups:
      - age: [A, "B,C", A]
        pgp: ["85D7 7543"]
        kms:
          - {arn: ARN, role: "arn:aws:iam::1:role/x", context: {Env: prod, App: x}, aws_profile: w}
          - {arn: ARN, context: {Env: prod, App: z}}
          - {arn: ARN, aws_profile: w, context: {}}
          - arn: "ARN+arn:aws:iam::1:role/x"
      - azure_keyvault:
          - {vaultUrl: "https://v.vault.azure.net/", key: k, version: v1}
          - {vaultUrl: "https://v.vault.azure.net", key: k, version: v1}
        hc_vault: [https://v:8200/v1/transit/keys/k]
      - gcp_kms: [{resource_id: projects/p/locations/l/keyRings/r/cryptoKeys/k}]
        hckms: [{key_id: "tr-west-1:abc"}]
]] },
  { "merge", [[
  - key_groups:
      - age: [C, A]
        merge: [*ops, *admins]
      - merge: [{merge: [*admins], pgp: [ABAB, CDCD]}]
]] },
  { "fields from elsewhere", [[
  - <<: *defaults
    age: B
]] },
  { "fields from several places, the first goes first", [[
  - <<: [{pgp: CDCD}, *defaults]
    kms: ARN
]] },
  { "numbers as fingerprints", [[
  - key_groups: [{pgp: [12345678901234567890123456789012345678E9, 1234567890]}]
]] },
  { "a later rule", [[
  - {path_regex: ^other, age: B}
  - {path_regex: "^sealed\\.yaml$", age: "C"}
]] },
}

local HEAD <const> = [[
groups:
  - &admins {age: [A], pgp: [ABAB]}
  - &ops
    merge: [*admins, {age: [B]}]
    age: [A]
defaults: &defaults {pgp: ABAB, age: A}
creation_rules:
]]

local function fill(text)
  return (text:gsub("%f[%w](%u+)%f[%W]", { A = A, B = B, C = C, ARN = ARN }))
end

--- The groups that sops would leave the file with. A key that is listed twice is written twice, and
--- one between two commas has no name; here neither is.
local function groups_of_sops(said)
  local groups, current, seen = {}, nil, {}
  for line in said:gsub("\27%[[%d;]*m", ""):gmatch "[^\n]+" do
    if line:match "^Group %d+" then
      current, seen = {}, {}
      table.insert(groups, current)
    elseif current and (line:match "^    " or line:match "^%+%+%+ .") then
      local name <const> = line:sub(5)
      table.insert(current, not seen[name] and name or nil)
      seen[name] = true
    end
  end
  return groups
end

local function sealed_file(t, sops)
  t:write("clear.yaml", "a: 1\n")
  return t:run { sops, "--config", "/dev/null", "encrypt", "--age", new_recipient(),
    t:path "clear.yaml" }.stdout
end

--- What sops makes of the rules: the groups of sealed.yaml; nil when it refuses them.
local function theirs(t, sops, sealed, text)
  t:write("sealed.yaml", sealed)
  t:write(".sops.yaml", text)
  local said <const> = t:run { sops, "updatekeys", t:path "sealed.yaml", stdin = "n\n" }
  local groups <const> = groups_of_sops(said.stdout)
  for _, group in ipairs(groups) do
    table.sort(group)
  end
  return #groups > 0 and groups or nil, said.stderr
end

local function ours(text)
  local model <const> = assert(rules.open(text))
  local rule <const> = assert(model:match "sealed.yaml")
  local names <const> = {}
  for i, group in ipairs(rule and assert(model:groups(rule)) or {}) do
    names[i] = {}
    for _, key in ipairs(group) do
      table.insert(names[i], key.recipient)
    end
    table.sort(names[i])
  end
  return names
end

for _, config in ipairs(CONFIGS) do
  test.it("reads as sops does: " .. config[1], function(t)
    local sops <const> = test.peer "sops"
    local text <const> = fill(HEAD .. config[2])
    test.equal(ours(text), theirs(t, sops, sealed_file(t, sops), text))
  end)
end

test.it("reads as sops does: rules that were made up", function(t)
  local sops <const> = test.peer "sops"
  local sealed <const> = sealed_file(t, sops)
  local same = 0
  for seed = 1001, 1000 + ROUNDS do
    local text <const> = random_rules(seed, { A, B, C })
    local wanted <const>, why <const> = theirs(t, sops, sealed, text)
    if wanted then
      same = same + 1
      test.equal(ours(text), wanted, text)
    else -- no rule matches, or the group that does is empty
      assert(why:find "no matching creation rules" or why:find "already up to date", why)
    end
  end
  assert(same > ROUNDS // 2, "sops refused most of them")
end)
