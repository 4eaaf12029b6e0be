--- vault — where private keys are kept: one small interface, several providers.
--
-- A vault is a source that is asked, never an authority that changes a repository: a key in it that
-- differs from an anchor or a pin is a finding, not an update. A provider only finds and stores
-- items; what they hold is checked here, the same for all.

local check <const> = require "moonlatch.vault.check"
local fail  <const> = require "moonlatch.fail"
local ssh   <const> = require "moonlatch.ssh"

local site_file <const> = require "moonlatch.identities.site_file"

---@class moonlatch.VaultStatus
---@field state "unlocked"|"locked"|"logged-out"|"missing"|"stale"|"broken"
---@field message string?
---@field hint string?            the command to run
---@field err moonlatch.Error?    of a vault that is broken

---@class moonlatch.VaultItem
---@field name string
---@field shape "ssh-key"|"login"|"attachment"|"note"|"file"|nil
---@field public string?             as the item states it, or as it follows from the private half
---@field private moonlatch.Secret?  if it was wanted
---@field recipient string?          if the private half was read
---@field id string?
---@field organisation string?       its id
---@field problem moonlatch.Error?   why it cannot be used

---@class moonlatch.VaultKey : moonlatch.VaultItem
---@field kind "ssh"|"age"
---@field identity moonlatch.AgeIdentity
---@field key moonlatch.SshKey?

---@class moonlatch.VaultRequest
---@field search string?               a part of the names
---@field names table<string, true>    and these names
---@field wanted fun(item: moonlatch.VaultItem): boolean?  is its private half to be read?

---@class moonlatch.VaultProvider
---@field name string
---@field search string?      what to look for when nothing is said
---@field if_missing string?  hint for an item that is not there
---@field status fun(self): moonlatch.VaultStatus
---@field items fun(self, request: moonlatch.VaultRequest): moonlatch.VaultItem[]?, table?
---  called only while the status lets it, as is `create`
---@field create fun(self, name: string, private: moonlatch.Secret, public: string): true?, table?

---@class moonlatch.Vault
---@field private provider moonlatch.VaultProvider
---@field private kept table<string, moonlatch.VaultKey>  fetched already
---@field private said table<string, table>  what the site file says of an item, by its name
---@field private organisation string?
local Vault = {}
Vault.__index = Vault

local vault = {}

local PROVIDERS <const> = { "bitwarden", "directory" }

--- What the site file says of items, beyond their names.
local function said_of_items(site)
  local said <const> = {}
  for id, identity in pairs(site.config.identities or {}) do
    if type(identity.vault) == "table" then
      said[site_file.vault_item(id, identity)] = identity.vault
    end
  end
  return said
end

--- The vault of a site.
---@param site moonlatch.Site
---@param options { report: moonlatch.Report?, sync: boolean?, seconds: integer? }?
---  sync: fetch what changed elsewhere first; seconds: how long one call of a program may take
---@return moonlatch.Vault?
---@return moonlatch.Error? err
function vault.open(site, options)
  local config <const> = site.config.vault or {}
  local name <const>, err <const> = fail.choose(PROVIDERS, config.provider or "bitwarden",
    "vault provider", "site")
  if not name then
    return nil, err
  end
  local provider <const>, bad <const> = require("moonlatch.vault." .. name).open(config,
    options or {}, site)
  if not provider then
    return nil, bad
  end
  return setmetatable({ provider = provider, kept = {}, said = said_of_items(site),
    organisation = config.organisation }, Vault)
end

--- Turns a status into an error, unless the vault can be read.
---@param status moonlatch.VaultStatus
---@return boolean? ok
---@return moonlatch.Error? err
function vault.usable(status)
  if status.state == "unlocked" or status.state == "stale" then
    return true
  end
  return nil, status.err
    or fail.new(status.state, status.message or "the vault cannot be read", status.hint)
end

---@return moonlatch.VaultStatus
function Vault:status()
  return self.provider:status()
end

--- Of several items with one name the site file can mean one: by its id, shape or organisation. A
--- provider whose items have no ids, as files have none, leaves nothing to choose.
local function is_meant(self, item)
  local said <const> = self.said[item.name] or {}
  local organisation <const> = said.organisation or self.organisation
  return not item.id or (not said.id or said.id == item.id)
    and (not said.shape or said.shape == item.shape)
    and (not organisation or organisation == item.organisation)
end

--- One question to the provider, if it can be asked.
local function ask(self, request)
  local ok <const>, err <const> = vault.usable(self:status())
  if not ok then
    return nil, err
  end
  local items <const>, bad <const> = self.provider:items(request)
  local meant <const> = {}
  for _, item in ipairs(items or {}) do
    table.insert(meant, is_meant(self, item) and item or nil)
  end
  return items and meant, bad
