--- rotation.files — the sealed files of a rotation, in the plan: sealed for the new key, proved to
--- open with it, and closed to the old one.

local fail       <const> = require "moonlatch.fail"
local key_groups <const> = require "moonlatch.key_groups"
local keyring    <const> = require "moonlatch.keyring"
local rekey      <const> = require "moonlatch.rekey"
local sops       <const> = require "moonlatch.sops"

local files = {}

--- Stage new recipients for all files; every one of them must succeed.
local function stage(ctx, ring, groups_of, renew)
  local list <const> = {}
  for _, f in ipairs(ctx.files) do
    table.insert(list, { file = f, groups = groups_of(f) })
  end
  local changed <const>, failures <const> = rekey.stage(ctx.plan, ctx.all, list, { ring = ring,
    approval = ctx.approval, who = ctx.who, renew = renew,
    named = ctx.new.named and { ctx.new.recipient } or nil })
  if not changed then
    error(failures, 0)
  elseif #failures > 0 then
    error(failures[1].error, 0)
  end
end

--- A group with the new key where the old one was, and with the old one only if `both`.
local function with_new(ctx, group, both)
  local list <const>, new <const>, old <const> = {}, key_groups.canonical(ctx.new.recipient),
    key_groups.canonical(ctx.old)
  local has_new, has_old = false, false
  for _, key in ipairs(group) do
    local text <const> = key_groups.canonical(key.recipient)
    has_new, has_old = has_new or text == new, has_old or text == old
    if both or text ~= old then
      table.insert(list, key)
    end
  end
  if has_old and not has_new then
    table.insert(list, 1, { kind = "age", recipient = ctx.new.recipient })
  end
  return list
end

--- A file's key groups with the new key in all of them that have the old one.
local function groups_with_new(ctx, both)
  return function(f)
    local groups <const> = key_groups.of_file(f.file)
    for i, group in ipairs(groups) do
      groups[i] = with_new(ctx, group, both)
    end
    return groups
  end
end

--- The new key opens all files beside the old one.
function files.add(ctx)
  stage(ctx, ctx.ring, groups_with_new(ctx, true))
end

--- What a file is opened with to show what one identity can do: nothing else, but for keys of other
--- key groups where a file needs several.
local function with_only(ctx, f, identity)
  local list <const> = { identity }
  for _, entry in ipairs(f.file.groups > 1 and ctx.ring:entries() or {}) do
    if key_groups.canonical(entry.recipient) ~= key_groups.canonical(ctx.old) then
      table.insert(list, entry.identity)
    end
  end
  return list
end

local function staged(ctx, f)
  local text <const> = assert(ctx.plan:current(ctx.site.root, f.path))
  return assert(sops.open(text, { path = f.path, format = f.format }))
end

--- Does this identity open a key group of the staged file, by itself?
local function opens_group(ctx, f, identity)
  local found <const>, err <const> = staged(ctx, f):unlock { identity }
  for _, group in ipairs((found or err).groups or error(err, 0)) do
    if group.open then
      return true
    end
  end
  return false
end

--- The staged file with its values, opened with the new key.
local function open_with_new(ctx, f)
  local file <const> = staged(ctx, f)
  local ok, err
  if file.groups > 1 and opens_group(ctx, f, ctx.new.identity) then
    ok, err = keyring.of("the new key", with_only(ctx, f, ctx.new.identity)):unlock(file, ctx.who)
  else
    ok, err = file:unlock { ctx.new.identity }
  end
  if ok then
    ok, err = file:decrypt()
  end
  return ok ~= nil, err
end

local function prove_new_opens(ctx)
  for i, f in ipairs(ctx.files) do
    local ok <const>, err <const> = open_with_new(ctx, f)
    if not ok then
      err.path = err.path or f.path
      error(err, 0)
    end
    ctx.report:progress(i, #ctx.files, "prove")
  end
end

--- What is staged opens with the new key.
function files.prove(ctx)
  if ctx.new.identity then
    prove_new_opens(ctx)
  else
    ctx.report:skipped("proof that the new key opens the files", "its private half is not here")
  end
end

--- The new key, and keys of other groups where a file needs them.
local function ring_without_old(ctx)
  for _, f in ipairs(ctx.files) do
    if f.file.groups > 1 then
      return with_only(ctx, f, ctx.new.identity)
    end
  end
  return { ctx.new.identity }
end

--- From here on the old key is not used: what cannot be done without it stops the run.
function files.drop(ctx)
  if not ctx.keeps then
    ctx.new_ring = keyring.of("the new key", ring_without_old(ctx))
    stage(ctx, ctx.new_ring, groups_with_new(ctx, false))
  end
end

--- New data keys, which the old key never saw.
function files.renew(ctx)
  if not ctx.keeps then
    stage(ctx, ctx.new_ring, groups_with_new(ctx, false), "all")
  end
end

--- At the end the new key opens every file, and the old one none.
function files.prove_out(ctx)
  if ctx.keeps then
    return
  end
  prove_new_opens(ctx)
  for _, f in ipairs(ctx.old_identity and ctx.files or {}) do
    if opens_group(ctx, f, ctx.old_identity) then
      fail("bug", "the old key still opens a file that was sealed anew", nil, { path = f.path })
    end
  end
end

return files
