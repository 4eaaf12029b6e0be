-- Rotation on the sample repository, as a person runs it.

local age     <const> = require "moonlatch.age"
local json    <const> = require "moonlatch.json"
local sample  <const> = require "moonlatch.sample"
local secret  <const> = require "moonlatch.secret"
local sops    <const> = require "moonlatch.sops"
local test    <const> = require "moonlatch.test"

local KEYS <const> = "home/.config/sops/age/keys.txt"
local ACCEPT <const> = { MOONLATCH_ACCEPT = "first-use" }

--- A small sample in `repo`, its vault in `vault`, and the owner's key file.
local function setup(t, options)
  t.sample = sample.below(t.root, options)
  t.repo = t.sample.repo
  t:expect { "-C", "repo", "sync-keys", "-y", "-q" }
end

local function rotate(t, words, status)
  local command <const> = { "-C", "repo", "rotate", table.unpack(words) }
  command.env = words.env or ACCEPT
  return t:expect(command, status)
end

--- Path to recipients, for all sealed files.
local function recipients_of(t)
  local found <const> = {}
  for entry in t.repo:walk() do
    if entry.kind == "file" and entry.path:match "^secrets/" then
      local text <const> = assert(t.repo:read(entry.path))
      local file <const> = assert(sops.open(text, { path = entry.path,
        format = sops.format_of(entry.path) }))
      found[entry.path] = {}
      for _, recipient in ipairs(file:recipients()) do
        found[entry.path][recipient.recipient] = true
      end
    end
  end
  return found
end

local function opens(t, path, identity)
  local file <const> = assert(sops.open(assert(t.repo:read(path)), { path = path,
    format = sops.format_of(path) }))
  return file:unlock { identity } ~= nil and assert(file:decrypt())
end

--- Every file that the old key opened opens with the new one, and with the old one or not.
local function check(t, before, old, new, old_too)
  local after <const>, count = recipients_of(t), 0
  for path, keys in pairs(before) do
    if keys[old.recipient] then
      count = count + 1
      test.equal(after[path][new:recipient()], true, path)
      test.equal(after[path][old.recipient] ~= nil, old_too, path)
      test.equal(opens(t, path, new), true, path)
      test.equal(opens(t, path, old.identity), old_too, path)
    else
      test.equal(after[path], keys, path)
    end
  end
  test.equal(count > 5, true)
end

--- The identities of the key file, by their place.
local function key_file(t)
  local list <const> = {}
  for _, line in ipairs(assert(age.parse_key_file(assert(t.root:read_secret(KEYS))))) do
    if line.identity then
      table.insert(list, line.identity)
    end
  end
  return list
end

test.it("replaces a key everywhere, in one go", function(t)
  setup(t)
  local old <const>, before <const> = t.sample.identities["owner-user"], recipients_of(t)
  local result <const> = rotate(t, { "owner-user", "--generate", "-y", "--json" })
  local new <const> = key_file(t)[3]
  local said <const> = json.parse(result.stdout)
  test.equal(said.new, new:recipient())
  test.equal(said.old, old.recipient)
  check(t, before, old, new, false)
  local rules <const> = t.repo:read ".sops.yaml"
  test.lacks(rules, old.recipient)
  test.contains(rules, "&owner-user " .. new:recipient())
  for _, user in ipairs { "olivia", "olive" } do
    test.contains(t.repo:read(("sops/users/%s/key.json"):format(user)), new:recipient())
  end
  test.lacks(t.repo:read "vars/shared/mesh/key/secret", old.recipient)
  -- the old key stays for git history, marked; the new one is in the vault too
  test.contains(t:read(KEYS), "retired")
  test.equal(t.root:exists "vault/sops-owner-user-ssh-new", true)
  test.contains(table.concat(said.left_to_do, "\n"), "secrets/bridge/owner-user-age-key.enc")
  test.equal(t:program { "-C", "repo", "validate" }.status, 0)
end)

test.it("tells of copies of the old private key to whoever has no other", function(t)
  t.sample = sample.below(t.root, { machines = false })
  local private <const> = secret.concat { t.sample.identities["owner-user"].identity:secret(),
    "\n" }
  t:write(KEYS, private, tonumber("600", 8))
  local path <const> = "secrets/users/owner-user/mail.yaml"
  t:expect { "-C", "repo", "set", path, "copy", "-", stdin = private }
  local said <const> = json.parse(rotate(t, { "owner-user", "--generate", "-y",
    "--json" }).stdout)
  test.contains(table.concat(said.left_to_do, "\n"), path .. " holds the old private key")
end)