end

local function missing(self, name)
  return fail.new("missing", ("the vault has no item named %s"):format(name),
    self.provider.if_missing)
end

local function set_of(names)
  local set <const> = {}
  for _, name in ipairs(names or {}) do
    set[name] = true
  end
  return set
end

---@class moonlatch.VaultListOptions
---@field search string?
---@field names string[]?
---@field read (fun(item: moonlatch.VaultItem): boolean?)?

--- What an item is once `read_halves` has looked at its private half, or why it cannot be used.
local function judge(item, read_halves)
  if item.problem then
    return nil, check.of_item(item.name, item.problem)
  end
  return read_halves(item)
end

--- Compare the halves of an item, if its private one was read, and forget that one.
local function compare(item)
  if item.problem or item.private then
    local _, problem <const> = judge(item, check.halves)
    item.problem = problem
  end
  if item.private then
    item.private:wipe()
  end
  item.private, item.key, item.identity = nil, nil, nil
end

--- Items whose name has `search` in it, and those named, by one question to the provider. A private
--- half is read only if `read` wants it, and compared with the public one. Each name that is not
--- there, and each item that cannot be used, has its `problem`.
---@param options moonlatch.VaultListOptions?
---@return moonlatch.VaultItem[]?
---@return moonlatch.Error? err
function Vault:list(options)
  options = options or {}
  local absent <const> = set_of(options.names)
  local items <const>, err <const> = ask(self, { names = set_of(options.names),
    search = options.search or self.provider.search or "",
    wanted = options.read or function() return false end })
  if not items then
    return nil, err
  end
  for _, item in ipairs(items) do
    compare(item)
    absent[item.name] = nil
  end
  for name in pairs(absent) do
    table.insert(items, { name = name, problem = missing(self, name) })
  end
  table.sort(items, function(a, b)
    return a.name ~= b.name and a.name < b.name or a.name == b.name and (a.id or "") < (b.id or "")
  end)
  return items
end

--- The keys with these names, by one question. A name that is not there is left out; an item that
--- cannot be used has its error in its place, and so have two of one name: either could be meant.
---@param names string[]
---@return table<string, moonlatch.VaultKey|moonlatch.Error>?
---@return moonlatch.Error? err
function Vault:fetch(names)
  local found <const>, asked <const> = {}, {}
  for _, name in ipairs(names) do
    found[name] = self.kept[name]
    asked[name] = not self.kept[name] or nil
  end
  if not next(asked) then
    return found
  end
  local items <const>, err <const> = ask(self, { names = asked,
    wanted = function() return true end })
  if not items then
    return nil, err
  end
  for _, item in ipairs(items) do
    if found[item.name] then
      found[item.name] = fail.new("conflict",
        ("the vault has two items named %s"):format(item.name),
        "rename one of them, or give the id of the right one in moonlatch.lua")
    else
      local key <const>, problem <const> = judge(item, check.key)
      found[item.name] = key or problem
    end
  end
  for name in pairs(asked) do
    self.kept[name] = not fail.is(found[name]) and found[name] or nil
  end
  return found
end

--- One key.
---@param name string
---@return moonlatch.VaultKey?
---@return moonlatch.Error? err
function Vault:get(name)
  local found <const>, err <const> = self:fetch { name }
  if not found then
    return nil, err
  end
  local key <const> = found[name] or missing(self, name)
  if fail.is(key) then
    return nil, key
  end
  return key
end

--- Does the vault give back what it said it stored? A program that knows no such items may well
--- drop the key in silence.
local function read_back(self, name, line)
  local key <const>, err <const> = self:get(name)
  if key and key.public == line then
    return true
  end
  return nil, fail.new("child", ("the vault did not keep the key that it was given as %s")
    :format(name), err and err.message or "it gives another key back")
end

--- Store a new key, and see that it is there. One that is there is never replaced.
---@param name string
---@param private moonlatch.Secret
---@param public string
---@return boolean? ok
---@return moonlatch.Error? err
function Vault:put(name, private, public)
  local valid <const>, bad <const> = ssh.public(public)
  if not valid then
    return nil, bad
  end
  local found <const>, err <const> = self:fetch { name }
  if not found then
    return nil, err
  elseif found[name] then
    return nil, fail.new("exists", ("the vault has an item named %s"):format(name),
      "rename it first: the old key may be needed for git history")
  end
  local done <const>, failed <const> = self.provider:create(name, private, public)
  if not done then
    return nil, failed
  end
  return read_back(self, name, valid.line)
end

return vault
