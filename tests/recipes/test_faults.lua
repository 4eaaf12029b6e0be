-- Faults that scripts around sops really had. None of them must be possible here.

local fs     <const> = require "moonlatch.fs"
local json   <const> = require "moonlatch.json"
local sample <const> = require "moonlatch.sample"
local ssh    <const> = require "moonlatch.ssh"
local test   <const> = require "moonlatch.test"

local KEYS <const> = "home/.config/sops/age/keys.txt"
local ACCEPT <const> = { MOONLATCH_ACCEPT = "first-use" }

local function setup(t, options)
  t.sample = sample.below(t.root, options or { machines = false })
  t:expect { "-C", "repo", "sync-keys", "-y", "-q" }
end

local function run(t, words, status, env)
  return t:expect({ "-C", "repo", env = env or ACCEPT, stdin = words.stdin,
    table.unpack(words) }, status)
end

--- Every file below a folder with its text.
local function snapshot(root)
  local found <const> = {}
  for entry in root:walk() do
    found[entry.path] = entry.kind == "file" and assert(root:read(entry.path)) or entry.target
  end
  return found
end

test.it("truncates no file before the new content is complete", function(t)
  setup(t)
  local before <const> = snapshot(t.root)
  t.root:remove "vault/sops-dev-ssh"
  run(t, { "sync-keys", "-y" }, 2)
  before["vault/sops-dev-ssh"] = nil
  test.equal(snapshot(t.root), before)
end)

test.it("leaves the target of a failed seal or opening as it was", function(t)
  setup(t)
  t:write("repo/secrets/notes/new.txt", "in clear\n")
  local stranger <const> = { SOPS_AGE_KEY_FILE = "/dev/null", HOME = t:path "nobody",
    XDG_CONFIG_HOME = t:path "nobody" }
  local before <const> = snapshot(t.root)
  run(t, { "encrypt", "-i", "secrets/notes/new.txt" }, 1, {}) -- nobody approved the recipients
  run(t, { "decrypt", "-i", "secrets/shared.yaml" }, 2, stranger)
  run(t, { "decrypt", "secrets/shared.yaml", "-o", "secrets/notes/recovery.txt" }, 2, stranger)
  run(t, { "set", "secrets/shared.yaml", "github-token", "-", stdin = "x" }, 2, stranger)
  local after <const> = snapshot(t.root)
  for path, text in pairs(before) do
    test.equal(after[path], text, path)
  end
end)

test.it("writes nothing in clear that others can read, whatever the umask", function(t)
  setup(t)
  run(t, { "decrypt", "secrets/test.yaml", "-o", "clear.yaml" })
  run(t, { "keygen", "-o", "key.txt" })
  for _, path in ipairs { "repo/clear.yaml", "repo/key.txt", KEYS } do
    test.equal(t.root:stat(path).mode, tonumber("600", 8), path)
  end
end)

test.it("keeps every hand-made rule when a key changes", function(t)
  setup(t)
  local rules <const>, old <const> = t:read "repo/.sops.yaml",
    t.sample.identities["owner-user"].recipient
  local said <const> = json.parse(run(t, { "rotate", "owner-user", "--generate", "-y", "--json" })
    .stdout)
  test.equal(t:read "repo/.sops.yaml", (rules:gsub(old, said.new)))
end)

test.it("finds sealed files by what they hold, not by their names", function(t)
  setup(t, {})
  local said <const> = json.parse(run(t, { "rotate", "owner-user", "--generate", "-y", "--json" })
    .stdout)
  local seen <const> = {}
  for _, change in ipairs(said.changes) do
    seen[change.path] = true
  end
  for _, path in ipairs { "secrets/bridge/owner-user-age-key.enc", "secrets/notes/recovery.txt",
    "sops/secrets/elm-age.key/secret", "vars/shared/mesh/key/secret", "secrets/ci/deploy.json" } do
    test.equal(seen[path], true, path)
  end
end)

test.it("lists whatever the vault has, not names known beforehand", function(t)
  setup(t)
  t:write("vault/sops-someone-new-ssh", assert(ssh.generate()):text(), tonumber("600", 8))
  test.contains(run(t, { "extract-keys" }).stdout, "sops-someone-new-ssh")
end)

test.it("says a failure once, and nothing of success beside it", function(t)
  setup(t)
  t.root:remove "vault/sops-owner-user-ssh"
  local failed <const> = run(t, { "bootstrap", "-y" }, 2)
  local _, times <const> = failed.stderr:gsub("%[missing%]", "")
  test.equal(times, 1)
  test.lacks(failed.stderr, "next:")
  test.equal(failed.stdout, "")
end)

