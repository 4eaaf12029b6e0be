--- as.sops.metadata — `sops edit -s`: the metadata stands in the editor too, and what is changed
--- there is done: keys come and go, other values are selected.

local codes <const> = require "moonlatch.as.sops.codes"
local doc   <const> = require "moonlatch.doc"
local fail  <const> = require "moonlatch.fail"
local keys  <const> = require "moonlatch.as.sops.keys"
local sops  <const> = require "moonlatch.sops"
local tree  <const> = require "moonlatch.tree"

local key_groups <const> = require "moonlatch.key_groups"

local metadata = {}

local NAME <const> = "sops"
local NESTED <const> = { yaml = true, json = true }

--- The clear text with the metadata at its end.
---@param file moonlatch.SopsFile  decrypted
---@param clear moonlatch.Secret
---@return moonlatch.Secret
function metadata.shown(file, clear)
  if not NESTED[file.format] then
    codes.leave(codes.generic, "metadata is shown in YAML and JSON files only")
  end
  local shown <close> = assert(doc.parse(clear, { format = file.format, path = file.path }))
  local sealed <close> = assert(doc.parse(file:text(), { format = file.format, path = file.path }))
  assert(shown:insert(shown:root(1), tree.of(sealed:root(1):get(NAME)), { key = NAME }))
  return shown:text()
end

local function same(a, b)
  for name, value in pairs(a) do
    if b[name] ~= value then
      return false
    end
  end
  for name in pairs(b) do
    if a[name] == nil then
      return false
    end
  end
  return true
end

--- The clear text without the metadata.
local function without(edited, format, path)
  local parsed <close> = assert(doc.parse(edited, { format = format, path = path }))
  assert(parsed:remove(parsed:root(1):get(NAME)))
  return parsed:text()
end

--- Take what was edited.
---@param file moonlatch.SopsFile  decrypted
---@param edited moonlatch.Secret
---@return string? sealed
---@return moonlatch.Error? err
function metadata.accept(file, edited)
  local said <const>, err <const> = sops.open(edited, { path = file.path, format = file.format })
  if not said then
    return nil, fail.is(err, "missing") and fail.new("format", "the metadata under 'sops' is gone",
      "it says who can open the file") or err
  end
  local groups <const> = key_groups.of_file(said)
  local clear <close> = without(edited, file.format, file.path)
  if not same(said.selectors, file.selectors) then
    return sops.encrypt(clear, { envelope = keys.envelope(groups, said.threshold),
      selectors = said.selectors, format = file.format, path = file.path })
  end
  local ok <const>, refused <const> = file:reseal(clear, { clear = true })
  if not ok then
    return nil, refused
  end
  assert(file:update_keys(keys.envelope_of(file, groups, said.threshold)))
  return file:text()
end

return metadata
