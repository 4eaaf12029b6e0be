--- identities — who is who: one person or machine has a key in many places.
--
-- Identities are joined by public key: that is a fact. Names are aliases, and naming patterns only
-- suggest. What the site file says about an identity settles it. All of this is public data.

local fail <const> = require "moonlatch.fail"
local repo <const> = require "moonlatch.repo"
local ssh  <const> = require "moonlatch.ssh"

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

--- `sops-NAME-ssh` of the guide; the name without the usual ends.
local function base_name(name)
  name = name:match("^sops%-(.+)%-ssh$") or name
  return name:match("^(.+)%-user$") or name
end

--- Everything that says "this key is called so".
local function gather(all, sources)
  local found <const> = {}
  local function add(place, key, name, path, line)
    if key then
      table.insert(found, { place = place, key = repo.canonical(key), name = name, path = path,
        line = line })
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

local function has_value(list, value)
  for _, item in ipairs(list or {}) do
    if item == value then
      return true
    end
  end
  return false
end

--- The vault item of an identity of the site file; nil when it has none.
---@param id string
---@param said moonlatch.SiteIdentity
---@return string?
function identities.vault_item(id, said)
  if said.vault == false then
    return nil
  end
  local item <const> = type(said.vault) == "table" and said.vault.item or said.vault
  return type(item) == "string" and item or ("sops-%s-ssh"):format(id)
end

--- Does the site file give this context to this identity? What it leaves out is named as in the
--- guide: the anchor like the identity, the vault item `sops-ID-ssh`.
local function claims(id, said, c)
  if c.place == "anchors" then
    return c.name ~= nil and c.name == (said.anchor == nil and id or said.anchor)
  elseif c.place == "users" then
    return has_value(said.clan_users, c.name)
  elseif c.place == "machines" then
    return has_value(said.clan_machines, c.name)
  elseif c.place == "vault" then
    return c.name ~= nil and identities.vault_item(id, said) == c.name
  elseif c.place == "ssh" then
    return said.ssh ~= nil and said.ssh == c.path
  end
  return false
end

--- Contexts that the site file settles, and the rest.
local function settle(config, found, groups)
  local ids <const>, rest, owner = {}, {}, {}
  for id in pairs(config.identities or {}) do
    table.insert(ids, id)
  end
  table.sort(ids)
  for _, id in ipairs(ids) do
    groups[id] = new_group(id)
    groups[id].joined_by, groups[id].kind = "site", config.identities[id].kind
    add_once(groups[id].names, groups[id].has, id)
  end
  for _, c in ipairs(found) do
    local claimed = false
    for _, id in ipairs(ids) do
      if claims(id, config.identities[id], c) then
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

--- The name a group without a site file goes by: of its anchor, else of its clan user, …
local function best_id(group)
  for _, place in ipairs(PLACES) do
    for _, c in ipairs(group.contexts[place]) do
      if c.name then
        return place == "vault" and base_name(c.name) or c.name
      end
    end
  end
  return group.keys[1]
end

--- Join what is known about a site.
---@param site moonlatch.Site
---@param all moonlatch.Repo
---@param sources { vault: table[]?, keyfile: moonlatch.KeyFile?, ssh: table[]? }?
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

local function short(key)
  return #key > 16 and key:sub(1, 12) .. "…" or key
end

--- What to call a key in a message.
---@param key string
---@return string
function Identities:name(key)
  local group <const> = self.by_key[repo.canonical(key)]
  return group and group.id ~= key and group.id or short(key)
end

local function all_names(self)
  local names <const>, has <const> = {}, {}
  for _, group in ipairs(self.list) do
    add_once(names, has, group.id)
    for _, name in ipairs(group.names) do
      add_once(names, has, name)
    end
  end
  return names
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
  local by_key <const> = self.by_key[repo.canonical(word)]
  if by_key then
    return by_key
  end
  local found = matching(self, function(group) return group.id == word end)
  if #found == 0 then
    found = matching(self, function(group) return has_value(group.names, word) end)
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
  err.hint = self:suggest(word) or err.hint
  return nil, err
end

--- An identity whose name only resembles: for hints, never used by itself.
---@param word string
---@return string? hint
function Identities:suggest(word)
  for _, group in ipairs(self.list) do
    for _, name in ipairs(group.names) do
      if base_name(name) == base_name(word) then
        return ("is it '%s'?"):format(group.id)
      end
    end
  end
end

local function context_findings(out, group)
  local first
  for _, place in ipairs { "anchors", "users", "machines", "vault", "ssh" } do
    for _, c in ipairs(group.contexts[place]) do
      if first and first.key ~= c.key and (place ~= first.place or place == "anchors") then
        table.insert(out, { level = "finding",
          code = (place == "vault" or first.place == "vault") and "vault-differs" or "two-keys",
          name = group.id, path = c.path, line = c.line,
          message = ("%s has %s here and %s at %s"):format(group.id, short(c.key),
            short(first.key), first.path or "the vault") })
      end
      first = first or { key = c.key, path = c.path, place = place }
    end
  end
end

local NAMED <const> = { "anchors", "users", "machines", "vault" }

--- Do two groups complete each other, so that they would be one identity but for the key?
local function complement(a, b)
  for _, place in ipairs(NAMED) do
    if #a.contexts[place] > 0 and #b.contexts[place] > 0 then
      return false
    end
  end
  return true
end

--- The first named context of a group.
local function first_named(group)
  for _, place in ipairs(NAMED) do
    if group.contexts[place][1] then
      return group.contexts[place][1]
    end
  end
end

local function pair_finding(out, name, a, b)
  local x <const>, y <const> = first_named(a), first_named(b)
  local vault <const> = #a.contexts.vault > 0 or #b.contexts.vault > 0
  local exact <const> = has_value(a.names, name) and has_value(b.names, name)
  local both <const> = complement(a, b)
  if both or exact then
    table.insert(out, { level = both and "finding" or "note",
      code = both and vault and "vault-differs" or "two-keys", name = name,
      path = y.path or x.path, line = y.path and y.line or x.line,
      message = ("%s has %s at %s and %s at %s"):format(name, short(x.key), x.path or "the vault",
        short(y.key), y.path or "the vault"),
      hint = "if they are not one identity, moonlatch.lua can say so" })
  end
end

--- Groups by the names of their contexts, without what naming habits add.
local function by_base_name(self)
  local groups <const>, order <const> = {}, {}
  for _, group in ipairs(self.list) do
    for _, place in ipairs(group.joined_by == "key" and NAMED or {}) do
      for _, c in ipairs(group.contexts[place]) do
        local base <const> = base_name(c.name or "")
        if not groups[base] then
          groups[base] = {}
          table.insert(order, base)
        end
        if not has_value(groups[base], group) then
          table.insert(groups[base], group)
        end
      end
    end
  end
  table.sort(order)
  return groups, order
end

--- Contradictions: one identity with two keys. The site file joins identities; where it does not,
--- contexts that complete each other under one name are taken for one identity.
---@return table[]
function Identities:findings()
  local out <const> = {}
  for _, group in ipairs(self.list) do
    if group.joined_by == "site" then
      context_findings(out, group)
    end
  end
  local groups <const>, order <const> = by_base_name(self)
  for _, base in ipairs(order) do
    for i = 1, #groups[base] do
      for j = i + 1, #groups[base] do
        pair_finding(out, base, groups[base][i], groups[base][j])
      end
    end
  end
  return out
end

return identities
