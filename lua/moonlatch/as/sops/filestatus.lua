--- as.sops.filestatus — `sops filestatus`: is a file sealed? No key is needed.

local codes  <const> = require "moonlatch.as.sops.codes"
local config <const> = require "moonlatch.as.sops.config"
local fail   <const> = require "moonlatch.fail"
local fs     <const> = require "moonlatch.fs"
local host   <const> = require "moonlatch.host"
local sops   <const> = require "moonlatch.sops"
local store  <const> = require "moonlatch.as.sops.store"

local filestatus = {}

local function fatal(message)
  codes.fatal("cannot check file status: cannot load encrypted file: " .. message)
end

---@param flags moonlatch.SopsFlags
---@param operands string[]
function filestatus.run(flags, operands)
  local path <const> = store.named(operands)
  config.open(flags)
  local bytes <const>, unread <const> = fs.read_named(path)
  if not bytes then
    fatal("Error reading file: " .. store.unread(path, unread))
  end
  local format <const> = store.format(flags["input-type"], path)
  local file <close>, err <const> = sops.open(bytes, { path = path, format = format })
  if not file and not fail.is(err, "missing") then
    fatal(tostring(err))
  elseif not file and not store.is_map(bytes, format) then
    fatal "the document's root is not a mapping"
  elseif file and file.sealed and (file.lastmodified or "") == "" then
    fatal "the metadata does not say when the file was modified"
  elseif file and file.sealed and file.groups == 0 then
    fatal "No keys found in file"
  end
  host.out(('{"encrypted":%s}\n'):format(file and file.sealed or false))
end

return filestatus
