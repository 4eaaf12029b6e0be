--- identities.site_file — what the site file says of identities. What it leaves out is named as in
--- the guide: the anchor like the identity, the vault item `sops-ID-ssh`.

local lists <const> = require "moonlatch.lists"
local ssh   <const> = require "moonlatch.ssh"

local site_file = {}

--- The anchor of an identity; false when it has none.
---@param id string
---@param said moonlatch.SiteIdentity
---@return string|false
function site_file.anchor(id, said)
  return said.anchor == nil and id or said.anchor
end

--- The vault item of an identity; nil when it has none.
---@param id string
---@param said moonlatch.SiteIdentity
---@return string?
function site_file.vault_item(id, said)
  if said.vault == false then
    return nil
  end
  local item <const> = type(said.vault) == "table" and said.vault.item or said.vault
  return type(item) == "string" and item or ("sops-%s-ssh"):format(id)
end

--- The vault items that it names, in order.
---@param site moonlatch.Site
---@return string[]
function site_file.vault_items(site)
  local items <const> = {}
  for id, said in pairs(site.config.identities or {}) do
    table.insert(items, said.vault and site_file.vault_item(id, said) or nil)
  end
  table.sort(items)
  return items
end

--- The SSH public keys that it names, itself or by the path of a file of such lines.
---@param site moonlatch.Site
---@return { line: string, name: string, path: string, number: integer? }[]
---@return moonlatch.Error[] problems
function site_file.ssh_lines(site)
  local list <const>, problems <const> = {}, {}
  for _, id in ipairs(lists.names(site.config.identities)) do
    local said <const> = site.config.identities[id]
    local text, number = said.ssh, 0
    local literal <const> = text and ssh.public(text) ~= nil
    if text and not literal then
      local err
      text, err = site.root:read(said.ssh)
      table.insert(problems, err)
    end
    for line in ((text or "") .. "\n"):gmatch "([^\n]*)\n" do
      number = number + 1
      table.insert(list, line ~= "" and { line = line, name = id, path = literal
        and site.config_path or said.ssh, number = not literal and number or nil } or nil)
    end
  end
  return list, problems
end

--- Does it give this context to this identity?
---@param id string
---@param said moonlatch.SiteIdentity
---@param context table  place, name, path
---@return boolean
function site_file.claims(id, said, context)
  local place <const>, name <const> = context.place, context.name
  if place == "anchors" then
    return name ~= nil and name == site_file.anchor(id, said)
  elseif place == "users" then
    return lists.has(said.clan_users, name)
  elseif place == "machines" then
    return lists.has(said.clan_machines, name)
  elseif place == "vault" then
    return name ~= nil and name == site_file.vault_item(id, said)
  elseif place == "ssh" then
    return said.ssh ~= nil and (said.ssh == context.path or name == id)
  end
  return false
end

return site_file
