-- recipient add, remove, list: .sops.yaml and the files follow each other, in every shape in which
-- people write recipients.

local json, sample, test = require "moonlatch.json", require "moonlatch.sample",
  require "moonlatch.test"

local crew <const> = test.helper "tests/recipes/crew.lua"
local as <const>, run <const>, seal <const> = crew.as, crew.run, crew.seal
local FILE <const>, with_keys <const> = crew.FILE, crew.with_keys
local RULE <const> = "creation_rules:\n  # ours\n  - path_regex: secrets/.*\n"
local ANCHORS <const> = "keys:\n  - &me ME # myself\n  - &bob BOB\n"

local function setup(t, rules)
  local keys <const> = crew.keys(t, { "me", "bob", "tara" })
  t:write(".sops.yaml", with_keys(keys, rules))
  return keys
end

--- How a rule lists its keys: at first, with tara added, then with bob removed.
local SHAPES <const> = {
  ["aliases in a key group"] = {
    ANCHORS .. RULE .. "    key_groups:\n      - age:\n          - *me\n          - *bob # soon\n",
    ANCHORS .. "  - &tara TARA\n" .. RULE
      .. "    key_groups:\n      - age:\n          - *me\n          - *bob # soon\n"
      .. "          - *tara\n",
    ANCHORS .. "  - &tara TARA\n" .. RULE
      .. "    key_groups:\n      - age:\n          - *me\n          - *tara\n",
  },
  ["aliases in brackets"] = {
    ANCHORS .. RULE .. "    key_groups:\n      - age: [*me, *bob]\n",
    ANCHORS .. "  - &tara TARA\n" .. RULE .. "    key_groups:\n      - age: [*me, *bob, *tara]\n",
    ANCHORS .. "  - &tara TARA\n" .. RULE .. "    key_groups:\n      - age: [*me, *tara]\n",
  },
  ["aliases in a flat list"] = {
    ANCHORS .. RULE .. "    age:\n      - *me\n      - *bob\n",
    ANCHORS .. "  - &tara TARA\n" .. RULE .. "    age:\n      - *me\n      - *bob\n      - *tara\n",
    ANCHORS .. "  - &tara TARA\n" .. RULE .. "    age:\n      - *me\n      - *tara\n",
  },
  ["keys in a list"] = {
    RULE .. "    age:\n      - ME # myself\n      - BOB\n",
    RULE .. "    age:\n      - ME # myself\n      - BOB\n      - TARA\n",
    RULE .. "    age:\n      - ME # myself\n      - TARA\n",
  },
  ["a string with commas"] = {
    RULE .. "    age: ME,BOB # both\n",
    RULE .. "    age: ME,BOB,TARA # both\n",
    RULE .. "    age: ME,TARA # both\n",
  },
  ["a quoted string with commas"] = {
    RULE .. "    age: 'ME, BOB'\n",
    RULE .. "    age: 'ME, BOB, TARA'\n",
    RULE .. "    age: 'ME, TARA'\n",
  },
  ["a folded string"] = {
    RULE .. "    age: >-\n      ME,\n      BOB\n    unencrypted_suffix: _unencrypted\n",
    RULE .. "    age: >-\n      ME,\n      BOB, TARA\n    unencrypted_suffix: _unencrypted\n",
    RULE .. "    age: >-\n      ME,\n      TARA\n    unencrypted_suffix: _unencrypted\n",
  },
}

for shape, texts in pairs(SHAPES) do
  test.it("edits the rule and the file: " .. shape, function(t)
    local keys <const> = setup(t, texts[1])
    local before <const> = seal(t, "secrets/a.yaml")
    local add <const> = { "recipient", "add", "-y", keys.TARA, "--rule", "1" }
    if texts[1]:find "keys:" then
      table.insert(add, "--name=tara")
    end
    run(t, add)
    test.equal(t:read ".sops.yaml", with_keys(keys, texts[2]))
    test.equal(t:read("secrets/a.yaml"):match "name: [^\n]*", before:match "name: [^\n]*")
    test.equal(run(t, { "decrypt", "secrets/a.yaml", env = as(t, "tara") }).stdout, FILE)
    test.contains(run(t, add).stderr, "nothing to do")
    local removed <const> = run(t, { "recipient", "remove", "-y", keys.BOB, "--rule", "1" })
    test.equal(t:read ".sops.yaml", with_keys(keys, texts[3]))
    test.contains(removed.stdout, "secrets/a.yaml  name\n")
    test.lacks(removed.stdout, "port_unencrypted")
    test.lacks(t:read "secrets/a.yaml", before:match "name: [^\n]*")
    run(t, { "decrypt", "secrets/a.yaml", env = as(t, "bob") }, 2)
    test.equal(run(t, { "decrypt", "secrets/a.yaml" }).stdout, FILE)
    test.contains(run(t, { "update-keys" }).stderr, "nothing to do")
  end)
