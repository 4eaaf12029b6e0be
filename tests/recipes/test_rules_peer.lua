-- Rules as the real sops reads them: what it would change in the keys of a file is what differs
-- from the groups that are read here.

local age   <const> = require "moonlatch.age"
local rules <const> = require "moonlatch.rules"
local test  <const> = require "moonlatch.test"

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

--- The groups that sops would leave the file with, each as a sorted list.
local function groups_of_sops(said)
  local groups, current = {}, nil
  for line in said:gsub("\27%[[%d;]*m", ""):gmatch "[^\n]+" do
    if line:match "^Group %d+" then
      current = {}
      table.insert(groups, current)
    elseif current and line:match "^    " or line:match "^%+%+%+ " then
      table.insert(current, line:sub(5))
    end
  end
  return groups
end

for _, config in ipairs(CONFIGS) do
  test.it("reads as sops does: " .. config[1], function(t)
    local sops <const> = test.peer "sops"
    local text <const> = fill(HEAD .. config[2])
    t:write("clear.yaml", "a: 1\n")
    local sealed <const> = t:run { sops, "--config", "/dev/null", "encrypt", "--age",
      new_recipient(), t:path "clear.yaml" }
    t:write("sealed.yaml", sealed.stdout)
    t:write(".sops.yaml", text)
    local said <const> = t:run { sops, "updatekeys", t:path "sealed.yaml", stdin = "n\n" }
    local model <const> = assert(rules.open(text))
    local names <const> = {}
    for i, group in ipairs(assert(model:groups(assert(model:match "sealed.yaml")))) do
      names[i] = {}
      for _, key in ipairs(group) do
        table.insert(names[i], key.recipient)
      end
      table.sort(names[i])
    end
    local theirs <const> = groups_of_sops(said.stdout)
    for _, group in ipairs(theirs) do
      table.sort(group)
    end
    assert(#theirs > 0, said.stdout .. said.stderr)
    test.equal(names, theirs)
  end)
end
