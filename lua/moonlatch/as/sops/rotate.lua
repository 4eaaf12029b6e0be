--- as.sops.rotate — `sops rotate`, and `sops -r`: a new data key, keys added and removed.

local codes   <const> = require "moonlatch.as.sops.codes"
local config  <const> = require "moonlatch.as.sops.config"
local convert <const> = require "moonlatch.as.sops.convert"
local keys    <const> = require "moonlatch.as.sops.keys"
local store   <const> = require "moonlatch.as.sops.store"
local unlock  <const> = require "moonlatch.as.sops.unlock"

local key_groups <const> = require "moonlatch.key_groups"

local rotate = {}

local function without(group, dropped)
  local kept <const> = {}
  for _, key in ipairs(group) do
    if not dropped[key.recipient] then
      table.insert(kept, key)
    end
  end
  return kept
end

--- New keys join the first group, dropped ones leave all.
local function changed(groups, added, removed)
  local dropped <const> = {}
  for _, key in ipairs(removed) do
    dropped[key.recipient] = true
  end
  table.move(added, 1, #added, #groups[1] + 1, groups[1])
  for i, group in ipairs(groups) do
    groups[i] = without(group, dropped)
  end
  return groups
end

---@param flags moonlatch.SopsFlags
---@param operands string[]
function rotate.run(flags, operands)
  local path <const> = store.named(operands)
  store.warn_of_more(operands)
  store.check_places(flags, path)
  unlock.order(flags)
  local added <const>, removed <const> = keys.named(flags, "add-"), keys.named(flags, "rm-")
  if #added + #removed > 0 then
    store.expect(path, codes.no_such_file, "Error: cannot add or remove keys on non-existent file "
      .. '"%s", use the `edit` subcommand instead.')
  end
  local found <const> = config.open(flags)
  local file <close> = store.open(flags, path, flags["filename-override"] or path)
  local before <const> = file:text()
  unlock.for_change(file, flags)
  local groups <const> = changed(key_groups.of_file(file), added, removed)
  local ok <const>, err <const> = file:renew(keys.envelope(groups, file.threshold))
  if not ok then
    codes.leave(codes.generic, "Could not generate data key: [" .. err.message .. "]")
  end
  store.write(flags, path, convert.text(flags, file, found), before)
end

return rotate
