--- key_source — keys other than age: each kind through the program that stands for its service; and
--- age keys of plugins.
--
-- A source wraps a data key (or the share of a key group) into the text that stands as `enc`, and
-- unwraps it. Only callers that were told to open or seal a file come here: what looks at files
-- (`diff`, `merge`, `list`, `who`, `verify`, …) runs no program that a file could choose.

local fail  <const> = require "moonlatch.fail"
local names <const> = require "moonlatch.key_source.names"

---@class moonlatch.SourceOptions
---@field any_address boolean?  ask servers that only the file names, as sops does
---@field order string[]?       kinds whose keys are tried first
---@field plugins moonlatch.AgeIdentity[]?  of the user, to be tried on age keys
---@field groups { open: boolean }[]?  of the error of `unlock`: those that are open are passed over

---@class moonlatch.KeySourceModule
---@field program string?
---@field check fun(key: moonlatch.Key): boolean?, table?  is it a key, as far as its name tells?
---@field wrap fun(key: moonlatch.Key, share: moonlatch.Secret, options): string?, table?
---@field unwrap fun(key: moonlatch.Key, enc: string, options): moonlatch.Secret?, table?

---@class moonlatch.SourceFailure
---@field key moonlatch.Key
---@field group integer?
---@field error moonlatch.Error

local key_source = { describe = names.describe, parse = names.parse }

local KINDS <const> = { pgp = true, kms = true, gcp_kms = true, azure_kv = true, hc_vault = true,
  hckms = true }

local FAR <const> = 1 << 32 -- behind all keys of a file

--- The source of a kind. That of age is for keys of plugins: all others need none.
---@param kind string
---@return moonlatch.KeySourceModule?
function key_source.of(kind)
  return (KINDS[kind] or kind == "age") and require("moonlatch.key_source." .. kind) or nil
end

--- A summary of failures: the code of the first, the reasons of all.
local function summary(message, failures)
  local first <const>, details <const> = failures[1].error, {}
  for _, failure in ipairs(failures) do
    table.insert(details, ("%s: %s"):format(failure.key.recipient, failure.error.message))
    for _, line in ipairs(failure.error.details or {}) do
      table.insert(details, "  " .. line)
    end
  end
  return fail.new(first.code, message, first.hint, { details = details, failures = failures })
end

--- Give every key that names no version of itself, though its kind has them, the newest one: what
--- is approved and written is then one version.
---@param groups moonlatch.Key[][]
---@param options moonlatch.SourceOptions?
---@return moonlatch.Key[][]?
---@return moonlatch.Error? err
function key_source.complete(groups, options)
  local complete <const> = {}
  for i, group in ipairs(groups) do
    complete[i] = {}
    for j, key in ipairs(group) do
      local source <const> = key.kind == "azure_kv" and key_source.of(key.kind)
      local whole, err = key, nil
      if source then
        whole, err = source.complete(key, options or {})
      end
      if not whole then
        return nil, err
      end
      complete[i][j] = whole
    end
  end
  return complete
end

--- Wrap what an envelope still lacks. All its keys are tried, so that one run tells all that is
--- wrong.
---@param envelope moonlatch.Envelope
---@param options moonlatch.SourceOptions?
---@return true?
---@return moonlatch.Error? err  with `failures`
function key_source.fill(envelope, options)
  local failures <const> = {}
  for _, item in ipairs(envelope:open()) do
    local enc <const>, err = key_source.of(item.key.kind).wrap(item.key, item.share, options or {})
    item.share:wipe()
    local given = false
    if enc then
      given, err = envelope:give(item.index, enc)
    elseif fail.is(err, "interrupted") then
      return nil, err
    end
    if not given then
      table.insert(failures, { key = item.key, error = err })
    end
  end
  if #failures > 0 then
    return nil, summary("the data key could not be given to all recipients", failures)
  end
  return true
end

--- The keys that sources can try, group by group: the kinds of `order` first, the rest as in the
--- file; of age keys those first that look as if they were the plugins' own.
local function in_order(file, options)
  local groups <const> = {}
  local place <const>, plugins <const> = {}, options.plugins or {}
  for i, kind in ipairs(options.order or { "age", "pgp" }) do
    place[kind] = i
  end
  for i, key in ipairs(file:recipients()) do
    if KINDS[key.kind] or #plugins > 0 then
      local mine <const> = key.kind == "age" and key_source.of "age".suits(key, plugins)
      groups[key.group] = groups[key.group] or {}
      table.insert(groups[key.group],
        { key = key, rank = place[key.kind] or math.huge, nth = mine and i or i + FAR })
    end
  end
  for _, keys in pairs(groups) do
    table.sort(keys, function(a, b)
      return a.rank < b.rank or a.rank == b.rank and a.nth < b.nth
    end)
  end
  return groups
end

--- One group: its keys until one opens it.
local function open_group(file, keys, options, failures)
  for _, item in ipairs(keys) do
    local key <const> = item.key
    local share, err = key_source.of(key.kind).unwrap(key, key.enc, options)
    if share then
      local taken <const>, bad <const> = file:offer(key.index, share)
      share:wipe()
      if taken then
        return true
      end
      err = bad
    end
    if fail.is(err, "interrupted") then
      return nil, err
    end
    table.insert(failures, { key = key, group = key.group, error = err })
  end
  return false
end

--- How many groups have still to be opened, and which are open.
local function wanted_of(file, groups)
  local wanted = file.groups > 1 and file.threshold > 0 and file.threshold or file.groups
  local open <const> = {}
  for i, group in ipairs(groups or {}) do
    open[i] = group.open
    wanted = wanted - (group.open and 1 or 0)
  end
  return wanted, open
end

--- Unwrap keys of other kinds until enough groups of the file are open.
---@param file moonlatch.SopsFile
---@param options moonlatch.SourceOptions?
---@return integer? opened  groups
---@return moonlatch.SourceFailure[]|moonlatch.Error failures  of the keys that were tried
function key_source.offer(file, options)
  options = options or {}
  local by_group <const>, failures <const> = in_order(file, options), {}
  local wanted <const>, open <const> = wanted_of(file, options.groups)
  local opened = 0
  for group = 1, file.groups do
    if opened < wanted and by_group[group] and not open[group] then
      local ok <const>, err <const> = open_group(file, by_group[group], options, failures)
      if ok == nil then
        return nil, err
      end
      opened = opened + (ok and 1 or 0)
    end
  end
  return opened, failures
end

--- Find the data key: with the identities first, and where they do not suffice with the keys of
--- other kinds.
---@param file moonlatch.SopsFile
---@param identities moonlatch.AgeIdentity[]
---@param options moonlatch.SourceOptions?
---@return { identity: integer?, recipient: string? }? opened
---@return moonlatch.Error? err  `key`, with `failures` of the keys that were tried
function key_source.unlock(file, identities, options)
  options = options or {}
  local how <const> = { order = options.order }
  local found <const>, locked <const> = file:unlock(identities, how)
  if found or not fail.is(locked, "key") then
    return found, locked
  end
  local opened <const>, failures <const> = key_source.offer(file,
    { any_address = options.any_address, order = options.order, plugins = options.plugins,
      groups = locked.groups })
  if not opened then
    return nil, failures
  end
  local again <const>, err <const> = file:unlock(identities, how)
  if err then
    err.failures = failures
  end
  return again, err
end

return key_source
