--- rekey — sealed files get the recipients they should have, many at once.
--
-- What follows from public data is settled first: who comes and who goes, and that all who shall
-- be able to open a file are approved. Then the files are changed by all processors together, each
-- in memory. The plan gets those that worked, the caller a list of those that did not, with the
-- reason and with who could help.

local approve     <const> = require "moonlatch.rekey.approve"
local compare     <const> = require "moonlatch.rekey.compare"
local envelope    <const> = require "moonlatch.envelope"
local fail        <const> = require "moonlatch.fail"
local identities  <const> = require "moonlatch.identities"
local key_groups  <const> = require "moonlatch.key_groups"
local keyring     <const> = require "moonlatch.keyring"
local other_kinds <const> = require "moonlatch.keyring.other_kinds"
local plan        <const> = require "moonlatch.plan"
local recipients  <const> = require "moonlatch.recipients"
local shell       <const> = require "moonlatch.shell"
local sops        <const> = require "moonlatch.sops"

---@class moonlatch.RekeyItem
---@field file moonlatch.SealedFile
---@field groups moonlatch.Key[][]?  who shall be able to open it; default: whom rule or links want
---@field threshold integer?      how many groups shall be needed; default: as it has it

---@class moonlatch.RekeyFailure
---@field path string
---@field error moonlatch.Error

---@class moonlatch.RekeyOptions
---@field ring moonlatch.Keyring
---@field approval moonlatch.Approval
---@field who moonlatch.Identities
---@field named string[]?         keys the user gave as operands: approved by that
---@field known moonlatch.Claim[]?  what the repository says; default: what it says by now
---@field rewrap boolean?         wrap the data key anew also for those who stay
---@field renew "all"|"removed"|nil  new data keys for all files, or for those that lose a recipient
---@field keep_mine boolean?      refuse if this user loses the last way into a file

local rekey = {}

--- What every recipe has that re-keys.
rekey.OPTIONS = {
  { "--keep-going", "do what can be done, and exit 1 if that is not all" },
  { "--identity FILE", "a key file or SSH key to open files with", many = true,
    complete = "file" },
}

local function public_keys(ring)
  local mine <const> = {}
  for _, entry in ipairs(ring:entries()) do
    mine[key_groups.canonical(entry.recipient)] = true
  end
  return mine
end

--- What this user loses: every key that the file has of theirs, or the way in without others.
local function check_loss(work, mine)
  local before <const> = key_groups.needed(work.present, work.file.threshold)
  local after <const> = key_groups.needed(work.groups, work.threshold or work.file.threshold)
  work.locks_me_out = key_groups.opens(work.present, 1, mine)
    and not key_groups.opens(work.groups, 1, mine)
  work.needs_others = key_groups.opens(work.present, before, mine)
    and not key_groups.opens(work.groups, after, mine)
end

--- Can this user do it? A passphrase is asked for only where the key behind it is needed.
local function check_key(work, mine, options)
  local needed <const> = key_groups.needed(work.present, work.file.threshold)
  if work.needs_key and not key_groups.opens(work.present, needed, mine) then
    local used <const>, err <const> = options.ring:unlock(work.file, options.who)
    if not used then
      return mine, err
    end
    mine = public_keys(options.ring)
  end
  check_loss(work, mine)
  return mine
end

--- Whoever removes the key that is their own last way in has most likely mixed up two names.
local function check_own_way(works)
  for _, work in ipairs(works) do
    if work.locks_me_out then
      return nil, fail.new("conflict", "it would be your own last way into this file",
        "somebody who can open it can do this", { path = work.path })
    end
  end
  return true
end

