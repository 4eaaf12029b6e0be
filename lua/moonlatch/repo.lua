--- repo — one walk over a site: which files are sealed, for whom, and who says so.
--
-- Sealed files are found by what they contain, never by extension. Everything here is public, and
-- works without a private key.

local clan       <const> = require "moonlatch.clan"
local fail       <const> = require "moonlatch.fail"
local inspection <const> = require "moonlatch.inspection"
local key_groups <const> = require "moonlatch.key_groups"
local rules      <const> = require "moonlatch.rules"
local sops       <const> = require "moonlatch.sops"

---@class moonlatch.SealedFile
---@field path string
---@field text string
---@field format string
---@field file moonlatch.SopsFile
---@field recipients table[]      as sops.File:recipients
---@field tier 1|2
---@field rule moonlatch.Rule?
---@field links moonlatch.ClanSecret?
---@field expected string[]       who should be able to open it
---@field wanted moonlatch.Key[][]  the same by key groups
---@field threshold integer?       how many of these groups the rule says are needed
---@field why table<string, string[]>
---@field governed boolean        a rule or links say who
---@field problem moonlatch.Error?  why the rule does not say it after all

---@class moonlatch.Repo
---@field site moonlatch.Site
---@field files moonlatch.SealedFile[]
---@field private by_path table<string, moonlatch.SealedFile>
---@field clear string[]          paths of the files in clear
---@field broken { path: string, error: moonlatch.Error }[]  sealed files that cannot be read
---@field rules moonlatch.Rules?
---@field broken_rules boolean?   there is a .sops.yaml, and it cannot be understood
---@field clan moonlatch.Clan
---@field notes table[]
---@field findings table[]
local Repo = {}
Repo.__index = Repo

local repo = {}

local RULES <const> = ".sops.yaml"
local LARGEST <const> = 64 * 1024 * 1024

--- Does a clan user or machine have this key?
---@param entry moonlatch.ClanEntry?
---@param key string
---@return boolean
function repo.has_key(entry, key)
  for _, one in ipairs(entry and entry.keys or {}) do
    if key_groups.canonical(one.publickey) == key_groups.canonical(key) then
      return true
    end
  end
  return false
end

local function add(list, code, path, message, more)
  local f <const> = { code = code, path = path, message = message }
  for name, value in pairs(more or {}) do
    f[name] = value
  end
  table.insert(list, f)
end

--- A rule with a key that is none does not say who should be able to open its files.
local function take_groups(self, f, rule)
  local groups <const>, threshold <const> = self.rules:groups(rule)
  if groups then
    f.wanted, f.threshold = groups, threshold
  else
    f.problem = threshold
  end
end

local function govern(self, f)
  f.expected, f.why, f.wanted, f.governed = {}, {}, {}, false
  f.links = self.clan.by_path[f.path]
  f.tier = f.links and 1 or 2
  if f.links then
    f.expected, f.why = self.clan:expected(f.links)
    f.wanted, f.governed = key_groups.of_texts(f.expected), #f.expected > 0
  elseif self.rules then
    local rule <const>, err <const> = self.rules:match(f.path)
    if err then
      table.insert(self.findings, inspection.unmatched(f.path, err))
    elseif rule then
      f.rule, f.governed, f.expected = rule, true, self.rules:keys(rule)
      take_groups(self, f, rule)
    end
  end
end

local function add_broken(self, entry, err, bytes)
  local found <const> = inspection.broken(bytes, entry.path, err)
  table.insert(self.findings, found)
  table.insert(self.broken, { path = entry.path, error = fail.new("format", found.message,
    found.hint, { path = entry.path, line = found.line }) })
end

local function take_sealed(self, entry, file)
  local f <const> = { path = entry.path, text = file:text(), format = file.format, file = file,
    recipients = file:recipients() }
  govern(self, f)
  table.insert(self.files, f)
  self.by_path[f.path] = f
end

--- A file in clear at a place where it must not be.
local function take_clear(self, entry)
  if self.clan.by_path[entry.path] then
    add(self.findings, "clear-file", entry.path, "this file must be sealed, and is not")
  elseif self.rules and entry.size > 0 then
    local found <const> = inspection.clear(self.rules, entry.path)
    table.insert(self.findings, found)
  end
end

