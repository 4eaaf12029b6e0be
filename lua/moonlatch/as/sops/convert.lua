--- as.sops.convert — a sealed file in the format that --output-type asks for.

local codes  <const> = require "moonlatch.as.sops.codes"
local config <const> = require "moonlatch.as.sops.config"
local doc    <const> = require "moonlatch.doc"
local keys   <const> = require "moonlatch.as.sops.keys"
local sops   <const> = require "moonlatch.sops"
local store  <const> = require "moonlatch.as.sops.store"

local key_groups <const> = require "moonlatch.key_groups"

local convert = {}

--- Other formats than YAML take the first of several documents alone. Leave where the result would
--- stand in the place of them all.
---@param clear moonlatch.Secret
---@param format string
---@param output string
function convert.check_whole(clear, format, output)
  local parsed <close> = format == "yaml" and output ~= format
    and doc.parse(clear, { format = format }) or nil
  if parsed and parsed:roots() > 1 then
    codes.leave(codes.dumping, ("Error dumping file: several documents are in it, and %s has room "
      .. "for the first alone"):format(output))
  end
end

--- A clear text of a file, sealed under a new data key for the recipients that the file has.
---@param file moonlatch.SopsFile
---@param clear moonlatch.Secret
---@param with table   further options of `sops.encrypt`
---@return string? sealed
---@return moonlatch.Error? err
function convert.seal(file, clear, with)
  with.path, with.selectors = file.path, file.selectors
  with.envelope = keys.envelope(key_groups.of_file(file), file.threshold)
  return sops.encrypt(clear, with)
end

--- The sealed text. In another format everything is sealed again, under a new data key for the
--- recipients that the file has.
---@param flags moonlatch.SopsFlags
---@param file moonlatch.SopsFile          decrypted
---@param found moonlatch.SopsConfig?      for the indentation
---@return string
function convert.text(flags, file, found)
  local format <const> = store.other_format(flags, file)
  if not format then
    return file:text()
  end
  local clear <close> = assert(file:clear_text())
  convert.check_whole(clear, file.format, format)
  local sealed <const>, err <const> = convert.seal(file, clear, { format = file.format,
    output = format, indent = config.indent(flags, found, format) })
  return sealed or codes.leave(codes.dumping, "Error dumping file: " .. err.message)
end

return convert
