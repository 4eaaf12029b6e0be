--- checks.places — identities in all the places that name them, the user's keys, the vault.
--
-- A list of checks: each is given the survey and `tell(finding, level)`.

local identities <const> = require "moonlatch.identities"
local key_groups <const> = require "moonlatch.key_groups"
local own        <const> = require "moonlatch.own"
local shell      <const> = require "moonlatch.shell"
local site_file  <const> = require "moonlatch.identities.site_file"

local function contradictions(survey, tell)
  for _, f in ipairs(survey.who:findings()) do
    tell(f)
  end
end

local function absent(tell, group, message, more)
  local f <const> = { code = "absent-context", name = group.id, message = message }
  for name, value in pairs(more or {}) do
    f[name] = value
  end
  tell(f, f.level or "note")
end

--- Where the site file says that there is an anchor, a key.json without it is a contradiction.
local function anchor(survey, tell, group, said)
  if said.anchor == false or #group.contexts.anchors > 0 or not survey.all.rules then
    return
  end
  local key <const> = group.contexts.users[1] or group.contexts.machines[1]
  absent(tell, group, ("there is no anchor %s"):format(said.anchor or group.id), {
    level = said.anchor and key and "finding" or "note", path = key and key.path,
    hint = ("`moonlatch bootstrap %s` adds it"):format(shell.quote(group.id)) })
end

local function clan_names(survey, tell, group, said)
  for field, kind in pairs { clan_users = "users", clan_machines = "machines" } do
    for _, name in ipairs(said[field] or {}) do
      if not survey.all.clan[kind][name] then
        absent(tell, group, ("sops/%s/%s has no key.json"):format(kind, name))
      end
    end
  end
end

local function key_file(survey, tell, group, said)
  if not survey.skipped.keys and #group.contexts.keyfile == 0 and own.wants(said) then
    absent(tell, group, ("your keys have none of %s"):format(group.id),
      { hint = "`moonlatch sync-keys` writes your key file" })
  end
end

local function vault_item(survey, tell, group, said)
  local wanted <const> = site_file.vault_item(group.id, said)
  if not survey.vault or not wanted then
    return
  end
  for _, item in ipairs(survey.vault) do
    if item.name == wanted then
      return
    end
  end
  absent(tell, group, ("the vault has no item %s"):format(wanted))
end

--- Identities of the site file, in each place that it does not rule out.
local function expected(survey, tell)
  for _, group in ipairs(survey.who.list) do
    local said <const> = group.joined_by == "site" and survey.site.config.identities[group.id]
    if said then
      anchor(survey, tell, group, said)
      clan_names(survey, tell, group, said)
      key_file(survey, tell, group, said)
      vault_item(survey, tell, group, said)
    end
  end
  for _, err in ipairs(survey.ssh_problems) do
    tell({ code = "absent-context", path = err.path, message = err.message }, "note")
  end
end

--- Has any key of this clan user an anchor?
local function has_anchor(survey, user)
  for _, key in ipairs(survey.all.clan.users[user].keys) do
    local group <const> = survey.who.by_key[key_groups.canonical(key.publickey)]
    if group and #group.contexts.anchors > 0 then
      return true
    end
  end
  return false
end

--- Without a site file: people of clan's that no anchor names, vault items that nothing uses.
local function unexpected(survey, tell)
  local anchors <const> = survey.all.rules and #survey.all.rules.anchors > 0
  for _, group in ipairs(survey.who.list) do
    local user <const>, item <const> = group.contexts.users[1], group.contexts.vault[1]
    if group.joined_by == "key" and user and anchors and not has_anchor(survey, user.name) then
      absent(tell, group, ("no anchor has the key of the clan user %s"):format(user.name),
        { path = user.path })
    elseif group.joined_by == "key" and item and not identities.in_repository(group) then
      absent(tell, group, ("the key of the vault item %s is nowhere in the repository")
        :format(item.name))
    end
  end
end

local function own_keys(survey, tell)
  for _, f in ipairs(survey.ring:findings()) do
    local open <const> = f.key and #survey.all:with(f.key) or 0
    if open > 0 then
      f.message = ("%s, and still a recipient of %d file%s"):format(f.message, open,
        open == 1 and "" or "s")
    end
    tell(f)
  end
  local known = false
  for _, group in ipairs(survey.who.list) do
    known = known or #group.contexts.keyfile > 0 and identities.in_repository(group)
  end
  if not known and not survey.skipped.keys and not survey.all.broken_rules then
    tell({ code = "absent-context", message = "the repository knows none of your keys",
      hint = "`moonlatch bootstrap` adds yours" }, "note")
  end
end

--- An item whose halves do not belong together, or could not be compared.
local function vault(survey, tell)
  for _, item in ipairs(survey.vault or {}) do
    local problem <const> = item.problem
    if problem then
      tell({ code = problem.stated and "pair-differs" or "vault-item", name = item.name,
        path = problem.path, message = problem.message, hint = problem.hint },
        problem.stated and "finding" or "note")
    end
  end
end

local function journal(survey, tell)
  local open <const> = #survey.pending
  if open > 0 then
    tell({ code = "pending", message = ("%d earlier run%s cut short; files may be half way")
      :format(open, open == 1 and " was" or "s were"), hint = "`moonlatch recover`" }, "note")
  end
end

return { contradictions, expected, unexpected, own_keys, vault, journal }
