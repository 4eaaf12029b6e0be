-- `moonlatch why`: what opens a file, or for each recipient why it does not.

local json   <const> = require "moonlatch.json"
local sample <const> = require "moonlatch.sample"
local secret <const> = require "moonlatch.secret"
local ssh    <const> = require "moonlatch.ssh"
local test   <const> = require "moonlatch.test"

local KEYS <const> = "home/.config/sops/age/keys.txt"
local FILE <const> = "secrets/users/ben-user/signing.yaml"

--- A repository, and the keys of some of its identities in the key file.
local function setup(t, ...)
  local made <const> = sample.below(t.root, { machines = t.machines or false })
  t.identities = made.identities
  local lines <const> = {}
  for _, name in ipairs { ... } do
    table.insert(lines, assert(made.identities[name].identity:secret()))
    table.insert(lines, "\n")
  end
  if #lines > 0 then
    t:write(KEYS, secret.concat(lines), tonumber("600", 8))
  end
end

local function run(t, command, status)
  return t:expect(table.move(command, 1, #command, 3, { "-C", "repo", env = command.env }), status)
end

local function said(t, command, status)
  table.insert(command, "--json")
  return json.parse(run(t, command, status).stdout)
end

test.it("says which key opens a file, and from where", function(t)
  setup(t, "ben-user")
  local all <const> = said(t, { "why", FILE }, 0)
  test.equal(all.opens, true)
  test.equal(all.identity, t.identities["ben-user"].recipient)
  test.equal(all.source, t:path(KEYS))
  test.contains(all.summary, "opens with ben-user")
  test.equal(all.findings, json.array {})
  test.contains(run(t, { "why", FILE }).stdout, "admin      age   1      – its private key is not")
end)

test.it("says who can help when no key opens it, and what to type", function(t)
  setup(t, "carol-user")
  local all <const> = said(t, { "why", FILE }, 1)
  test.equal(all.opens, false)
  test.equal(all.findings[1].code, "key")
  test.contains(all.findings[1].hint, "ben-user can: moonlatch recipient add carol-user " .. FILE)
  test.equal(#all.recipients, 3)
end)

test.it("tells how clan's files are opened to somebody", function(t)
  t.machines = true
  setup(t, "carol-user")
  local folder <const> = "vars/per-machine/cedar/luks/key"
  local hint <const> = said(t, { "why", folder .. "/secret" }, 1).findings[1].hint
  test.contains(hint, "can: a link to sops/users/NAME in " .. folder .. "/users")
  test.contains(hint, "moonlatch update-keys " .. folder .. "/secret")
end)

test.it("tells what each place for keys holds", function(t)
  setup(t)
  local function state(name, env)
    for _, source in ipairs(said(t, { "why", FILE, env = env }, 1).sources) do
      if source.looked_for_keys_in == name then
        return source.found
      end
    end
  end
  local function hint()
    return said(t, { "why", FILE }, 1).findings[1].hint
  end
  test.equal(state(t:path(KEYS)), "not there")
  test.contains(hint(), "sync-keys")
  t:write(KEYS, "", tonumber("600", 8))
  test.equal(state(t:path(KEYS)), "empty")
  t:write(KEYS, "# nothing\n", tonumber("600", 8))
  test.equal(state(t:path(KEYS)), "no key in it")
  t:write(KEYS, "hunter2\n", tonumber("600", 8))
  test.contains(state(t:path(KEYS)), "line 1: ")
  test.contains(said(t, { "why", FILE }, 1).findings[1].message, "no private key can be used")
  test.equal(state("SOPS_AGE_KEY", { SOPS_AGE_KEY = "# none\n" }), "no key in it")
  t:write(KEYS, "", tonumber("600", 8))
  t:write("home/.ssh/id_ed25519", assert(ssh.generate()):text(), tonumber("600", 8))
  test.equal(state "~/.ssh/id_ed25519", "2 keys")
end)

test.it("says how a command for a key ended", function(t)
  setup(t, "ben-user")
  t:write("killed", "#!/bin/sh\nkill -9 $$\n", tonumber("700", 8))
  local env <const> = { SOPS_AGE_KEY_CMD = t:path "killed" }
  test.contains(run(t, { "validate", env = env }, 0).stderr,
    "SOPS_AGE_KEY_CMD: the command was ended by signal 9")
end)

test.it("knows a key behind a passphrase that nobody can type", function(t)
  setup(t)
  assert(t.root:mkdir("home/.ssh", tonumber("700", 8)))
  local made <const> = t:run { "ssh-keygen", "-q", "-t", "ed25519", "-N", "open sesame", "-f",
    t:path "home/.ssh/id_ed25519" }
  test.equal(made.status, 0, made.stderr)
  t:write("plain.yaml", "a: 1\n")
  local key <const> = ssh.to_age((t:read "home/.ssh/id_ed25519.pub"))
  t:write("sealed.yaml", t:expect { "encrypt", "-a", key, "plain.yaml" }.stdout)
  local all <const> = json.parse(t:expect({ "why", "sealed.yaml", "--json" }, 1).stdout)
  test.contains(all.recipients[1].here, "behind a passphrase")
  test.contains(all.findings[1].message, "passphrase")
end)

test.it("tells the rule's recipients from the file's", function(t)
  setup(t, "eve-user")
  local rules <const> = t:read "repo/.sops.yaml"
  t:write("repo/.sops.yaml", (rules:gsub("%*ben%-user", "*eve-user")))
  local all <const> = said(t, { "why", FILE }, 1)
  test.contains(all.findings[1].hint, "rule names you already")
  test.contains(all.findings[1].hint, "moonlatch update-keys " .. FILE)
  test.equal(all.notes[1].code, "recipients-differ")
end)

test.it("warns of a key file that others can read", function(t)
  setup(t, "ben-user")
  t:write(KEYS, assert(t.identities["ben-user"].identity:secret()), tonumber("644", 8))
  local all <const> = said(t, { "why", FILE }, 0)
  test.equal(all.notes[1].code, "key-file-open")
  test.contains(all.notes[1].hint, "chmod 600")
end)

test.it("tells a file in clear, a garbled one, a merge and a changed one apart", function(t)
  setup(t, "ben-user")
  local whole <const> = t:read("repo/" .. FILE)
  local function code(text)
    t:write("repo/" .. FILE, text)
    local all <const> = said(t, { "why", FILE }, 1)
    return all.findings[1].code, all
  end
  test.equal((code "github-token: x\n"), "clear-file")
  test.equal((code(whole:sub(1, #whole // 2))), "bad-metadata")
  local line <const> = whole:match "github%-token: [^\n]*\n"
  test.equal((code("<<<<<<< a\n" .. line .. "=======\n" .. line .. ">>>>>>> b\n" .. whole)),
    "conflict-marks")
  local mac <const>, all <const> = code((whole:gsub("github%-token: [^\n]*\n", "")))
  test.equal(mac, "mac")
  test.equal(all.opens, true)
  test.contains(all.findings[1].hint, "moonlatch repair")
  test.equal((code((whole:gsub("github%-token: ENC%[AES256_GCM,data:", "%0AAAA")))), "auth")
  test.contains(run(t, { "why", "secrets/none.yaml" }, 2).stderr, "[missing]")
end)

--- A file whose rule has two key groups; private keys in home/NAME.txt.
local function grouped(t)
  local keys <const> = {}
  for _, name in ipairs { "alice", "bob", "carol" } do
    t:expect { "keygen", "-q", "-o", ("home/%s.txt"):format(name) }
    keys[name] = t:read(("home/%s.txt"):format(name)):match "public key: (%S+)"
  end
  t:write("repo/.sops.yaml", ([[
keys:
  - &alice %s
  - &bob %s
  - &carol %s
creation_rules:
  - path_regex: s/.*
    key_groups:
      - age: [*alice, *bob]
      - age: [*carol]
]]):format(keys.alice, keys.bob, keys.carol))
  t:write("repo/s/a.yaml", "a: 1\n")
  run(t, { "encrypt", "-q", "-i", "s/a.yaml", env = { MOONLATCH_ACCEPT = "first-use" } })
end

test.it("tells which key group of a file is open, and what the other needs", function(t)
  grouped(t)
  local function as(names, status)
    local keys <const> = {}
    for i, name in ipairs(names) do
      keys[i] = t:read(("home/%s.txt"):format(name))
    end
    return said(t, { "why", "s/a.yaml", env = { SOPS_AGE_KEY = table.concat(keys) } }, status)
  end
  local bob <const> = as({ "bob" }, 1)
  test.contains(bob.findings[1].message, "1 of the file's 2 key groups")
  test.contains(bob.findings[1].hint, "carol can help")
  test.contains(bob.recipients[2].here, "opens this group")
  test.equal(bob.recipients[3].group, 2)
  local both <const> = as({ "bob", "carol" }, 0)
  test.equal(both.opens, true)
  test.contains(both.recipients[2].here, "opens this group: your key from SOPS_AGE_KEY")
  test.contains(both.recipients[3].here, "opens this group: your key from SOPS_AGE_KEY")
  local all <const> = as({ "alice", "bob", "carol" }, 0)
  test.contains(all.recipients[1].here, "opens this group")
  test.contains(all.recipients[2].here, "yours too")
  test.contains(run(t, { "who", "s/a.yaml" }).stderr, "any of alice, bob and carol")
  local opens <const> = run(t, { "who", "--identity", "bob" }).stdout
  test.contains(opens, "with carol")
  test.contains(opens, "bob opens 0 of 1 sealed files alone, 1 with others")
end)

test.it("says that the agent has a key, which opens nothing from there", function(t)
  local key <const> = assert(ssh.generate())
  t:write("home/agent-key", assert(key:text()), tonumber("600", 8))
  t:write("a.yaml", "a: 1\n")
  local line <const> = key:public()
  t:expect { "encrypt", "-i", "a.yaml", "-a", assert(ssh.to_age(line)) .. "," .. line, env = {
    MOONLATCH_ACCEPT = "first-use" } }
  local words <const> = { "ssh-agent", "sh", "-c",
    'ssh-add -q home/agent-key && "$0" decrypt a.yaml',
    assert(require "moonlatch.host".program()) }
  local closed <const> = t:run(words)
  test.equal(closed.status, 2, closed.stderr)
  test.equal(select(2, closed.stderr:gsub("your SSH agent has this key", "")), 2)
  test.lacks(t:expect({ "decrypt", "a.yaml" }, 2).stderr, "SSH agent")
end)