--- The lines of the plan.
local function describe(work, who)
  local lines <const> = {}
  for _, part in ipairs { { "+", work.added }, { "-", work.removed } } do
    for _, one in ipairs(part[2]) do
      table.insert(lines, ("%s %s %s%s"):format(part[1], who:name(one.key.recipient),
        one.key.recipient, #work.groups > 1 and (" in key group %d"):format(one.group) or ""))
    end
  end
  table.insert(lines, work.split)
  if work.renew then
    table.insert(lines, "a new data key")
  end
  if work.locks_me_out then
    table.insert(lines, "you will not be able to open it any more")
  elseif work.needs_others then
    table.insert(lines, "you will not be able to open it alone any more")
  end
  return lines
end

local function renew_alone(file, work)
  local ok <const>, err <const> = file:decrypt()
  if not ok then
    return nil, err
  end
  local made <const>, unmade <const> = envelope.new(work.approved)
  if not made then
    return nil, unmade
  end
  return file:renew(made)
end

local function update_alone(file, work, options)
  local made <const>, err <const> = envelope.of(file, work.approved, { rewrap = options.rewrap })
  if not made then
    return nil, err
  end
  return file:update_keys(made)
end

--- A file that the batch could not do: with keys that only key sources wrap or unwrap.
local function alone(work, renew, options)
  local file <const> = assert(sops.open(work.text, { path = work.path, format = work.format }))
  local used <const>, locked <const> = options.ring:unlock(file, options.who)
  if not used then
    return { error = locked }
  end
  local change <const> = renew and renew_alone or update_alone
  local ok <const>, err <const> = change(file, work, options)
  return ok and { text = file:text() } or { error = err }
end

--- Run one batch and stage what comes out of it.
local function run(p, root, works, renew, changed, failures, options)
  local list <const> = {}
  for i, work in ipairs(works) do
    list[i] = { text = work.text, path = work.path, format = work.format,
      recipients = work.approved }
  end
  local results <const> = sops.update_many(list, options.ring:identities(),
    { rewrap = options.rewrap or false, renew = renew })
  for i, result in ipairs(results) do
    local work <const> = works[i]
    if fail.is(result.error, "key-source") or fail.is(result.error, "key")
      and other_kinds.has(work.file, options.ring:plugins()) then
      result = alone(work, renew, options)
    elseif fail.is(result.error, "key") then
      result.error = options.ring:explain(result.error, work.file, options.who)
    end
    if result.error then
      table.insert(failures, { path = work.path, error = result.error })
    else
      if result.text then
        assert(p:write(root, work.path, result.text,
          { kind = "sealed", why = describe(work, options.who) }))
      end
      table.insert(changed, work)
    end
  end
end

local function by_path(a, b)
  return a.path < b.path
end

--- Stage new recipients, or new data keys, for many files.
---@param p moonlatch.Plan
---@param all moonlatch.Repo
---@param list moonlatch.RekeyItem[]
---@param options moonlatch.RekeyOptions
---@return moonlatch.RekeyWork[]? changed  path, added, removed, renew; nil: refused
---@return moonlatch.RekeyFailure[]|moonlatch.Error failures
function rekey.stage(p, all, list, options)
  local root <const> = all.site.root
  local failures <const>, changed <const> = {}, {}
  local works <const>, batches <const> = {}, { [false] = {}, [true] = {} }
  local mine = public_keys(options.ring)
  for _, item in ipairs(list) do
    local work <const>, err = compare.work(p, root, item, options)
    if work then
      mine, err = check_key(work, mine, options)
    end
    if err then
      table.insert(failures, { path = item.file.path, error = err })
    elseif work then
      table.insert(works, work)
      table.insert(batches[work.renew], work)
    end
  end
  local ok, err = true, nil
  if options.keep_mine then
    ok, err = check_own_way(works)
  end
  if ok and #works > 0 then
    ok, err = approve(works, all, options)
  end
  if not ok then
    return nil, err
  end
  for renew, batch in pairs(batches) do
    run(p, root, batch, renew, changed, failures, options)
  end
  table.sort(changed, by_path)
  table.sort(failures, by_path)
  return changed, failures
end

--- What a recipe has to say besides its plan.
local function tell(ctx, changed)
  local left <const> = {}
  for _, work in ipairs(changed) do
    table.insert(left, #work.removed > 0 and not work.renew and shell.quote(work.path) or nil)
  end
  if #left > 0 then
    ctx.report:say("who loses access may have kept the data key; a new one comes with "
      .. (#left <= 3 and "`moonlatch renew %s`" or "`moonlatch renew --all`")
        :format(table.concat(left, " ")))
  end
end

---@class moonlatch.RekeyRun : moonlatch.RekeyOptions  ring and approval are made here
---@field title string
---@field identities string[]   of --identity
---@field keep_going boolean?
---@field rules string?         the new text of .sops.yaml
---@field next string?
---@field whole boolean?        the run is about all files: one that cannot be read is a failure too

--- A whole run: what recipes do that change who can open which files.
---@param ctx moonlatch.Context
---@param all moonlatch.Repo
---@param list moonlatch.RekeyItem[]
---@param options moonlatch.RekeyRun
---@return integer status
---@return moonlatch.RekeyWork[] changed
function rekey.run(ctx, all, list, options)
  local root <const> = all.site.root
  local ring <close> = keyring.open { files = options.identities }
  local p <close> = plan.new { roots = { root }, global = ctx.global, report = ctx.report,
    title = options.title }
  if options.rules then
    assert(p:write(root, all.rules.path, options.rules, { kind = "public" }))
  end
  options.ring, options.approval = ring, assert(recipients.open(root, ctx.global))
  options.who = options.who or identities.new(all.site, all)
  local changed <const>, failures <const> = rekey.stage(p, all, list, options)
  if not changed then
    error(failures, 0)
  end
  -- What cannot be read would keep its recipients, and nobody would know.
  table.move(options.whole and all.broken or {}, 1, options.whole and #all.broken or 0,
    #failures + 1, failures)
  for _, failure in ipairs(failures) do
    local err <const> = failure.error
    ctx.report:finding(err.code, err.message,
      { path = err.path or failure.path, line = err.line, hint = err.hint })
  end
  if #failures > 0 and not options.keep_going then
    ctx.report:warn(("nothing was written, because %d file%s cannot be done; --keep-going does "
      .. "the rest"):format(#failures, #failures == 1 and "" or "s"))
    return 2, {}
  end
  tell(ctx, changed)
  for _, work in ipairs(changed) do
    if #work.added > 0 or #work.removed > 0 or work.split then
      p:key_change() -- who can open a file is at stake, however few the files are
    end
  end
  local status <const> = p:finish { next = options.next }
  if p.committed then
    assert(options.approval:remember())
  end
  return status, changed
end

return rekey
