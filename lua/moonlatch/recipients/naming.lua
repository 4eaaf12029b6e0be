--- recipients.naming — who says that a key should be able to open something, and where.

local key_groups <const> = require "moonlatch.key_groups"
local lists      <const> = require "moonlatch.lists"

---@class moonlatch.Claim
---@field key string
---@field kind string?   default: age
---@field name string?   what the repository calls it: a claim, not a fact
---@field path string?   where it stands
---@field line integer?

local naming = {}

--- One name for each key, also of those that are not age keys.
---@param claim moonlatch.Claim
---@return string
function naming.id(claim)
  local text <const> = key_groups.canonical(claim.key)
  return (claim.kind or "age") == "age" and text or claim.kind .. " " .. text
end

--- Everybody whom entries of a rule name, under the names their anchors give them.
local function of_entries(model, entries)
  local list <const> = {}
  for i, entry in ipairs(entries) do
    local anchor <const> = model:anchors_of(entry.key)[1]
    list[i] = { key = entry.key, kind = entry.kind, name = anchor and anchor.name,
      path = model.path, line = anchor and anchor.line or entry.line }
  end
  return list
end

--- Everybody in the key groups of a rule.
---@param model moonlatch.Rules
---@param rule moonlatch.Rule
---@param groups moonlatch.Key[][]
---@return moonlatch.Claim[]
function naming.of_groups(model, rule, groups)
  local list <const>, by_id <const> = {}, {}
  for _, claim in ipairs(of_entries(model, rule.keys)) do
    by_id[naming.id(claim)] = claim
  end
  for i, key in ipairs(key_groups.keys(groups)) do
    local claim <const> = { key = key.recipient, kind = key.kind, path = model.path,
      line = rule.line }
    list[i] = by_id[naming.id(claim)] or claim
  end
  return list
end

--- Everybody that the rules name.
---@param model moonlatch.Rules
---@return moonlatch.Claim[]
function naming.of_rules(model)
  local entries <const>, seen <const> = {}, {}
  for _, rule in ipairs(model.rules) do
    for _, entry in ipairs(rule.keys) do
      local id <const> = naming.id(entry)
      if not seen[id] then
        seen[id] = true
        table.insert(entries, entry)
      end
    end
  end
  return of_entries(model, entries)
end

--- Everybody that the rules and key files of a repository name.
---@param all moonlatch.Repo
---@return moonlatch.Claim[]
function naming.of_repo(all)
  local claims <const> = all.rules and naming.of_rules(all.rules) or {}
  local seen <const> = {}
  for _, claim in ipairs(claims) do
    seen[claim.key] = true
  end
  for _, kind in ipairs { "users", "machines" } do
    for _, name in ipairs(lists.names(all.clan[kind])) do
      local entry <const> = all.clan[kind][name]
      for _, key in ipairs(entry.keys) do
        if key.type == "age" and not seen[key.publickey] then
          seen[key.publickey] = true
          table.insert(claims, { key = key.publickey, name = name, path = entry.path })
        end
      end
    end
  end
  return claims
end

return naming