--- A file with sealed values that is none to sops: metadata cut or garbled, marks of a merge. Only
--- where a rule or links expect a sealed file; elsewhere it may be a text about such files.
local function take_broken(self, entry, bytes, file, err)
  local format <const> = sops.format_of(entry.path)
  local rule <const> = self.rules and self.rules:match(entry.path)
  if not self.clan.by_path[entry.path]
    and (not rule or format == "binary" and self.rules:catch_all(rule)) then
    return false
  end
  err = file and file:verify()[1] or err
  if not err or err.code == "missing" then
    return false
  end
  add_broken(self, entry, err, bytes)
  return true
end

--- Clear files may hold values, so all are looked at as secrets; only a sealed one becomes text.
local function take(self, entry)
  if entry.size > LARGEST then
    return add(self.notes, "limit", entry.path, "larger than 64 MiB, not looked into")
  end
  local bytes <close>, unread <const> = self.site.root:read_secret(entry.path)
  if not bytes then
    return add(self.notes, unread.code, entry.path, unread.message)
  end
  local as <const> = { path = entry.path, format = sops.format_of(entry.path) }
  local file, err
  if sops.has_sealed(bytes) then
    file, err = sops.open(bytes, as)
  end
  if file and file.sealed then
    return take_sealed(self, entry, file)
  elseif err and sops.is_encrypted(bytes, as) then
    return add_broken(self, entry, err, bytes)
  elseif (file or err) and take_broken(self, entry, bytes, file, err) then
    return
  end
  table.insert(self.clear, entry.path)
  take_clear(self, entry)
end

local function is_temporary(path)
  return path:match("([^/]+)$"):match("^%..+%.ml%-%x+$") ~= nil
end

--- Reads the rules. To a survey, rules that cannot be understood are a finding like others.
local function read_rules(self, survey)
  if not self.site.has_rules then
    return true
  end
  local text <const>, unread <const> = self.site.root:read(RULES)
  if not text then
    return nil, unread
  end
  local err
  self.rules, err = rules.open(text, RULES)
  if err and survey then
    self.broken_rules = true
    table.insert(self.findings, rules.diagnose(text, err))
    return true
  end
  return self.rules ~= nil, err
end

--- Walk the site once.
---@param site moonlatch.Site
---@param options { progress: fun(done: integer, total: integer)?, survey: boolean? }?
---  survey: a .sops.yaml that cannot be understood is a finding, and the walk goes on without rules
---@return moonlatch.Repo?
---@return moonlatch.Error? err  a .sops.yaml that cannot be read
function repo.open(site, options)
  local self <const> = setmetatable({ site = site, files = {}, by_path = {}, clear = {},
    broken = {}, notes = {}, findings = {} }, Repo)
  local ok <const>, err <const> = read_rules(self, options and options.survey)
  if not ok then
    return nil, err
  end
  local entries <const> = {}
  local iterate <const>, notes <const> = site.root:walk { ignore = site.config.ignore or {} }
  for entry in iterate do
    if not is_temporary(entry.path) then
      table.insert(entries, entry)
    end
  end
  self.clan = clan.open(site.root, entries)
  for _, list in ipairs { "notes", "findings" } do
    table.move(self.clan[list], 1, #self.clan[list], #self[list] + 1, self[list])
  end
  for _, said in ipairs(notes or {}) do
    add(self.notes, said.code or "limit", said.path, said.message)
  end
  for i, entry in ipairs(entries) do
    if entry.kind == "file" then
      take(self, entry)
    end
    if options and options.progress then
      options.progress(i, #entries)
    end
  end
  return self
end

--- The sealed files that have this recipient.
---@param key string
---@return moonlatch.SealedFile[]
function Repo:with(key)
  local wanted <const>, found <const> = key_groups.canonical(key), {}
  for _, f in ipairs(self.files) do
    for _, recipient in ipairs(f.recipients) do
      if key_groups.canonical(recipient.recipient) == wanted then
        table.insert(found, f)
        break
      end
    end
  end
  return found
end

--- The sealed file at a path.
---@param path string
---@return moonlatch.SealedFile?
function Repo:file(path)
  return self.by_path[path]
end

--- How a file's recipients differ from what governs it, group by group. Both empty: it is as it
--- should be.
---@param f moonlatch.SealedFile
---@return moonlatch.KeyOfGroup[] missing  should be recipients and are not
---@return moonlatch.KeyOfGroup[] extra    are recipients and should not be
function Repo:drift(f)
  if not f.governed or f.problem then
    return {}, {}
  end
  local present <const> = key_groups.of_file(f.file)
  return key_groups.compare(present, key_groups.settle(f.wanted, present))
end

return repo
