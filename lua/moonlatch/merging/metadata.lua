--- merging.metadata — what a merged file has besides its values: its data key, which of them are
--- sealed, and for whom.
--
-- All of it is that of the one side that changed it. Where both did it is that of ours, with the
-- recipients that theirs added and without those it removed, for whom then nothing more is sealed:
-- the data key is new. Whoever would newly be able to read what ours says must be approved.

local fail       <const> = require "moonlatch.fail"
local key_groups <const> = require "moonlatch.key_groups"
local recipients <const> = require "moonlatch.recipients"
local shell      <const> = require "moonlatch.shell"
local values     <const> = require "moonlatch.values"

local metadata = {}

local function by_group(file)
  local set <const> = {}
  for _, recipient in ipairs(file:recipients()) do
    set[("%d %s"):format(recipient.group, key_groups.canonical(recipient.recipient))] = recipient
  end
  return set
end

--- All of a table in one text, so that two can be compared.
local function spell(fields)
  local lines <const> = {}
  for name, value in pairs(fields) do
    table.insert(lines, ("%s=%s"):format(name, tostring(value)))
  end
  table.sort(lines)
  return table.concat(lines, "\n")
end

local function keys_in(side)
  local names <const> = {}
  for id in pairs(side and side.file and by_group(side.file) or {}) do
    names[id] = ""
  end
  return spell(names)
end

local function settings_of(side)
  local file <const> = side and side.file
  return file and ("%s\n%d\n%d"):format(spell(file.selectors), file.threshold, file.groups) or ""
end

--- Ends at the first byte that no sealed text has: a file may hold many beginnings of one.
local SEALED <const> = "ENC%[[%w_+/=:,]*%]"

--- Is the data key another one? Every sealed text is another then, while edits keep most of them.
local function renewed(base, side)
  local before <const> = {}
  for sealed in (base and base.file and base.file:text() or ""):gmatch(SEALED) do
    before[sealed] = true
  end
  for sealed in side.file:text():gmatch(SEALED) do
    if before[sealed] then
      return false
    end
  end
  return true
end

local function same(a, b)
  return keys_in(a) == keys_in(b) and settings_of(a) == settings_of(b) and not renewed(a, b)
end

--- Do two versions hold the same values, for the same recipients, under the same data key?
---@param a moonlatch.MergeSide
---@param b moonlatch.MergeSide
---@return boolean
function metadata.same(a, b)
  return values.equal(a.tree, b.tree) and same(a, b)
end

--- The side whose data key and settings the result has.
---@param base moonlatch.MergeSide?
---@param ours moonlatch.MergeSide
---@param theirs moonlatch.MergeSide
---@return moonlatch.MergeSide from
---@return boolean both  both sides changed something about them, and recipients must be merged
function metadata.carrier(base, ours, theirs)
  if same(ours, theirs) or base and same(base, theirs) then
    return ours, false
  elseif base and same(base, ours) then
    return theirs, false
  end
  local old <const>, new <const> = settings_of(base), settings_of(theirs)
  if new ~= old and new ~= settings_of(ours) then
    fail("conflict", "theirs has other settings, and ours changed too: which values are sealed, or "
      .. "how many keys are needed", "take one side whole, then make the other changes again",
      { path = ours.file.path })
  end
  return ours, true
end

local function is_plain(file)
  for _, recipient in ipairs(file:recipients()) do
    if recipient.kind ~= "age" then
      return false
    end
  end
  return file.groups <= 1
end

