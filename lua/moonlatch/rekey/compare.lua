--- rekey.compare — who comes and who goes: what follows from public data, without a key.

local age  <const> = require "moonlatch.age"
local fail <const> = require "moonlatch.fail"
local repo <const> = require "moonlatch.repo"
local sops <const> = require "moonlatch.sops"

---@class moonlatch.RekeyWork
---@field path string
---@field file moonlatch.SopsFile
---@field text string
---@field format string
---@field present string[]   the file's recipients as they are
---@field keys string[]      its age recipients as they shall be
---@field added string[]
---@field removed string[]
---@field kept string[]      no longer wanted, of a kind that cannot be removed yet
---@field renew boolean      it gets a new data key
---@field needs_key boolean  a private key is needed to do it

local compare = {}

--- The age recipients of a list by their canonical spelling, and the others.
local function sort_kinds(list)
  local ages <const>, others <const> = {}, {}
  for _, key in ipairs(list) do
    local text <const>, is_age <const> = repo.canonical(key)
    local kind <const> = is_age and ages or others
    kind[text] = key
  end
  return ages, others
end

--- What `list` has and `other` has not, sorted.
local function without(list, other)
  local rest <const> = {}
  for key, text in pairs(list) do
    if not other[key] then
      table.insert(rest, text)
    end
  end
  table.sort(rest)
  return rest
end

--- Recipients that are no age keys can be kept, but neither made nor removed.
local function settle(work, wanted)
  local new <const>, new_others <const> = sort_kinds(wanted)
  local old <const>, old_others <const> = sort_kinds(work.present)
  local unmade <const> = without(new_others, old_others)[1]
  if unmade then
    local _, err <const> = age.recipient(unmade)
    return nil, fail.new("unsupported", ("%s would have to be made a recipient, and only age keys "
      .. "can be"):format(unmade), err.hint, { path = work.path })
  end
  work.keys = without(new, {})
  work.added, work.removed = without(new, old), without(old, new)
  work.kept = without(old_others, new_others)
  return true
end

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
  if not file then
    return nil, text
  end
  if (item.groups or file.groups) ~= file.groups then
    return nil, fail.new("unsupported", ("it has %d key group%s and its rule %d, which cannot be "
      .. "changed yet"):format(file.groups, file.groups == 1 and "" or "s", item.groups), nil,
      { path = sealed.path })
  end
  local work <const> = { path = sealed.path, format = sealed.format, file = file, text = text,
    present = {} }
  for i, recipient in ipairs(file:recipients()) do
    work.present[i] = recipient.recipient
  end
  local ok <const>, err <const> = settle(work, item.recipients)
  if not ok then
    return nil, err
  end
  work.renew = options.renew == "all" or options.renew == "removed" and #work.removed > 0
  work.needs_key = work.renew or options.rewrap or #work.added > 0
  return (work.needs_key or #work.removed > 0 or #work.kept > 0) and work
end

return compare
