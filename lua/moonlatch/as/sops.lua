--- as.sops — the command line of sops: `sops encrypt` and `sops decrypt`, with its exit codes.
--
-- Flags may stand with one dash or two and also behind the file name. Like its peer this face asks
-- nothing and remembers nothing: the recipients that the command line or .sops.yaml says are taken.

local fail    <const> = require "moonlatch.fail"
local files   <const> = require "moonlatch.files"
local fs      <const> = require "moonlatch.fs"
local host    <const> = require "moonlatch.host"
local keyring <const> = require "moonlatch.keyring"
local rules   <const> = require "moonlatch.rules"
local sops    <const> = require "moonlatch.sops"
local trim    <const> = require "moonlatch.text".trim

local face = {}

--- Exit codes of sops (its codes.go).
local CODE <const> = { read = 2, write = 3, conflict = 8, encrypting = 23, decrypting = 25,
  mac = 51, path = 91, no_file = 100, no_key = 128, sealed = 203 }

-- true: the flag takes a value
local FLAGS <const> = {
  ["in-place"] = false, i = false, output = true, ["input-type"] = true, ["output-type"] = true,
  ["filename-override"] = true, config = true, verbose = false, help = false, h = false,
  age = true, a = true, ["ignore-mac"] = false, extract = true, ["encrypted-regex"] = true,
  ["unencrypted-regex"] = true, ["encrypted-suffix"] = true, ["unencrypted-suffix"] = true,
  ["encrypted-comment-regex"] = true, ["unencrypted-comment-regex"] = true,
  ["mac-only-encrypted"] = false, ["disable-version-check"] = false, version = false, v = false,
  encrypt = false, e = false, decrypt = false, d = false,
}
local SHORT <const> = { i = "in-place", a = "age", h = "help", v = "version", e = "encrypt",
  d = "decrypt" }
local SELECTORS <const> = { "unencrypted-suffix", "encrypted-suffix", "unencrypted-regex",
  "encrypted-regex", "unencrypted-comment-regex", "encrypted-comment-regex" }

-- Raised to leave with one of sops' codes.
local function leave(status, message)
  error({ code = "usage", message = message, status = status }, 0)
end

