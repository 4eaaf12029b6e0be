--- values.merge — what two versions of a document made of a third, brought together.
--
-- Maps are merged by key. Lists are merged as git merges lines: elements that are equal in all
-- three hold the list together, and between them one side at most may have changed something; an
-- element that both changed is merged in turn if it is a map or a list. Whatever both sides
-- changed, and not to the same, is a conflict: it stays as it is in ours. A conflict within an
-- element is one of the whole list where elements came or went before it or behind it.

local diff   <const> = require "moonlatch.diff"
local values <const> = require "moonlatch.values"

---@class moonlatch.ValueEdit
---@field op "set"|"remove"|"insert"|"splice"
---@field path string                       of "insert" and "splice": of the map or list
---@field value moonlatch.ValueTree?        of theirs
---@field key string?                       insert: the new key
---@field after string?                     insert: the key it stands behind in theirs
---@field from integer?                     splice: the first element, from 0
---@field count integer?                    splice: how many of ours go
---@field items moonlatch.ValueTree[]?      splice: what comes

---@class moonlatch.ValueConflict
---@field path string
---@field ours "added"|"removed"|"changed"
---@field theirs "added"|"removed"|"changed"

---@class moonlatch.ValueMerge
---@field result moonlatch.ValueTree?       what comes out of it
---@field edits moonlatch.ValueEdit[]       that make it out of ours, in order
---@field conflicts moonlatch.ValueConflict[]

local LARGEST <const> = 250000 -- pairs of elements that are compared

local merge_at

local function change(base, side)
  return not base and "added" or not side and "removed" or "changed"
end

local function conflict(self, path, base, ours, theirs)
  table.insert(self.conflicts,
    { path = path, ours = change(base, ours), theirs = change(base, theirs) })
  return ours
end

--- Ours becomes theirs at one place. Where ours has nothing, `place` says where it goes.
local function take(self, path, ours, theirs, place)
  if not theirs then
    table.insert(self.edits, { op = "remove", path = path })
  elseif ours then
    table.insert(self.edits, { op = "set", path = path, value = theirs })
  else
    table.insert(self.edits, { op = "insert", path = place.path, key = place.key,
      after = place.after, value = theirs })
  end
  return theirs
end

local function merge_maps(self, path, base, ours, theirs)
  local old <const> = base and base.of or {}
  local result <const> = { kind = "map", keys = {}, of = {} }
  local function add(key, value)
    if value then
      table.insert(result.keys, key)
      result.of[key] = value
    end
  end
  for _, key in ipairs(ours.keys) do
    add(key, merge_at(self, values.join(path, key), old[key], ours.of[key], theirs.of[key]))
  end
  local before
  for _, key in ipairs(theirs.keys) do
    if not ours.of[key] then
      add(key, merge_at(self, values.join(path, key), old[key], nil, theirs.of[key],
        { path = path, key = key, after = before }))
    end
    before = result.of[key] and key or before
  end
  return result
end

local function part(list, from, to)
  return table.move(list, from, to, 1, {})
end

local function equal_lists(a, b)
  return values.equal({ kind = "list", items = a }, { kind = "list", items = b })
end

--- The stretches between elements that all three have in common: each as three lists, and where it
--- begins in ours.
local function stretches(base, ours, theirs)
  local in_ours <const> = diff.common(base, ours, values.equal)
  local in_theirs <const> = diff.common(base, theirs, values.equal)
  local list <const>, i, j, k = {}, 1, 1, 1
  for s = 1, #base + 1 do
    local o, t = in_ours[s], in_theirs[s]
    if s > #base then
      o, t = #ours + 1, #theirs + 1
    end
    if o and t then
      table.insert(list, { at = j, base = part(base, i, s - 1), ours = part(ours, j, o - 1),
        theirs = part(theirs, k, t - 1) })
      i, j, k = s + 1, o + 1, t + 1
    end
  end
  return list
end

--- What is to be done with a stretch: "keep", "take", "merge" (one element of each), "conflict".
local function verdict(s)
  if equal_lists(s.ours, s.theirs) or equal_lists(s.base, s.theirs) then
    return "keep"
  elseif equal_lists(s.base, s.ours) then
    return "take"
  end
  local one <const>, two <const>, three <const> = s.base[1], s.ours[1], s.theirs[1]
  local single <const> = #s.base == 1 and #s.ours == 1 and #s.theirs == 1
  return single and one.kind ~= "scalar" and one.kind == two.kind and one.kind == three.kind
    and "merge" or "conflict"
end

--- From the last stretch to the first, so that the places of those before it stay what they are.
local function merge_lists(self, path, base, ours, theirs)
  if math.max(#ours.items, #theirs.items) * #base.items > LARGEST then
    return conflict(self, path, base, ours, theirs)
  end
  local list <const>, moved = stretches(base.items, ours.items, theirs.items), false
  for _, s in ipairs(list) do
    s.verdict = verdict(s)
    if s.verdict == "conflict" then
      return conflict(self, path, base, ours, theirs)
    end
    moved = moved or #s.ours ~= #s.theirs
  end
  local within <const> = { edits = {}, conflicts = {} }
  local items = part(ours.items, 1, #ours.items)
  for n = #list, 1, -1 do
    local s <const> = list[n]
    local new = s.ours
    if s.verdict == "take" then
      new = s.theirs
      table.insert(within.edits, { op = "splice", path = path, from = s.at - 1, count = #s.ours,
        items = new })
    elseif s.verdict == "merge" then
      new = { merge_at(within, values.join(path, s.at - 1), s.base[1], s.ours[1], s.theirs[1]) }
    end
    local rest <const> = part(items, s.at + #s.ours, #items)
    items = table.move(new, 1, #new, s.at, part(items, 1, s.at - 1))
    table.move(rest, 1, #rest, #items + 1, items)
  end
  if moved and #within.conflicts > 0 then -- its path would name another element in each version
    return conflict(self, path, base, ours, theirs)
  end
  for name, found in pairs(within) do
    table.move(found, 1, #found, #self[name] + 1, self[name])
  end
  return { kind = "list", items = items }
end

local function all_are(kind, base, ours, theirs)
  return ours and theirs and ours.kind == kind and theirs.kind == kind
    and (base and base.kind == kind or not base and kind == "map")
end

function merge_at(self, path, base, ours, theirs, place)
  if values.equal(ours, theirs) or values.equal(base, theirs) then
    return ours
  elseif all_are("map", base, ours, theirs) then
    return merge_maps(self, path, base, ours, theirs)
  elseif values.equal(base, ours) then
    return take(self, path, ours, theirs, place)
  elseif all_are("list", base, ours, theirs) then
    return merge_lists(self, path, base, ours, theirs)
  end
  return conflict(self, path, base, ours, theirs)
end

--- Merge three trees; without base both sides made the document.
---@param base moonlatch.ValueTree?
---@param ours moonlatch.ValueTree
---@param theirs moonlatch.ValueTree
---@return moonlatch.ValueMerge
local function merge(base, ours, theirs)
  local self <const> = { edits = {}, conflicts = {} }
  self.result = merge_at(self, "", base, ours, theirs)
  return self
end

return merge
