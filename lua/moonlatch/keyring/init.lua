--- keyring — all private keys of this user, loaded once a run.
--
-- It knows where each key came from, so that a failure can say what was tried, who could help and
-- what to do next. A passphrase is asked for once, and only when the key behind it is needed.

local age        <const> = require "moonlatch.age"
local fail       <const> = require "moonlatch.fail"
local key_groups <const> = require "moonlatch.key_groups"
local shell      <const> = require "moonlatch.shell"
local sources    <const> = require "moonlatch.keyring.sources"
local tty        <const> = require "moonlatch.tty"

---@class moonlatch.Keyring
---@field sources moonlatch.KeySource[]
local Keyring = {}
Keyring.__index = Keyring

local keyring = { default_path = sources.default_path }

--- A file that the user named must be of use; the usual places may be empty.
local function check_named(list, files)
  for i, path in ipairs(files) do
    local source <const> = list[i]
    if source.problem then
      error(source.problem, 0)
    elseif sources.count(source) == 0 and not source.waiting then
      fail("missing", "there is no private key in this file", nil, { path = path })
    end
  end
end

--- Gather the keys. Raises what is wrong with a file of --identity.
---@param options { files: string[]? }?  files: of --identity
---@return moonlatch.Keyring
function keyring.open(options)
  local files <const> = options and options.files or {}
  local list <const> = sources.all(files)
  check_named(list, files)
  return setmetatable({ sources = list }, Keyring)
end

--- A ring of exactly these identities: to prove what they open, and what they do not.
---@param name string  for messages
---@param list moonlatch.AgeIdentity[]
---@return moonlatch.Keyring
function keyring.of(name, list)
  local source <const> = { name = name, found = true, entries = {}, plugins = {} }
  for i, identity in ipairs(list) do
    source.entries[i] = { identity = identity, recipient = identity:recipient() }
  end
  return setmetatable({ sources = { source } }, Keyring)
end

--- All keys, with their sources.
---@return { identity: moonlatch.AgeIdentity, recipient: string, source: moonlatch.KeySource }[]
function Keyring:entries()
  local list <const>, seen <const> = {}, {}
  for _, source in ipairs(self.sources) do
    for _, entry in ipairs(source.entries) do
      if not seen[entry.recipient] then
        seen[entry.recipient] = true
        table.insert(list,
          { identity = entry.identity, recipient = entry.recipient, source = source })
      end
    end
  end
  return list
end

--- The identities, for unlocking.
---@return moonlatch.AgeIdentity[]
function Keyring:identities()
  local list <const> = {}
  for i, entry in ipairs(self:entries()) do
    list[i] = entry.identity
  end
  return list
end

