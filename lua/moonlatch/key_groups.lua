--- key_groups — who can open a file, group by group: compared without a key.
--
-- A file has one group of keys, any of which opens it, or several: then a key of each of so many
-- groups is needed as the threshold says. A key that stands in another group opens something else,
-- so membership is per group. Groups are a list of lists of Keys (meta/sops.lua).

local age <const> = require "moonlatch.age"

local key_groups = {}

local POST_QUANTUM <const> = { hybrid = true, ["tag-hybrid"] = true }

-- What has been asked for: the same few keys stand in every file.
local spellings <const> = {}

local function spell(key)
  local recipient <const> = age.recipient(key)
  if recipient then
    return { text = recipient.text, age = true, post_quantum = POST_QUANTUM[recipient.kind] }
  end
  local fingerprint <const> = key:gsub("%s", "")
  return { text = fingerprint:match("^%x+$") and fingerprint:upper() or key, age = false }
end

local function spelling(key)
  local known = spellings[key]
  if not known then
    known = spell(key)
    spellings[key] = known
  end
  return known
end

--- One spelling per recipient, so that two can be compared.
---@param key string
---@return string text
---@return boolean age  it is the public key of an age identity
function key_groups.canonical(key)
  local known <const> = spelling(key)
  return known.text, known.age
end

--- Does what is sealed to this key hold against a quantum computer?
---@param key string
---@return boolean
function key_groups.is_post_quantum(key)
  return spelling(key).post_quantum == true
end

--- One group of these age keys.
---@param texts string[]
---@return moonlatch.Key[][]
function key_groups.of_texts(texts)
  local group <const> = {}
  for i, text in ipairs(texts) do
    group[i] = { kind = "age", recipient = text }
  end
  return { group }
end

--- The groups of a sealed file.
---@param file moonlatch.SopsFile
---@return moonlatch.Key[][]
function key_groups.of_file(file)
  local groups <const> = {}
  for i = 1, math.max(1, file.groups) do
    groups[i] = {}
  end
  for _, key in ipairs(file:recipients()) do
    table.insert(groups[key.group], key)
  end
  return groups
end

--- One spelling for each key, of whatever kind.
---@param key moonlatch.Key
---@return string
function key_groups.id(key)
  return key.kind .. " " .. key_groups.canonical(key.recipient)
end

--- All keys, once each.
---@param groups moonlatch.Key[][]
---@return moonlatch.Key[]
function key_groups.keys(groups)
  local list <const>, seen <const> = {}, {}
  for _, group in ipairs(groups) do
    for _, key in ipairs(group) do
      local id <const> = key_groups.id(key)
      if not seen[id] then
        seen[id] = true
        table.insert(list, key)
      end
    end
  end
  return list
end

local function ids(group)
  local set <const> = {}
  for _, key in ipairs(group or {}) do
    set[key_groups.id(key)] = true
  end
  return set
end

---@class moonlatch.KeyOfGroup
---@field group integer
---@field key moonlatch.Key

local function same(a, b)
  local left <const>, right <const> = ids(a), ids(b)
  for id in pairs(left) do
    if not right[id] then
      return false
    end
  end
  for id in pairs(right) do
    if not left[id] then
      return false
    end
  end
  return true
end

--- What groups[1 … count] have, by their places, and those of `other` have not.
local function without(groups, count, other)
  local rest <const> = {}
  for i = 1, count do
    local there <const> = ids(other[i])
    for _, key in ipairs(groups[i]) do
      local id <const> = key_groups.id(key)
      if not there[id] then
        there[id] = true
        table.insert(rest, { group = i, key = key })
      end
    end
  end
  return rest
end

--- Who comes and who goes where `present` become `wanted`. Groups are told by their places; where
--- one comes or goes, equal ones at the end stay what they are.
---@param present moonlatch.Key[][]
---@param wanted moonlatch.Key[][]
---@return moonlatch.KeyOfGroup[] missing  by the places in `wanted`
---@return moonlatch.KeyOfGroup[] extra    by the places in `present`
function key_groups.compare(present, wanted)
  local before, after = #present, #wanted
  while #present ~= #wanted and before > 0 and after > 0 and same(present[before], wanted[after]) do
    before, after = before - 1, after - 1
  end
  local old <const>, new <const> = table.move(present, 1, before, 1, {}),
    table.move(wanted, 1, after, 1, {})
  return without(new, after, old), without(old, before, new)
