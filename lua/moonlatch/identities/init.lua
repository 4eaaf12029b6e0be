--- identities — who is who: one person or machine has a key in many places.
--
-- Identities are joined by public key: that is a fact. Names are aliases, and naming patterns only
-- suggest. What the site file says about an identity settles it. All of this is public data.

local fail       <const> = require "moonlatch.fail"
local findings   <const> = require "moonlatch.identities.findings"
local key_groups <const> = require "moonlatch.key_groups"
local lists      <const> = require "moonlatch.lists"
local names      <const> = require "moonlatch.identities.names"
local site_file  <const> = require "moonlatch.identities.site_file"
local ssh        <const> = require "moonlatch.ssh"

---@class moonlatch.IdentityContext
---@field key string
---@field name string?
---@field path string?
---@field line integer?

---@class moonlatch.Identity
---@field id string
---@field kind string?      as the site file says
---@field names string[]    sorted, each once
---@field keys string[]
---@field contexts table<string, moonlatch.IdentityContext[]>
---  by place: anchors users machines keyfile vault ssh
---@field joined_by "site"|"key"

---@class moonlatch.Identities
---@field list moonlatch.Identity[]
local Identities = {}
Identities.__index = Identities

local identities = {}

local PLACES <const> = { "anchors", "users", "machines", "vault", "ssh", "keyfile" }

--- Everything that says "this key is called so".
local function gather(all, sources)
  local found <const> = {}
  local function add(place, key, name, path, line)
    if key then
      table.insert(found, { place = place, key = key_groups.canonical(key), name = name,
        path = path, line = line })
    end
  end
  for _, anchor in ipairs(all.rules and all.rules.anchors or {}) do
    add("anchors", anchor.value, anchor.name, all.rules.path, anchor.line)
  end
  for _, kind in ipairs { "users", "machines" } do
    for name, entry in pairs(all.clan[kind]) do
      for _, key in ipairs(entry.keys) do
        add(kind, key.publickey, name, entry.path)
      end
    end
  end
  for _, item in ipairs(sources.vault or {}) do
    add("vault", item.public and (ssh.to_age(item.public) or item.public), item.name)
  end
  for _, key in ipairs(sources.keyfile and sources.keyfile:keys() or {}) do
    add("keyfile", key, nil, sources.keyfile.path)
  end
  for _, entry in ipairs(sources.ring and sources.ring:entries() or {}) do
    if not entry.identity.kind:match "^ssh%-" then -- it is known by the age key derived from it
      add("keyfile", entry.recipient, nil, entry.source.path or entry.source.name)
    end
  end
  for _, line in ipairs(sources.ssh or {}) do
    add("ssh", ssh.to_age(line.line), line.name, line.path, line.number)
  end
  table.sort(found, function(a, b)
    local left <const> = ("%s\0%s\0%s"):format(a.key, a.place, a.name or "")
    return left < ("%s\0%s\0%s"):format(b.key, b.place, b.name or "")
  end)
  return found
end

--- A group of contexts that belong together.
local function new_group(id)
  local group <const> = { id = id, names = {}, keys = {}, contexts = {}, has = {} }
  for _, place in ipairs(PLACES) do
    group.contexts[place] = {}
  end
  return group
end

local function add_once(list, has, value)
  if value and not has[value] then
    has[value] = true
    table.insert(list, value)
  end
end

local function put(group, c)
  add_once(group.names, group.has, c.name)
  add_once(group.keys, group.has, c.key)
  table.insert(group.contexts[c.place],
    { key = c.key, name = c.name, path = c.path, line = c.line })
end

--- Contexts that the site file settles, and the rest.
local function settle(config, found, groups)
  local ids <const>, rest <const>, owner <const> = lists.names(config.identities), {}, {}
  for _, id in ipairs(ids) do
    groups[id] = new_group(id)
    groups[id].joined_by, groups[id].kind = "site", config.identities[id].kind
    add_once(groups[id].names, groups[id].has, id)
  end
  for _, c in ipairs(found) do
    local claimed = false
    for _, id in ipairs(ids) do
      if site_file.claims(id, config.identities[id], c) then
        put(groups[id], c)
        owner[c.key] = owner[c.key] or id
        claimed = true
      end
    end
    if not claimed then
      table.insert(rest, c)
    end
  end
  return ids, rest, owner
