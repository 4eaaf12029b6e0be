-- Key groups compared, words read as keys, and envelopes in the hands of careless scripts.

local age        <const> = require "moonlatch.age"
local key_groups <const> = require "moonlatch.key_groups"
local sops       <const> = require "moonlatch.sops"
local test       <const> = require "moonlatch.test"

local FP <const> = ("AB12"):rep(10)

--- Groups of a text: "a b|c" are two; names stand for keys.
local function groups_of(text)
  local groups <const> = {}
  for group in (text .. "|"):gmatch "([^|]*)|" do
    table.insert(groups, {})
    for name in group:gmatch "%S+" do
      table.insert(groups[#groups], { kind = "pgp", recipient = name })
    end
  end
  return groups
end

local function words_of(list)
  local words <const> = {}
  for i, one in ipairs(list) do
    words[i] = one.group .. one.key.recipient
  end
  return table.concat(words, " ")
end

test.it("says who comes and who goes, by groups", function()
  for _, case in ipairs {
    { "x y", "y x", "", "" },
    { "x", "x y", "1y", "" },
    { "x|y", "y|x", "1y 2x", "1x 2y" },
    { "x|y|z", "x|z", "", "2y" },
    { "x|z", "x|y|z", "2y", "" },
    { "x", "x|x", "1x", "" }, -- the last is what it was, whatever the number
    { "x|y", "z", "1z", "1x 2y" },
    { "", "x", "1x", "" },
    { "x x", "x", "", "" },
  } do
    local missing <const>, extra <const> = key_groups.compare(groups_of(case[1]),
      groups_of(case[2]))
    test.equal({ words_of(missing), words_of(extra) }, { case[3], case[4] },
      case[1] .. " -> " .. case[2])
  end
end)

test.it("knows what opens so many groups", function()
  local ann <const>, ben <const> = age.generate():recipient(), age.generate():recipient()
  local groups <const> = { key_groups.of_texts { ann }[1], key_groups.of_texts { ann, ben }[1] }
  test.equal({ key_groups.opens(groups, 2, { [ann] = true }),
    key_groups.opens(groups, 2, { [ben] = true }), key_groups.opens(groups, 1, { [ben] = true }),
    key_groups.opens(groups, 0, {}) }, { true, false, true, false })
  test.equal({ key_groups.needed(groups, 0), key_groups.needed(groups, nil),
    key_groups.needed({ {} }, 3), key_groups.needed({ {}, {}, {} }, 2) }, { 2, 2, 1, 2 })
end)

test.it("reads a word as a key of its kind", function()
  local key <const> = age.generate():recipient()
  for word, kind in pairs { [key] = "age", [FP] = "pgp", ["arn:aws:kms:x:1:key/a"] = "kms",
    ["projects/p/locations/l/keyRings/r/cryptoKeys/k"] = "gcp_kms",
    ["https://v.vault.azure.net/keys/k/1"] = "azure_kv",
    ["http://127.0.0.1:8200/v1/sops/keys/k"] = "hc_vault" } do
    test.equal(assert(key_groups.parse(word)).kind, kind)
    test.equal(key_groups.kind_of(word), kind)
  end
  for _, word in ipairs { "", "tara", "age1x", "deadbeef-vm", "AGE-SECRET-KEY-1X", "ab" } do
    test.equal(key_groups.parse(word), nil, word)
  end
  for _, word in ipairs { "tara", "deadbeef", "dad", "projects", "arn" } do
    test.equal(key_groups.kind_of(word), nil, word)
  end
end)

test.it("takes an Azure key without a version for the one of the file", function()
  local function azure(version)
    return { kind = "azure_kv", vault_url = "https://v", name = "k", version = version,
      recipient = "https://v/keys/k/" .. version }
  end
  local settled <const> = key_groups.settle({ { azure "" }, { azure "" } }, { { azure "7" } })
  test.equal({ settled[1][1].version, settled[2][1].version }, { "7", "" })
end)

test.it("keeps an envelope alive without what it was made from", function()
  local key <const> = age.generate()
  local approved <const> = assert(sops.approved { groups = { { { kind = "age",
    recipient = key:recipient() }, { kind = "pgp", fp = FP } } } })
  local envelope <const> = assert(sops.envelope(approved))
  approved:close()
  collectgarbage()
  test.equal(pcall(sops.envelope, approved), false)
  test.equal(envelope:open()[1].key.recipient, FP)
  local into <const> = { envelope = envelope, path = "a.yaml" }
  test.equal(select(2, sops.encrypt("a: 1\n", into)).code, "key-source")
  assert(envelope:give(2, "wrapped"))
  test.equal({ select(2, envelope:give(2, "again")).code, select(2, envelope:give(1, "x")).code },
    { "argument", "argument" })
  local text <const> = assert(sops.encrypt("a: 1\n", into))
  test.equal(select(2, sops.encrypt("a: 1\n", into)).code, "argument") -- it is for one file
  local file <close> = assert(sops.open(text, { path = "a.yaml" }))
  test.equal(file:recipients()[1].fp, FP)
  assert(file:unlock { key })
  local own <const> = assert(file:envelope(assert(sops.approved { key:recipient() })))
  assert(file:decrypt())
  assert(file:set("a", 2))
  test.equal(select(2, file:update_keys(own)).code, "argument") -- it changed since
  test.equal(select(2, file:renew(own)).code, "argument")
end)

test.it("refuses keys that are none", function()
  for _, bad in ipairs { { kind = "gpg" }, { kind = "pgp" }, { kind = "pgp", fp = 7 }, {}, 7,
    { kind = "kms", arn = "a", context = { 1 } } } do
    test.equal(pcall(sops.approved, { groups = { { bad } } }), false)
  end
  test.equal(pcall(sops.approved, { groups = { "x" } }), false)
  local no_key <const> = { kind = "age", recipient = "age1x" }
  test.equal(select(2, sops.approved { groups = { { no_key } } }).code, "format")
end)
