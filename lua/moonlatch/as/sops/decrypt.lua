--- as.sops.decrypt — `sops decrypt`, and `sops -d`.

local codes  <const> = require "moonlatch.as.sops.codes"
local config <const> = require "moonlatch.as.sops.config"
local index  <const> = require "moonlatch.as.sops.index"
local secret <const> = require "moonlatch.secret"
local store  <const> = require "moonlatch.as.sops.store"
local unlock <const> = require "moonlatch.as.sops.unlock"

local decrypt = {}

--- Refuse a place that is not in the document, in sops' words where it has any.
local function walk(file, parts)
  for i, part in ipairs(parts) do
    local kind <const>, length <const> = index.kind(file, parts, i - 1)
    local number <const> = math.type(part) == "integer"
    local shown <const> = number and ("[%d]"):format(part) or ("['%s']"):format(part)
    if number and kind ~= "list" then
      codes.leave(codes.generic, ("error truncating tree: component %s is integer, but tree part "
        .. "is not a slice"):format(shown))
    elseif not number and kind ~= "map" then
      codes.leave(codes.read, ("error truncating tree: component %s is a key, but tree part is not "
        .. "a map"):format(shown))
    elseif number and (part < 0 or part >= length) then
      codes.leave(codes.generic, ("error truncating tree: component %s accesses out of bounds")
        :format(shown))
    elseif not index.kind(file, parts, i) then
      codes.leave(codes.generic, ("error truncating tree: component %s not found"):format(shown))
    end
  end
end

local function refuse(format, err)
  local message = err and err.message
  if format == "binary" then
    message = "error emitting binary store: no binary data found in tree\n\n"
      .. "The name says no other type: --output-type names the one that is meant."
  end
  codes.leave(codes.dumping, "Error dumping file: " .. message)
end

--- What a format has no way to print alone.
local function check_value(kind, format)
  local problem
  if format == "dotenv" then
    problem = "the dotenv store only supports emitting strings, got " .. kind
  elseif format == "binary" then
    problem = "Binary files are not structured and extracting a single value is not possible"
  end
  if problem then
    codes.leave(codes.dumping, "Error dumping tree: " .. problem)
  end
end

--- How sops prints a value that is no map: texts as they are; else YAML ends in a line break and
--- JSON does not, which has times as texts.
local function finished(bytes, kind, format)
  if kind == "str" then
    return bytes
  end
  check_value(kind, format)
  if kind == "list" then
    return format == "yaml" and bytes or secret.new(bytes):trim()
  elseif format == "yaml" then
    return secret.concat { bytes, "\n" }
  end
  return kind == "time" and secret.concat { '"', bytes, '"' } or bytes
end

--- One value of a decrypted file; a map is a document of its own.
local function extract(file, text, format, indent)
  local parts <const>, problem <const> = index.parse(text)
  if not parts then
    codes.leave(codes.path, "error parsing --extract path: " .. problem)
  end
  walk(file, parts)
  local map <const> = index.kind(file, parts, #parts) == "map"
  if map and format == "binary" then
    refuse(format)
  end
  local nested <const> = (map or format == "yaml") and format or "json"
  local bytes <const>, kind <const> = file:value(index.path(parts, #parts),
    { format = nested, indent = indent })
  if not bytes then
    refuse(format, kind)
  end
  return map and bytes or finished(bytes, kind, format)
end

--- A text ends in a line break, as whatever sops writes does.
local function ended(text, format)
  local whole <const> = format == "binary" or #text == 0 or text:sub(-1):equal "\n"
  return whole and text or secret.concat { text, "\n" }
end

--- The clear text of a file, or the part of it that --extract names.
---@param file moonlatch.SopsFile  decrypted
---@param flags moonlatch.SopsFlags
---@param found moonlatch.SopsConfig?
---@param named string?
---@return moonlatch.Secret
function decrypt.clear(file, flags, found, named)
  local format <const> = store.format(flags["output-type"], named)
  local indent <const> = config.indent(flags, found, format)
  if flags.extract then
    return secret.new(extract(file, flags.extract, format, indent))
  end
  local text <const>, err <const> = file:clear_text { format = format, indent = indent }
  if not text then
    refuse(format, err)
  end
  for _, note in ipairs(file:notes()) do
    codes.log("warning", note.message)
  end
  return ended(text, format)
end

---@param flags moonlatch.SopsFlags
---@param operands string[]
function decrypt.run(flags, operands)
  local path <const> = operands[1]
  store.warn_of_more(operands)
  store.check_places(flags, path)
  unlock.order(flags)
  if path then
    store.expect(path)
  end
  local found <const> = config.open(flags)
  local named <const> = flags["filename-override"] or path
  local file <close> = store.open(flags, path, named)
  unlock.values(file, flags)
  if flags["in-place"] then
    require("moonlatch.as.sops.convert").check_whole(assert(file:clear_text()), file.format,
      store.format(flags["output-type"], named))
  end
  local clear <close> = decrypt.clear(file, flags, found, named)
  store.write(flags, path, clear, file:text())
end

return decrypt