end

local function has_no_version(key)
  return key.kind == "azure_kv" and (key.version or "") == ""
end

--- Keys of Azure name a version. One that rules name without it is the one that the file has.
---@param wanted moonlatch.Key[][]
---@param present moonlatch.Key[][]
---@return moonlatch.Key[][]
function key_groups.settle(wanted, present)
  local groups <const> = {}
  for i, group in ipairs(wanted) do
    groups[i] = table.move(group, 1, #group, 1, {})
    for k, key in ipairs(group) do
      for _, old in ipairs(has_no_version(key) and present[i] or {}) do
        if old.vault_url == key.vault_url and old.name == key.name then
          groups[i][k] = old
        end
      end
    end
  end
  return groups
end

--- A new key that is named without the version it needs gets the newest one. Most groups have none
--- such, and no program is run for them.
---@param groups moonlatch.Key[][]
---@return moonlatch.Key[][]?
---@return moonlatch.Error? err
function key_groups.complete(groups)
  for _, key in ipairs(key_groups.keys(groups)) do
    if has_no_version(key) then
      return require("moonlatch.key_source").complete(groups)
    end
  end
  return groups
end

--- Do these keys open what the groups seal?
---@param groups moonlatch.Key[][]
---@param needed integer     how many groups
---@param mine table<string, true>  canonical texts of age keys
---@return boolean
function key_groups.opens(groups, needed, mine)
  local open = 0
  for _, group in ipairs(groups) do
    for _, key in ipairs(group) do
      if mine[key_groups.canonical(key.recipient)] then
        open = open + 1
        break
      end
    end
  end
  return open > 0 and open >= needed
end

--- How many groups are needed.
---@param groups moonlatch.Key[][]
---@param threshold integer?  nil or 0: all
---@return integer
function key_groups.needed(groups, threshold)
  return #groups > 1 and (threshold or 0) > 0 and math.min(threshold, #groups) or #groups
end

-- What tells the kind of a key as people write it. Shorter digits are a name that somebody chose.
local SHAPES <const> = {
  { "^age1", "age" }, { "^ssh%-", "age" }, { "^arn:", "kms" }, { "^projects/", "gcp_kms" },
  { "^https://[^/]+/keys/", "azure_kv" }, { "^%a+://[^/]+/v%d+/.+/keys/", "hc_vault" },
  { "^" .. ("%x"):rep(16) .. "%x*$", "pgp" }, { "^%x%x%x%x +%x[%x ]+$", "pgp" },
}

--- The kind of key that a word looks like; nil: it looks like a name.
---@param text string
---@return string?
function key_groups.kind_of(text)
  for _, shape in ipairs(SHAPES) do
    if text:find(shape[1]) then
      return shape[2]
    end
  end
end

--- The key that a word on a command line means, of whatever kind.
---@param text string
---@return moonlatch.Key?
---@return moonlatch.Error? err  `format`
function key_groups.parse(text)
  local kind <const> = key_groups.kind_of(text)
  if kind and kind ~= "age" then
    return require("moonlatch.key_source.names").parse(kind, text)
  end
  local ok <const>, err <const> = age.recipient(text)
  return ok and { kind = "age", recipient = text } or nil, err
end

--- The threshold for a file that gets these groups. As long as it has as many as before, its own
--- stays: it is no matter of who can open a file that rules change unasked.
---@param file moonlatch.SopsFile
---@param groups moonlatch.Key[][]
---@param wanted integer?     of a rule
---@return integer? threshold  nil: as the file has it, as far as there are groups for it
function key_groups.threshold(file, groups, wanted)
  return #groups > 1 and #groups ~= file.groups and wanted or nil
end

--- The threshold that a file keeps when its data key is renewed.
---@param file moonlatch.SopsFile
---@param groups moonlatch.Key[][]
---@return integer? threshold  nil: all groups
function key_groups.kept_threshold(file, groups)
  return file.threshold >= 2 and math.min(file.threshold, #groups) or nil
end

return key_groups