end

test.it("makes a list where one alias stood", function(t)
  local keys <const> = setup(t, ANCHORS .. RULE .. "    age: *me\n")
  seal(t, "secrets/a.yaml")
  local shown <const> = run(t, { "recipient", "add", "-n", "bob", "--rule", "1",
    "--accept-recipient", keys.BOB }, 1)
  test.contains(shown.stderr, "+ bob " .. keys.BOB)
  test.equal(t:read ".sops.yaml", with_keys(keys, ANCHORS .. RULE .. "    age: *me\n"))
  run(t, { "recipient", "add", "-y", "bob", "--rule", "1", "--accept-recipient", keys.BOB })
  test.equal(t:read ".sops.yaml",
    with_keys(keys, ANCHORS .. RULE .. "    age:\n      - *me\n      - *bob\n"))
end)

local TWO <const> = ANCHORS .. RULE .. [[
    key_groups:
      - age:
          - *me
          - *bob
  - path_regex: vars/.*
    key_groups:
      - age:
          - *me
  - age: *me
]]

test.it("takes a key that is typed, but not a name that the repository gave to a key", function(t)
  local keys <const> = setup(t, TWO)
  local sealed <const>, rules <const> = seal(t, "secrets/a.yaml"), t:read ".sops.yaml"
  t:write("sops/users/tara/key.json", json.format { { publickey = keys.TARA, type = "age" } })
  local named <const> = { "recipient", "add", "-y", "tara", "secrets/a.yaml" }
  local refused <const> = run(t, named, 1)
  test.contains(refused.stderr, "sops/users/tara/key.json: " .. keys.TARA)
  test.equal({ t:read "secrets/a.yaml", t:read ".sops.yaml" }, { sealed, rules })
  table.insert(named, "--accept-recipient=" .. keys.TARA)
  run(t, named)
  test.equal(t:read(".sops.yaml"):match "  %- &tara [^\n]*", "  - &tara " .. keys.TARA)
  run(t, { "get", "secrets/a.yaml", "name", env = as(t, "tara") })
  local stranger <const> = require "moonlatch.age".generate():recipient()
  local added <const> = { "recipient", "add", "--name", "gus", stranger, "secrets/a.yaml" }
  test.contains(run(t, added, 2).stderr, "[consent]")
  t:write(".sops.yaml", (t:read(".sops.yaml"):gsub("          %- %*bob\n", function(line)
    return line .. "          - " .. stranger .. "\n"
  end, 1)))
  run(t, { "update-keys", "-y" }, 1) -- what was refused has approved nothing
  local private <const> = t:read("home/tara.txt"):match "AGE%-[^\n]*"
  local leaked <const> = run(t, { "recipient", "add", private, "--rule", "1" }, 2)
  test.contains(leaked.stderr, "private key")
  test.lacks(leaked.stderr, private)
end)

test.it("says what an anchor that no rule names calls the key, and where", function(t)
  local keys <const> = setup(t, TWO)
  seal(t, "secrets/a.yaml")
  t:write(".sops.yaml", (t:read(".sops.yaml"):gsub("keys:\n", "keys:\n  - &tara "
    .. keys.TARA .. "\n", 1)))
  test.contains(run(t, { "recipient", "add", "-y", "tara", "secrets/a.yaml" }, 1).stderr,
    keys.TARA .. ", which calls itself tara, is not approved")
  test.contains(run(t, { "recipient", "add", "-y", "terra", "secrets/a.yaml" }, 2).stderr,
    "moonlatch recipient add age1… --name terra")
end)

