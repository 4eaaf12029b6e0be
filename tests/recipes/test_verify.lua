-- `moonlatch verify`: whole files, whole sites, and what git would commit.

local json   <const> = require "moonlatch.json"
local sample <const> = require "moonlatch.sample"
local secret <const> = require "moonlatch.secret"
local test   <const> = require "moonlatch.test"

local KEYS <const> = "home/.config/sops/age/keys.txt"
local FILE <const> = "secrets/test.yaml"

local function setup(t, machines)
  local made <const> = sample.below(t.root, { machines = machines or false })
  t:write(KEYS, secret.concat { assert(made.identities.dev.identity:secret()), "\n" },
    tonumber("600", 8))
end

local function run(t, command, status)
  return t:expect(table.move(command, 1, #command, 3, { "-C", command.at or "repo" }), status)
end

local function said(t, command, status)
  table.insert(command, "--json")
  return json.parse(run(t, command, status).stdout)
end

local function git(t, ...)
  local result <const> = t:run { "git", "-c", "user.name=n", "-c", "user.email=e@example", "-C",
    "repo", ... }
  test.equal(result.status, 0, result.stderr)
  return result.stdout
end

--- As a JSON object for each finding: "code path".
local function findings(all)
  local list <const> = {}
  for i, found in ipairs(all.findings) do
    list[i] = ("%s %s"):format(found.code, found.path)
  end
  return list
end

test.it("checks a whole site, MACs with the keys at hand", function(t)
  setup(t)
  local all <const> = said(t, { "verify" }, 0)
  test.equal(all.files, all.proved)
  test.equal(all.files > 15, true)
  t:write(KEYS, "# none\n", tonumber("600", 8))
  local blind <const> = said(t, { "verify" }, 0)
  test.equal({ blind.files, blind.proved }, { all.files, 0 })
  test.contains(blind.skipped[1].message, "MAC")
end)

test.it("finds values in clear, changed files, and files that are not sealed", function(t)
  setup(t)
  local whole <const> = t:read("repo/" .. FILE)
  local function found(text)
    t:write("repo/" .. FILE, text)
    return said(t, { "verify", FILE }, 1).findings[1]
  end
  test.equal(found(whole:gsub("github%-token: [^\n]*", "github-token: hunter2")).code,
    "clear-value")
  test.equal(found((whole:gsub("github%-token: [^\n]*\n", ""))).code, "mac")
  test.equal(found("a: 1\n").code, "clear-file")
  test.equal(found((whole:gsub("\n    mac: [^\n]*", ""))).code, "bad-metadata")
  test.contains(run(t, { "verify", "none.yaml" }, 2).stderr, "[missing]")
  run(t, { "verify", "--staged", FILE }, 3)
end)

test.it("finds copies in clear beside sealed files", function(t)
  setup(t)
  for _, name in ipairs { "test.yaml~", "test.yaml.bak", ".test.yaml.swp", "#test.yaml#",
    "test.yaml.backup-2025-01-31", "other.yaml~" } do
    t:write("repo/secrets/" .. name, "x")
  end
  test.equal(findings(said(t, { "verify" }, 1)), { "clear-file secrets/#test.yaml#",
    "clear-file secrets/.test.yaml.swp", "clear-file secrets/test.yaml.backup-2025-01-31",
    "clear-file secrets/test.yaml.bak", "clear-file secrets/test.yaml~" })
end)

test.it("stops plaintext that git would commit, whatever the work tree says", function(t)
  setup(t)
  local whole <const> = t:read("repo/" .. FILE)
  git(t, "init", "-q")
  git(t, "add", "-A")
  test.equal(said(t, { "verify", "--staged" }, 0).findings, json.array {})
  test.equal(said(t, { "verify", "--staged" }, 0).files, said(t, { "verify" }, 0).files)
  git(t, "commit", "-q", "-m", "sealed")
  test.equal(said(t, { "verify", "--staged" }, 0).files, 0)

  t:write("repo/secrets/hosts/new.yaml", "a: hunter2\n") -- rule 10
  t:write("repo/deploy/new.yaml", "a: 1\n")              -- the rule that takes all
  t:write("repo/" .. FILE, "github-token: hunter2\n")
  git(t, "add", "-A")
  t:write("repo/" .. FILE, whole)
  local result <const> = run(t, { "verify", "--staged" }, 1)
  test.lacks(result.stdout .. result.stderr, "hunter2")
  test.equal(findings(said(t, { "verify", "--staged" }, 1)),
    { "clear-file secrets/hosts/new.yaml", "clear-file secrets/test.yaml" })
  test.equal(findings(said(t, { "verify", "--staged", at = "repo/secrets" }, 1)),
    { "clear-file secrets/hosts/new.yaml", "clear-file secrets/test.yaml" })
  git(t, "add", FILE)
  git(t, "rm", "-q", "--cached", "secrets/hosts/new.yaml")
  run(t, { "verify", "--staged" }, 0)
end)

test.it("stops what was sealed and is clear now, and the marks of a merge", function(t)
  setup(t)
  t:write("repo/other/deploy.json", t:read "repo/secrets/ci/deploy.json") -- under no rule
  git(t, "init", "-q")
  git(t, "add", "-A")
  git(t, "commit", "-q", "-m", "sealed")
  t:write("repo/other/deploy.json", '{"deploy": {"token": "x"}}\n')
  local whole <const> = t:read("repo/" .. FILE)
  local line <const> = whole:match "github%-token: [^\n]*\n"
  t:write("repo/" .. FILE, "<<<<<<< a\n" .. line .. "=======\n" .. line .. ">>>>>>> b\n" .. whole)
  t:write("repo/docs/sealed.md", "A value looks like ENC[AES256_GCM,data:…].\n")
  git(t, "add", "-A")
  local all <const> = said(t, { "verify", "--staged" }, 1)
  test.equal(findings(all), { "clear-file other/deploy.json", "conflict-marks secrets/test.yaml" })
  test.contains(all.findings[1].message, "last commit")
end)

test.it("checks the MAC of what is staged", function(t)
  setup(t)
  git(t, "init", "-q")
  t:write("repo/" .. FILE, (t:read("repo/" .. FILE):gsub("github%-token: [^\n]*\n", "")))
  git(t, "add", "-A")
  test.equal(findings(said(t, { "verify", "--staged" }, 1)), { "mac secrets/test.yaml" })
end)

test.it("goes by the rules that are staged, the nearest ones first", function(t)
  setup(t)
  git(t, "init", "-q")
  t:write("repo/inner/.sops.yaml", "creation_rules:\n  - path_regex: ^a/.*\n    age: x\n")
  for _, path in ipairs { "inner/a/b.txt", "inner/c.txt", "vars/shared/x/y/secret" } do
    t:write("repo/" .. path, "x\n")
  end
  git(t, "add", "-A")
  t:write("repo/inner/.sops.yaml", "creation_rules: []\n")
  test.equal(findings(said(t, { "verify", "--staged" }, 1)),
    { "clear-file inner/a/b.txt", "clear-file vars/shared/x/y/secret" })
  git(t, "add", "-A")
  test.equal(findings(said(t, { "verify", "--staged" }, 1)),
    { "clear-file vars/shared/x/y/secret" })
  t:write("repo/inner/.sops.yaml", "creation_rules: [\n")
  git(t, "add", "-A")
  test.equal(findings(said(t, { "verify", "--staged" }, 1))[1], "bad-rule inner/.sops.yaml")
end)

test.it("takes no rule that cannot be tried for one that does not match", function(t)
  setup(t)
  git(t, "init", "-q")
  t:write("repo/inner/.sops.yaml",
    "creation_rules:\n  - path_regex: (\n    age: x\n  - path_regex: ^a/.*\n    age: x\n")
  t:write("repo/inner/a/b.txt", "x\n")
  t:write("repo/inner/a/c.txt", "x\n")
  git(t, "add", "-A")
  test.equal(findings(said(t, { "verify", "--staged" }, 1)), { "bad-rule inner/.sops.yaml" })
  t:write("repo/inner/.sops.yaml", "creation_rules:\n  - path_regex: ^a/.*\n    age: x\n")
  t:write("repo/inner/a/\xff.txt", "x\n")
  git(t, "add", "-A")
  local all <const> = said(t, { "verify", "--staged" }, 1)
  test.equal(findings(all), { "clear-file inner/a/b.txt", "clear-file inner/a/c.txt",
    "format inner/a/\\xff.txt" })
  test.contains(all.findings[1].hint, "encrypt -i inner/a/b.txt")
  test.contains(table.concat(findings(said(t, { "verify" }, 1)), "\n"),
    "format inner/a/\\xff.txt")
  test.contains(run(t, { "encrypt", "-i", "inner/a/\xff.txt" }, 2).stderr, "inner/a/\\xff.txt: ")
  -- what is known without rules is said nevertheless
  t:write("repo/.sops.yaml", "creation_rules:\n  - path_regex: (\n    age: x\n")
  t:write("repo/vars/shared/x/y/secret", "x\n")
  git(t, "add", "-A")
  test.contains(table.concat(findings(said(t, { "verify", "--staged" }, 1)), "\n"),
    "clear-file vars/shared/x/y/secret")
end)

test.it("takes no path for that of another file in git's index", function(t)
  setup(t)
  git(t, "init", "-q")
  t:write("repo/0:x/.sops.yaml", "creation_rules:\n  - path_regex: ^a/.*\n    age: x\n")
  t:write("repo/x/.sops.yaml", "creation_rules: []\n")
  t:write("repo/0:x/a/b.txt", "x\n")
  git(t, "add", "-A")
  test.equal(findings(said(t, { "verify", "--staged" }, 1)), { "clear-file 0:x/a/b.txt" })
end)

test.it("says so where there is no repository of git", function(t)
  setup(t)
  test.contains(run(t, { "verify", "--staged" }, 2).stderr, "no git repository")
end)

test.it("lets nothing pass that is too large to look into", function(t)
  setup(t)
  git(t, "init", "-q")
  local many <const> = ("x"):rep(1024 * 1024):rep(65)
  t:write("repo/secrets/hosts/new.yaml", many)
  t:write("repo/deploy/big.bin", many)
  git(t, "add", "secrets/hosts/new.yaml", "deploy/big.bin", ".sops.yaml")
  test.equal(findings(said(t, { "verify", "--staged" }, 1)), { "limit secrets/hosts/new.yaml" })
end)