--- Ours with what theirs added and removed; and whether the data key must be a new one:
--- because somebody is removed, or because theirs has renewed it and ours has not.
local function merge_recipients(base, ours, theirs)
  for _, side in ipairs { base or ours, ours, theirs } do
    if side.file and not is_plain(side.file) then
      fail("unsupported", "both sides changed recipients that are not one group of age keys",
        "take one side whole, then `moonlatch update-keys`", { path = side.file.path })
    end
  end
  local old <const> = base and base.file and by_group(base.file) or {}
  local mine <const>, other <const> = by_group(ours.file), by_group(theirs.file)
  local list <const> = {}
  local renew = base ~= nil and renewed(base, theirs) and not renewed(base, ours)
  for id, recipient in pairs(mine) do
    if old[id] and not other[id] then
      renew = true
    else
      table.insert(list, recipient)
    end
  end
  for id, recipient in pairs(other) do
    table.insert(list, not mine[id] and not old[id] and recipient or nil)
  end
  if #list == 0 then
    fail("conflict", "together both sides removed every recipient", nil, { path = ours.file.path })
  end
  table.sort(list, function(a, b) return a.recipient < b.recipient end)
  return list, renew
end

--- Those of a list who could not open ours.
local function newcomers(ours, list)
  local known <const>, new <const> = {}, {}
  for _, recipient in ipairs(ours.file:recipients()) do
    known[key_groups.canonical(recipient.recipient)] = true
  end
  for _, recipient in ipairs(list) do
    table.insert(new, not known[key_groups.canonical(recipient.recipient)] and recipient or nil)
  end
  return new
end

--- Raises unless the user has approved, or approves, whoever can open a side and not ours: a value
--- of ours that is sealed there is theirs to read.
---@param side moonlatch.MergeSide
---@param ours moonlatch.MergeSide
---@param approve fun(list: moonlatch.SopsRecipient[]): moonlatch.Approved?, moonlatch.Error?
function metadata.approve_newcomers(side, ours, approve)
  local new <const> = newcomers(ours, side.file:recipients())
  if #new > 0 then
    assert(approve(new))
  end
end

--- Brings the recipients together in the file that `carrier` chose. Raises.
---@param from moonlatch.MergeSide
---@param both boolean
---@param base moonlatch.MergeSide?
---@param ours moonlatch.MergeSide
---@param theirs moonlatch.MergeSide
---@param approve fun(list: moonlatch.SopsRecipient[]): moonlatch.Approved?, moonlatch.Error?
---@return boolean changed  it is not the file of ours as it was
function metadata.settle(from, both, base, ours, theirs, approve)
  if from == theirs then
    metadata.approve_newcomers(theirs, ours, approve)
    return true
  elseif not both then
    return false
  end
  local list <const>, renew <const> = merge_recipients(base, ours, theirs)
  if not renew and #list == #ours.file:recipients() and #newcomers(ours, list) == 0 then
    return false
  end
  local approved <const> = assert(approve(list))
  assert((renew and from.file.renew or from.file.update_keys)(from.file, approved))
  return true
end

--- Approves recipients that a merge brings. Where nobody can be asked, only those count that were
--- approved before.
---@param root moonlatch.Root
---@param path string  that names them
---@param global table
---@param asks boolean
---@return fun(list: moonlatch.SopsRecipient[]): moonlatch.Approved?, moonlatch.Error?
function metadata.approver(root, path, global, asks)
  return function(list)
    local approval <const>, err <const> = recipients.open(root, global)
    if not approval then
      return nil, err
    end
    local claims <const> = {}
    for i, one in ipairs(list) do
      if not (asks or approval:has(one.recipient, one.kind)) then
        return nil, fail.new("approval", ("the merge would seal it for %s, which you have not "
          .. "approved"):format(one.recipient), ("`moonlatch merge %s` asks"):format(
          shell.quote(path)), { path = path })
      end
      claims[i] = { key = one.recipient, kind = one.kind, path = path }
    end
    return approval:approve(claims, { groups = { list } })
  end
end

--- Do both pick the same values to be sealed?
---@param a moonlatch.MergeSide
---@param b moonlatch.MergeSide
---@return boolean
function metadata.same_choice(a, b)
  return spell(a.file.selectors) == spell(b.file.selectors)
end

return metadata