--- The identities that only plugins can use.
---@return moonlatch.AgeIdentity[]
function Keyring:plugins()
  local list <const> = {}
  for _, source in ipairs(self.sources) do
    table.move(source.plugins, 1, #source.plugins, #list + 1, list)
  end
  return list
end

--- The identity with this public key.
---@param key string
---@return moonlatch.AgeIdentity?
---@return moonlatch.KeySource?
function Keyring:identity(key)
  local wanted <const> = key_groups.canonical(key)
  for _, entry in ipairs(self:entries()) do
    if key_groups.canonical(entry.recipient) == wanted then
      return entry.identity, entry.source
    end
  end
end

---@param key string
---@return boolean
function Keyring:has(key)
  return self:identity(key) ~= nil
end

local function could_open(source, recipients)
  if not source.waits_for then
    return true
  end
  for _, mine in ipairs(source.waits_for) do
    for _, recipient in ipairs(recipients) do
      if key_groups.canonical(mine) == key_groups.canonical(recipient.recipient) then
        return true
      end
    end
  end
  return false
end

--- Ask for the passphrase of a protected key, once a run.
local function release(source)
  local bytes <const> = source.waiting
  source.waiting = nil
  local passphrase <const>, err <const> = tty.passphrase(("Passphrase of %s: "):format(source.name))
  if not passphrase then
    source.problem = fail.new("passphrase", "a passphrase protects it, and "
      .. (fail.is(err, "unsupported") and "there is no terminal to ask on" or "none was typed"),
      "run it at a terminal, or name another key with --identity FILE")
    return false
  end
  local before <const> = sources.count(source)
  if source.sealed then
    local opened <const>, bad <const> = age.decrypt_passphrase(passphrase, bytes)
    if opened then
      sources.take_key_file(source, opened)
    else
      source.problem = bad
    end
  else
    sources.take_ssh(source, bytes, passphrase)
  end
  passphrase:wipe()
  if fail.is(source.problem, "auth") then
    source.problem.hint = "run it again, with the passphrase of " .. source.name
  end
  return sources.count(source) > before
end

local function with_age(file, identities, options)
  return file:unlock(identities, { order = options.order })
end

--- Unlock a sealed file with whatever key opens it.
---@param file moonlatch.SopsFile
---@param who moonlatch.Identities?  for names in the error
---@param options { order: string[]?, any_address: boolean? }?
---  order: kinds of keys, first those to try first; any_address: as in moonlatch.key_source
---@return table? used  { recipient=, source=, groups= }; groups alone when key sources opened it
---@return moonlatch.Error? err  of code "key": `groups`, as in `used`
function Keyring:unlock(file, who, options)
  options = options or {}
  local function try(unlock)
    local entries <const> = self:entries()
    local ok <const>, err <const> = unlock(file, self:identities(), options)
    for _, group in ipairs((ok or err).groups or {}) do
      group.source = group.identity and entries[group.identity].source
    end
    if not ok then
      return nil, err
    end
    local entry <const> = entries[ok.identity] -- none where key sources opened all
    return { recipient = ok.recipient, source = entry and entry.source, groups = ok.groups }
  end
  local used, err = try(with_age)
  local function try_others()
    local other_kinds <const> = fail.is(err, "key")
      and require "moonlatch.keyring.other_kinds"
    local plugins <const> = self:plugins()
    if other_kinds and other_kinds.has(file, plugins) then
      used, err = try(function(_, identities)
        return other_kinds.unlock(file, identities, { order = options.order,
          any_address = options.any_address, plugins = plugins })
      end)
    end
  end
  local others_first <const> = options.order and options.order[1] and options.order[1] ~= "age"
  if others_first then
    try_others()
  end
  for _, source in ipairs(self.sources) do
    if not used and fail.is(err, "key") and source.waiting
      and could_open(source, file:recipients()) and release(source) then
      used, err = try(with_age)
    end
  end
  if not others_first then
    try_others()
  end
  if fail.is(err, "key") then
    return nil, self:explain(err, file, who)
  end
  return used, err
end

local function state_of(source)
  local problem <const> = source.problem
  if problem then
    return problem.line and ("line %d: %s"):format(problem.line, problem.message) or problem.message
  elseif source.waiting then
    return "protected by a passphrase, and not the key wanted"
  elseif sources.count(source) > 0 then
    return ("%d key%s"):format(sources.count(source), sources.count(source) == 1 and "" or "s")
  elseif not source.found then
    return "not there"
  end
  return source.lines and #source.lines.entries == 0 and "empty" or "no key in it"
end

--- Every place that was looked at, in order, and what it gave.
---@return { name: string, state: string }[]
function Keyring:account()
  local list <const> = {}
  for i, source in ipairs(self.sources) do
    list[i] = { name = source.name, state = state_of(source) }
  end
  return list
end

--- An error that says what was tried, who can help, and the exact next command.
---@param err moonlatch.Error   of code "key"
---@param file moonlatch.SopsFile
---@param who moonlatch.Identities?
---@return moonlatch.Error
function Keyring:explain(err, file, who)
  return require("moonlatch.keyring.explain").error(self, err, file, who)
end

--- Keys that stand twice in a key file, and those that were retired.
local function line_findings(list, source)
  local first <const> = {}
  for _, entry in ipairs(source.lines.entries) do
    local key <const> = entry.recipient
    local f <const> = { path = source.path or source.name, line = entry.line }
    if key and first[key] then
      f.level, f.code = "finding", "duplicate-key"
      f.message = ("the key %s stands in line %d already"):format(key, first[key])
      table.insert(list, f)
    elseif key then
      first[key] = entry.line
      if source.lines:retired(key) then
        f.level, f.code, f.key = "note", "retired-key", key
        f.message = ("the key %s is retired"):format(key)
        table.insert(list, f)
      end
    end
  end
end

--- Files of private keys that others can get at, and what their lines tell.
---@return table[] findings
function Keyring:findings()
  local list <const> = {}
  for _, source in ipairs(self.sources) do
    if source.open then
      table.insert(list, { level = "finding", code = "key-file-open", path = source.path,
        message = "others have access to this file of private keys",
        hint = "chmod 600 " .. shell.quote(source.path) })
    end
    if source.lines then
      line_findings(list, source)
    end
  end
  return list
end

--- Drop all keys.
function Keyring:close()
  self.sources = {}
end

Keyring.__close = Keyring.close

return keyring
