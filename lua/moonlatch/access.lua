--- access — who opens a sealed file, alone or together with whom. Public data alone.
--
-- Recipients stand in key groups: a key of a group opens its share, and as many shares as the
-- threshold says make the data key. Most files have one group, and any of its keys will do.

local fail       <const> = require "moonlatch.fail"
local governing  <const> = require "moonlatch.governing"
local identities <const> = require "moonlatch.identities"
local json       <const> = require "moonlatch.json"
local key_groups <const> = require "moonlatch.key_groups"
local repo       <const> = require "moonlatch.repo"
local site       <const> = require "moonlatch.site"
local unnamed    <const> = require("moonlatch.identities.names").unnamed

---@class moonlatch.Access
---@field path string           as the person wrote it
---@field groups table[][]      recipients: kind, recipient, line
---@field needed integer        how many groups must be opened

local access = {}

--- The site that a file belongs to, read for names; without one keys are called by themselves.
---@class moonlatch.Surroundings
---@field all moonlatch.Repo?
---@field who moonlatch.Identities?
---@field name fun(key: string): string

---@param folder string
---@param global table
---@param before moonlatch.Surroundings?  of another file: the same, where the site is
---@return moonlatch.Surroundings
function access.surroundings(folder, global, before)
  local where <const>, err <const> = site.open { dir = folder, file = global.site,
    none = global.no_site }
  if not where and not fail.is(err, "missing") then
    error(err, 0)
  elseif before and before.all and where and before.all.site.path == where.path then
    return before
  end
  local all <const> = where and assert(repo.open(where, { survey = true }))
  local who <const> = all and identities.new(where, all)
  return { all = all, who = who, name = function(key)
    return who and who:name(key) or unnamed(key)
  end }
end

--- Say what could not be looked at.
---@param around moonlatch.Surroundings
---@param report moonlatch.Report
function access.tell(around, report)
  if around.all and around.all.broken_rules then
    report:skipped("what the rules say", ".sops.yaml is not understood (`moonlatch validate`)")
  end
end

---@param path string
---@param file moonlatch.SopsFile
---@return moonlatch.Access
function access.of_file(path, file)
  local groups <const> = key_groups.of_file(file)
  return { path = path, groups = groups, needed = key_groups.needed(groups, file.threshold) }
end

--- Who would open a file that a rule covers and that is not sealed yet.
---@param path string
---@param rule moonlatch.Rule
---@return moonlatch.Access
function access.of_rule(path, rule)
  local groups <const> = {}
  for _, entry in ipairs(rule.keys) do
    groups[entry.group] = groups[entry.group] or {}
    table.insert(groups[entry.group],
      { recipient = entry.key, kind = entry.kind, line = entry.line })
  end
  return { path = path, groups = groups, needed = key_groups.needed(groups, rule.threshold) }
end

local function any_of(group, name)
  local names <const> = {}
  for i, recipient in ipairs(group) do
    names[i] = name(recipient.recipient)
  end
  return #names == 0 and "nobody" or (#names > 1 and "any of " or "") .. table.concat(names, ", ")
end

--- "any of tara, ben and any of admin"
---@param self moonlatch.Access
---@param name fun(key: string): string
---@return string
function access.sentence(self, name)
  local parts <const> = {}
  for i, group in ipairs(self.groups) do
    parts[i] = any_of(group, name)
  end
  if #parts == 0 then
    return "nobody"
  elseif self.needed >= #parts then
    return table.concat(parts, " and ")
  elseif self.needed == 1 then
    return table.concat(parts, " or ")
  end
  return ("%d of these %d: %s"):format(self.needed, #parts, table.concat(parts, "; "))
end

--- What an identity with these keys opens: "alone", "together" (too few groups), or false; and
--- what else is needed.
---@param self moonlatch.Access
---@param keys string[]
---@return "alone"|"together"|false
---@return moonlatch.Access rest
function access.by(self, keys)
  local mine <const> = {}
  local rest <const> = { path = self.path, groups = {}, needed = self.needed }
  for _, key in ipairs(keys) do
    mine[key_groups.canonical(key)] = true
  end
  for _, group in ipairs(self.groups) do
    local opens = false
    for _, recipient in ipairs(group) do
      opens = opens or mine[key_groups.canonical(recipient.recipient)] == true
    end
    rest.needed = rest.needed - (opens and 1 or 0)
    table.insert(rest.groups, not opens and group or nil)
  end
  if rest.needed == self.needed then
    return false, rest
  end
  return rest.needed <= 0 and "alone" or "together", rest
end

--- Names of keys, with their group in a file that has several; and the keys.
local function names_of(who, f, list)
  local names <const>, keys <const> = {}, json.array {}
  for i, one in ipairs(list) do
    keys[i] = one.key.recipient
    names[i] = who:name(keys[i])
      .. (math.max(#f.wanted, f.file.groups) > 1 and (" in key group %d"):format(one.group) or "")
  end
  return table.concat(names, ", "), keys
end

--- Where in the file a recipient stands.
local function line_of(f, key)
  for _, recipient in ipairs(f.recipients) do
    if recipient.recipient == key then
      return recipient.line
    end
  end
end

--- How a file's recipients differ from what its rule or its links want, as a finding; or nil.
---@param all moonlatch.Repo
---@param who moonlatch.Identities
---@param f moonlatch.SealedFile
---@return table?
function access.drift(all, who, f)
  local missing <const>, extra <const> = all:drift(f)
  if #missing + #extra == 0 then
    return nil
  end
  local missing_names <const>, missing_keys <const> = names_of(who, f, missing)
  local extra_names <const>, extra_keys <const> = names_of(who, f, extra)
  local parts <const> = {}
  if #missing > 0 then
    table.insert(parts, "missing: " .. missing_names)
  end
  if #extra > 0 then
    table.insert(parts, "not meant to be: " .. extra_names)
  end
  local source <const> = f.rule and ("rule %d, %s:%d"):format(f.rule.index, all.rules.path,
    f.rule.line) or "its links"
  return { code = f.rule and "recipients-differ" or "clan-links", path = f.path,
    line = line_of(f, extra_keys[1]), missing = missing_keys, extra = extra_keys,
    message = ("%s (by %s)"):format(table.concat(parts, "; "), source) }
end

--- A sealed file that a person names, with the rule or links that govern it.
---@param path string
---@param around moonlatch.Surroundings
---@return moonlatch.SealedFile?  nil: it is not one of the site's
function access.governed(path, around)
  local name <const> = around.all and governing.in_site(around.all.site, path)
  return name and around.all:file(name) or nil
end

return access