test.it("names a rule by a path, and takes no catch-all for it", function(t)
  local keys <const> = setup(t, TWO)
  seal(t, "secrets/a.yaml")
  local function add(where, status)
    return run(t, { "recipient", "add", "-y", "--name", "tara", keys.TARA, where }, status)
  end
  test.contains(add("other.yaml", 2).stderr, "--rule 3 if that is meant")
  test.contains(run(t, { "recipient", "add", keys.TARA }, 3).stderr, "which rule?")
  test.contains(run(t, { "recipient", "add", keys.TARA, "--rule", "9" }, 3).stderr, "1 to 3")
  test.contains(run(t, { "recipient", "add", "nobody", "--rule", "1" }, 2).stderr, "nobody")
  test.contains(add("/etc/passwd", 2).stderr, "not below")
  add "secrets/not/yet/there.yaml"
  test.contains(t:read "secrets/a.yaml", keys.TARA)
  test.contains(run(t, { "recipient", "add", keys.TARA, "--name", "other", "--rule", "2" }, 2)
    .stderr, "called tara already")
end)

test.it("says that links, not rules, decide for files of clan", function(t)
  local keys <const> = setup(t, TWO)
  t:write("sops/users/bob/key.json", json.format { { publickey = keys.BOB, type = "age" } })
  t.root:mkdir("vars/shared/mail/key/users", 493)
  assert(t.root:symlink("vars/shared/mail/key/users/bob", "../../../../../sops/users/bob"))
  local sealed <const> = seal(t, "vars/shared/mail/key/secret", "-a", keys.BOB)
  test.contains(run(t, { "recipient", "add", keys.TARA, "vars/shared/mail/key/secret" }, 2).stderr,
    "links")
  local added <const> = run(t, { "recipient", "add", "-y", keys.TARA, "--rule", "2" })
  test.contains(added.stderr, "1 file of clan match")
  test.equal(t:read "vars/shared/mail/key/secret", sealed)
  local removed <const> = run(t, { "recipient", "remove", "-y", "bob", "--everywhere", "--json" })
  test.equal(json.parse(removed.stdout).left, { "vars/shared/mail/key/secret" })
end)