test.it("tells the state of a vault apart from a missing key", function(t)
  setup(t)
  fs.remove_tree(t:path "vault")
  local failed <const> = run(t, { "sync-keys", "-y" }, 2)
  test.contains(failed.stderr, "the folder of the vault is not there")
  test.lacks(failed.stderr, "has no item")
end)

test.it("does not hide that a part of a batch has failed", function(t)
  setup(t)
  local path <const> = "repo/secrets/hosts/vm.yaml"
  t:write(path, (t:read(path):gsub("X25519", "X25518"):gsub("YWdl", "YWdm"))) -- every stanza
  local before <const> = snapshot(t.root)
  local failed <const> = run(t, { "update-keys", "--rewrap", "-y" }, 2)
  test.contains(failed.stderr, "secrets/hosts/vm.yaml")
  local after <const> = snapshot(t.root)
  for name, text in pairs(before) do
    test.equal(after[name], text, name)
  end
end)

test.it("takes names as they are: no shell, no option, no pattern sees them", function(t)
  setup(t)
  t:write("repo/.sops.yaml", (t:read "repo/.sops.yaml":gsub("creation_rules:\n", [[
creation_rules:
  - path_regex: secrets/odd/.*
    key_groups:
      - age:
          - *owner-user
]])))
  for i, name in ipairs { "a b'c.yaml", "$(touch x).yaml", "`id`;.yaml", "--yes.yaml", "*.yaml",
    "a\"b.yaml", "\xC3\xA9.yaml" } do
    local path <const> = "secrets/odd/" .. name
    t:write("repo/" .. path, "k: v" .. i .. "\n")
    run(t, { "encrypt", "-i", path })
    run(t, { "set", path, "k", "-", stdin = "w" .. i })
    test.equal(run(t, { "get", path, "k" }).stdout, "w" .. i)
  end
  test.equal(t.root:exists "repo/x", false)
  t:write("repo/-i", "k: v\n")
  test.contains(run(t, { "encrypt", "-a", t.sample.identities.dev.recipient, "--", "-i" }).stdout,
    "ENC[")
end)

test.it("works without any shell or other program", function(t)
  setup(t)
  local env <const> = { PATH = t:path "home", MOONLATCH_ACCEPT = "first-use" }
  run(t, { "bootstrap", "-y" }, 0, env)
  run(t, { "rotate", "owner-user", "--generate", "-y" }, 0, env)
  run(t, { "validate" }, 0, env)
end)

test.it("keeps identities that it does not own, and lets no backups pile up", function(t)
  setup(t)
  local mine <const> = "# mine\nAGE-PLUGIN-YUBIKEY-1QQQSYQCYQ5RQWWQXWYR\n"
  t:write(KEYS, mine .. t:read(KEYS), tonumber("600", 8))
  for _ = 1, 3 do
    run(t, { "sync-keys", "-y" })
    run(t, { "rotate", "owner-user", "--generate", "--keep-old", "-y" })
    run(t, { "rotate", "owner-user", "--finish", "-y" })
    for _, ending in ipairs { "", ".pub" } do -- what a person is told to do
      local name <const> = "vault/sops-owner-user-ssh"
      t:write(name .. ending, assert(t.root:read_secret(name .. "-new" .. ending)),
        tonumber("600", 8))
      t.root:remove(name .. "-new" .. ending)
    end
  end
  test.equal(t:read(KEYS):sub(1, #mine), mine)
  test.equal(t.root:list "home/.config/sops/age", { "keys.txt" })
  for path in pairs(snapshot(t.root)) do
    test.equal(path:match "backup" or path:match "%.old$" or path:match "~$", nil, path)
  end
end)

test.it("does without a site file, and without files that were removed long ago", function(t)
  setup(t)
  t.root:remove "repo/moonlatch.lua"
  test.equal(run(t, { "validate" }).status, 0)
  run(t, { "rotate", "owner-user", "-y", "--new-key", t:path "new.txt" }, 2)
  t:expect { "keygen", "-o", "new.txt" }
  run(t, { "rotate", "owner-user", "-y", "--new-key", t:path "new.txt" })
  test.equal(run(t, { "validate" }).status, 0)
end)

test.it("never asks through standard input, and ends when nobody can be asked", function(t)
  setup(t)
  local before <const> = snapshot(t.sample.repo)
  run(t, { "rotate", "owner-user", "--generate", stdin = "y\nyes\ny\n" }, 2)
  run(t, { "update-keys", "--rewrap", stdin = "y\n" }, 2)
  test.equal(snapshot(t.sample.repo), before)
end)
