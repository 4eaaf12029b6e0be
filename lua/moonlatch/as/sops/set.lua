--- as.sops.set — `sops set` and `sops unset`: one value of a sealed file, in place.

local codes   <const> = require "moonlatch.as.sops.codes"
local config  <const> = require "moonlatch.as.sops.config"
local convert <const> = require "moonlatch.as.sops.convert"
local doc     <const> = require "moonlatch.doc"
local fs      <const> = require "moonlatch.fs"
local index   <const> = require "moonlatch.as.sops.index"
local json    <const> = require "moonlatch.json"
local secret  <const> = require "moonlatch.secret"
local store   <const> = require "moonlatch.as.sops.store"
local tree    <const> = require "moonlatch.tree"
local unlock  <const> = require "moonlatch.as.sops.unlock"

local set = {}

local function parse_index(text, command)
  local parts <const> = index.parse(text)
  if not parts then
    codes.leave(codes.set_format, ("Invalid %s index format"):format(command))
  elseif #parts == 0 then
    codes.leave(codes.read, ("Invalid %s index format: it names no place"):format(command))
  elseif parts[1] == "sops" and command == "set" then
    codes.leave(codes.sealed, codes.SEALED)
  end
  return parts
end

local function parse_value(bytes)
  local parsed <const> = doc.parse(secret.new(bytes), { format = "json" })
  if not parsed or parsed:roots() == 0 then
    codes.leave(codes.set_format, "Value for --set is not valid JSON")
  end
  return parsed
end

--- The formats that hold nothing but texts, in sections or not.
local FLAT <const> = { dotenv = true, ini = true }

--- A value as the file's format can hold it: flat ones have texts only.
local function value_for(file, parsed)
  local root <const> = parsed:root(1)
  local scalar <const> = FLAT[file.format] and root.kind == "scalar"
  if scalar and root.type == "null" then
    codes.leave(codes.encrypting, ("null cannot stand in a %s file"):format(file.format))
  end
  return scalar and root:text() or tree.of(root)
end

--- Leave because a file cannot hold a value.
local function refuse(file, parts, err)
  if file.format == "dotenv" and tostring(parts[1]):match "^sops_" then
    codes.leave(codes.sealed, codes.SEALED)
  elseif file.format == "dotenv" then
    codes.leave(codes.dumping, "Could not marshal tree: cannot use complex value in dotenv file; "
      .. "offending key " .. parts[1])
  elseif file.format == "ini" then
    codes.leave(codes.dumping, "Could not marshal tree: Error marshaling to INI: " .. err.message)
  end
  codes.leave(codes.encrypting, "Error encrypting tree: " .. tostring(err))
end

--- What sops would end in a panic for, or pass over in silence.
local function check_step(kind, part)
  local number <const> = math.type(part) == "integer"
  if kind == "list" and not number then
    codes.leave(codes.read, ("component ['%s'] is a key, but tree part is a list"):format(part))
  elseif kind == "list" and part < 0 then
    codes.leave(codes.read, ("component [%d] accesses out of bounds"):format(part))
  elseif kind == "map" and number then
    codes.leave(codes.read, ("component [%d] is integer, but tree part is a map"):format(part))
  end
end

--- How many parts of the way lead to what must be set: all, or as many as it takes to reach the
--- first that is missing, or the value that has to make room for a map or list.
local function depth(file, parts)
  for i, part in ipairs(parts) do
    local kind <const>, length <const> = index.kind(file, parts, i - 1)
    if kind ~= "map" and kind ~= "list" then
      return i - 1
    end
    check_step(kind, part)
    if kind == "list" and part >= length then
      parts[i] = length -- behind the last
      return i
    elseif not index.kind(file, parts, i) then
      return i
    end
  end
  return #parts
end

--- A value with the maps and lists around it that the rest of the way needs.
local function nested(parts, from, value)
  for i = #parts, from, -1 do
    value = math.type(parts[i]) == "integer" and json.array { value }
      or doc.map { { parts[i], value } }
  end
  return value
end