test.it("keeps the data key when told to, and lists the values all the same", function(t)
  setup(t, TWO)
  local before <const> = seal(t, "secrets/a.yaml")
  local removed <const> = json.parse(run(t, { "recipient", "remove", "-y", "--json", "bob",
    "--keep-data-key" }).stdout)
  test.equal(removed.to_change[1], { file = "secrets/a.yaml", value = "name" })
  test.equal(#removed.to_change, 3)
  test.equal(t:read("secrets/a.yaml"):match "name: [^\n]*", before:match "name: [^\n]*")
  run(t, { "decrypt", "secrets/a.yaml", env = as(t, "bob") }, 2)
end)

test.it("takes an anchor out where rules define it and other rules name it", function(t)
  local keys <const> = setup(t, "creation_rules:\n  - path_regex: secrets/.*\n    age:\n"
    .. "      - &me ME\n      - &bob BOB\n  - path_regex: b/.*\n    age: [*bob, *me]\n")
  seal(t, "secrets/a.yaml")
  local rules <const> = t:read ".sops.yaml"
  run(t, { "recipient", "remove", "-y", "bob", "--rule", "1" }, 2)
  test.equal(t:read ".sops.yaml", rules)
  run(t, { "recipient", "remove", "-y", "bob", "--everywhere" })
  test.equal(t:read ".sops.yaml", with_keys(keys, "creation_rules:\n  - path_regex: secrets/.*\n"
    .. "    age:\n      - &me ME\n  - path_regex: b/.*\n    age: [*me]\n"))
end)

test.it("refuses to remove the last one, and one's own last way in", function(t)
  local keys <const> = setup(t, TWO)
  seal(t, "secrets/a.yaml")
  local rules <const> = t:read ".sops.yaml"
  test.contains(run(t, { "recipient", "remove", "-y", "me", "--rule", "2" }, 2).stderr,
    "without a key")
  for _, more in ipairs { "--keep-data-key", "--keep-going" } do
    local refused <const> = run(t, { "recipient", "remove", "-y", more, "me", "--rule", "1" }, 2)
    test.contains(refused.stderr, "your own last way")
  end
  test.contains(run(t, { "recipient", "remove", "me" }, 3).stderr, "rules 1, 2, 3")
  test.contains(run(t, { "recipient", "remove", keys.TARA, "--everywhere" }, 2).stderr,
    "no rule names")
  test.equal(t:read ".sops.yaml", rules)
end)

test.it("changes neither rules nor files when a file cannot be opened", function(t)
  local keys <const> = setup(t, TWO)
  seal(t, "secrets/a.yaml")
  local foreign <const> = seal(t, "secrets/b.yaml", "-a", keys.BOB)
  local rules <const> = t:read ".sops.yaml"
  local refused <const> = run(t, { "recipient", "add", "-y", keys.TARA, "--rule", "1" }, 2)
  test.contains(refused.stderr, "secrets/b.yaml: your key does not open it")
  test.contains(refused.stderr, "bob can: moonlatch recipient add me secrets/b.yaml")
  test.equal(t:read ".sops.yaml", rules)
  run(t, { "recipient", "add", "-y", "--keep-going", keys.TARA, "--rule", "1" }, 1)
  test.contains(t:read "secrets/a.yaml", keys.TARA)
  test.equal(t:read "secrets/b.yaml", foreign)
end)

--- Lines of a text that another has not.
local function lines_gone(before, after)
  local has <const>, gone <const> = {}, {}
  for line in after:gmatch "[^\n]+" do
    has[line] = (has[line] or 0) + 1
  end
  for line in before:gmatch "[^\n]+" do
    has[line] = (has[line] or 0) - 1
    if has[line] < 0 then
      table.insert(gone, line)
    end
  end
  return gone
end

test.it("takes a person out of a whole repository, and in again", function(t)
  local made <const> = sample.make(t.root)
  local ben <const> = made.identities["ben-user"].recipient
  t:write("home/me.txt", made.identities.dev.identity:secret())
  local before <const> = t:read ".sops.yaml"
  local removed <const> = json.parse(run(t, { "recipient", "remove", "-y", "--json", "ben-user",
    "--everywhere" }).stdout)
  test.equal(#removed.changes, 4) -- the rules, his home, his older file, the shared one
  test.equal(#removed.left, 0)
  test.equal(lines_gone(before, t:read ".sops.yaml"), { "  - &ben-user " .. ben,
    "          - *ben-user", "          - *ben-user", "          - *ben-user" })
  test.contains(run(t, { "update-keys" }).stderr, "nothing to do")
  run(t, { "recipient", "add", "-y", ben, "--name", "ben-user", "--like", "carol-user" })
  test.contains(t:read "secrets/shared.yaml", ben)
  test.lacks(t:read "secrets/users/ben-user/signing.yaml", ben)
  local text <const> = t:read ".sops.yaml"
  test.equal(text:match "carol%-user [^\n]*\n([^\n]*)", "  - &ben-user " .. ben)
  local row
  for _, one in ipairs(json.parse(run(t, { "recipient", "list", "--json" }).stdout).recipients) do
    row = one.identity == "ben-user" and one or row
  end
  test.equal(row, { identity = "ben-user", key = ben, kind = "age", rules = "3,8", files = 2,
    approved = "approved" })
end)

test.it("leaves files that the real sops opens, and that its updatekeys leaves alone", function(t)
  local sops <const> = test.peer "sops"
  local keys <const> = setup(t, TWO)
  seal(t, "secrets/a.yaml")
  run(t, { "recipient", "add", "-y", keys.TARA, "--rule", "1", "--name", "tara" })
  run(t, { "recipient", "remove", "-y", "bob", "--everywhere" })
  local opened <const> = t:run { sops, "decrypt", "secrets/a.yaml", env = as(t, "tara") }
  test.equal({ opened.status, opened.stderr }, { 0, "" })
  local before <const> = t:read "secrets/a.yaml"
  local synced <const> = t:run { sops, "updatekeys", "-y", "secrets/a.yaml", env = as(t, "tara") }
  test.contains(synced.stderr, "already up to date")
  test.equal(t:read "secrets/a.yaml", before)
end)
