-- update-keys: files follow their rules and links, and nothing else in them changes.

local json, sample, test = require "moonlatch.json", require "moonlatch.sample",
  require "moonlatch.test"

local crew <const> = test.helper "tests/recipes/crew.lua"
local as <const>, run <const>, seal <const> = crew.as, crew.run, crew.seal
local FILE <const> = crew.FILE

local RULES <const> = [[
keys:
  - &me ME
  - &bob BOB
  - &tara TARA
creation_rules:
  - path_regex: secrets/.*
    key_groups:
      - age:
          - *me
          - *bob
  - path_regex: others/.*
    age: *tara
]]

--- The rule for secrets/ names the first two; first use of the repository approves all three.
local function setup(t)
  local keys <const> = crew.keys(t, { "me", "bob", "tara" })
  t:write(".sops.yaml", crew.with_keys(keys, RULES))
  return keys
end

local function edit_rules(t, old, new)
  local text <const>, count <const> = t:read(".sops.yaml"):gsub(old, (new:gsub("%%", "%%%%")))
  assert(count > 0, "nothing to replace")
  t:write(".sops.yaml", text)
end

--- The file without the stanzas of its recipients.
local function rest_of(text)
  return (text:gsub("%-%-%-%-%-BEGIN AGE.-recipient: [^\n]*\n", ""))
end

local function stanza(text, key)
  for block in text:gmatch "%-%-%-%-%-BEGIN AGE.-recipient: [^\n]*\n" do
    if block:find(key, 1, true) then
      return block
    end
  end
end

test.it("adds and removes by the rule, and touches nothing else", function(t)
  local keys <const> = setup(t)
  local before <const> = seal(t, "secrets/a.yaml")
  run(t, { "encrypt", "-q", "--catch-all", ".sops.yaml" }, 2) -- no rule: not one of them
  edit_rules(t, "%*bob", "*tara")
  local planned <const> = run(t, { "update-keys", "-n" }, 1)
  test.contains(planned.stderr, "+ tara " .. keys.TARA)
  test.contains(planned.stderr, "- bob " .. keys.BOB)
  test.equal(t:read "secrets/a.yaml", before)
  test.contains(run(t, { "update-keys" }, 2).stderr, "[consent]") -- though it is one file only
  test.equal(t:read "secrets/a.yaml", before)
  local done <const> = run(t, { "update-keys", "-y" })
  test.contains(done.stderr, "moonlatch renew secrets/a.yaml")
  local after <const> = t:read "secrets/a.yaml"
  test.equal(rest_of(after), rest_of(before))
  test.equal(stanza(after, keys.ME), stanza(before, keys.ME))
  test.equal(stanza(after, keys.BOB), nil)
  test.equal(run(t, { "decrypt", "secrets/a.yaml", env = as(t, "tara") }).stdout, FILE)
  test.contains(run(t, { "updatekeys", "-y" }).stderr, "nothing to do")
  test.equal(t:read "secrets/a.yaml", after)
end)

test.it("gives dotenv and INI files their recipients in lines of their own", function(t)
  local keys <const> = setup(t)
  local clear <const> = { ["secrets/a.env"] = "# who\nNAME=crew\n",
    ["secrets/a.ini"] = "; who\n[crew]\nname = x ; y" }
  for path, text in pairs(clear) do
    t:write(path, text)
    run(t, { "encrypt", "-q", "-i", path })
  end
  test.contains(run(t, { "validate" }).stdout, "2 sealed files")
  local before <const> = { t:read "secrets/a.env", t:read "secrets/a.ini" }
  edit_rules(t, "%*bob", "*bob\n          - *tara")
  run(t, { "update-keys", "-y" })
  for path, text in pairs(clear) do
    test.contains(t:read(path), keys.TARA)
    test.equal(run(t, { "decrypt", path, env = as(t, "tara") }).stdout, text)
  end
  edit_rules(t, "\n          %- %*tara", "")
  run(t, { "update-keys", "-y" })
  test.equal({ t:read "secrets/a.env", t:read "secrets/a.ini" }, before)
  run(t, { "renew", "--all", "-y" })
  test.equal(run(t, { "decrypt", "secrets/a.ini" }).stdout, clear["secrets/a.ini"])
end)

