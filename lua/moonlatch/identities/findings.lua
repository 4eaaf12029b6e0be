--- identities.findings — where the places that name an identity contradict each other.

local lists <const> = require "moonlatch.lists"
local names <const> = require "moonlatch.identities.names"

local findings = {}

-- The first of these that knows an identity is what the others are compared with.
local ORDER <const> = { "anchors", "users", "machines", "vault", "ssh" }

--- The place to compare with, its keys as a set, and how many they are.
local function reference(group)
  for _, place in ipairs(ORDER) do
    local keys <const>, n = {}, 0
    for _, c in ipairs(group.contexts[place]) do
      n = n + (keys[c.key] and 0 or 1)
      keys[c.key] = true
    end
    if n > 0 then
      return place, keys, n
    end
  end
end

--- The contexts of a place whose keys are not in the set. Of several SSH keys that somebody has one
--- is the identity's, and that is enough.
local function outside(group, place, keys)
  local list <const> = {}
  for _, c in ipairs(group.contexts[place]) do
    if not keys[c.key] then
      table.insert(list, c)
    elseif place == "ssh" then
      return {}
    end
  end
  return list
end

--- An identity that has several keys in the place to compare with: while a rotation keeps the old
--- one this is meant, and so it is a note.
local function note_keys(out, group, place, n)
  for _, old in ipairs(group.contexts[place]) do
    for _, new in ipairs(group.contexts[place]) do
      if new.name and old.name == names.former(new.name) then
        table.insert(out, { level = "note", code = "retired-key", name = group.id,
          path = old.path, line = old.line,
          message = ("a rotation of %s is under way: the old key still opens files")
            :format(new.name), hint = ("`moonlatch rotate %s --finish` ends it"):format(group.id) })
        return
      end
    end
  end
  local one <const> = group.contexts[place][1]
  table.insert(out, { level = "note", code = "two-keys", name = group.id, path = one.path,
    line = one.line, message = ("%s has %d keys"):format(group.id, n) })
end

--- Places are compared as sets: while a rotation keeps the old key, each place has two.
local function context_findings(out, group)
  local first <const>, keys <const>, n <const> = reference(group)
  if not first then
    return
  end
  local one <const> = group.contexts[first][1]
  for _, place in ipairs(ORDER) do
    for _, c in ipairs(outside(group, place, keys)) do
      table.insert(out, { level = "finding",
        code = (place == "vault" or first == "vault") and "vault-differs" or "two-keys",
        name = group.id, path = c.path, line = c.line,
        message = ("%s has %s here and %s at %s"):format(group.id, names.short(c.key),
          names.short(one.key), one.path or "the vault") })
    end
  end
  if n > 1 then
    note_keys(out, group, first, n)
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

--- One key.json with two keys, of which one is an anchor and the other is not: somebody added it.
local function slipped_in(a, b)
  for _, place in ipairs { "users", "machines" } do
    for _, c in ipairs(a.contexts[place]) do
      for _, d in ipairs(b.contexts[place]) do
        if c.path == d.path and (#a.contexts.anchors > 0) ~= (#b.contexts.anchors > 0) then
          return true
        end
      end
    end
  end
  return false
end

local function pair_finding(out, name, a, b)
  if #a.contexts.anchors == 0 then
    a, b = b, a -- an anchor is what the other is compared with
  end
  local x <const>, y <const> = first_named(a), first_named(b)
  local vault <const> = #a.contexts.vault > 0 or #b.contexts.vault > 0
  local exact <const> = lists.has(a.names, name) and lists.has(b.names, name)
  local both <const> = complement(a, b)
  if both or exact then
    table.insert(out, { level = (both or slipped_in(a, b)) and "finding" or "note",
      code = both and vault and "vault-differs" or "two-keys", name = name,
      path = y.path or x.path, line = y.path and y.line or x.line,
      message = ("%s has %s at %s and %s at %s"):format(name, names.short(x.key),
        x.path or "the vault", names.short(y.key), y.path or "the vault"),
      hint = "if they are not one identity, moonlatch.lua can say so" })
  end
end

--- One key that two clan users, or two machines, have. (Anchors: see rules.)
local function name_findings(out, group)
  for _, place in ipairs { "users", "machines" } do
    local first <const> = group.contexts[place][1]
    for i = 2, #group.contexts[place] do
      local c <const> = group.contexts[place][i]
      if c.name ~= first.name then
        table.insert(out, { level = "note", code = "two-names", name = group.id, path = c.path,
          message = ("%s and %s have the same key"):format(first.name, c.name),
          hint = "if they are one identity, moonlatch.lua can say so" })
      end
    end
  end
end

--- Groups by the names of their contexts, without what naming habits add.
local function by_base(list)
  local groups <const>, order <const> = {}, {}
  for _, group in ipairs(list) do
    for _, place in ipairs(group.joined_by == "key" and NAMED or {}) do
      for _, c in ipairs(group.contexts[place]) do
        local base <const> = names.base(c.name or "")
        if not groups[base] then
          groups[base] = {}
          table.insert(order, base)
        end
        if not lists.has(groups[base], group) then
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
---@param list moonlatch.Identity[]
---@return table[]
function findings.of(list)
  local out <const> = {}
  for _, group in ipairs(list) do
    local check <const> = group.joined_by == "site" and context_findings or name_findings
    check(out, group)
  end
  local groups <const>, order <const> = by_base(list)
  for _, base in ipairs(order) do
    for i = 1, #groups[base] do
      for j = i + 1, #groups[base] do
        pair_finding(out, base, groups[base][i], groups[base][j])
      end
    end
  end
  return out
end

return findings
