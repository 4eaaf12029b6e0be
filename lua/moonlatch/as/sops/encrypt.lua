--- as.sops.encrypt — `sops encrypt`, and `sops -e`.

local codes   <const> = require "moonlatch.as.sops.codes"
local config  <const> = require "moonlatch.as.sops.config"
local convert <const> = require "moonlatch.as.sops.convert"
local keys    <const> = require "moonlatch.as.sops.keys"
local sops    <const> = require "moonlatch.sops"
local store   <const> = require "moonlatch.as.sops.store"
local unlock  <const> = require "moonlatch.as.sops.unlock"

local encrypt = {}

local SELECTORS <const> = { "unencrypted_suffix", "encrypted_suffix", "unencrypted_regex",
  "encrypted_regex", "unencrypted_comment_regex", "encrypted_comment_regex" }

--- What is sealed of a file: the flags, and for each kind that they leave open the rule.
local function selectors_of(flags, said)
  local chosen <const>, count = {}, 0
  for _, name in ipairs(SELECTORS) do
    local value <const> = flags[name:gsub("_", "-")] or said[name]
    if value and value ~= "" then
      chosen[name] = value
      count = count + 1
    end
  end
  if count > 1 then
    codes.leave(codes.conflict, "Error: cannot use more than one of encrypted_suffix, "
      .. "unencrypted_suffix, encrypted_regex, unencrypted_regex, encrypted_comment_regex, or "
      .. "unencrypted_comment_regex in the same file")
  end
  chosen.mac_only_encrypted = flags["mac-only-encrypted"] or said.mac_only_encrypted or nil
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
  local selectors <const> = selectors_of(flags, rule and found:selectors(rule) or {})
  local function envelope()
    return keys.envelope(groups, threshold)
  end
  return { selectors = selectors }, envelope, found
end

--- The exit code of what stops a clear document from being sealed.
local function status_of(err)
  return err.code == "exists" and codes.sealed or err.code == "format" and codes.read
    or codes.encrypting
end

local function message_of(err)
  if err.code == "exists" then
    return codes.SEALED
  elseif err.code == "format" then
    return "Error unmarshalling file: " .. tostring(err)
  end
  return "Error encrypting tree: " .. tostring(err)
end

---@param flags moonlatch.SopsFlags
---@param operands string[]
function encrypt.run(flags, operands)
  local path <const> = operands[1]
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
  with.output = store.format(flags["output-type"], named)
  if flags["in-place"] then
    convert.check_whole(clear, format, with.output)
  end
  with.indent, with.envelope = config.indent(flags, found, with.output), envelope()
  local sealed <const>, notes <const> = sops.encrypt(clear, with)
  if not sealed then
    codes.leave(status_of(notes), message_of(notes))
  end
  for _, note in ipairs(with.output ~= format and notes or {}) do
    codes.log("warning", note.message)
  end
  store.write(flags, path, sealed, clear)
end

return encrypt