end

--- Does the repository itself name the identity, and not only a vault or a key file?
---@param group moonlatch.Identity
---@return boolean
function identities.in_repository(group)
  local places <const> = group.contexts
  return #places.anchors + #places.users + #places.machines > 0
end

--- The name a group without a site file goes by: of its anchor, else of its clan user, …
local function best_id(group)
  for _, place in ipairs(PLACES) do
    for _, c in ipairs(group.contexts[place]) do
      if c.name then
        return place == "vault" and names.base(c.name) or c.name
      end
    end
  end
  return group.keys[1]
end

--- Join what is known about a site.
---@param site moonlatch.Site
---@param all moonlatch.Repo
---@param sources { vault: table[]?, keyfile: moonlatch.KeyFile?, ring: moonlatch.Keyring?,
---  ssh: table[]? }?
---  vault: { name=, public= }; ssh: { line=, name=, path=, number= }
---@return moonlatch.Identities
function identities.new(site, all, sources)
  local self <const> = setmetatable({ list = {}, by_key = {} }, Identities)
  local groups <const>, by_key <const> = {}, {}
  local found <const> = gather(all, sources or {})
  local ids <const>, rest <const>, owner <const> = settle(site.config, found, groups)
  for _, id in ipairs(ids) do
    table.insert(self.list, groups[id])
  end
  for _, c in ipairs(rest) do
    local group = owner[c.key] and groups[owner[c.key]] or by_key[c.key]
    if not group then
      group = new_group(nil)
      group.joined_by = "key"
      by_key[c.key] = group
      table.insert(self.list, group)
    end
    put(group, c)
  end
  for _, group in ipairs(self.list) do
    group.id = group.id or best_id(group)
    group.has = nil
    table.sort(group.names)
    for _, key in ipairs(group.keys) do
      self.by_key[key] = self.by_key[key] or group
    end
  end
  table.sort(self.list, function(a, b)
    return a.id .. "\0" .. (a.keys[1] or "") < b.id .. "\0" .. (b.keys[1] or "")
  end)
  return self
end

--- What to call a key in a message.
---@param key string
---@return string
function Identities:name(key)
  local group <const> = self.by_key[key_groups.canonical(key)]
  return group and group.id ~= key and group.id or names.short(key)
end

local function all_names(self)
  local list <const>, has <const> = {}, {}
  for _, group in ipairs(self.list) do
    add_once(list, has, group.id)
    for _, name in ipairs(group.names) do
      add_once(list, has, name)
    end
  end
  return list
end

local function matching(self, test)
  local found <const> = {}
  for _, group in ipairs(self.list) do
    if test(group) then
      table.insert(found, group)
    end
  end
  return found
end

--- The identity that a name or a key means. A name that could mean two is an error that lists them.
---@param word string
---@return moonlatch.Identity?
---@return moonlatch.Error? err
function Identities:find(word)
  local by_key <const> = self.by_key[key_groups.canonical(word)]
  if by_key then
    return by_key
  end
  local found = matching(self, function(group) return group.id == word end)
  if #found == 0 then
    found = matching(self, function(group) return lists.has(group.names, word) end)
  end
  if #found == 1 then
    return found[1]
  elseif #found > 1 then
    local lines <const> = {}
    for i, group in ipairs(found) do
      lines[i] = group.keys[1] or group.id
    end
    return nil, fail.new("conflict", ("'%s' could be %d identities"):format(word, #found),
      "name the key: " .. table.concat(lines, ", "))
  end
  local _, err <const> = fail.choose(all_names(self), word, "identity", "missing")
  err.hint = self:suggest(word) or err.hint or "`moonlatch status` lists them"
  return nil, err
end

--- An identity whose name only resembles: for hints, never used by itself.
---@param word string
---@return string? hint
function Identities:suggest(word)
  for _, group in ipairs(self.list) do
    for _, name in ipairs(group.names) do
      if names.base(name) == names.base(word) then
        return ("is it '%s'?"):format(group.id)
      end
    end
  end
end

--- Contradictions: one identity with two keys. The site file joins identities; where it does not,
--- contexts that complete each other under one name are taken for one identity.
---@return table[]
function Identities:findings()
  return findings.of(self.list)
end

return identities
