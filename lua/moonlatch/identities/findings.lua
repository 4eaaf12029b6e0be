--- identities.findings — where the places that name an identity contradict each other.

local names <const> = require "moonlatch.identities.names"

local findings = {}

local EVERYWHERE <const> = { "anchors", "users", "machines", "vault", "ssh", "keyfile" }

--- Somebody may have several SSH keys: one of them is the identity's, and that is enough.
local function known_elsewhere(group, place)
  for _, c in ipairs(group.contexts[place]) do
    for _, other in ipairs(EVERYWHERE) do
      for _, d in ipairs(other ~= place and group.contexts[other] or {}) do
        if d.key == c.key then
          return true
        end
      end
    end
  end
  return false
end

--- Keys that are leaving: a rotation is under way, and both old and new one open files.
local function leaving(out, group)
  local keys <const> = {}
  for _, old in ipairs(group.contexts.anchors) do
    for _, new in ipairs(group.contexts.anchors) do
      if old.name == names.former(new.name) then
        keys[old.key] = true
        table.insert(out, { level = "note", code = "retired-key", name = group.id,
          path = old.path, line = old.line,
          message = ("a rotation of %s is under way: the old key still opens files")
            :format(new.name), hint = ("`moonlatch rotate %s --finish` ends it"):format(group.id) })
      end
    end
  end
  return keys
end

local function context_findings(out, group)
  local old_keys <const>, first = leaving(out, group), nil
  for _, place in ipairs { "anchors", "users", "machines", "vault", "ssh" } do
    local settled <const> = place == "ssh" and known_elsewhere(group, place)
    for _, c in ipairs(settled and {} or group.contexts[place]) do
      local differs <const> = first and first.key ~= c.key and not old_keys[c.key]
      if differs and (place ~= first.place or place == "anchors") then
        table.insert(out, { level = "finding",
          code = (place == "vault" or first.place == "vault") and "vault-differs" or "two-keys",
          name = group.id, path = c.path, line = c.line,
          message = ("%s has %s here and %s at %s"):format(group.id, names.short(c.key),
            names.short(first.key), first.path or "the vault") })
      end
      if not old_keys[c.key] then
        first = first or { key = c.key, path = c.path, place = place }
      end
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
  local exact <const> = names.has(a.names, name) and names.has(b.names, name)
  local both <const> = complement(a, b)
  if both or exact then
    table.insert(out, { level = both and "finding" or "note",
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
        if not names.has(groups[base], group) then
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