local function parse(words)
  local flags <const>, operands <const> = {}, {}
  local i = 1
  while i <= #words do
    local word <const> = words[i]
    local name, value = word:match("^%-%-?([%w-]+)=(.*)$")
    name = name or word:match("^%-%-?([%w-]+)$")
    if word == "--" then
      table.move(words, i + 1, #words, #operands + 1, operands)
      break
    elseif word == "-" or not name then
      table.insert(operands, word)
    elseif FLAGS[name] == nil then
      leave(1, ("Incorrect Usage: flag provided but not defined: -%s"):format(name))
    elseif FLAGS[name] then
      if not value then
        i = i + 1
        value = words[i] or leave(1, ("flag needs an argument: -%s"):format(name))
      end
      flags[SHORT[name] or name] = value
    else
      flags[SHORT[name] or name] = value ~= "false"
    end
    i = i + 1
  end
  return flags, operands
end

local TYPES <const> = { yaml = "yaml", json = "json", binary = "binary" }

local function format_of(word, path)
  if not word then
    local format <const>, err <const> = files.format_of(path or "")
    return format or leave(1, err.message)
  end
  return TYPES[word] or leave(1, ("the type '%s' is not there yet"):format(word))
end

local function read(path)
  if not path then
    return assert(fs.read_named "-")
  end
  local bytes <const>, err <const> = fs.read_named(path)
  if fail.is(err, "missing") then
    leave(CODE.no_file, ("Error: cannot operate on non-existent file %q"):format(path))
  elseif not bytes then
    leave(CODE.read, ("Error reading file: %s"):format(err.message))
  end
  return bytes
end

local function write(flags, path, bytes, kind)
  local to <const> = flags["in-place"] and path or flags.output
  if not to then
    assert(host.out(bytes))
    return 0
  end
  local root <const>, name <const> = fs.resolve(to)
  local ok, err = root, name
  if root then
    local tx <close> = assert(fs.transaction { roots = { root } })
    ok, err = tx:write(root, name, bytes, { kind = kind, was_clear = true })
    if ok then
      ok, err = tx:commit()
    end
  end
  if not ok then
    leave(CODE.write, ("Could not write %s: %s"):format(to, err.message))
  end
  return 0
end

--- The rule for a path, from --config or the .sops.yaml found upward from the current folder.
local function find_rule(flags, path)
  local config = flags.config or host.env "SOPS_CONFIG"
  if not config then
    local folder <const> = fs.search_up(".", { ".sops.yaml" }, { stop_at_git = false })
    config = folder and folder .. "/.sops.yaml"
  end
  if not config then
    leave(1, "config file not found, or has no creation rules, and no keys provided through "
      .. "command line options")
  end
  local root <const>, name <const> = fs.resolve(config)
  local text, err = nil, name
  if root then
    text, err = root:read(name)
  end
  if not text then
    leave(1, ("error loading config: %s"):format(err.message))
  end
  local model <const>, bad <const> = rules.open(text, config)
  if not model then
    leave(1, ("error loading config: %s"):format(tostring(bad)))
  end
  local place <const>, rest <const> = fs.resolve(path)
  local real <const> = place and place.path .. "/" .. rest or path
  local below <const> = real:sub(1, #root.path + 1) == root.path .. "/" and real:sub(#root.path + 2)
    or real
  local rule <const>, broken <const> = model:match(below)
  if broken then
    leave(1, ("error loading config: %s"):format(broken.message))
  elseif not rule then
    leave(1, "error loading config: no matching creation rules found")
  end
  return model, rule
end

local function recipients_of(flags, path)
  local named <const> = flags.age or host.env "SOPS_AGE_RECIPIENTS"
  local keys <const>, selectors <const> = {}, {}
  if named then
    for key in named:gmatch("[^,]+") do
      table.insert(keys, (trim(key)))
    end
  else
    local model <const>, rule <const> = find_rule(flags, path or "")
    for _, entry in ipairs(rule.keys) do
      if entry.kind ~= "age" then
        leave(1, ("keys of kind %s cannot be made yet"):format(entry.kind))
      end
    end
    if rule.groups > 1 then
      leave(1, "key groups cannot be made yet")
    end
    table.move(model:keys(rule, "age"), 1, #model:keys(rule, "age"), 1, keys)
    for name, value in pairs(rule.selectors) do
      selectors[name] = value
    end
  end
  return keys, selectors
end

local function selectors_of(flags, from_rule)
  local chosen <const> = {}
  for _, name in ipairs(SELECTORS) do
    chosen[name:gsub("%-", "_")] = flags[name]
  end
  local selectors <const> = next(chosen) and chosen or from_rule
  if flags["mac-only-encrypted"] then
    selectors.mac_only_encrypted = true
  end
  return next(selectors) and selectors or nil
end

local function check_places(flags, path)
  if flags["in-place"] and flags.output then
    leave(CODE.conflict, "Error: cannot operate on both --output and --in-place")
  elseif flags["in-place"] and not path then
    leave(CODE.conflict, "Error: cannot use --in-place when reading from stdin")
  end
end

local function encrypt(flags, path)
  check_places(flags, path)
  local named <const> = flags["filename-override"] or path
  if not named then
    leave(CODE.conflict, "Error: must specify --filename-override when reading from stdin")
  end
  local clear <close> = read(path)
  local format <const> = format_of(flags["input-type"], named)
  local output <const> = format_of(flags["output-type"], named)
  if output ~= format and not (format == "binary" and output == "json") then
    leave(1, "a file is sealed in the format that it has; convert it before")
  end
  local keys <const>, from_rule <const> = recipients_of(flags, named)
  if sops.is_encrypted(clear, { format = format }) then
    leave(CODE.sealed, "The file you have provided contains a top-level entry called 'sops': it is "
      .. "sealed already")
  end
  local approved <const>, bad_key <const> = sops.approved(keys)
  if not approved then
    leave(1, bad_key.message)
  end
  local sealed <const>, err <const> = sops.encrypt(clear, { recipients = approved,
    selectors = selectors_of(flags, from_rule), path = named, format = format })
  if not sealed then
    leave(err.code == "format" and CODE.read or CODE.encrypting, tostring(err))
  end
  return write(flags, path, sealed, "sealed")
end

local function extract(file, path, format)
  local value <const>, err <const> = file:value(path, { format = format })
  if not value then
    leave(err.code == "argument" and CODE.path or 1, err.message)
  end
  return value
end

local function decrypt(flags, path)
  check_places(flags, path)
  local named <const> = flags["filename-override"] or path
  local bytes <close> = read(path)
  local format <const> = format_of(flags["input-type"], named)
  local output <const> = format_of(flags["output-type"] or flags["input-type"], named)
  local file <const>, err <const> = sops.open(bytes, { path = named, format = format })
  if not file then
    leave(1, fail.is(err, "missing") and "sops metadata not found" or tostring(err))
  end
  local ring <close> = keyring.open {}
  local used <const>, locked <const> = ring:unlock(file)
  if not used then
    leave(fail.is(locked, "key") and CODE.no_key or 1, ("Failed to get the data key required to "
      .. "decrypt the SOPS file.\n%s"):format(tostring(locked)))
  end
  local ok <const>, bad <const> = file:decrypt { ignore_mac = flags["ignore-mac"] or false }
  if not ok then
    leave(fail.is(bad, "mac") and CODE.mac or CODE.decrypting, tostring(bad))
  end
  local clear <close> = flags.extract and extract(file, flags.extract, output)
    or assert(file:clear_text { format = output })
  return write(flags, path, clear, "clear")
end

local USAGE <const> = [[
sops encrypt [--age KEYS] [--input-type T] [--output FILE] [-i] [FILE]
sops decrypt [--input-type T] [--output-type T] [--extract PATH] [--output FILE] [-i] [FILE]
The other commands of sops are not there yet.
]]

local COMMANDS <const> = { encrypt = encrypt, decrypt = decrypt }

local function dispatch(words)
  local flags <const>, operands <const> = parse(words)
  if flags.version then
    assert(host.out(("sops %s (moonlatch %s)\n"):format(sops.version, host.version)))
    return 0
  end
  local command = COMMANDS[operands[1]] and table.remove(operands, 1)
  command = command or flags.encrypt and "encrypt" or flags.decrypt and "decrypt"
  if flags.help then
    assert(host.out(USAGE))
    return 0
  elseif not command then
    leave(1, USAGE)
  elseif flags[command] and not operands[1] then -- `sops -d`, which reads no standard input
    leave(CODE.no_file, "Error: no file specified")
  end
  return COMMANDS[command](flags, operands[1])
end

--- Run a command line of sops.
---@param words string[]
---@return integer status
function face.run(words)
  local ok <const>, result <const> = pcall(dispatch, words)
  if ok then
    return result
  elseif type(result) == "table" and result.status then
    host.err(result.message .. "\n")
    return result.status
  end
  error(result, 0)
end

return face
