--- sample — a repository of the shape that this program is made for, with keys made this moment.
--
-- The demonstration, the tests and the measurements all work on it: 17 anchors and 16 rules with
-- comments, both tiers, people, hosts and machines, more than a hundred sealed files, a stray link.
-- Its shape is the same each time. Its keys are fresh, because a private key that stands in a
-- program will sooner or later protect something real.

local age        <const> = require "moonlatch.age"
local clan       <const> = require "moonlatch.clan"
local content    <const> = require "moonlatch.sample.content"
local encode     <const> = require "moonlatch.encode"
local fs         <const> = require "moonlatch.fs"
local host       <const> = require "moonlatch.host"
local modes      <const> = require "moonlatch.modes"
local recipients <const> = require "moonlatch.recipients"
local secret     <const> = require "moonlatch.secret"
local sops       <const> = require "moonlatch.sops"
local ssh        <const> = require "moonlatch.ssh"

local sample = {}

---@class moonlatch.SampleIdentity
---@field name string             of its anchor
---@field recipient string
---@field identity moonlatch.AgeIdentity
---@field key moonlatch.SshKey?   where the age key is derived from an SSH key

---@class moonlatch.Sample
---@field identities table<string, moonlatch.SampleIdentity>  by anchor
---@field sealed integer          how many sealed files there are
---@field repo moonlatch.Root?     of `below`
---@field vault moonlatch.Root?

local function random(n)
  return encode.base64(secret.random(n))
end

--- A template with `@name@` and, for each `@@`, a new random value.
local function fill(template, name)
  local parts <const>, from = {}, 1
  local text <const> = template:gsub("@name@", name)
  for before, behind in text:gmatch("()@@()") do
    table.insert(parts, text:sub(from, before - 1))
    table.insert(parts, random(24))
    from = behind
  end
  table.insert(parts, text:sub(from))
  return secret.concat(parts)
end

local function make_identities()
  local found <const> = {}
  for _, entry in ipairs(content.IDENTITIES) do
    local name <const> = entry[1]
    local key <const> = entry.ssh and assert(ssh.generate { comment = name .. "@example" }) or nil
    local identity <const> = key and assert(key:age_identity()) or assert(age.generate())
    found[name] = { name = name, key = key, identity = identity,
      recipient = identity:recipient() }
  end
  return found
end

local Maker = {}
Maker.__index = Maker

function Maker:public(path, text)
  assert(self.tx:write(self.root, path, text, { kind = "public" }))
end

--- Seal a file for these anchors.
function Maker:seal(path, clear, names, selectors)
  local claims <const>, keys <const> = {}, {}
  for i, name in ipairs(names) do
    keys[i] = self.identities[name].recipient
    claims[i] = { key = keys[i], name = name }
  end
  -- Keys of our own making, in a run that remembers nothing.
  local approval <const> = assert(recipients.open(self.root, { dry_run = true }))
  local approved <const> = assert(approval:approve(claims, { named = keys }))
  local sealed <const> = assert(sops.encrypt(clear, { recipients = approved, path = path,
    format = sops.format_of(path), selectors = selectors }))
  assert(self.tx:write(self.root, path, sealed, { kind = "sealed" }))
  self.sealed = self.sealed + 1
end

function Maker:rules()
  self:public(".sops.yaml", (content.RULES:gsub("@([%w-]+)@", function(name)
    return self.identities[name].recipient
  end)))
end

function Maker:key_json(path, anchor)
  self:public(path, clan.format_keys {
    { publickey = self.identities[anchor].recipient, type = "age" } })
end

--- A sealed file of clan's with the links that say who opens it.
function Maker:clan_file(folder, clear, users, machines)
  local names <const> = {}
  local up <const> = ("../"):rep(select(2, folder:gsub("/", "")) + 2)
  for _, user in ipairs(users) do
    table.insert(names, content.USERS[user])
    assert(self.tx:link(self.root, ("%s/users/%s"):format(folder, user),
      ("%ssops/users/%s"):format(up, user)))
  end
  for _, machine in ipairs(machines) do
    table.insert(names, machine)
    assert(self.tx:link(self.root, ("%s/machines/%s"):format(folder, machine),
      ("%ssops/machines/%s"):format(up, machine)))
  end
  self:seal(folder .. "/secret", clear, names)
end

function Maker:clan()
  for user, anchor in pairs(content.USERS) do
    self:key_json(("sops/users/%s/key.json"):format(user), anchor)
  end
  for _, machine in ipairs(content.MACHINES) do
    self:key_json(("sops/machines/%s/key.json"):format(machine), machine)
    self:clan_file(("sops/secrets/%s-age.key"):format(machine),
      assert(self.identities[machine].identity:secret()), { "olivia" }, {})
  end
  for _, cloud in ipairs { "dns", "mail", "backup", "registry" } do
    self:clan_file(("sops/secrets/%s-token"):format(cloud), random(24), { "olivia" }, {})
  end
  -- somebody's stray link: a walk must neither loop nor fail
  assert(self.tx:link(self.root, "sops/machines/elm/elm", "../elm"))
end

