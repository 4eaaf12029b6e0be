-- Key groups from end to end: rules that split a file among several, the recipes that change them,
-- and who opens what afterwards.

local json, test = require "moonlatch.json", require "moonlatch.test"

local crew <const> = test.helper "tests/recipes/crew.lua"
local with_keys <const> = crew.with_keys

local FILE <const> = "# who\nname: crew   # here\nlist: [a, b]\n"
local RULES <const> = [[
creation_rules:
  - path_regex: two/.*
    key_groups:
      - age: [ANN, BEN]
      - age: [CAT]
  - path_regex: three/.*
    shamir_threshold: 2
    key_groups:
      - age: [ANN]
      - age: [BEN]
      - age: [CAT]
  - path_regex: one/.*
    age: ANN
  - path_regex: others/.*
    age: DAN,EVE
]]

local function setup(t)
  local keys <const> = crew.keys(t, { "ann", "ben", "cat", "dan", "eve" })
  t:write(".sops.yaml", with_keys(keys, RULES))
  return keys
end

--- The environment of somebody who has the keys of all these.
local function as(t, ...)
  local bytes <const> = {}
  for i, name in ipairs { ... } do
    bytes[i] = t:read(("home/%s.txt"):format(name))
  end
  local path <const> = ("home/%s.keys"):format(table.concat({ ... }, "-"))
  t:write(path, table.concat(bytes, "\n"), tonumber("600", 8))
  return { SOPS_AGE_KEY_FILE = t:path(path), MOONLATCH_ACCEPT = "first-use" }
end

local function run(t, command, status)
  command.env = command.env or as(t, "ann", "cat")
  return t:expect(command, status)
end

local function seal(t, path)
  t:write(path, FILE)
  run(t, { "encrypt", "-q", "-i", path })
  return t:read(path)
end

--- Whether these together open a file.
local function opens(t, path, ...)
  local env <const> = as(t, ...)
  local result <const> = t:program { "decrypt", path, env = env }
  if result.status == 0 then
    test.equal(result.stdout, FILE)
  else
    test.contains(result.stderr, "[key]")
  end
  return result.status == 0
end

local function stanza(text, key)
  return text:match("(%-%-%-%-%-BEGIN AGE[^|]-recipient: " .. key .. ")")
end

local function edit_rules(t, keys, old, new)
  local text <const>, count <const> = t:read(".sops.yaml"):gsub(with_keys(keys, old),
    with_keys(keys, new))
  test.equal(count, 1)
  t:write(".sops.yaml", text)
end

