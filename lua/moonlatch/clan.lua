--- clan — the layout of clan: who has which key, and which links let whom open a file.
--
--     sops/users/U/key.json    sops/machines/M/key.json    sops/groups/K/{users,machines}/NAME
--     …/secret beside …/users/U, …/machines/M, …/groups/K: links into sops/
--
-- Links are read as text and resolved by name; none is followed, so none can lead out of the
-- repository or in a circle.

local fail <const> = require "moonlatch.fail"
local json <const> = require "moonlatch.json"

local has_private_key <const> = require "moonlatch.text".has_private_key

---@class moonlatch.ClanKey
---@field publickey string
---@field type "age"|"pgp"

---@class moonlatch.ClanEntry
---@field name string
---@field path string            of its key.json
---@field keys moonlatch.ClanKey[]

---@class moonlatch.ClanSecret
---@field path string            of the sealed file
---@field name string            its folder
---@field users string[]
---@field machines string[]
---@field groups string[]

---@class moonlatch.Clan
---@field users table<string, moonlatch.ClanEntry>
---@field machines table<string, moonlatch.ClanEntry>
---@field groups table<string, { users: string[], machines: string[] }>
---@field secrets moonlatch.ClanSecret[]
---@field by_path table<string, moonlatch.ClanSecret>
---@field notes table[]
---@field findings table[]
local Clan = {}
Clan.__index = Clan

local clan = {}

--- Read a key.json: a list of objects, or one object (the older form).
---@param text string
---@param path string?
---@return moonlatch.ClanKey[]?
---@return moonlatch.Error? err
function clan.parse_keys(text, path)
  local value <const>, err <const> = json.parse(text)
  local function refuse(message)
    return nil, fail.new("format", message, "a list of objects with publickey and type",
      { path = path, line = err and err.line })
  end
  if value == nil then
    return refuse(err.message)
  end
  if type(value) ~= "table" then
    return refuse("it is neither a list nor an object")
  end
  local list <const> = value.publickey ~= nil and { value } or value
  local keys <const> = {}
  for name in pairs(list) do
    if math.type(name) ~= "integer" then
      return refuse("publickey is missing")
    end
  end
  for i, item in ipairs(list) do
    local kind <const> = type(item) == "table" and type(item.type) == "string"
      and item.type:lower()
    if type(item) ~= "table" or type(item.publickey) ~= "string" or item.publickey == "" then
      return refuse(("key %d has no publickey"):format(i))
    elseif has_private_key(item.publickey) then
      return refuse(("key %d is a private key: whoever can read this file has it"):format(i))
    elseif kind ~= "age" and kind ~= "pgp" then
      return refuse(("key %d has a type that is neither age nor pgp"):format(i))
    end
    keys[i] = { publickey = item.publickey, type = kind, members = item }
  end
  return keys
end

--- Write a key.json as clan does: a sorted list, members that we do not know kept.
---@param keys moonlatch.ClanKey[]
---@return string
function clan.format_keys(keys)
  local list <const> = json.array {}
  for _, key in ipairs(keys) do
    local item <const> = {}
    for name, value in pairs(key.members or {}) do
      item[name] = value
    end
    item.publickey, item.type = key.publickey, key.type
    table.insert(list, item)
  end
  table.sort(list, function(a, b) return a.publickey < b.publickey end)
  return (json.format(list, { indent = 2 }):gsub("\n$", ""))
end