function Maker:vars()
  local GENERATORS <const> = {
    openssh = { "ssh.id_ed25519" }, zerotier = { "identity-secret" }, luks = { "key" },
    ["user-password-root"] = { "user-password", "user-password-hash" },
    wireguard = { "private", "preshared" }, tor = { "hostname", "key" }, ["state-version"] = {},
    backup = { "repository", "ssh" }, metrics = { "token" }, proxy = { "htpasswd", "cookie" },
  }
  for _, machine in ipairs(content.MACHINES) do
    local folder <const> = "vars/per-machine/" .. machine
    for generator, files in pairs(GENERATORS) do
      for _, file in ipairs(files) do
        self:clan_file(("%s/%s/%s"):format(folder, generator, file), random(32), { "olivia" },
          { machine })
      end
    end
    self:public(folder .. "/openssh/ssh.id_ed25519.pub/value",
      assert(ssh.generate { comment = machine }):public() .. "\n")
    self:public(folder .. "/state-version/version/value", "25.05\n")
  end
  for _, generator in ipairs { "root-ca", "mesh", "mail" } do
    self:clan_file(("vars/shared/%s/key"):format(generator), random(32), { "olivia" },
      content.MACHINES)
    self:public(("vars/shared/%s/certificate/value"):format(generator), "not secret\n")
  end
end

function Maker:secrets()
  for _, home in ipairs(content.HOMES) do
    self:seal(("secrets/home-manager/users/%s/secrets.yaml"):format(home[1]),
      fill(content.HOME, home[1]), { "dev", "admin", home[2] })
  end
  for _, name in ipairs { "signing", "mail", "web" } do
    self:seal(("secrets/users/owner-user/%s.yaml"):format(name), fill(content.HOME, name),
      { "dev", "admin", "owner-user" })
  end
  self:seal("secrets/users/ben-user/signing.yaml", fill(content.HOME, "ben"),
    { "dev", "admin", "ben-user" })
  self:seal("secrets/shared.yaml", fill(content.HOME, "everybody"), { "dev", "ci", "admin",
    "owner-user", "ben-user", "carol-user", "dora-user", "eve-user", "laptop", "desktop", "vm" })
  self:seal("secrets/test.yaml", fill(content.HOME, "tests"),
    { "dev", "ci", "admin", "owner-user" })
  for _, name in ipairs { "laptop", "desktop", "vm" } do
    self:seal(("secrets/hosts/%s.yaml"):format(name), fill(content.HOME, name),
      { "dev", "admin", "owner-user", "laptop", "desktop", "vm" })
  end
  for owner, count in pairs { ["owner-user"] = 6, ["eve-user"] = 3 } do
    self:seal(("secrets/bridge/%s-age-key.enc"):format(owner),
      assert(self.identities[owner].identity:secret()),
      table.move(content.MACHINES, 1, count, 4, { "dev", "admin", owner }))
  end
  for _, name in ipairs { "registry", "dns" } do
    self:seal(("secrets/clusters/local/%s.enc.yaml"):format(name), fill(content.CLUSTER, name),
      { "dev", "ci", "admin", "owner-user" }, { encrypted_suffix = "Templates" })
  end
  self:seal("secrets/ci/deploy.json", fill('{"deploy": {"token": "@@"}, "n": 1}\n', "ci"),
    { "dev", "ci", "admin", "owner-user" })
  self:seal("secrets/notes/recovery.txt", fill("call @@\n", ""), { "dev", "admin", "owner-user" })
end

--- What is not secret, and matches only the rule that takes all.
function Maker:clear()
  self:public("README.md", "# A sample\n\nMade by `moonlatch demo`.\n")
  for _, name in ipairs { "deploy/values.yaml", "deploy/pipeline.yaml", "docs/hosts.yaml" } do
    self:public(name, "# nothing secret in here\nreplicas: 2\n")
  end
end

--- The site file: where the vault is, and whose login this is.
function Maker:site(vault, login)
  self:public("moonlatch.lua", (content.SITE:gsub("@(%l+)@", { vault = vault, login = login })))
end

local function fill_vault(vault, identities)
  local tx <close> = assert(fs.transaction { roots = { vault } })
  for _, entry in ipairs(content.IDENTITIES) do
    local key <const> = entry.vault and identities[entry[1]].key
    if key then
      local name <const> = ("sops-%s-ssh"):format(entry[1])
      assert(tx:write(vault, name, key:text(), { kind = "clear", mode = modes.PRIVATE }))
      assert(tx:write(vault, name .. ".pub", key:public() .. "\n", { kind = "public" }))
    end
  end
  assert(tx:commit())
end

--- Make the sample in an empty folder.
---@param root moonlatch.Root
---@param options { vault: moonlatch.Root?, login: string?, machines: boolean? }?
---  vault: a folder outside the repository that gets the private keys, and the site file that names
---  it; without it there is no site file.  machines = false: without the clan tree (small)
---@return moonlatch.Sample
function sample.make(root, options)
  options = options or {}
  local maker <const> = setmetatable({ root = root, identities = make_identities(), sealed = 0,
    tx = assert(fs.transaction { roots = { root } }) }, Maker)
  maker:rules()
  maker:secrets()
  maker:clear()
  if options.machines ~= false then
    maker:clan()
    maker:vars()
  end
  if options.vault then
    fill_vault(options.vault, maker.identities)
    maker:site(options.vault.path, options.login or "nobody")
  end
  assert(maker.tx:commit())
  return { identities = maker.identities, sealed = maker.sealed }
end

--- Make the sample as somebody would have it: a repository, and a vault beside it.
---@param top moonlatch.Root     an empty folder; gets `repo` and `vault`
---@param options { login: string?, machines: boolean? }?  login: whose identity the owner's is
---@return moonlatch.Sample
function sample.below(top, options)
  options = options or {}
  assert(top:mkdir("repo", modes.PUBLIC_FOLDER))
  assert(top:mkdir("vault", modes.PRIVATE_FOLDER))
  local repo <const>, vault <const> = assert(top:open "repo"), assert(top:open "vault")
  local made <const> = sample.make(repo, { vault = vault, machines = options.machines,
    login = options.login or host.user().name })
  made.repo, made.vault = repo, vault
  return made
end

return sample