test.it("seals for key groups, and says which of them are open", function(t)
  local keys <const> = setup(t)
  local sealed <const> = seal(t, "two/a.yaml")
  test.contains(sealed, "\n    shamir_threshold: 2\n")
  test.equal({ opens(t, "two/a.yaml", "ben", "cat"), opens(t, "two/a.yaml", "ann", "ben") },
    { true, false })
  local closed <const> = run(t, { "decrypt", "two/a.yaml", env = as(t, "ben") }, 2).stderr
  test.contains(closed, "1 of the file's 2 key groups can be opened, and 2 are needed")
  test.contains(closed, "key group 1 (open)")
  test.contains(closed, keys.CAT .. " can help")
  seal(t, "three/a.yaml")
  for _, pair in ipairs { { "ann", "ben" }, { "ben", "cat" }, { "ann", "cat" } } do
    test.equal(opens(t, "three/a.yaml", table.unpack(pair)), true)
  end
  test.equal(opens(t, "three/a.yaml", "ann"), false)
  local list <const> = json.parse(run(t, { "groups", "list", "three/a.yaml", "--json" }).stdout)
  test.equal({ list.groups, list.threshold, #list.keys }, { 3, 2, 3 })
  test.equal(run(t, { "validate" }).status, 0)
end)

test.it("adds and removes a recipient in one group, and the others keep their shares", function(t)
  local keys <const> = setup(t)
  local before <const> = seal(t, "three/a.yaml")
  local refused <const> = run(t, { "recipient", "add", keys.DAN, "--rule", "2", "-y" }, 3)
  test.contains(refused.stderr, "--group N")
  run(t, { "recipient", "add", keys.DAN, "--rule", "2", "--group", "2", "-y" })
  local after <const> = t:read "three/a.yaml"
  for _, name in ipairs { "ANN", "BEN", "CAT" } do
    test.equal(stanza(after, keys[name]), stanza(before, keys[name]))
  end
  test.contains(t:read ".sops.yaml", with_keys(keys, "- age: [BEN, DAN]"))
  test.equal({ opens(t, "three/a.yaml", "dan", "ann"), opens(t, "three/a.yaml", "dan", "ben") },
    { true, false })
  run(t, { "recipient", "add", keys.EVE, "--like", keys.CAT, "-y" })
  test.equal(opens(t, "three/a.yaml", "eve", "ann"), true)
  local removed <const> = run(t, { "recipient", "remove", keys.DAN, "--rule", "2", "-y" })
  test.contains(removed.stderr, "in key group 2")
  test.equal({ opens(t, "three/a.yaml", "dan", "ann"), opens(t, "three/a.yaml", "ben", "eve") },
    { false, true })
  test.equal(run(t, { "validate" }).status, 0)
end)

test.it("follows a rule from one group to several and back", function(t)
  local keys <const> = setup(t)
  seal(t, "one/a.yaml")
  edit_rules(t, keys, "    age: ANN\n",
    "    shamir_threshold: 2\n    key_groups:\n      - age: [ANN]\n      - age: [BEN]\n"
    .. "      - age: [CAT, DAN]\n")
  local found <const> = run(t, { "validate" }, 1)
  test.contains(found.stdout .. found.stderr, "in key group 3")
  local shown <const> = run(t, { "update-keys", "-y" })
  test.contains(shown.stderr, "2 of 3 key groups needed instead of 1 of 1")
  test.equal({ opens(t, "one/a.yaml", "ben", "dan"), opens(t, "one/a.yaml", "ann") },
    { true, false })
  test.contains(run(t, { "update-keys", "-y" }).stderr, "nothing to do")
  edit_rules(t, keys, "    shamir_threshold: 2\n    key_groups:\n      %- age: %[ANN%]\n"
    .. "      %- age: %[BEN%]\n      %- age: %[CAT, DAN%]\n", "    age: BEN\n")
  run(t, { "update-keys", "-y" })
  test.lacks(t:read "one/a.yaml", "key_groups")
  test.lacks(t:read "one/a.yaml", "shamir_threshold")
  test.equal({ opens(t, "one/a.yaml", "ben"), opens(t, "one/a.yaml", "ann", "cat") },
    { true, false })
end)

test.it("keeps a file's threshold as long as it has as many groups", function(t)
  local keys <const> = setup(t)
  seal(t, "three/a.yaml")
  edit_rules(t, keys, "threshold: 2\n    key_groups:\n      %- age: %[ANN%]\n      %- age: %[BEN%]",
    "threshold: 3\n    key_groups:\n      - age: [ANN, EVE]\n      - age: [BEN]")
  run(t, { "update-keys", "-y" })
  test.contains(t:read "three/a.yaml", "shamir_threshold: 2\n")
  test.equal(opens(t, "three/a.yaml", "eve", "ben"), true)
  run(t, { "groups", "threshold", "three/a.yaml", "3", "-y" })
  test.equal(opens(t, "three/a.yaml", "eve", "ben"), false)
  test.equal(opens(t, "three/a.yaml", "eve", "ben", "cat"), true)
  run(t, { "groups", "threshold", "three/a.yaml", "4", "-y" }, 3)
  run(t, { "groups", "threshold", "three/a.yaml", "1", "-y" }, 3)
end)

test.it("adds and removes groups of one file", function(t)
  local keys <const> = setup(t)
  seal(t, "one/a.yaml")
  local add <const> = { "groups", "add", "one/a.yaml", "-a", keys.BEN, "-a", keys.DAN }
  local shown <const> = run(t, { "-n", table.unpack(add) }, 1)
  test.contains(shown.stderr, "2 of 2 key groups needed instead of 1 of 1")
  test.contains(shown.stderr, "rule 3 says otherwise")
  test.equal(opens(t, "one/a.yaml", "ann"), true)
  run(t, { "-y", table.unpack(add) })
  test.equal({ opens(t, "one/a.yaml", "ann"), opens(t, "one/a.yaml", "ann", "dan") },
    { false, true })
  run(t, { "groups", "add", "one/a.yaml", "-a", keys.CAT, "-y", env = as(t, "ann", "dan") })
  test.equal(opens(t, "one/a.yaml", "cat", "ben"), true)
  local before <const> = t:read "one/a.yaml"
  run(t, { "groups", "remove", "one/a.yaml", "2", "-y" })
  test.equal({ opens(t, "one/a.yaml", "ann", "cat"), opens(t, "one/a.yaml", "ann", "ben") },
    { true, false })
  test.equal(t:read "one/a.yaml":match "name: ENC[^\n]*" ~= before:match "name: ENC[^\n]*", true)
  test.contains(run(t, { "groups", "remove", "one/a.yaml", "1", "-y" }, 2).stderr, "--threshold N")
  run(t, { "groups", "remove", "one/a.yaml", "1", "--threshold", "1", "-y" })
  test.equal({ opens(t, "one/a.yaml", "cat"), opens(t, "one/a.yaml", "ann") }, { true, false })
  test.contains(run(t, { "groups", "remove", "one/a.yaml", "1", "-y" }, 2).stderr, "last key group")
  test.contains(run(t, { "groups", "threshold", "one/a.yaml", "2", "-y" }, 2).stderr,
    "one key group")
end)

test.it("renews files with groups, for the same groups", function(t)
  setup(t)
  local before <const> = seal(t, "three/a.yaml")
  run(t, { "renew", "three/a.yaml", "-y" })
  local after <const> = t:read "three/a.yaml"
  test.contains(after, "shamir_threshold: 2\n")
  test.equal(after:match "name: ENC[^\n]*" ~= before:match "name: ENC[^\n]*", true)
  test.equal({ opens(t, "three/a.yaml", "ben", "cat"), opens(t, "three/a.yaml", "ann") },
    { true, false })
end)

test.it("wraps for nobody in a group who was not approved", function(t)
  local keys <const> = setup(t)
  local sealed <const> = seal(t, "three/a.yaml")
  local stranger <const> = require("moonlatch.age").generate():recipient()
  edit_rules(t, keys, "%- age: %[BEN%]", "- age: [BEN, " .. stranger .. "]")
  test.contains(run(t, { "update-keys", "-y" }, 1).stderr, stranger)
  test.equal(t:read "three/a.yaml", sealed)
  run(t, { "groups", "add", "three/a.yaml", "-a", stranger, "-y" })
  test.contains(t:read "three/a.yaml", stranger)
end)

test.it("rotates a key in the groups that it stands in", function(t)
  local keys <const> = setup(t)
  t:write("repo/.sops.yaml", "keys:\n  - &ann " .. keys.ANN .. "\n" .. t:read ".sops.yaml")
  seal(t, "repo/three/a.yaml")
  seal(t, "repo/two/a.yaml")
  local env <const> = as(t, "ann", "cat")
  local shown <const> = run(t, { "-C", "repo", "rotate", "ann", "--generate", "--keyfile",
    t:path "home/ann-cat.keys", "-y", env = env })
  test.contains(shown.stderr, "in key group 1")
  test.equal(t:read "repo/.sops.yaml":find(keys.ANN, 1, true), nil)
  for _, path in ipairs { "repo/three/a.yaml", "repo/two/a.yaml" } do
    test.lacks(t:read(path), keys.ANN)
    test.equal(t:program({ "decrypt", path, env = env }).stdout, FILE)
    test.equal(opens(t, path, "cat", "ann"), false) -- with the key that she had
  end
end)

test.it("rotates a key of somebody who has keys of enough other groups besides", function(t)
  local keys <const> = setup(t)
  t:write("repo/.sops.yaml", "keys:\n  - &ann " .. keys.ANN .. "\n" .. t:read ".sops.yaml")
  seal(t, "repo/three/a.yaml")
  run(t, { "-C", "repo", "rotate", "ann", "--generate", "--keyfile",
    t:path "home/ann-ben-cat.keys", "-y", env = as(t, "ann", "ben", "cat") })
  test.lacks(t:read "repo/three/a.yaml", keys.ANN)
  test.equal(opens(t, "repo/three/a.yaml", "ben", "cat"), true)
  test.equal(opens(t, "repo/three/a.yaml", "ben", "ann"), false)
end)