--- A value in a spelling by which two can be compared.
local function canonical(file, parts)
  local bytes <const>, kind <const> = file:value(index.path(parts, #parts), { format = "yaml" })
  return bytes and secret.concat { kind, " ", bytes } or secret.new ""
end

--- Give the place a value. A number stays what it is: sops makes every one a float.
---@param file moonlatch.SopsFile  decrypted
---@param parts (string|integer)[]
---@param value moonlatch.Value
---@return boolean changed
function set.value(file, parts, value)
  local before <const> = canonical(file, parts)
  local upto <const> = depth(file, parts)
  local ok <const>, err <const> = file:set(index.path(parts, upto), nested(parts, upto + 1, value),
    { clear = true })
  if not ok then
    refuse(file, parts, err)
  end
  return not canonical(file, parts):equal(before)
end

--- Remove what is at the place; false when it is not there.
local function remove(file, parts, flags)
  for i, part in ipairs(parts) do
    local kind <const>, length <const> = index.kind(file, parts, i - 1)
    if kind ~= "map" and kind ~= "list" then
      codes.leave(codes.generic, ("Unsupported type: %s for item '%s'"):format(kind, part))
    end
    local missing = kind == "map" and math.type(part) == "integer"
    if not missing then
      check_step(kind, part)
      missing = kind == "list" and part >= length or not index.kind(file, parts, i)
    end
    if missing and flags.idempotent then
      return false
    elseif missing then
      codes.leave(codes.generic, (kind == "list" and "Index %s out of bounds"
        or "Key not found: %s"):format(part))
    end
  end
  local ok <const>, err <const> = file:unset(index.path(parts, #parts))
  if not ok then
    codes.leave(codes.encrypting, "Error encrypting tree: " .. tostring(err))
  end
  return true
end

--- A file that is to be changed, its text as it was, and the configuration.
local function open(flags, path)
  unlock.order(flags)
  local found <const> = config.open(flags)
  local file <const> = store.open(flags, path)
  local before <const> = file:text()
  unlock.for_change(file, flags)
  return file, before, found
end

--- The value: an operand, a file that the operand names, or standard input.
local function read_value(flags, operands)
  if flags["value-file"] and flags["value-stdin"] then
    codes.leave(codes.generic, "Error: cannot use both --value-file and --value-stdin")
  elseif flags["value-stdin"] then
    if #operands ~= 2 then
      codes.leave(codes.no_file, "Error: file specified, or index and value are missing. Need "
        .. "precisely 2 positional arguments since --value-stdin is used.")
    end
    return store.read(nil)
  elseif #operands ~= 3 then
    codes.leave(codes.no_file, "Error: no file specified, or index and value are missing. Need "
      .. "precisely 3 positional arguments.")
  end
  if not flags["value-file"] then
    return operands[3]
  end
  local bytes <const>, err <const> = fs.read_named(operands[3])
  return bytes or codes.leave(codes.generic, store.unread(operands[3], err))
end

---@param flags moonlatch.SopsFlags
---@param operands string[]
function set.run(flags, operands)
  local bytes <const> = read_value(flags, operands)
  local path <const> = operands[1]
  local parts <const> = parse_index(operands[2], "set")
  local parsed <close> = parse_value(bytes)
  local file <close>, before <const>, found <const> = open(flags, path)
  local changed <const> = set.value(file, parts, value_for(file, parsed))
  if changed or not flags.idempotent then
    store.replace(path, convert.text(flags, file, found), before)
  end
end

--- `sops --set '["a"][0] JSON' FILE`: split at the first bracket with a blank behind it.
---@param flags moonlatch.SopsFlags
---@param path string
function set.run_legacy(flags, path)
  local place <const>, value <const> = flags.set:match "^(.-%]) (.*)$"
  if not place then
    codes.leave(codes.set_format, "Invalid --set format")
  end
  set.run(flags, { path, place, value })
end

---@param flags moonlatch.SopsFlags
---@param operands string[]
function set.run_unset(flags, operands)
  if #operands ~= 2 then
    codes.leave(codes.no_file, "Error: no file specified, or index is missing")
  end
  local path <const> = operands[1]
  local parts <const> = parse_index(operands[2], "unset")
  local file <close>, before <const>, found <const> = open(flags, path)
  if remove(file, parts, flags) then
    store.replace(path, convert.text(flags, file, found), before)
  end
end

return set
