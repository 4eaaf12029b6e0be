-- validate: a sound repository has no finding, and each thing that can go wrong is found and named.

local age    <const> = require "moonlatch.age"
local clan   <const> = require "moonlatch.clan"
local fail   <const> = require "moonlatch.fail"
local fs     <const> = require "moonlatch.fs"
local json   <const> = require "moonlatch.json"
local sample <const> = require "moonlatch.sample"
local secret <const> = require "moonlatch.secret"
local ssh    <const> = require "moonlatch.ssh"
local test   <const> = require "moonlatch.test"

local KEYS <const> = "home/.config/sops/age/keys.txt"

local World = {}
World.__index = World

--- A sample with its vault, and a key file with the owner's keys.
local function new(t, options)
  local made <const> = sample.below(t.root, { machines = options and options.machines or false })
  local self <const> = setmetatable({ t = t, root = made.repo, made = made }, World)
  self:keys { "dev", "owner-user" }
  return self
end

function World:keys(names, before, mode)
  local lines <const> = { before or "# mine\n" }
  for _, name in ipairs(names) do
    table.insert(lines, assert(self.made.identities[name].identity:secret()))
    table.insert(lines, "\n")
  end
  self.t:write(KEYS, secret.concat(lines), mode or tonumber("600", 8))
end

function World:write(path, text)
  self.t:write("repo/" .. path, text)
end

--- Replace the first `from` (plain) in a file; fails when it is not there.
function World:edit(path, from, to)
  local text <const> = self.t:read("repo/" .. path)
  local i <const>, j <const> = text:find(from, 1, true)
  if not i then
    error(("%s does not contain %q"):format(path, from), 2)
  end
  self:write(path, text:sub(1, i - 1) .. to .. text:sub(j + 1))
end

function World:vault(name, pair)
  if pair.private then
    assert(self.made.vault:write(name, pair.private, { mode = tonumber("600", 8) }))
  end
  if pair.public then
    assert(self.made.vault:write(name .. ".pub", pair.public .. "\n"))
  end
end

function World:run(words, status)
  return self.t:expect({ "-C", "repo", "validate", table.unpack(words or {}) }, status)
end

