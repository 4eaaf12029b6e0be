--- rekey.compare — who comes and who goes: what follows from public data, without a key.

local key_groups <const> = require "moonlatch.key_groups"
local sops       <const> = require "moonlatch.sops"

---@class moonlatch.RekeyWork
---@field path string
---@field file moonlatch.SopsFile
---@field text string
---@field format string
---@field present moonlatch.Key[][]  the file's key groups as they are
---@field groups moonlatch.Key[][]   as they shall be
---@field threshold integer?  how many groups shall be needed; nil: as it is
---@field added moonlatch.KeyOfGroup[]
---@field removed moonlatch.KeyOfGroup[]
---@field split string?      what becomes of the key groups, in words
---@field renew boolean      it gets a new data key
---@field needs_key boolean  a private key is needed to do it

local compare = {}

--- A file as the plan has it by now: an earlier step may have changed it.
local function current(plan, root, sealed)
  local text <const>, err <const> = plan:current(root, sealed.path)
  if not text then
    return nil, err
  end
  if text == sealed.text then
    return sealed.file, text
  end
  local file <const>, bad <const> = sops.open(text, { path = sealed.path, format = sealed.format })
  return file, file and text or bad
end

--- What changes in the groups themselves; then everybody gets a new share.
local function split(file, present, groups, threshold)
  if #groups == #present and (threshold or file.threshold) == file.threshold then
    return nil
  end
  return ("%d of %d key groups needed instead of %d of %d"):format(
    key_groups.needed(groups, threshold or file.threshold), #groups,
    key_groups.needed(present, file.threshold), #present)
end

--- What is to be done with one file; false when it is as it should be.
---@param plan moonlatch.Plan
---@param root moonlatch.Root
---@param item moonlatch.RekeyItem
---@param options { rewrap: boolean?, renew: "all"|"removed"|nil }
---@return moonlatch.RekeyWork|false|nil
---@return moonlatch.Error? err
function compare.work(plan, root, item, options)
  local sealed <const> = item.file
  local file <const>, text <const> = current(plan, root, sealed)
  if not file or sealed.problem and not item.groups then
    return nil, sealed.problem or text
  end
  local present <const> = key_groups.of_file(file)
  local groups <const>, err <const> =
    key_groups.complete(key_groups.settle(item.groups or sealed.wanted, present))
  if not groups then
    return nil, err
  end
  local work <const> = { path = sealed.path, format = sealed.format, file = file, text = text,
    present = present, groups = groups, threshold = item.threshold }
  work.added, work.removed = key_groups.compare(present, groups)
  work.split = split(file, present, groups, item.threshold)
  work.renew = options.renew == "all" or options.renew == "removed" and #work.removed > 0
  if work.renew then
    work.threshold = work.threshold or key_groups.kept_threshold(file, groups)
  end
  work.needs_key = work.renew or options.rewrap or #work.added > 0 or work.split ~= nil
  return (work.needs_key or #work.removed > 0) and work
end

return compare
