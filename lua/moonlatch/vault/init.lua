--- vault — where private keys are kept: one small interface, several providers.
--
-- A vault is a source that is asked, never an authority that changes a repository: a key in it that
-- differs from an anchor or a pin is a finding, not an update.

local fail <const> = require "moonlatch.fail"

---@class moonlatch.VaultStatus
---@field state "unlocked"|"locked"|"logged-out"|"missing"|"stale"
---@field message string?
---@field hint string?     the command to run

---@class moonlatch.VaultItem
---@field name string
---@field shape "ssh-key"|"login"|"attachment"|"note"|"file"
---@field public string?   as the item states it
---@field id string?

---@class moonlatch.VaultKey : moonlatch.VaultItem
---@field kind "ssh"|"age"
---@field private moonlatch.Secret

---@class moonlatch.Vault
---@field name string
---@field status fun(self): moonlatch.VaultStatus
---@field list fun(self, search: string?): moonlatch.VaultItem[]?, moonlatch.Error?
---@field inspect fun(self, search: string?): moonlatch.VaultItem[]?, moonlatch.Error?
---  as list, with the halves of each key compared: item.recipient, or item.problem
---@field fetch fun(self, names: string[]): table<string, moonlatch.VaultKey>?, moonlatch.Error?
---@field get fun(self, name: string): moonlatch.VaultKey?, moonlatch.Error?
---@field put fun(self, name: string, private: moonlatch.Secret, public: string): boolean?, table?

local vault = {}

local PROVIDERS <const> = { "bitwarden", "directory" }

--- The vault of a site.
---@param site moonlatch.Site
---@param options { report: moonlatch.Report?, sync: boolean? }?
---@return moonlatch.Vault?
---@return moonlatch.Error? err
function vault.open(site, options)
  local config <const> = site.config.vault or {}
  local name <const> = config.provider or "bitwarden"
  local known <const>, err <const> = fail.choose(PROVIDERS, name, "vault provider", "site")
  if not known then
    return nil, err
  end
  return require("moonlatch.vault." .. name).open(config, options or {}, site)
end

--- Turns a status into an error, unless the vault can be read.
---@param status moonlatch.VaultStatus
---@return boolean? ok
---@return moonlatch.Error? err
function vault.usable(status)
  if status.state == "unlocked" or status.state == "stale" then
    return true
  end
  return nil, fail.new(status.state, status.message or "the vault cannot be read", status.hint)
end

return vault
