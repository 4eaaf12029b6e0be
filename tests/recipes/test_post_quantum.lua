-- Sealed files for post-quantum age keys, through their life, and with the real sops both ways.

local age  <const> = require "moonlatch.age"
local test <const> = require "moonlatch.test"

local KEYS <const> = "home/.config/sops/age/keys.txt"
local RULES <const> = [[
keys:
  - &tara %s
  - &ben %s
creation_rules:
  - path_regex: secrets/
    key_groups:
      - age:
          - *tara
          - *ben
]]
local CLEAR <const> = "# who\nname: crew\n"

--- The last key of the key file.
local function last_key(t)
  local lines <const> = assert(age.parse_key_file(assert(t.root:read_secret(KEYS))))
  return lines[#lines].identity
end

--- A repository of tara, whose key is post-quantum, and ben, whose key is not.
local function setup(t)
  t:expect { "keygen", "-q", "--pq", "-o", KEYS }
  local tara <const>, ben <const> = last_key(t), assert(age.generate())
  t:write("repo/.git/HEAD", "ref: refs/heads/main\n")
  t:write("repo/.sops.yaml", RULES:format(tara:recipient(), ben:recipient()))
  t:write("repo/secrets/a.yaml", CLEAR)
  return tara
end

--- Our program in the repository.
local function run(t, ...)
  local command <const> = { "-C", "repo", ... }
  command.env = { MOONLATCH_ACCEPT = "first-use" }
  return t:expect(command)
end

test.it("opens, renews and rotates what is sealed for a post-quantum key", function(t)
  local tara <const> = setup(t)
  run(t, "encrypt", "-q", "-i", "secrets/a.yaml")
  test.contains(t:read "repo/secrets/a.yaml", tara:recipient())
  test.equal(run(t, "get", "secrets/a.yaml", "name").stdout, "crew")
  test.equal(run(t, "renew", "secrets/a.yaml", "-y").status, 0)
  run(t, "validate")

  run(t, "rotate", "tara", "--generate", "-y")
  local new <const> = last_key(t)
  test.equal({ new.kind, new:recipient() == tara:recipient() }, { "hybrid", false })
  test.contains(t:read "repo/.sops.yaml", "&tara " .. new:recipient())
  test.lacks(t:read "repo/secrets/a.yaml", tara:recipient())
  test.equal(run(t, "decrypt", "secrets/a.yaml").stdout, CLEAR)
end)

test.it("says who opens a file in a line that can be read", function(t)
  local tara <const> = setup(t)
  run(t, "encrypt", "-q", "-i", "secrets/a.yaml")
  test.contains(run(t, "who", "secrets/a.yaml").stderr, "tara")
  t:write("alone.yaml", t:read "repo/secrets/a.yaml")
  local said <const> = t:expect({ "who", "alone.yaml" }).stderr
  test.lacks(said, tara:recipient())
  test.contains(said, tara:recipient():sub(1, 12))
end)

test.it("reads and is read by the real sops", function(t)
  local sops <const> = test.peer "sops"
  setup(t)
  t:write("repo/secrets/b.yaml", CLEAR)
  local function theirs(...)
    local command <const> = { sops, ... }
    command.cwd, command.env = t.root, { SOPS_AGE_KEY_FILE = t:path(KEYS) }
    local result <const> = t:run(command)
    test.equal(result.status, 0, result.stderr)
    return result.stdout
  end
  run(t, "encrypt", "-q", "-i", "secrets/a.yaml")
  test.equal(theirs("decrypt", "repo/secrets/a.yaml"), CLEAR)
  theirs("--config", "repo/.sops.yaml", "encrypt", "-i", "repo/secrets/b.yaml")
  test.equal(run(t, "decrypt", "secrets/b.yaml").stdout, CLEAR)
end)