test.it("wraps anew for all, or renews the data key, only when told to", function(t)
  local keys <const> = setup(t)
  local before <const> = seal(t, "secrets/a.yaml")
  run(t, { "update-keys", "--rewrap" })
  local wrapped <const> = t:read "secrets/a.yaml"
  test.equal(rest_of(wrapped), rest_of(before))
  test.equal(stanza(wrapped, keys.ME) ~= stanza(before, keys.ME), true)
  run(t, { "update-keys", "--renew", "-y" }) -- nobody leaves, nothing is renewed
  test.equal(t:read "secrets/a.yaml", wrapped)
  edit_rules(t, "          %- %*bob\n", "")
  test.lacks(run(t, { "update-keys", "--renew", "-y" }).stderr, "may have kept")
  local renewed <const> = t:read "secrets/a.yaml"
  test.equal(renewed:match "name: ENC[^\n]*" ~= before:match "name: ENC[^\n]*", true)
  test.equal(run(t, { "decrypt", "secrets/a.yaml" }).stdout, FILE)
end)

test.it("keeps what each file says about itself", function(t)
  local keys <const> = setup(t)
  t:write("secrets/own.yaml", FILE)
  run(t, { "encrypt", "-q", "-i", "-a", keys.ME, "--encrypted-regex", "^name$",
    "secrets/own.yaml" })
  run(t, { "update-keys", "-y" })
  local after <const> = t:read "secrets/own.yaml"
  test.contains(after, "encrypted_regex: ^name$")
  test.contains(after, "list: [a, b]")
  test.contains(after, keys.BOB)
end)

local FINGERPRINT <const> = "FBC7B9E2A4F9289AC0C1D4843D16CEE4A27381B4"
local PGP <const> = [[
    pgp:
        - created_at: "2024-01-01T00:00:00Z"
          enc: |-
            -----BEGIN PGP MESSAGE-----
            hQEM
            -----END PGP MESSAGE-----
          fp: FBC7B9E2A4F9289AC0C1D4843D16CEE4A27381B4
]]

test.it("keeps keys of other kinds byte for byte as long as the rule names them", function(t)
  local keys <const> = setup(t)
  local sealed <const> = seal(t, "secrets/a.yaml")
  t:write("secrets/a.yaml", (sealed:gsub("(\n)(    version:)", "%1" .. PGP .. "%2")))
  test.contains(t:read "secrets/a.yaml", PGP)
  edit_rules(t, "%*bob\n",
    "*tara\n        pgp:\n          - " .. FINGERPRINT .. "\n")
  run(t, { "update-keys", "-y", "--accept-recipient", FINGERPRINT })
  local after <const> = t:read "secrets/a.yaml"
  test.contains(after, PGP)
  test.contains(after, keys.TARA)
  test.contains(run(t, { "update-keys", "-y" }).stderr, "nothing to do")
  edit_rules(t, "        pgp:\n          %- %x+\n", "")
  test.contains(run(t, { "update-keys", "-y" }).stderr, FINGERPRINT)
  test.equal((t:read "secrets/a.yaml":gsub("enc: |.-\n +recipient", "")),
    (after:gsub(PGP:gsub("%p", "%%%0"), ""):gsub("enc: |.-\n +recipient", "")))
end)