--- The text of a key.json after an edit.
---@param text string?  nil or empty: a new file
---@param change { add: string[]?, remove: string[]?, replace: table<string, string>? }
---@param path string?
---@return string? text   the same text when nothing changed
---@return moonlatch.Error? err
function clan.edit_keys(text, change, path)
  local keys <const> = {}
  if text and text ~= "" then
    local old <const>, err <const> = clan.parse_keys(text, path)
    if not old then
      return nil, err
    end
    table.move(old, 1, #old, 1, keys)
  end
  local gone <const>, changed = {}, false
  for _, key in ipairs(change.remove or {}) do
    gone[key] = true
  end
  local kept <const>, has <const> = {}, {}
  for _, key in ipairs(keys) do
    local new <const> = change.replace and change.replace[key.publickey]
    if new then
      key.publickey, changed = new, true
    end
    if gone[key.publickey] or has[key.publickey] then
      changed = true
    else
      has[key.publickey] = true
      table.insert(kept, key)
    end
  end
  for _, key in ipairs(change.add or {}) do
    if not has[key] then
      has[key], changed = true, true
      table.insert(kept, { publickey = key, type = "age" })
    end
  end
  if #kept == 0 then
    return nil, fail.new("conflict", "the last key cannot be removed", nil, { path = path })
  end
  return changed and clan.format_keys(kept) or text
end

--- A link's target as a path below the root, by name alone; nil when it leaves the root.
---@param path string
---@param target string
---@return string?
function clan.resolve(path, target)
  if target:sub(1, 1) == "/" then
    return nil
  end
  local parts <const> = {}
  for part in ((path:match("^(.*)/") or "") .. "/" .. target):gmatch("[^/]+") do
    if part == ".." then
      if #parts == 0 then
        return nil
      end
      table.remove(parts)
    elseif part ~= "." then
      table.insert(parts, part)
    end
  end
  return table.concat(parts, "/")
end

local function note(self, path, message)
  table.insert(self.notes, { code = "looping-link", path = path, message = message })
end

--- A link `FOLDER/users/NAME`, if that is what it is: folder, kind, name of the target.
local function read_link(self, entry)
  local folder <const>, kind <const> = entry.path:match("^(.+)/(%l+)/[^/]+$")
  local known <const> = kind == "users" or kind == "machines" or kind == "groups"
  local to <const> = entry.target and clan.resolve(entry.path, entry.target)
  if not to then
    return note(self, entry.path, "the link leads out of the repository; it is ignored")
  end
  if to == entry.path or entry.path:sub(1, #to + 1) == to .. "/" then
    return note(self, entry.path, "the link leads to itself; it is ignored")
  end
  local name <const> = known and to:match("^sops/" .. kind .. "/([^/]+)$")
  if name then -- else somebody's link, not one of clan's
    return folder, kind, name
  end
end

local function read_key_file(self, root, path)
  local kind <const>, name <const> = path:match("^sops/(%l+)/([^/]+)/key%.json$")
  if kind ~= "users" and kind ~= "machines" then
    return
  end
  local text <const>, err = root:read(path)
  local keys
  if text then
    keys, err = clan.parse_keys(text, path)
  end
  if not keys then
    table.insert(self.findings, { code = "bad-key-json", path = path, line = err.line,
      message = err.message, hint = err.hint })
    return
  end
  self[kind][name] = { name = name, path = path, keys = keys }
end

--- Is this the place of a file that clan seals?
---@param path string
---@return boolean
function clan.is_secret(path)
  return path:match("^vars/.+/secret$") ~= nil or path:match("^sops/secrets/[^/]+/secret$") ~= nil
end

local function add_links(self, links)
  for _, link in ipairs(links) do
    local group <const> = link.folder:match("^sops/groups/([^/]+)$")
    local owner = self.by_path[link.folder .. "/secret"]
    if group and link.kind ~= "groups" then
      self.groups[group] = self.groups[group] or { users = {}, machines = {} }
      owner = self.groups[group]
    end
    if owner then
      table.insert(owner[link.kind], link.name)
    end
  end
end

--- A link to an identity that is not registered, said once all is known.
local function check_targets(self, links)
  for _, link in ipairs(links) do
    if not self[link.kind][link.name] then
      note(self, link.path, ("the link names %s/%s, which has no key; it is ignored")
        :format(link.kind, link.name))
    end
  end
end

--- Read the clan layout below a root. Without one, everything is empty.
---@param root moonlatch.Root
---@param entries table[]   of one walk: { path=, kind=, target= }
---@return moonlatch.Clan
function clan.open(root, entries)
  local self <const> = setmetatable({ users = {}, machines = {}, groups = {}, secrets = {},
    by_path = {}, notes = {}, findings = {} }, Clan)
  local links <const> = {}
  for _, entry in ipairs(entries) do
    local in_clan <const> = entry.path:match("^sops/") or entry.path:match("^vars/")
    if in_clan and entry.kind == "link" then
      local folder <const>, kind <const>, name <const> = read_link(self, entry)
      if folder then
        table.insert(links, { folder = folder, kind = kind, name = name, path = entry.path })
      end
    elseif in_clan and entry.kind == "file" and clan.is_secret(entry.path) then
      local secret <const> = { path = entry.path, name = entry.path:match("^(.*)/secret$"),
        users = {}, machines = {}, groups = {} }
      table.insert(self.secrets, secret)
      self.by_path[entry.path] = secret
    elseif in_clan and entry.kind == "file" then
      read_key_file(self, root, entry.path)
    end
  end
  add_links(self, links)
  check_targets(self, links)
  return self
end

--- Who must be able to open a secret, by its links.
---@param secret moonlatch.ClanSecret
---@return string[] keys  sorted, each once
---@return table<string, string[]> why  for each key the links that say so
function Clan:expected(secret)
  local keys <const>, why <const> = {}, {}
  local function add(kind, name, reason)
    local entry <const> = self[kind][name]
    for _, key in ipairs(entry and entry.keys or {}) do
      if not why[key.publickey] then
        why[key.publickey] = {}
        table.insert(keys, key.publickey)
      end
      table.insert(why[key.publickey], reason)
    end
  end
  for _, kind in ipairs { "users", "machines" } do
    for _, name in ipairs(secret[kind]) do
      add(kind, name, kind .. "/" .. name)
    end
  end
  for _, name in ipairs(secret.groups) do
    local group <const> = self.groups[name] or { users = {}, machines = {} }
    for _, kind in ipairs { "users", "machines" } do
      for _, member in ipairs(group[kind]) do
        add(kind, member, "groups/" .. name)
      end
    end
  end
  table.sort(keys)
  return keys, why
end

return clan
