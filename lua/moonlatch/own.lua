--- own — which identities are this user's here, and the key file that holds their private halves.

local fail       <const> = require "moonlatch.fail"
local fs         <const> = require "moonlatch.fs"
local host       <const> = require "moonlatch.host"
local key_groups <const> = require "moonlatch.key_groups"
local keyfile    <const> = require "moonlatch.keyfile"
local keyring    <const> = require "moonlatch.keyring"
local lists      <const> = require "moonlatch.lists"
local modes      <const> = require "moonlatch.modes"
local site_file  <const> = require "moonlatch.identities.site_file"
local vault      <const> = require "moonlatch.vault"

local own = {}

---@class moonlatch.OwnIdentity
---@field id string
---@field item string      the vault item with its private half
---@field said moonlatch.SiteIdentity  what the site file says; empty when it says nothing

---@class moonlatch.KeyFilePlace
---@field root moonlatch.Root
---@field name string
---@field path string                 absolute
---@field before moonlatch.KeyFile    as it is
---@field file moonlatch.KeyFile      a copy to edit
---@field exists boolean

--- Does this identity belong into the key file of this login on this host?
---@param said moonlatch.SiteIdentity
---@return boolean
function own.wants(said)
  if said.keyfile == "always" or said.keyfile == "never" then
    return said.keyfile == "always"
  end
  return lists.has(said.login, host.user().name) or lists.has(said.hosts, host.hostname())
end

local function entry(id, said)
  local item <const> = site_file.vault_item(id, said)
  if not item then
    return nil, fail.new("missing", ("%s has no vault item"):format(id),
      "moonlatch.lua says `vault = false`")
  end
  return { id = id, item = item, said = said }
end

--- One identity by its name: of the site file, else by the naming of the guide.
---@param site moonlatch.Site
---@param id string
---@return moonlatch.OwnIdentity?
---@return moonlatch.Error? err
function own.identity(site, id)
  local known <const> = site.config.identities or {}
  return entry(id, known[id] or {})
end

--- The identities that this login has on this host: as the site file says, else the one named like
--- the login.
---@param site moonlatch.Site
---@return moonlatch.OwnIdentity[]?
---@return moonlatch.Error? err
function own.identities(site)
  local known <const> = site.config.identities
  if not known then
    return { entry(host.user().name, {}) }
  end
  local list <const> = {}
  for _, id in ipairs(lists.names(known)) do
    local one, err
    if own.wants(known[id]) then
      one, err = entry(id, known[id])
    end
    if err then
      return nil, err
    end
    table.insert(list, one)
  end
  if #list == 0 then
    return nil, fail.new("missing", ("no identity of moonlatch.lua is for %s on %s")
      :format(host.user().name, host.hostname()),
      "`login`, `hosts` or `keyfile = 'always'` says so")
  end
  return list
end

--- Fetch the private halves, all or none. A name that the vault lacks is an error that says what
--- it has.
---@param provider moonlatch.Vault
---@param list moonlatch.OwnIdentity[]
---@return table<string, moonlatch.VaultKey>? by_id
---@return moonlatch.Error? err
function own.fetch(provider, list)
  local items <const> = {}
  for i, one in ipairs(list) do
    items[i] = one.item
  end
  local ready <const>, closed <const> = vault.usable(provider:status())
  if not ready then
    return nil, closed
  end
  local found <const>, err <const> = provider:fetch(items)
  if not found then
    return nil, err
  end
  local by_id <const> = {}
  for _, one in ipairs(list) do
    if fail.is(found[one.item]) then
      return nil, found[one.item]
    elseif not found[one.item] then
      local candidates <const> = {}
      for _, item in ipairs(provider:list() or {}) do
        table.insert(candidates, item.name)
      end
      return nil, fail.new("missing", ("the vault has no item named %s"):format(one.item),
        #candidates > 0 and ("it has %s; `moonlatch bootstrap NAME` takes that of NAME, and "
          .. "moonlatch.lua says which is for this login"):format(table.concat(candidates, ", "))
          or "it has no such items")
    end
    by_id[one.id] = found[one.item]
  end
  return by_id
