--- rekey.approve — one approved set for each choice of keys that files shall get.

local key_groups <const> = require "moonlatch.key_groups"
local recipients <const> = require "moonlatch.recipients"

--- The same groups, and a threshold, have one name.
local function set_name(work)
  local parts <const> = { tostring(work.threshold) }
  for i, group in ipairs(work.groups) do
    for _, key in ipairs(group) do
      table.insert(parts, i .. " " .. key_groups.id(key))
    end
  end
  return table.concat(parts, "\n")
end

--- A key that no rule, key file or link names yet: what it is called elsewhere.
local function newcomer(key, who)
  local claim <const> = { key = key.recipient, kind = key.kind }
  local identity <const> = who and who:find(key.recipient)
  local called <const> = identity and (identity.contexts.anchors[1] or identity.contexts.users[1]
    or identity.contexts.machines[1])
  if called then
    claim.name, claim.path, claim.line = called.name, called.path, called.line
  end
  return claim
end

--- Sets `approved` of each work; those not approved yet are asked about together.
---@param works moonlatch.RekeyWork[]
---@param all moonlatch.Repo
---@param options moonlatch.RekeyOptions
---@return true? ok
---@return moonlatch.Error? err
return function(works, all, options)
  local known <const>, by_id <const> = options.known or recipients.of_repo(all), {}
  for _, claim in ipairs(known) do
    by_id[key_groups.id { kind = claim.kind or "age", recipient = claim.key }] = claim
  end
  local function approved(groups, more)
    local claims <const> = {}
    for i, key in ipairs(key_groups.keys(groups)) do
      claims[i] = by_id[key_groups.id(key)] or newcomer(key, options.who)
    end
    more.named, more.known = options.named, known
    return options.approval:approve(claims, more)
  end
  local everybody <const> = {}
  for _, work in ipairs(works) do
    table.move(work.groups, 1, #work.groups, #everybody + 1, everybody)
  end
  local all_keys <const> = { key_groups.keys(everybody) }
  local ok <const>, err <const> = approved(all_keys, { groups = all_keys })
  if not ok then
    return nil, err
  end
  local sets <const> = {}
  for _, work in ipairs(works) do
    local name <const> = set_name(work)
    sets[name] = sets[name]
      or assert(approved(work.groups, { groups = work.groups, threshold = work.threshold }))
    work.approved = sets[name]
  end
  return true
end
