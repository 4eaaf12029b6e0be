-- Edits of rules with key groups, with merged groups, and with keys of other kinds.

local rules, test = require "moonlatch.rules", require "moonlatch.test"

-- Edits do not ask whether a key is one.
local SAMPLE <const> = [[
keys:
  - &ada age1ada
  - &ben age1ben
  - &ops
    age: [age1ops]   # they are many
    pgp: [ABAB]
  - &alone {age: [age1alone]}
creation_rules:
  - path_regex: ^groups/
    shamir_threshold: 2
    key_groups:
      - merge: [*ops]
        age:
          - *ada
      - pgp: [CDCD]   # by hand
      - merge:
          - *ops
          - *alone
        kms:
          - arn: arn:aws:kms:r:1:key/k
            context: {a: b}
          - arn: arn:aws:kms:r:1:key/l
  - path_regex: ^flat/
    pgp: ABAB, CDCD
    hc_vault_transit_uri: [https://v/v1/t/keys/k]
  - path_regex: ^inline/
    key_groups:
      - &shared
        age:
          - &cat age1cat
          - age1dan
  - path_regex: ^again/
    key_groups:
      - *shared
      - merge: [*shared]
        age: [*cat, age1eve]
]]

local function open()
  return assert(rules.open(SAMPLE, ".sops.yaml"))
end

--- What one edit of the sample makes of it: the lines that are gone, and the new ones. Of equal
--- lines the last counts as new.
local function edited(run)
  local model <const> = open()
  assert(run(model))
  local function lines_of(text, other)
    local list, there <const> = {}, {}
    for line in other:gmatch "[^\n]+" do
      there[line] = (there[line] or 0) + 1
    end
    for line in text:gmatch "[^\n]+" do
      if (there[line] or 0) == 0 then
        table.insert(list, line)
      end
      there[line] = (there[line] or 0) - 1
    end
    return list
  end
  return lines_of(SAMPLE, model:text()), lines_of(model:text(), SAMPLE), model
end

local function refused(code, run)
  local model <const> = open()
  local err <const> = test.fails_with(code, function() assert(run(model)) end)
  test.equal(model:text(), SAMPLE)
  return err
end

test.it("adds to the group's own list, not to one that is merged into it", function()
  local gone, new, model = edited(function(m) return m:add_recipient(1, "age1ben") end)
  test.equal({ gone, new }, { {}, { "          - *ben" } })
  test.equal(model:add_recipient(1, "age1ben"), false)
  test.equal(model:add_recipient(1, "age1ops"), false) -- it has that by merge
  gone, new, model = edited(function(m) return m:add_recipient(1, "age1ben", { group = 2 }) end)
  test.equal({ gone, new }, { {}, { "          - *ben", "        age:" } })
  test.equal(assert(model:groups(model.rules[1]))[2][1].recipient, "age1ben")
  gone, new, model = edited(function(m) return m:add_recipient(1, "age1new", { group = 3 }) end)
  test.equal({ gone, new }, { {}, { "          - age1new", "        age:" } })
  test.equal(model.rules[1].groups, 3)
end)

test.it("adds keys of other kinds where they are strings", function()
  local gone, new = edited(function(m)
    return m:add_recipient(1, "EFEF", { group = 2, kind = "pgp" })
  end)
  test.equal({ gone, new },
    { { "      - pgp: [CDCD]   # by hand" }, { "      - pgp: [CDCD, EFEF]   # by hand" } })
  gone, new = edited(function(m) return m:add_recipient(2, "EFEF", { kind = "pgp" }) end)
  test.equal({ gone, new }, { { "    pgp: ABAB, CDCD" }, { "    pgp: ABAB, CDCD, EFEF" } })
  gone, new = edited(function(m)
    return m:add_recipient(2, "https://v/v1/t/keys/l", { kind = "hc_vault" })
  end)
  test.equal({ gone, new }, { { "    hc_vault_transit_uri: [https://v/v1/t/keys/k]" },
    { "    hc_vault_transit_uri: [https://v/v1/t/keys/k, https://v/v1/t/keys/l]" } })
  gone, new = edited(function(m)
    return m:add_recipient(2, "https://a.vault.azure.net/keys/k/1", { kind = "azure_kv" })
  end)
  test.equal({ gone, new }, { {},
    { "    azure_keyvault:", "      - https://a.vault.azure.net/keys/k/1" } })
  local err <const> = refused("unsupported", function(m)
    return m:add_recipient(1, "arn:aws:kms:r:1:key/m", { group = 3, kind = "kms" })
  end)
  test.contains(err.hint, "by hand")
  refused("format", function(m) return m:add_recipient(2, "x", { kind = "azure_kv" }) end)
  refused("argument", function(m) return m:add_recipient(1, "age1x", { group = 4 }) end)
end)

test.it("removes a key of any kind, in one group or in all", function()
  local ARN <const> = "arn:aws:kms:r:1:key/k"
  local gone, new, model = edited(function(m)
    return m:remove_recipient(1, ARN .. "|a:b")
  end)
  test.equal({ gone, new }, { { "          - arn: " .. ARN, "            context: {a: b}" }, {} })
  test.equal(#assert(model:groups(model.rules[1]))[3], 4)
  gone, new, model = edited(function(m) return m:remove_recipient(2, "ABAB", { kind = "pgp" }) end)
  test.equal({ gone, new }, { { "    pgp: ABAB, CDCD" }, { "    pgp: CDCD" } })
  test.equal(model:remove_recipient(2, "ABAB", { kind = "age" }), false)
  test.equal(model:remove_recipient(1, ARN, { group = 1 }), false)
  gone, new = edited(function(m) return m:remove_recipient(1, "age1alone") end)
  test.equal({ gone, new }, { { "  - &alone {age: [age1alone]}" }, { "  - &alone {age: []}" } })
end)

test.it("does not edit through one rule what others use", function()
  for _, run in ipairs {
    function(m) return m:remove_recipient(1, "age1ops", { group = 1 }) end, -- merged twice
    function(m) return m:add_recipient(3, "age1new") end, -- another rule has the group too
    function(m) return m:remove_recipient(3, "age1dan") end,
    function(m) return m:remove_recipient(4, "age1dan", { group = 2 }) end,
  } do
    test.contains(refused("conflict", run).message, "shares its keys with others through *")
  end
  refused("conflict", function(m) return m:add_recipient(4, "age1new") end)
  test.contains(refused("conflict", function(m)
    return m:remove_recipient(1, "CDCD")
  end).message, "key group 2 of rule 1 would be left without a key")
end)

test.it("keeps an anchor that stands in a rule and is used elsewhere", function()
  local text <const> = "creation_rules:\n  - path_regex: a\n    age:\n      - &cat age1cat\n"
    .. "      - age1dan\n  - path_regex: b\n    age: [*cat, age1dan]\n"
  local model <const> = assert(rules.open(text))
  local err <const> = test.fails_with("conflict", function()
    assert(model:remove_recipient(1, "age1cat"))
  end)
  test.contains(err.message, "&cat stands in rule 1")
  assert(model:remove_recipient(2, "age1cat"))
  assert(model:remove_recipient(1, "age1cat"))
  test.equal(model:text(), "creation_rules:\n  - path_regex: a\n    age:\n      - age1dan\n"
    .. "  - path_regex: b\n    age: [age1dan]\n")
end)

test.it("takes all places of a key out, or none; and never uncovers other keys", function()
  for _, text in ipairs {
    "g: &g {age: [age1cat]}\ncreation_rules:\n  - key_groups:\n      - age: [age1cat, age1dan]\n"
      .. "        merge: [*g]\n  - key_groups: [*g]\n",
    "d: &d {age: age1eve}\ncreation_rules:\n  - <<: *d\n    age: age1cat\n    pgp: ABAB\n",
    "d: &d {age: age1eve}\ncreation_rules:\n  - <<: *d\n    age: age1cat,age1cat\n    pgp: ABAB\n",
  } do
    local model <const> = assert(rules.open(text))
    test.fails_with("conflict", function() assert(model:remove_recipient(1, "age1cat")) end)
    test.equal(model:text(), text)
  end
  local model <const> = assert(rules.open(
    "d: &d {age: age1eve}\ncreation_rules:\n  - <<: *d\n    age: age1cat, age1dan, age1cat\n"))
  assert(model:remove_recipient(1, "age1cat"))
  test.contains(model:text(), "    age: age1dan\n")
end)

test.it("removes the last key of one kind", function()
  local text <const> = "creation_rules:\n  - key_groups:\n      - age:\n          - age1cat\n"
    .. "        pgp: [ABAB]\n"
  local model <const> = assert(rules.open(text))
  assert(model:remove_recipient(1, "age1cat"))
  test.equal(#assert(model:groups(model.rules[1]))[1], 1)
  assert(model:add_recipient(1, "age1dan"))
  test.equal(#assert(model:groups(model.rules[1]))[1], 2)
end)
