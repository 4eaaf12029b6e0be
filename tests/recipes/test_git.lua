-- git with sealed files: `init --git`, `moonlatch diff`, and the text conversion, through real git.

local json   <const> = require "moonlatch.json"
local sample <const> = require "moonlatch.sample"
local secret <const> = require "moonlatch.secret"
local test   <const> = require "moonlatch.test"

local KEYS <const> = "home/.config/sops/age/keys.txt"
local FILE <const> = "secrets/test.yaml"

local function git(t, ...)
  local result <const> = t:run { "git", "-c", "user.name=n", "-c", "user.email=e@example", "-C",
    "repo", ... }
  return result
end

local function must(t, ...)
  local result <const> = git(t, ...)
  test.equal(result.status, 0, result.stderr)
  return result.stdout
end

local function run(t, command, status)
  return t:expect(table.move(command, 1, #command, 3, { "-C", "repo", stdin = command.stdin }),
    status)
end

--- A repository under git with everything sealed committed.
local function setup(t)
  local made <const> = sample.below(t.root, { machines = false })
  t.identities = made.identities
  t:write(KEYS, secret.concat { assert(made.identities.dev.identity:secret()), "\n" },
    tonumber("600", 8))
  must(t, "init", "-q", "-b", "main")
  must(t, "add", "-A")
  must(t, "commit", "-q", "-m", "all")
end

test.it("tells git about sealed files once, and again changes nothing", function(t)
  setup(t)
  test.contains(run(t, { "init", "--git", "-n" }, 1).stderr, "cachetextconv false")
  test.equal(t:read "repo/.gitattributes", nil)
  test.equal(git(t, "config", "--local", "diff.moonlatch.textconv").status, 1)
  test.contains(run(t, { "init", "--git" }, 2).stderr, "[consent]")
  run(t, { "init", "--git", "-y" })
  local attributes <const>, hook <const> = t:read "repo/.gitattributes",
    t:read "repo/.git/hooks/pre-commit"
  test.contains(attributes, "/secrets/** diff=moonlatch merge=moonlatch\n")
  test.contains(hook, "verify --staged")
  test.equal(t.root:stat("repo/.git/hooks/pre-commit").mode & 73, 73)
  test.equal(must(t, "config", "diff.moonlatch.cachetextconv"), "false\n")
  local config <const> = t:read "repo/.git/config"
  test.contains(run(t, { "init", "--git" }).stderr, "nothing to do")
  test.equal(t:read "repo/.git/config", config)
  test.equal(t:read "repo/.gitattributes", attributes)
end)

test.it("keeps attributes and a hook that are there", function(t)
  setup(t)
  t:write("repo/.gitattributes", "*.png binary")
  t:write("repo/.git/hooks/pre-commit", "#!/bin/sh\nexit 0\n", tonumber("755", 8))
  local said <const> = run(t, { "init", "--git", "-y" })
  test.contains(said.stderr, "pre-commit is not touched; a line for it: ")
  test.equal(t:read "repo/.git/hooks/pre-commit", "#!/bin/sh\nexit 0\n")
  test.equal(t:read("repo/.gitattributes"):sub(1, 13), "*.png binary\n")
  t:write("home/hooks/other", "")
  t.root:remove "repo/.git/hooks/pre-commit"
  must(t, "config", "core.hooksPath", t:path "home/hooks")
  test.contains(run(t, { "init", "--git", "-y" }).stderr, "is not touched")
  test.equal(t:read "home/hooks/pre-commit", nil)
  must(t, "config", "--unset", "core.hooksPath")
  run(t, { "init", "--git", "--no-hook" })
  test.equal(t:read "repo/.git/hooks/pre-commit", nil)
end)

test.it("lets no plaintext be committed", function(t)
  setup(t)
  run(t, { "init", "--git", "-y" })
  t:write("repo/" .. FILE, "github-token: hunter2\n")
  must(t, "add", "-A")
  local refused <const> = git(t, "commit", "-q", "-m", "oops")
  test.equal(refused.status ~= 0, true)
  test.contains(refused.stderr, FILE .. ": rule 9 covers this file")
  test.lacks(refused.stderr, "hunter2")
  must(t, "checkout", "-q", "HEAD", "--", FILE)
  must(t, "commit", "-q", "-m", "attributes")
  -- of what `commit -a` would take, too: git makes an index of its own for it
  t:write("repo/" .. FILE, "github-token: hunter2\n")
  test.equal(git(t, "commit", "-q", "-a", "-m", "oops").status ~= 0, true)
end)

test.it("shows values in git diff, and sealed text where no key is", function(t)
  setup(t)
  run(t, { "init", "--git", "-y" })
  run(t, { "set", FILE, "github-token", "-", stdin = "hunter2" })
  local shown <const> = must(t, "diff", FILE)
  test.contains(shown, "\n+github-token: hunter2   # rotated every spring\n")
  test.lacks(shown, "ENC[")
  t:write(KEYS, "", tonumber("600", 8))
  test.contains(must(t, "diff", FILE), "\n+github-token: ENC[")
  t:write("repo/" .. FILE, "broken: ENC[AES256_GCM,\n")
  test.contains(must(t, "diff", FILE), "\n+broken")
  test.contains(must(t, "log", "-p", "--", FILE), "github-token: ENC[")
end)

test.it("converts without asking, recovering or running anything", function(t)
  setup(t)
  t:write("home/.local/state/moonlatch/tx/0123456789abcdef", "nonsense", tonumber("600", 8))
  t:write("repo/moonlatch/recipes/diff.lua", "error 'ran'\n")
  local clear <const> = run(t, { "--no-site", "diff", "--textconv", FILE })
  test.contains(clear.stdout, "# rotated every spring")
  test.equal(clear.stderr, "")
  test.equal(t:read "home/.local/state/moonlatch/tx/0123456789abcdef", "nonsense")
  local readme <const> = run(t, { "--no-site", "diff", "--textconv", "README.md" })
  test.equal(readme.stdout, t:read "repo/README.md")
  local changed <const> = t:read("repo/" .. FILE):gsub("github%-token: [^\n]*\n", "")
  t:write("repo/" .. FILE, changed) -- a wrong MAC
  test.equal(run(t, { "--no-site", "diff", "--textconv", FILE }).stdout, changed)
  run(t, { "--no-site", "diff", "--textconv", "--values", FILE }, 3)
end)

test.it("tells which values and recipients changed", function(t)
  setup(t)
  test.equal(run(t, { "diff", FILE }).stdout, "")
  run(t, { "set", FILE, "github-token", "-", stdin = "hunter2" })
  run(t, { "set", FILE, "mcp/a~1b", "-", stdin = "x" })
  run(t, { "unset", FILE, "quoted" })
  local names <const> = run(t, { "diff", FILE }, 1).stdout
  test.equal(names, "~ github-token\n- quoted: removed\n+ mcp/a~1b: added\n")
  test.contains(run(t, { "diff", FILE, "--values" }, 1).stdout, "    + hunter2\n")
  must(t, "commit", "-q", "-a", "-m", "values")
  test.equal(run(t, { "diff", FILE }).stdout, "")
  test.equal(run(t, { "diff", FILE, "HEAD~1" }, 1).stdout, names)
  run(t, { "recipient", "add", "eve-user", FILE, "-y", "--accept-recipients=first-use" })
  local all <const> = json.parse(run(t, { "diff", FILE, "--json" }, 1).stdout)
  test.equal(all.values, json.array {})
  test.equal(all.recipients, { { change = "added", name = "eve-user",
    key = t.identities["eve-user"].recipient } })
end)

test.it("compares sealed text where no key opens both", function(t)
  setup(t)
  run(t, { "set", FILE, "github-token", "-", stdin = "hunter2" })
  t:write(KEYS, "", tonumber("600", 8))
  local said <const> = run(t, { "diff", FILE }, 1)
  test.equal(said.stdout, "~ github-token\n")
  test.contains(said.stderr, "no key opens both versions")
  test.contains(run(t, { "diff", FILE, "--values" }, 2).stderr, "[key]")
end)

test.it("tells of a sealed file that git does not track", function(t)
  setup(t)
  local function notes(path)
    return json.parse(run(t, { "why", path, "--json" }).stdout).notes
  end
  test.equal(notes(FILE), json.array {})
  t:write("repo/secrets/users/ben-user/new.yaml",
    t:read "repo/secrets/users/ben-user/signing.yaml")
  test.contains(notes("secrets/users/ben-user/new.yaml")[1].hint, "git add secrets/users/ben-user")
end)

test.it("compares two files, and says what is not there", function(t)
  setup(t)
  t:write("repo/copy.yaml", t:read("repo/" .. FILE))
  test.equal(run(t, { "diff", FILE, "copy.yaml" }).stdout, "")
  test.contains(run(t, { "diff", FILE, "secrets/shared.yaml" }, 1).stdout, "+ recipient eve-user")
  test.equal(run(t, { "diff", "-", FILE, stdin = t:read "repo/copy.yaml" }).stdout, "")
  run(t, { "diff", "-" }, 3)
  test.contains(run(t, { "diff", FILE, "no-such-branch" }, 2).stderr, "no-such-branch has no")
  test.contains(run(t, { "diff", "copy.yaml" }, 2).stderr, "HEAD has no copy.yaml")
  test.contains(run(t, { "diff", "README.md" }, 2).stderr, "neither version is sealed")
end)