--- What a run said: the object of --json.
function World:json(words, status)
  words = table.move(words or {}, 1, #(words or {}), 2, { "--json" })
  return assert(json.parse(self:run(words, status).stdout))
end

local function codes(list)
  local found <const>, seen <const> = {}, {}
  for _, f in ipairs(list) do
    if not seen[f.code] then
      seen[f.code] = true
      table.insert(found, f.code)
    end
  end
  table.sort(found)
  return found
end

local function matches(f, at)
  for field, pattern in pairs(at) do
    if not tostring(f[field]):find(pattern) then
      return false
    end
  end
  return true
end

--- The first of this code, with these fields (Lua patterns).
local function first(list, code, at)
  for _, f in ipairs(list) do
    if f.code == code and matches(f, at or {}) then
      return f
    end
  end
end

local RULES <const> = ".sops.yaml"
local function fresh()
  return age.generate():recipient()
end

--- Each code with what brings it about. `note`: its level; `at`: what it must name, as Lua
--- patterns; `also`: findings that belong to it; `machines`: it needs the clan tree.
local CASES <const> = {
  ["absent-context"] = { note = true, words = { "--vault" }, plant = function(w)
    assert(w.t.root:remove "vault/sops-eve-user-ssh")
  end, at = { name = "^eve%-user$", message = "sops%-eve%-user%-ssh" } },
  ["bad-key-json"] = { machines = true, plant = function(w)
    w:write("sops/users/ben/key.json", '[{"type": "age"}]')
  end, at = { path = "^sops/users/ben/key.json$", message = "publickey" } },
  ["bad-metadata"] = { plant = function(w)
    local time <const> = w.t:read("repo/secrets/test.yaml"):match("lastmodified: ([^\n]+)")
    w:edit("secrets/test.yaml", time, "yesterday")
  end, at = { path = "^secrets/test.yaml$", line = "%d", message = "lastmodified" } },
  ["bad-rule"] = { plant = function(w)
    w:edit(RULES, [[secrets/test\.yaml$]], [[secrets/(?=test)\.yaml$]])
  end, at = { path = "^%.sops%.yaml$", line = "%d", message = "rule 9" } },
  ["catch-all"] = { note = true, plant = function() end,
    at = { path = RULES, line = "%d", message = "rule 16" } },
  ["clan-links"] = { machines = true, plant = function(w)
    assert(w.root:symlink("vars/per-machine/cedar/luks/key/machines/fir",
      "../../../../../../sops/machines/fir"))
  end, at = { path = "^vars/per%-machine/cedar/luks/key/secret$", message = "missing: fir" } },
  ["clear-file"] = { plant = function(w)
    w:write("secrets/hosts/new.yaml", "a: 1\n")
  end, at = { path = "^secrets/hosts/new.yaml$", message = "rule 10", hint = "encrypt" } },
  ["clear-value"] = { plant = function(w)
    local sealed <const> = w.t:read("repo/secrets/test.yaml"):match('"quoted": (%b\'\')')
    w:edit("secrets/test.yaml", sealed, "'in clear'")
  end, at = { path = "^secrets/test.yaml$", line = "%d", message = "quoted" } },
  ["conflict-marks"] = { plant = function(w)
    local line <const> = w.t:read("repo/secrets/test.yaml"):match '"quoted": [^\n]*\n'
    w:edit("secrets/test.yaml", line, ("<<<<<<< ours\n%s=======\n%s>>>>>>> theirs\n")
      :format(line, line))
  end, at = { path = "^secrets/test.yaml$", hint = "merge" } },
  ["duplicate-anchor"] = { plant = function(w)
    w:edit(RULES, "\ncreation_rules:", ("  - &vm %s\n\ncreation_rules:")
      :format(w.made.identities.vm.recipient))
  end, at = { path = RULES, line = "%d", message = "anchor vm" } },
  ["duplicate-key"] = { plant = function(w)
    w:edit(RULES, "          - *dev\n", "          - *dev\n          - *dev\n")
  end, at = { path = RULES, line = "%d", message = "rule 1" } },
  ["key-file-open"] = { plant = function(w)
    w:keys({ "dev", "owner-user" }, nil, tonumber("644", 8))
  end, at = { path = "keys%.txt$", hint = "^chmod 600 " } },
  ["looping-link"] = { note = true, machines = true, plant = function() end,
    at = { path = "^sops/machines/elm/elm$" } },
  ["one-human"] = { note = true, machines = true, plant = function() end,
    at = { name = "^owner%-user$", message = "alone can open 97 files" } },
  ["pair-differs"] = { words = { "--vault" }, plant = function(w)
    w:vault("sops-ben-user-ssh", { public = assert(ssh.generate()):public() })
  end, at = { name = "^sops%-ben%-user%-ssh$" } },
  ["recipients-differ"] = { plant = function(w)
    w:edit(RULES, "          - *dora-user\n          - *eve-user\n", "          - *dora-user\n")
  end, at = { path = "^secrets/shared.yaml$", line = "%d",
    message = "not meant to be: eve%-user %(by rule 8, %.sops%.yaml:%d+%)" } },
  ["retired-key"] = { note = true, plant = function(w)
    w:keys({ "dev", "owner-user" }, "# moonlatch: retired 2025-01-31, rotated\n")
  end, at = { path = "keys%.txt$", line = "2", message = "still a recipient of 20 files" } },
  ["shadowed-rule"] = { note = true, plant = function(w)
    w:write(RULES, w.t:read("repo/" .. RULES) .. "  - path_regex: .*\\.yaml$\n    age: *dev\n")
  end, at = { path = RULES, line = "%d", message = "rule 17" } },
  ["threshold-differs"] = { note = true, plant = function(w)
    local dev <const>, owner <const> = w.made.identities.dev.recipient,
      w.made.identities["owner-user"].recipient
    w:write(RULES, ("creation_rules:\n  - path_regex: secrets/test.yaml\n    shamir_threshold: 3\n"
      .. "    key_groups: [age: [%s], age: [%s], age: [%s]]\n"):format(dev, owner, dev)
      .. w.t:read("repo/" .. RULES):gsub("creation_rules:\n", ""))
    w.t:expect { "-C", "repo", "update-keys", "-y", "secrets/test.yaml",
      env = { MOONLATCH_ACCEPT = "first-use" } }
    w.t:expect { "-C", "repo", "groups", "threshold", "secrets/test.yaml", "2", "-y" }
  end, at = { path = "^secrets/test.yaml$", message = "2 of its 3 .* rule 1 says 3",
    hint = "groups threshold secrets/test.yaml 3" } },
  ["two-keys"] = { machines = true, plant = function(w)
    w:write("sops/users/ben/key.json", ('[{"publickey": "%s", "type": "age"}]'):format(fresh()))
  end, at = { name = "^ben$", path = "^sops/users/ben/key.json$" } },
  ["two-names"] = { note = true, plant = function(w)
    w:edit(RULES, "\ncreation_rules:", ("  - &twin %s\n\ncreation_rules:")
      :format(w.made.identities.vm.recipient))
  end, at = { path = RULES, line = "%d", message = "twin" } },
  ["undefined-alias"] = { plant = function(w)
    w:edit(RULES, "          - *vm\n", "          - *vn\n")
  end, at = { path = RULES, line = "%d", message = "%*vn", hint = "%*vm" } },
  ["ungoverned"] = { note = true, plant = function(w)
    w:write("other/deploy.json", w.t:read "repo/secrets/ci/deploy.json")
  end, at = { path = "^other/deploy.json$" } },
  ["unused-anchor"] = { note = true, plant = function(w)
    w:edit(RULES, "\ncreation_rules:", ("  - &spare %s\n\ncreation_rules:"):format(fresh()))
  end, at = { path = RULES, line = "%d", message = "spare" } },
  ["vault-item"] = { note = true, words = { "--vault" }, plant = function(w)
    w:vault("sops-broken-ssh", { private = "no key\n" })
  end, at = { name = "^sops%-broken%-ssh$" } },
  ["vault-differs"] = { words = { "--vault" }, plant = function(w)
    local key <const> = assert(ssh.generate())
    w:vault("sops-ben-user-ssh", { private = key:text(), public = key:public() })
  end, at = { name = "^ben$" } },
  ["weakest-key"] = { note = true, plant = function(w)
    w:write(RULES, ("creation_rules:\n  - path_regex: secrets/test.yaml\n    age: [%s, %s]\n")
      :format(w.made.identities.dev.recipient, age.generate({ kind = "hybrid" }):recipient())
      .. w.t:read("repo/" .. RULES):gsub("creation_rules:\n", ""))
    w.t:expect { "-C", "repo", "update-keys", "-y", "secrets/test.yaml",
      env = { MOONLATCH_ACCEPT = "first-use" } }
  end, at = { message = "1 file is sealed .* secrets/test.yaml" } },
}

--- Findings of another recipe, and the test that has them.
local ELSEWHERE <const> = { ["bad-certificate"] = "tests/recipes/test_host_key.lua" }

test.it("has a case for every finding and note that there is", function()
  local missing <const>, unknown <const> = {}, {}
  for code, known in pairs(fail.codes) do
    table.insert(missing, known.finding and not (CASES[code] or ELSEWHERE[code])
      and code or nil)
  end
  for code, file in pairs(ELSEWHERE) do
    test.contains(assert(fs.read_named(file)):publish(), '"' .. code .. '"')
  end
  for code in pairs(CASES) do
    table.insert(unknown, not fail.codes[code] and code or nil)
  end
  test.equal({ missing = missing, unknown = unknown }, { missing = {}, unknown = {} })
end)

for code, case in pairs(CASES) do
  test.it("finds " .. code, function(t)
    local w <const> = new(t, { machines = case.machines })
    local before <const> = w:json(case.words, 0)
    test.equal(codes(before.findings), {})
    case.plant(w)
    local said <const> = w:json(case.words, case.note and 0 or 1)
    test.equal(codes(said.findings), case.note and {} or { code })
    local list <const> = case.note and said.notes or said.findings
    if not first(list, code, case.at) then
      error("not named: " .. json.format(json.array(list), { indent = 2 }))
    end
    if case.note then
      local words <const> = table.move(case.words or {}, 1, #(case.words or {}), 2, { "--strict" })
      test.equal(first(w:json(words, 1).findings, code) ~= nil, true)
    end
  end)
end

test.it("says nothing against a sound repository, with and without a site file", function(t)
  local w <const> = new(t, { machines = true })
  local said <const> = w:json({ "--vault", "--require", "keys,vault" }, 0)
  test.equal(codes(said.findings), {})
  test.equal(codes(said.notes), { "catch-all", "looping-link", "one-human" })
  test.equal(#said.skipped, 0)
  assert(w.root:remove "moonlatch.lua")
  local bare <const> = w:json({}, 0)
  test.equal(codes(bare.findings), {})
  test.contains(w:run({}, 0).stdout, "in order: 117 sealed files")
end)

test.it("works without vault and keys, says so, and fails where they are required", function(t)
  local w <const> = new(t)
  assert(t.root:remove(KEYS))
  fs.remove_tree(t:path "vault")
  local said <const> = w:run({ "--vault" }, 0)
  test.contains(said.stderr, "skipped the vault: the folder of the vault is not there")
  test.contains(said.stderr, "skipped your keys: ")
  test.contains(said.stdout, "in order: 20 sealed files")
  w:run({ "--require", "keys" }, 2)
  w:run({ "--require", "vault" }, 2)
  w:run({ "--require", "valut" }, 3)
end)

test.it("says why keys that are here take no part", function(t)
  local w <const> = new(t)
  t:write(KEYS, "AGE-PLUGIN-YUBIKEY-1QQQSYQCYQ5RQWWQXWYR\n", tonumber("600", 8))
  test.contains(w:run({}, 0).stderr, "keys.txt has keys of plugins only, and no check runs one")
  assert(t.root:remove(KEYS))
  assert(t.root:mkdir("home/.ssh", tonumber("700", 8)))
  t:run { "ssh-keygen", "-q", "-t", "ed25519", "-N", "open sesame", "-f", "home/.ssh/id_ed25519" }
  test.contains(w:run({}, 0).stderr,
    "your keys: ~/.ssh/id_ed25519 is under a passphrase, which no check asks for")
end)

test.it("finds a key.json where the site says there is an anchor, and there is none", function(t)
  local w <const> = new(t, { machines = true })
  w:write("moonlatch.lua", 'return { identities = { carl = { anchor = "carl", '
    .. 'clan_users = { "carl" } } } }\n')
  w:write("sops/users/carl/key.json", ('[{"publickey": "%s", "type": "age"}]'):format(fresh()))
  local said <const> = w:json({}, 1)
  test.equal(codes(said.findings), { "absent-context" })
  test.equal(said.findings[1].path, "sops/users/carl/key.json")
  w:write("moonlatch.lua", 'return { identities = { carl = { anchor = false, '
    .. 'clan_users = { "carl" } } } }\n')
  test.equal(first(w:json({}, 0).notes, "absent-context"), nil)
end)

test.it("finds a key that was slipped into a key.json beside the right one", function(t)
  local w <const> = new(t, { machines = true })
  local path <const> = "sops/users/ben/key.json"
  w:write(path, assert(clan.edit_keys(w.t:read("repo/" .. path), { add = { fresh() } })))
  test.equal(codes(w:json({}, 1).findings), { "two-keys" })
end)

test.it("tells every drift in one run, with the command that mends it", function(t)
  local w <const> = new(t)
  w:edit(RULES, "          - *dora-user\n          - *eve-user\n", "          - *dora-user\n")
  w:edit(RULES, "          - *ci\n          - *admin\n          - *owner-user\n\n",
    "          - *admin\n          - *owner-user\n\n")
  w:write("secrets/hosts/plain.yaml", "a: 1\n")
  local said <const> = w:run({}, 1)
  test.contains(said.stderr, "secrets/shared.yaml:")
  test.contains(said.stderr, "not meant to be: ci")
  test.contains(said.stderr, "secrets/hosts/plain.yaml: ")
  test.contains(said.stderr, "next: moonlatch update-keys --dry-run")
  test.contains(said.stdout, "not in order: 3 findings")
end)

test.it("does not ask for the passphrase of a vault item, and compares its halves", function(t)
  local w <const> = new(t)
  local made <const> = t:run { "ssh-keygen", "-q", "-t", "ed25519", "-N", "s3same", "-f",
    t:path "vault/sops-locked-ssh" }
  test.equal(made.status, 0)
  local said <const> = w:json({ "--vault" }, 0)
  test.equal(first(said.notes, "absent-context", { message = "item sops%-locked%-ssh" }) ~= nil,
    true)
  w:vault("sops-locked-ssh", { public = assert(ssh.generate()):public() })
  test.equal(codes(w:json({ "--vault" }, 1).findings), { "pair-differs" })
end)

test.it("tells a garbled sealed file from a clear one", function(t)
  local w <const> = new(t)
  local path <const> = "secrets/test.yaml"
  local whole <const> = w.t:read("repo/" .. path)
  local function broken(text, message)
    w:write(path, text)
    local said <const> = w:json({}, 1)
    test.equal(codes(said.findings), { "bad-metadata" })
    test.contains(said.findings[1].message, message)
  end
  broken(whole:gsub("\n    mac: [^\n]+", ""), "no MAC")
  broken(whole:gsub("\n    version: [^\n]+", ""), "version")
  broken("<<<<<<< ours\n" .. whole, "")
  w:write(path, (whole:gsub("\nsops:.*", "\n")))
  test.equal(codes(w:json({}, 1).findings), { "clear-file" })
  w:write(path, whole)
  w:write("docs/sops.md", "A value looks like `ENC[AES256_GCM,data:…]`.\n")
  w:json({}, 0)
end)

test.it("tells of a run that was cut short", function(t)
  local w <const> = new(t)
  assert(t.root:mkdir("home/.local/state/moonlatch/tx", tonumber("700", 8)))
  t:write("home/.local/state/moonlatch/tx/0123456789abcdef", "nonsense", tonumber("600", 8))
  test.contains(first(w:json({}, 0).notes, "pending").hint, "recover")
end)