test.it("does all or nothing, and names each file that stands in the way", function(t)
  local keys <const> = setup(t)
  local mine <const> = seal(t, "secrets/a.yaml")
  t:write("secrets/b.yaml", FILE)
  t:write("secrets/c.json", '{"a": "b"}\n')
  run(t, { "encrypt", "-q", "-i", "-a", keys.BOB, "secrets/b.yaml" })
  run(t, { "encrypt", "-q", "-i", "-a", keys.BOB, "secrets/c.json" })
  edit_rules(t, "%*bob\n", "*bob\n          - *tara\n")
  local whole <const> = run(t, { "update-keys", "-y", "--json" }, 2)
  local findings <const> = json.parse(whole.stdout).findings
  test.equal(#findings, 2)
  for i, path in ipairs { "secrets/b.yaml", "secrets/c.json" } do
    test.equal({ findings[i].path, findings[i].code }, { path, "key" })
    test.contains(findings[i].hint, "bob can: moonlatch recipient add me " .. path)
  end
  test.equal(t:read "secrets/a.yaml", mine)
  run(t, { "update-keys", "-y", "--keep-going" }, 1)
  test.equal(run(t, { "decrypt", "secrets/a.yaml", env = as(t, "tara") }).stdout, FILE)
  test.lacks(t:read "secrets/b.yaml", keys.TARA)
end)

test.it("wraps for nobody who was not approved", function(t)
  setup(t)
  local sealed <const> = seal(t, "secrets/a.yaml")
  local stranger <const> = require("moonlatch.age").generate():recipient()
  edit_rules(t, "%*bob\n", "*bob\n          - " .. stranger .. "\n")
  local refused <const> = run(t, { "update-keys", "-y" }, 1)
  test.contains(refused.stderr, "[approval]")
  test.contains(refused.stderr, ".sops.yaml:11: " .. stranger)
  test.equal(t:read "secrets/a.yaml", sealed)
  run(t, { "update-keys", "-y", "--accept-recipient", stranger })
  test.contains(t:read "secrets/a.yaml", stranger)
end)

test.it("does nothing while it is not known who should open what", function(t)
  setup(t)
  local sealed <const> = seal(t, "secrets/a.yaml")
  t:write("sops/users/bob/key.json", "[{}]")
  test.contains(run(t, { "update-keys", "-y" }, 2).stderr, "sops/users/bob/key.json")
  t.root:remove "sops/users/bob/key.json"
  edit_rules(t, "path_regex: secrets/", "path_regex: secrets(/")
  test.contains(run(t, { "update-keys", "-y" }, 2).stderr, ".sops.yaml:6")
  test.equal(t:read "secrets/a.yaml", sealed)
end)

test.it("refuses what is no sealed file of the site, or has no rule", function(t)
  local keys <const> = setup(t)
  seal(t, "secrets/a.yaml")
  t:write("secrets/clear.yaml", FILE)
  t:write("else.yaml", FILE)
  run(t, { "encrypt", "-q", "-i", "-a", keys.ME, "else.yaml" })
  test.contains(run(t, { "update-keys", "secrets/clear.yaml" }, 2).stderr, "moonlatch encrypt")
  test.contains(run(t, { "update-keys", "secrets/none.yaml" }, 2).stderr, "[missing]")
  test.contains(run(t, { "update-keys", "/etc/passwd" }, 2).stderr, "not below")
  test.contains(run(t, { "update-keys", "else.yaml" }, 2).stderr, "moonlatch renew else.yaml")
  test.contains(run(t, { "update-keys" }).stderr, "[ungoverned]")
end)

test.it("follows the links of clan", function(t)
  local made <const> = sample.make(t.root)
  t:write("home/me.txt", made.identities["owner-user"].identity:secret())
  local var <const> = "vars/per-machine/elm/luks/key"
  assert(t.root:symlink(var .. "/users/ben", "../../../../../../sops/users/ben"))
  local planned <const> = run(t, { "update-keys", "-n", "--json" }, 1)
  local changes <const> = json.parse(planned.stdout).changes
  test.equal(#changes, 1)
  test.equal(changes[1].path, var .. "/secret")
  test.equal(changes[1].why, { "+ ben-user " .. made.identities["ben-user"].recipient })
  run(t, { "update-keys", "-y", var .. "/secret" })
  test.contains(t:read(var .. "/secret"), made.identities["ben-user"].recipient)
  t:write("home/ben.txt", made.identities["ben-user"].identity:secret())
  run(t, { "get", var .. "/secret", "data", env = as(t, "ben") })
end)

test.it("passes over no file that it cannot read", function(t)
  setup(t)
  seal(t, "secrets/a.yaml")
  local sealed <const> = seal(t, "secrets/b.yaml")
  local value <const> = sealed:match "\nname: [^\n]+\n"
  local conflict <const> = sealed:gsub("\nname: [^\n]+\n", function()
    return "\n<<<<<<< ours" .. value .. "=======" .. value .. ">>>>>>> theirs\n"
  end)
  for broken, says in pairs { [conflict] = "git's conflict marks",
    [sealed:sub(1, #sealed // 2)] = "secrets/b.yaml" } do
    t:write("secrets/b.yaml", broken)
    local before <const> = t:read "secrets/a.yaml"
    for _, words in ipairs { { "update-keys", "--rewrap", "-y" }, { "renew", "--all", "-y" },
      { "recipient", "remove", "bob", "--everywhere", "-y" }, { "rotate", "me", "--new-key",
      t:path "home/tara.txt", "-y" } } do
      test.contains(run(t, words, 2).stderr, says)
    end
    test.equal(t:read "secrets/a.yaml", before)
    run(t, { "renew", "--all", "-y", "--keep-going" }, 1)
    test.equal(t:read "secrets/a.yaml" ~= before, true)
  end
  t.root:remove "secrets/b.yaml"
  t:write("secrets/c.env", "A=ENC[AES256_GCM,data:x,iv:x,tag:x,type:str]\nsops_mac=x\n")
  test.contains(run(t, { "renew", "--all", "-y" }, 2).stderr, "secrets/c.env")
end)

test.it("leaves files that the real sops opens", function(t)
  local sops <const> = test.peer "sops"
  setup(t)
  seal(t, "secrets/a.yaml")
  edit_rules(t, "%*bob", "*tara")
  run(t, { "update-keys", "--renew", "-y" })
  local opened <const> = t:run { sops, "decrypt", "secrets/a.yaml", env = as(t, "tara") }
  test.equal({ opened.status, opened.stderr }, { 0, "" })
  test.contains(opened.stdout, "name: crew\n")
end)
