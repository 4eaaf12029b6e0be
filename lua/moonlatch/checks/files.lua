--- checks.files — rules, key.json and sealed files, from public data alone.
--
-- A list of checks: each is given the survey and `tell(finding, level)`.

local access     <const> = require "moonlatch.access"
local age        <const> = require "moonlatch.age"
local inspection <const> = require "moonlatch.inspection"
local json       <const> = require "moonlatch.json"
local key_groups <const> = require "moonlatch.key_groups"
local shell      <const> = require "moonlatch.shell"

local function what_the_walk_met(survey, tell)
  for _, f in ipairs(survey.all.findings) do
    tell(f, "finding")
  end
  for _, f in ipairs(survey.all.notes) do
    tell(f, "note")
  end
end

local function rules(survey, tell)
  local model <const> = survey.all.rules
  for _, f in ipairs(model and model:findings() or {}) do
    f.path = model.path
    tell(f)
  end
end

local function keys_of_entry(entry, tell)
  local seen <const> = {}
  for _, key in ipairs(entry.keys) do
    local ok, err = true, nil
    if key.type == "age" then
      ok, err = age.recipient(key.publickey)
    end
    if not ok then
      tell({ code = "bad-key-json", path = entry.path, message = err.message }, "finding")
    end
    local one <const> = key_groups.canonical(key.publickey)
    if seen[one] then
      tell({ code = "duplicate-key", path = entry.path, name = entry.name,
        message = ("the key %s stands twice in it"):format(key.publickey) }, "finding")
    end
    seen[one] = true
  end
end

local function key_json(survey, tell)
  for _, kind in ipairs { "users", "machines" } do
    for _, entry in pairs(survey.all.clan[kind]) do
      keys_of_entry(entry, tell)
    end
  end
end

local function recipients(survey, tell)
  for _, f in ipairs(survey.all.files) do
    local found <const> = access.drift(survey.all, survey.who, f)
    if found then
      tell(found, "finding")
    end
  end
end

--- Files that need another number of key groups than their rule says, which no command changes
--- unasked.
local function thresholds(survey, tell)
  for _, f in ipairs(survey.all.files) do
    local file <const> = f.file
    if f.threshold and file.groups > 1 and #f.wanted == file.groups
      and f.threshold ~= file.threshold then
      tell({ code = "threshold-differs", path = f.path,
        message = ("%d of its %d key groups are needed, and rule %d says %d"):format(file.threshold,
          file.groups, f.rule.index, f.threshold),
        hint = ("`moonlatch groups threshold %s %d`"):format(shell.quote(f.path), f.threshold) },
        "note")
    end
  end
end

--- Files that nobody thought of: no rule is theirs.
local function governed(survey, tell)
  for _, f in ipairs(survey.all.files) do
    if not f.governed and (f.links or not survey.all.broken_rules) then
      tell({ code = "ungoverned", path = f.path,
        message = f.links and "no link says who may open it" or "no rule says who may open it" },
        "note")
    elseif f.rule and survey.all.rules:catch_all(f.rule) then
      tell({ code = "catch-all", path = f.path, message = ("only rule %d covers it, which takes "
        .. "files at any path"):format(f.rule.index) }, "note")
    end
  end
end

local function sealed(survey, tell)
  for _, f in ipairs(survey.all.files) do
    for _, found in ipairs(inspection.structure(f.file, f.path)) do
      tell(found, "finding")
    end
  end
end

--- Is this a key that a machine holds, so that it is no way in for a person?
local function is_machine(identity)
  if identity.kind then
    return identity.kind == "machine" or identity.kind == "host"
  end
  return #identity.contexts.machines > 0 and #identity.contexts.users == 0
end

--- The only one, besides machines, who can open a file; nil when there are more, or none.
local function only_holder(survey, f)
  if f.file.groups > 1 then
    return nil -- it is meant to need several
  end
  local found
  for _, recipient in ipairs(f.recipients) do
    local identity <const> = survey.who.by_key[key_groups.canonical(recipient.recipient)]
    if identity and not is_machine(identity) then
      if identity.kind == "shared" or found and found ~= identity then
        return nil
      end
      found = identity
    end
  end
  return found
end

local function one_human(survey, tell)
  local paths <const>, order <const> = {}, {}
  for _, f in ipairs(survey.all.files) do
    local holder <const> = only_holder(survey, f)
    if holder then
      if not paths[holder] then
        paths[holder] = json.array {}
        table.insert(order, holder)
      end
      table.insert(paths[holder], f.path)
    end
  end
  for _, holder in ipairs(order) do
    local n <const> = #paths[holder]
    tell({ code = "one-human", name = holder.id, files = paths[holder],
      message = ("%s alone can open %d file%s, machines aside"):format(holder.id, n,
        n == 1 and "" or "s") }, "note")
  end
end

--- Files with post-quantum keys that another key opens too. age refuses to make such a file; one of
--- sops has an age file for each key.
local function weakest_key(survey, tell)
  local paths <const> = json.array {}
  for _, f in ipairs(survey.all.files) do
    local strong = 0
    for _, recipient in ipairs(f.recipients) do
      strong = strong + (key_groups.is_post_quantum(recipient.recipient) and 1 or 0)
    end
    if strong > 0 and strong < #f.recipients and f.file.groups == 1 then
      table.insert(paths, f.path)
    end
  end
  if #paths > 0 then
    tell({ code = "weakest-key", files = paths,
      message = ("%d file%s sealed to post-quantum keys and to others: %s"):format(#paths,
        #paths == 1 and " is" or "s are", paths[1]) }, "note")
  end
end

return { what_the_walk_met, rules, key_json, recipients, thresholds, governed, sealed, one_human,
  weakest_key }
