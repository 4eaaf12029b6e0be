--- as.sops.unlock — a sealed file opened with whatever key this user has.

local codes   <const> = require "moonlatch.as.sops.codes"
local fail    <const> = require "moonlatch.fail"
local keyring <const> = require "moonlatch.keyring"
local report  <const> = require "moonlatch.as.sops.report"

local unlock = {}

local KINDS <const> = { age = true, pgp = true, kms = true, gcp_kms = true, azure_kv = true,
  hc_vault = true, hckms = true }

--- The order in which kinds of keys are tried.
---@param flags moonlatch.SopsFlags
---@return string[]?
function unlock.order(flags)
  local text <const> = flags["decryption-order"]
  if not text then
    return nil
  end
  local order <const>, seen <const> = {}, {}
  for kind in text:gmatch "[^,]+" do
    if seen[kind] then
      codes.leave(codes.order, "Duplicate decryption key type: " .. kind)
    end
    seen[kind] = true
    table.insert(order, KINDS[kind] and kind or nil)
  end
  return order
end

--- Refuse what needs a key service.
---@param flags moonlatch.SopsFlags
---@param status integer?  where the one of this machine is not to be used; default: generic
function unlock.check_services(flags, status)
  if flags.all.keyservice then
    codes.leave(codes.generic, "key services are not supported: keys are used on this machine only")
  elseif flags["enable-local-keyservice"] == false then
    codes.leave(status or codes.generic, "without the local key service there is no way to a key")
  end
end

--- Find the data key of a file.
---@param file moonlatch.SopsFile
---@param flags moonlatch.SopsFlags
---@param refuse (fun(err: moonlatch.Error))?  leaves when no key opens it; default: with a report
function unlock.key(file, flags, refuse)
  unlock.check_services(flags, codes.no_key)
  local ring <close> = keyring.open {}
  local used <const>, err <const> = ring:unlock(file, nil, { any_address = true,
    order = unlock.order(flags) })
  if used then
    return
  elseif fail.is(err, "key") and refuse then
    refuse(err)
  elseif fail.is(err, "key") then
    codes.leave(codes.no_key, report(file, ring, err.groups))
  end
  codes.leave(codes.generic, tostring(err))
end

--- Leave where the version of a file says nothing, as sops does before it opens values.
local function check_version(version)
  if version == "" then
    codes.leave(codes.generic, "Version string empty")
  elseif not version:find "^v?%d+%.%d+%.%d+" and not version:find "^1%." then
    codes.leave(codes.generic, "No Major.Minor.Patch elements found")
  end
end

--- Open every value of a file.
---@param file moonlatch.SopsFile
---@param flags moonlatch.SopsFlags
---@return boolean sound  false: its MAC is wrong, and that was to be ignored
function unlock.values(file, flags)
  unlock.key(file, flags)
  check_version(file.version or "")
  local ok, err = file:decrypt()
  if ok then
    return true
  elseif fail.is(err, "mac") and flags["ignore-mac"] then
    ok, err = file:decrypt { ignore_mac = true }
  elseif fail.is(err, "mac") then
    codes.leave(codes.mac, "MAC mismatch. " .. err.message)
  end
  return not ok and codes.leave(codes.decrypting, "Error decrypting tree: " .. tostring(err))
end

--- Open a file that is to be changed. Where its MAC was to be ignored it gets one that is right for
--- the values as they are.
---@param file moonlatch.SopsFile
---@param flags moonlatch.SopsFlags
function unlock.for_change(file, flags)
  if not unlock.values(file, flags) then
    assert(file:repair())
  end
end

return unlock