test.it("takes the key that the vault holds by now, once it is accepted", function(t)
  setup(t, { machines = false })
  local old <const>, before <const> = t.sample.identities["owner-user"], recipients_of(t)
  test.contains(rotate(t, { "owner-user", "-y" }, 2).stderr, "still holds the key")
  local ssh <const> = require "moonlatch.ssh"
  local key <const> = assert(ssh.generate { comment = "new" })
  t:write("vault/sops-owner-user-ssh", key:text(), tonumber("600", 8))
  t:write("vault/sops-owner-user-ssh.pub", key:public() .. "\n")
  local new <const> = assert(key:age_identity())
  -- whoever shares the vault could have put it there: --yes does not approve a recipient
  rotate(t, { "owner-user", "--generate", "-n" }, 1)
  t:program { "-C", "repo", "update-keys", "--rewrap", "-y", "-q", env = ACCEPT } -- pins
  test.contains(rotate(t, { "owner-user", "-y" }, 1).stderr, new:recipient())
  test.equal(recipients_of(t), before)
  rotate(t, { "owner-user", "-y", "--accept-recipient", new:recipient() })
  check(t, before, old, new, false)
end)

test.it("keeps the old key for a while, and ends that when asked", function(t)
  setup(t)
  local old <const>, before <const> = t.sample.identities["owner-user"], recipients_of(t)
  -- rotate has no --vault of its own
  test.contains(rotate(t, { "owner-user", "--generate", "--keep-old", "-y" }).stderr,
    "`moonlatch validate --vault` asks it")
  local new <const> = key_file(t)[3]
  check(t, before, old, new, true)
  test.contains(t.repo:read ".sops.yaml", "&owner-user-old " .. old.recipient)
  test.equal(t:program { "-C", "repo", "validate" }.status, 0)
  test.contains(rotate(t, { "owner-user", "--generate", "-y" }, 2).stderr, "--finish")
  rotate(t, { "owner-user", "--finish", "-y" })
  check(t, before, old, new, false)
  test.lacks(t.repo:read ".sops.yaml", "owner-user-old")
  test.equal(t:program { "-C", "repo", "validate" }.status, 0)
  rotate(t, { "owner-user", "--forget-old", "-y" })
  test.equal(#key_file(t), 2)
end)

test.it("changes nothing but the key in .sops.yaml, after keep-old and finish", function(t)
  setup(t, { machines = false })
  local old <const>, rules <const> = t.sample.identities["owner-user"].recipient,
    t.repo:read ".sops.yaml"
  rotate(t, { "owner-user", "--generate", "--keep-old", "-y" })
  rotate(t, { "owner-user", "--finish", "-y" })
  local new <const> = key_file(t)[3]:recipient()
  test.equal(t.repo:read ".sops.yaml", (rules:gsub(old, new)))
end)

test.it("writes nothing when it only shows, has no consent, or lacks the old key", function(t)
  setup(t, { machines = false })
  local before <const>, rules <const> = recipients_of(t), t.repo:read ".sops.yaml"
  local keys <const> = t:read(KEYS)
  test.contains(rotate(t, { "owner-user", "--generate", "-y", env = {} }, 1).stderr, "[approval]")
  local shown <const> = rotate(t, { "owner-user", "--generate", "-n" }, 1)
  test.contains(shown.stderr, "next: moonlatch -C repo rotate owner-user --generate\n")
  test.contains(rotate(t, { "owner-user", "--generate" }, 2).stderr, "[consent]")
  test.equal(rotate(t, { "eve-user", "--generate", "-y" }, 2).stderr:match "%[key%]", "[key]")
  test.contains(rotate(t, { "secrets/shared.yaml" }, 3).stderr, "renew")
  test.contains(rotate(t, { "ownr-user", "--generate" }, 2).stderr, "owner-user")
  test.equal(recipients_of(t), before)
  test.equal(t.repo:read ".sops.yaml", rules)
  test.equal(t:read(KEYS), keys)
  test.equal(t.root:exists "vault/sops-owner-user-ssh-new", false)
end)

test.it("leaves a file alone that does not open, and says so", function(t)
  setup(t, { machines = false })
  local path <const> = "repo/secrets/notes/recovery.txt"
  local broken <const>, times <const> = t:read(path):gsub("data:", "data:AAAA", 1)
  test.equal(times, 1)
  t:write(path, broken)
  test.contains(rotate(t, { "owner-user", "--generate", "-y" }, 2).stderr, "--keep-old")
  local result <const> = rotate(t, { "owner-user", "--generate", "--keep-old", "-y" }, 1)
  test.contains(result.stderr, "secrets/notes/recovery.txt")
  test.lacks(t:read(path), key_file(t)[3]:recipient())
end)

test.it("lets somebody else's new key in beside the old one", function(t)
  setup(t, { machines = false })
  local new <const> = assert(age.generate()):recipient()
  test.contains(rotate(t, { "owner-user", "--new-key", new, "-y" }, 2).stderr, "--keep-old")
  rotate(t, { "owner-user", "--new-key", new, "--keep-old", "-y" })
  test.equal(recipients_of(t)["secrets/shared.yaml"][new], true)
  test.contains(rotate(t, { "owner-user", "--finish", "-y" }, 2).stderr, "[key]")
end)
