-- `moonlatch list` and `moonlatch who`: what is known of sealed files without any key.

local json   <const> = require "moonlatch.json"
local sample <const> = require "moonlatch.sample"
local test   <const> = require "moonlatch.test"

--- A repository; its keys stay in the vault.
local function setup(t)
  local made <const> = sample.below(t.root, { machines = false })
  t.repo, t.identities = made.repo, made.identities
end

local function run(t, command, status)
  return t:expect(table.move(command, 1, #command, 3, { "-C", "repo" }), status)
end

test.it("lists the names of values with their lines, and no value", function(t)
  setup(t)
  local lines <const> = run(t, { "list", "--file", "secrets/test.yaml" }).stdout
  test.contains(lines, "secrets/test.yaml:2: github-token\n")
  test.contains(lines, "secrets/test.yaml:11: mcp/flow/token\n")
  test.lacks(lines, "ENC[")
  local all <const> = run(t, { "list" }).stdout
  test.contains(all, "secrets/ci/deploy.json:1: deploy/token\n")
  test.contains(all, "secrets/notes/recovery.txt:")
  test.lacks(all, "values.yaml") -- in clear
end)

test.it("finds names by a part of them or by a pattern", function(t)
  setup(t)
  local function names(pattern)
    local found <const> = json.parse(run(t, { "list", pattern, "--json" }).stdout).values
    local seen <const> = {}
    for _, value in ipairs(found) do
      test.equal(math.type(value.line), "integer")
      seen[value.name] = true
    end
    return seen
  end
  local part <const> = names "TOKEN"
  test.equal(part["github-token"] and part["deploy/token"] and part["mcp/flow/token"], true)
  test.equal(part["signing-key"], nil)
  test.equal(names "mcp/*", { ["mcp/server"] = true })
  test.equal(names "flow/*", { ["mcp/flow/user"] = true, ["mcp/flow/token"] = true })
  test.contains(run(t, { "list", "nothing-like-it" }, 2).stderr, "[missing]")
  test.contains(run(t, { "list", "[" }, 2).stderr, "[format]")
end)

test.it("tells who opens a file, sealed or to come", function(t)
  setup(t)
  local shown <const> = run(t, { "who", "secrets/test.yaml" })
  test.contains(shown.stderr, "secrets/test.yaml: any of dev, ci, admin, owner-user")
  test.contains(shown.stdout, t.identities["owner-user"].recipient)
  local new <const> = json.parse(run(t, { "who", "secrets/users/ben-user/new.yaml", "--json" })
    .stdout).files[1]
  test.equal(new.sealed, false)
  test.equal(new.access, "any of dev, admin, ben-user")
  test.contains(run(t, { "who", "docs/none.txt" }, 2).stderr, "[missing]")
  test.contains(run(t, { "who" }, 3).stderr, "--identity")
  local traced <const> = run(t, { "--trace", "who", "secrets/test.yaml", "secrets/hosts/vm.yaml",
    "secrets/shared.yaml" }).stderr
  test.equal(select(2, traced:gsub("root:walk", "")), 1) -- over a site, however many its folders
end)

test.it("notes where a file and its rule disagree", function(t)
  setup(t)
  local rules <const> = t:read "repo/.sops.yaml"
  local from <const>, to <const> = rules:find("secrets/test\\.yaml.-%*ci\n")
  t:write("repo/.sops.yaml", rules:sub(1, from - 1)
    .. rules:sub(from, to):gsub("%*ci", "*eve-user") .. rules:sub(to + 1))
  local notes <const> = json.parse(run(t, { "who", "secrets/test.yaml", "--json" }).stdout).notes
  test.equal(#notes, 1)
  test.equal(notes[1].code, "recipients-differ")
  test.equal(notes[1].extra, { t.identities.ci.recipient })
end)

test.it("tells which files somebody opens, by name or by key", function(t)
  setup(t)
  local shown <const> = run(t, { "who", "--identity", "ben-user" }).stdout
  test.contains(shown, "secrets/users/ben-user/signing.yaml")
  test.lacks(shown, "secrets/test.yaml")
  test.equal(run(t, { "who", "--identity", t.identities["ben-user"].recipient }).stdout, shown)
  local stranger <const> = require("moonlatch.age").generate():recipient()
  test.contains(run(t, { "who", "--identity", stranger }).stdout, "opens 0 of")
  test.contains(run(t, { "who", "--identity", "bem-user" }, 2).stderr, "ben-user")
  run(t, { "who", "--identity", "ben-user", "secrets/test.yaml" }, 3)
end)

test.it("says how key groups open a file together", function()
  local access <const> = require "moonlatch.access"
  local function name(key)
    return key
  end
  local keys <const> = { { key = "a", group = 1 }, { key = "b", group = 1 },
    { key = "c", group = 2 }, { key = "d", group = 3 } }
  local function of(threshold)
    return access.of_rule("f", { keys = keys, threshold = threshold })
  end
  local all <const>, two <const> = of(0), of(2)
  test.equal(access.sentence(all, name), "any of a, b and c and d")
  test.equal(access.sentence(two, name), "2 of these 3: any of a, b; c; d")
  test.equal(access.sentence(of(1), name), "any of a, b or c or d")
  test.equal((access.by(two, { "x" })), false)
  test.equal((access.by(two, { "a", "d" })), "alone")
  local how <const>, rest <const> = access.by(two, { "a" })
  test.equal(how, "together")
  test.equal(access.sentence(rest, name), "c or d")
end)
