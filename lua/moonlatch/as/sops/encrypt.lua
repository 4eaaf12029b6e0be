--- as.sops.encrypt — `sops encrypt`, and `sops -e`.

local codes   <const> = require "moonlatch.as.sops.codes"
local config  <const> = require "moonlatch.as.sops.config"
local convert <const> = require "moonlatch.as.sops.convert"
local keys    <const> = require "moonlatch.as.sops.keys"
local sops    <const> = require "moonlatch.sops"
local store   <const> = require "moonlatch.as.sops.store"
local unlock  <const> = require "moonlatch.as.sops.unlock"

local encrypt = {}

local SELECTORS <const> = require "moonlatch.rules.read".SELECTORS

--- A file of bytes is one value, which is always sealed: selectors mean nothing.
local function ignore(name)
  if name == "encrypted_comment_regex" then
    codes.log("warning", "Using an encrypted comment regex does not make sense with the input "
      .. "store (the binary store never produces comments) and will be ignored.")
  elseif name ~= "unencrypted_comment_regex" then
    codes.log("warning", ("Using an %s does not make sense with the input store (the binary store "
      .. "produces one key that should always be encrypted) and will be ignored.")
      :format(name:gsub("_", " ")))
  end
end

--- What is sealed of a file: the flags, and for each kind that they leave open the rule.
local function selectors_of(flags, said, format)
  local chosen <const>, count = {}, 0
  for _, name in ipairs(SELECTORS) do
    local value <const> = flags[name:gsub("_", "-")] or said[name]
    if value and value ~= "" and format == "binary" then
      ignore(name)
    elseif value and value ~= "" then
      chosen[name] = value
      count = count + 1
    end
  end
  if count > 1 then
    codes.leave(codes.conflict, "Error: cannot use more than one of encrypted_suffix, "
      .. "unencrypted_suffix, encrypted_regex, unencrypted_regex, encrypted_comment_regex, or "
      .. "unencrypted_comment_regex in the same file")
  end
  chosen.mac_only_encrypted = format ~= "binary"
    and (flags["mac-only-encrypted"] or said.mac_only_encrypted) or nil
  return next(chosen) and chosen or nil
end

--- What a new file at a path is sealed with: selectors, and for whom.
---@param flags moonlatch.SopsFlags
---@param path string
---@return { selectors: moonlatch.Selectors? }  options of `sops.encrypt`
---@return fun(): moonlatch.Envelope envelope   which runs programs of key services
---@return moonlatch.SopsConfig?
function encrypt.settings(flags, path)
  unlock.check_services(flags)
  local found <const> = config.open(flags)
  local rule <const> = found and found:rule(path)
  local groups <const>, threshold <const> = keys.wanted(flags, found, rule)
  local selectors <const> = selectors_of(flags, rule and found:selectors(rule) or {},
    store.format(flags["input-type"], path))
  local function envelope()
    return keys.envelope(groups, threshold)
  end
  return { selectors = selectors }, envelope, found
end

--- Leave because of what stops a clear document from being sealed.
local function refuse(err, clear, with)
  if err.code == "exists" then
    codes.leave(codes.sealed, codes.SEALED)
  elseif with.output ~= with.format then
    with.output = nil
    if sops.encrypt(clear, with) then -- it is the other format that has no room for it
      codes.leave(codes.dumping, "Could not marshal tree: " .. err.message)
    end
  end
  if err.code == "format" and not store.is_map(clear, with.format) then
    codes.leave(codes.read, "Error unmarshalling file: " .. tostring(err))
  end
  codes.leave(codes.encrypting, "Error encrypting tree: " .. tostring(err))
end

--- The format that a file is written in. What binary files are sealed as is JSON with the bytes in
--- it, and so sops writes whatever else is to become binary.
local function output_of(format, wanted)
  if format == "binary" then
    return wanted == "json" and "binary" or wanted
  end
  return wanted == "binary" and "json" or wanted
end

---@param flags moonlatch.SopsFlags
---@param operands string[]
function encrypt.run(flags, operands)
  local path <const> = operands[1]
  store.warn_of_more(operands)
  store.check_places(flags, path)
  local named <const> = flags["filename-override"] or path
  if not named then
    codes.leave(codes.conflict, "Error: must specify --filename-override when reading from stdin")
  elseif path then
    store.expect(path)
  end
  local with <const>, envelope <const>, found <const> = encrypt.settings(flags, named)
  local clear <close> = store.read(path)
  local format <const> = store.format(flags["input-type"], named)
  if format == "yaml" and #clear == 0 then
    codes.leave(codes.no_document,
      "File cannot be completely empty, it must contain at least one document")
  elseif sops.is_encrypted(clear, { format = format }) then
    codes.leave(codes.sealed, codes.SEALED)
  end
  with.path, with.format = named, format
  local wanted <const> = store.format(flags["output-type"], named)
  with.output = output_of(format, wanted)
  if flags["in-place"] then
    convert.check_whole(clear, format, with.output)
  end
  with.indent, with.envelope = config.indent(flags, found, wanted), envelope()
  local sealed <const>, notes <const> = sops.encrypt(clear, with)
  if not sealed then
    refuse(notes, clear, with)
  end
  for _, note in ipairs(format == "yaml" and with.output ~= format and notes or {}) do
    codes.log("warning", note.message)
  end
  store.write(flags, path, sealed, clear)
end

return encrypt
