--- key_groups — who can open a file, group by group: compared without a key.
--
-- A file has one group of keys, any of which opens it, or several: then a key of each of so many
-- groups is needed as the threshold says. A key that stands in another group opens something else,
-- so membership is per group. Groups are a list of lists of Keys (meta/sops.lua).

local age <const> = require "moonlatch.age"

local key_groups = {}

-- What has been asked for: the same few keys stand in every file.
local spellings <const> = {}

local function spell(key)
  local recipient <const> = age.recipient(key)
  if recipient then
    return { text = recipient.text, age = true }
  end
  local fingerprint <const> = key:gsub("%s", "")
  return { text = fingerprint:match("^%x+$") and fingerprint:upper() or key, age = false }
end

--- One spelling per recipient, so that two can be compared.
---@param key string
---@return string text
---@return boolean age  it is the public key of an age identity
function key_groups.canonical(key)
  local known = spellings[key]
  if not known then
    known = spell(key)
    spellings[key] = known
  end
  return known.text, known.age
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

--- What `groups` has, by the places of its groups, and `other` has not.
---@param groups moonlatch.Key[][]
---@param other moonlatch.Key[][]
---@return moonlatch.KeyOfGroup[]
function key_groups.without(groups, other)
  local rest <const> = {}
  for i, group in ipairs(groups) do
    local there <const> = ids(other[i])
    for _, key in ipairs(group) do
      local id <const> = key_groups.id(key)
      if not there[id] then
        there[id] = true
        table.insert(rest, { group = i, key = key })
      end
    end
  end
  return rest
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
