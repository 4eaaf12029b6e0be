--- as.sops.store — files as this face reads and writes them: formats, sealed files, results.

local codes  <const> = require "moonlatch.as.sops.codes"
local doc    <const> = require "moonlatch.doc"
local fail   <const> = require "moonlatch.fail"
local files  <const> = require "moonlatch.files"
local fs     <const> = require "moonlatch.fs"
local host   <const> = require "moonlatch.host"
local output <const> = require "moonlatch.as.output"
local paths  <const> = require "moonlatch.paths"
local sops   <const> = require "moonlatch.sops"

local store = {}

---@type table<string?, true?>
local FORMATS <const> = {}
for _, format in ipairs(files.FORMATS) do
  FORMATS[format] = true
end

--- The format that a word means, else the one that a path means; words that sops does not know are
--- passed over.
---@param word string?
---@param path string?
---@return string
function store.format(word, path)
  return word and FORMATS[word] and word or sops.format_of(path or "")
end

--- Could a document hold values by name, and metadata? Not if there is none, nor one that cannot
--- be read. Lines always do.
---@param bytes moonlatch.Bytes
---@param format string
---@return boolean so
function store.is_map(bytes, format)
  if format == "binary" or format == "yaml" and #bytes == 0 then -- no document at all is sound YAML
    return true
  end
  local parsed <close> = doc.parse(bytes, { format = format })
  if not parsed or format ~= "yaml" and format ~= "json" then
    return parsed ~= nil
  end
  local root <const> = parsed:roots() > 0 and parsed:root(1) or nil
  return root ~= nil and (root.kind == "map" or format == "yaml" and root.kind == "scalar"
    and root.type == "null")
end

--- What is at a path: "file", "folder", "other", or nil. Streams stand in no folder.
---@param path string
---@return string?
function store.kind(path)
  if path:match "^/dev/" then
    return "other"
  elseif path == "" then
    return "folder" -- where we are, which cannot be read
  end
  local root <const>, name <const> = fs.resolve(path)
  local stat <const> = root and (name == "." and { kind = "folder" } or root:stat(name))
  return stat and stat.kind
end

--- Say which operands count for nothing.
---@param operands string[]
function store.warn_of_more(operands)
  if #operands > 1 then
    codes.log("warning", "More than one positional argument provided. Only the first one will be "
      .. "used!")
  end
end

--- The file that a command line must name first.
---@param operands string[]
---@return string path
function store.named(operands)
  return operands[1] or codes.leave(codes.no_file, "Error: no file specified")
end

--- Leave unless there is something at a path.
---@param path string
---@param status integer?
---@param message string?  with %s for the path
function store.expect(path, status, message)
  if not store.kind(path) then
    codes.leave(status or codes.no_file, (message
      or 'Error: cannot operate on non-existent file "%s"'):format(paths.absolute(path)))
  end
end

--- Why a file cannot be read, as Go's programs say it.
---@param path string
---@param err moonlatch.Error
---@return string
function store.unread(path, err)
  return ("open %s: %s"):format(path, output.why(err))
end

--- The bytes of a file, or of standard input when there is no path.
---@param path string?
---@return moonlatch.Secret
function store.read(path)
  local bytes <const>, err <const> = fs.read_named(path or "-")
  return bytes or codes.leave(codes.read, "Error reading file: "
    .. store.unread(path and path ~= "" and paths.absolute(path) or path or "-", err))
end

--- A sealed file, without its keys.
---@param flags moonlatch.SopsFlags
---@param path string?   nil: standard input
---@param named string?  the path that stands for it
---@return moonlatch.SopsFile
function store.open(flags, path, named)
  local bytes <close> = store.read(path)
  local file <const>, err <const> = sops.open(bytes, { path = named or path,
    format = store.format(flags["input-type"], named or path) })
  if not file then
    codes.leave(codes.generic, fail.is(err, "missing") and "sops metadata not found"
      or tostring(err))
  elseif (file.lastmodified or "") == "" then
    codes.leave(codes.generic, 'parsing time "" as "2006-01-02T15:04:05Z07:00": cannot parse "" as '
      .. '"2006"')
  elseif file.groups == 0 then
    codes.leave(codes.generic, "No keys found in file")
  end
  return file
end

--- Does a command line ask for another format than the one that a sealed file has?
---@param flags moonlatch.SopsFlags
---@param file moonlatch.SopsFile
---@return string? format
function store.other_format(flags, file)
  local wanted <const> = flags["output-type"]
  return FORMATS[wanted] and wanted ~= file.format and wanted or nil
end

--- Write a file, or leave.
---@param path string
---@param bytes moonlatch.Bytes
---@param before moonlatch.Bytes?  what it was made from, which must be there still
function store.replace(path, bytes, before)
  local ok <const>, err <const> = output.put(path, bytes, before)
  if not ok then
    codes.leave(codes.write, "Could not open output file for writing: "
      .. store.unread(path, err))
  end
end

--- Refuse two places for one result.
---@param flags moonlatch.SopsFlags
---@param path string?
function store.check_places(flags, path)
  if flags["in-place"] and not path then
    codes.leave(codes.conflict, "Error: cannot use --in-place when reading from stdin")
  elseif flags["in-place"] and flags.output then
    codes.leave(codes.conflict, "Error: cannot operate on both --output and --in-place")
  end
end

--- Hand a result to where the flags say.
---@param flags moonlatch.SopsFlags
---@param path string?
---@param bytes moonlatch.Bytes
---@param before moonlatch.Bytes  what it was made from
function store.write(flags, path, bytes, before)
  if flags["in-place"] then
    store.replace(path, bytes, before)
  elseif flags.output then
    store.replace(flags.output, bytes)
  else
    assert(host.out(bytes))
  end
end

return store
