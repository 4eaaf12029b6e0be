--- as.sops.groups — `sops groups add` and `sops groups delete`: the data key split anew.

local codes  <const> = require "moonlatch.as.sops.codes"
local config <const> = require "moonlatch.as.sops.config"
local keys   <const> = require "moonlatch.as.sops.keys"
local store  <const> = require "moonlatch.as.sops.store"
local unlock <const> = require "moonlatch.as.sops.unlock"

local key_groups <const> = require "moonlatch.key_groups"

local groups = {}

local function open(flags)
  config.open(flags)
  local file <const> = store.open(flags, flags.file or "")
  unlock.key(file, flags, function(err)
    local opened = 0
    for _, group in ipairs(err.groups) do
      opened = opened + (group.open and 1 or 0)
    end
    codes.fatal(("Error getting data key: %d successful groups required, got %d"):format(
      file.threshold, opened))
  end)
  return file
end

--- Gives the file these groups. A threshold that was not said stays.
local function finish(flags, file, list)
  local given <const> = flags["shamir-secret-sharing-threshold"]
  local threshold <const> = given ~= 0 and given or file.threshold
  if threshold > #list then
    codes.fatal(("removing this key group will make the Shamir threshold impossible to satisfy: "
      .. "Shamir threshold is %d, but we only have %d key groups"):format(threshold, #list))
  end
  local before <const> = file:text()
  local ok <const>, err <const> = file:update_keys(keys.envelope_of(file, list,
    threshold > 0 and threshold or nil))
  if not ok then
    codes.leave(codes.generic, err.message)
  end
  store.write(flags, flags.file, file:text(), before)
end

---@param flags moonlatch.SopsFlags
---@param operands string[]
function groups.add(flags, operands)
  if #operands > 0 then
    codes.leave(codes.generic, "error: no positional arguments allowed")
  end
  local file <close> = open(flags)
  local list <const> = key_groups.of_file(file)
  table.insert(list, keys.listed(flags))
  finish(flags, file, list)
end

---@param flags moonlatch.SopsFlags
---@param operands string[]
function groups.delete(flags, operands)
  if #operands ~= 1 then
    codes.leave(codes.generic, "error: exactly one positional argument (index) required")
  end
  local number <const> = operands[1]:match "^%d+$" and math.tointeger(tonumber(operands[1]))
  if not number then
    codes.fatal(("failed to parse [index] argument: strconv.ParseUint: parsing %q: invalid syntax")
      :format(operands[1]))
  end
  local file <close> = open(flags)
  local list <const> = key_groups.of_file(file)
  if number >= #list then
    codes.leave(codes.read, ("there is no key group %d: the file has %d, counted from 0"):format(
      number, #list))
  end
  table.remove(list, number + 1)
  finish(flags, file, list)
end

return groups