end

--- The path of the key file. A repository may choose among those of sops; it may not send private
--- keys to any other place.
local function key_path(site, option)
  if option then
    return option
  end
  local said <const>, sops_home <const> = site.config.keyfile, fs.config_home() .. "/sops/"
  if not said then
    return keyring.default_path()
  end
  local path <const> = said:sub(1, 2) == "~/" and fs.home() .. said:sub(2) or said
  if path:sub(1, #sops_home) ~= sops_home or path:find("/../", 1, true) then
    return nil, fail.new("site", ("keyfile: %s is not below %s"):format(said, sops_home),
      "a repository does not decide where private keys go; --keyfile FILE does",
      { path = site.config_path })
  end
  return path
end

--- The key file, read; one that is not there yet is empty.
---@param site moonlatch.Site
---@param option string?  --keyfile FILE
---@return moonlatch.KeyFilePlace?
---@return moonlatch.Error? err
function own.key_file(site, option)
  local path <const>, refused <const> = key_path(site, option)
  if not path then
    return nil, refused
  end
  local root <const>, name <const> = fs.resolve(path)
  if not root then
    return nil, name
  end
  local place <const> = { root = root, name = name, path = path, exists = true }
  local bytes <const>, err <const> = root:read_secret(name)
  if not bytes and fail.is(err, "missing") then
    place.before, place.file, place.exists = keyfile.new(path), keyfile.new(path), false
    return place
  elseif not bytes then
    return nil, err
  end
  local bad
  place.before, bad = keyfile.parse(bytes, path)
  if not place.before then
    return nil, bad
  end
  place.file = assert(keyfile.parse(bytes, path))
  return place
end

--- Sealed files that could no longer be opened here without these keys.
---@param all moonlatch.Repo
---@param ring moonlatch.Keyring
---@param dropped string[]
---@return moonlatch.SealedFile[]
function own.lost_without(all, ring, dropped)
  local now <const>, later <const>, lost <const> = {}, {}, {}
  for _, mine in ipairs(ring:entries()) do
    local key <const> = key_groups.canonical(mine.recipient)
    now[key], later[key] = true, true
  end
  for _, key in ipairs(dropped) do
    now[key_groups.canonical(key)], later[key_groups.canonical(key)] = true, nil
  end
  for _, file in ipairs(all.files) do
    local groups <const> = key_groups.of_file(file.file)
    local needed <const> = key_groups.needed(groups, file.file.threshold)
    if key_groups.opens(groups, needed, now) and not key_groups.opens(groups, needed, later) then
      table.insert(lost, file)
    end
  end
  return lost
end

--- Put the edited key file into a plan. Nothing happens when it is what it was.
---@param plan moonlatch.Plan
---@param place moonlatch.KeyFilePlace
---@param who moonlatch.Identities?  for names in the plan
function own.write_key_file(plan, place, who)
  local added <const>, removed <const> = place.file:diff(place.before)
  local why <const> = {}
  for _, key in ipairs(added) do
    table.insert(why, ("+ %s (%s)"):format(key, who and who:name(key) or "new"))
  end
  for _, key in ipairs(removed) do
    table.insert(why, ("- %s (%s)"):format(key, who and who:name(key) or "?"))
  end
  local bytes <const> = place.file:bytes()
  if place.exists and bytes:equal(place.before:bytes()) then
    return
  end
  plan:key_change()
  -- Keys that come are there before the files that need them; keys that go, after.
  assert(plan:write(place.root, place.name, bytes, { kind = "clear", why = why,
    mode = modes.PRIVATE, phase = #removed > 0 and #added == 0 and "lose" or "gain" }))
end

return own
