-- For tests of rules: a `.sops.yaml` made up from a seed, with keys of all kinds in all shapes.

--- A generator of numbers that are the same everywhere.
local function new_dice(seed)
  local state = seed * 2654435761 % 4294967296
  return function(sides)
    state = (state * 1664525 + 1013904223) % 4294967296
    return state // 65536 % sides + 1
  end
end

local ARNS <const> = { "arn:aws:kms:us-east-1:111122223333:key/a",
  "arn:aws:kms:eu-west-1:111122223333:alias/b+arn:aws:iam::1:role/x" }
local PGP <const> = { ("AB"):rep(20), ("CD"):rep(20), "85D7 7543 B3D6 24B6" }
local GCP <const> = { "projects/p/locations/l/keyRings/r/cryptoKeys/k" }
local AZURE <const> = { "https://a.vault.azure.net/keys/k/1", "https://b.vault.azure.net/keys/l/2" }
local VAULT <const> = { "https://v:8200/v1/transit/keys/k", "http://v/v1/a/b/keys/x/" }
local CONTEXTS <const> = { "", ", context: {a: b}", ", context: {b: 1, a: x}, aws_profile: w" }

--- The text of rules.
---@param seed integer
---@param ages string[]  recipients
---@return string
return function(seed, ages)
  local dice <const> = new_dice(seed)
  local group

  local function pick(list)
    return list[dice(#list)]
  end
  local function chance(percent)
    return dice(100) <= percent
  end
  local function quoted(text)
    return (dice(2) == 1 and "'%s'" or '"%s"'):format(text)
  end
  local function list_of(make)
    local items <const> = {}
    for i = 1, dice(4) - 1 do
      items[i] = make()
    end
    return "[" .. table.concat(items, ", ") .. "]"
  end
  local function joined(keys)
    local items <const> = {}
    for i = 1, dice(3) do
      items[i] = pick(keys)
    end
    return table.concat(items, pick { ",", ", ", " , " }) .. pick { "", "", "", "," }
  end
  local function flat(keys)
    return chance(50) and quoted(joined(keys)) or list_of(function() return quoted(pick(keys)) end)
  end
  local function map_of(fields)
    for i = #fields, 2, -1 do
      local j <const> = dice(i)
      fields[i], fields[j] = fields[j], fields[i]
    end
    return "{" .. table.concat(fields, ", ") .. "}"
  end
  local function merged(depth)
    return function()
      return chance(60) and pick { "*g1", "*g2" } or group(depth + 1)
    end
  end

  function group(depth)
    local fields <const> = {}
    local function add(percent, text, ...)
      table.insert(fields, chance(percent) and text:format(...) or nil)
    end
    add(70, "age: %s", list_of(function() return quoted(joined(ages):gsub(",$", "")) end))
    add(40, "pgp: %s", list_of(function() return quoted(pick(PGP)) end))
    add(30, "kms: %s", list_of(function()
      return ("{arn: %s%s}"):format(quoted(ARNS[1]), pick(CONTEXTS))
    end))
    add(20, "gcp_kms: %s", list_of(function() return ("{resource_id: %s}"):format(pick(GCP)) end))
    add(20, "hckms: %s", list_of(function() return "{key_id: 'r:u'}" end))
    add(20, "azure_keyvault: %s", list_of(function()
      return "{vaultUrl: 'https://a.vault.azure.net', key: k, version: " .. dice(3) .. "}"
    end))
    add(20, "hc_vault: %s", list_of(function() return quoted(pick(VAULT)) end))
    if depth < 3 then
      add(40, "merge: %s", list_of(merged(depth)))
    end
    return map_of(fields)
  end

  local function rule()
    local fields <const> = {}
    local function add(percent, text, ...)
      table.insert(fields, chance(percent) and text:format(...) or nil)
    end
    add(30, "path_regex: %s", pick { "sealed", "^x", "'^sealed\\.yaml$'", "''", "null" })
    add(50, "key_groups: %s", list_of(merged(0)))
    add(70, "age: %s", flat(ages))
    add(30, "pgp: %s", flat(PGP))
    add(25, "kms: %s", flat(ARNS))
    add(25, "gcp_kms: %s", flat(GCP))
    add(25, "azure_keyvault: %s", flat(AZURE))
    add(25, "hc_vault_transit_uri: %s", list_of(function() return quoted(pick(VAULT)) end))
    add(15, "hckms: %s", list_of(function() return "'r:u'" end))
    add(20, "aws_profile: %s", pick { "w", "''" })
    add(30, "<<: %s", pick { "*d1", "*d2", "[*d1, *d2]" })
    return map_of(fields)
  end

  local lines <const> = { "top:", "  - &g1 " .. group(3),
    "  - &g2 " .. group(1):gsub("%*g2", "*g1"),
    ("d1: &d1 {age: %s, aws_profile: p}"):format(pick(ages)),
    ("d2: &d2 {pgp: %s, path_regex: sealed}"):format(PGP[1]), "creation_rules:" }
  for _ = 1, dice(3) do
    table.insert(lines, "  - " .. rule())
  end
  return table.concat(lines, "\n") .. "\n"
end
