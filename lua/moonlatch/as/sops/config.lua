--- as.sops.config — the `.sops.yaml` of a run: --config, or the first one from the current folder
--- upward. Read once, by every command that reads a file, since sops stops at one that is broken.

local codes <const> = require "moonlatch.as.sops.codes"
local fail  <const> = require "moonlatch.fail"
local files <const> = require "moonlatch.files"
local fs    <const> = require "moonlatch.fs"
local paths <const> = require "moonlatch.paths"
local rules <const> = require "moonlatch.rules"
local store <const> = require "moonlatch.as.sops.store"

---@class moonlatch.SopsConfig
---@field shown string          what messages call it
---@field folder string         absolute
---@field model moonlatch.Rules
local Config = {}
Config.__index = Config

local config = {}

local function search()
  local path <const>, ignored <const> = rules.find "."
  if ignored then
    codes.log("warning", ('ignoring "%s" when searching for config file; the config file must be '
      .. 'called ".sops.yaml"'):format(ignored))
  end
  return path
end

--- The configuration, or nil where there is none.
---@param flags moonlatch.SopsFlags  with the global ones
---@return moonlatch.SopsConfig?
function config.open(flags)
  local path <const> = flags.config or search()
  if not path then
    return nil
  end
  local bytes <const>, unread <const> = files.read(path)
  if not bytes then
    codes.leave(codes.generic, "could not read config file: " .. store.unread(path, unread))
  end
  -- rules are public, and a private key among them is refused when they are read
  local model <const>, err <const> = rules.open(bytes:publish(), path)
  if not model then
    codes.leave(codes.generic, ("error loading config: Could not unmarshal config file: %s")
      :format(tostring(err)))
  end
  return setmetatable({ model = model, shown = flags.config or ".sops.yaml",
    folder = paths.absolute(path):match "^(.*)/" }, Config)
end

--- A path as rules see it: relative to the folder of the configuration where it is below it.
function Config:name(path)
  local given <const> = paths.absolute(path)
  local name <const> = paths.below(self.folder, given)
  if name then
    return name
  end
  local root <const>, rest <const> = fs.resolve(path)
  return root and paths.below(self.folder, root.path .. "/" .. rest) or given
end

--- The creation rule for a path; nil when the configuration has none at all.
---@param path string
---@return moonlatch.Rule?
function Config:rule(path)
  if not self.model.has_rules then
    return nil
  end
  local rule <const>, err <const> = self.model:match(self:name(path))
  if err then
    codes.leave(codes.generic, "error loading config: can not compile regexp: " .. err.message)
  elseif not rule then
    codes.leave(codes.generic, "error loading config: no matching creation rules found")
  end
  return rule
end

local function refuse(err)
  codes.leave(codes.generic, "error loading config: " .. err.message)
end

--- The key groups of a rule, and how many of them are needed.
---@param rule moonlatch.Rule
---@param context table<string, string>?  of KMS keys
---@return moonlatch.Key[][] groups
---@return integer? threshold
function Config:groups(rule, context)
  local groups <const>, threshold <const> = self.model:groups(rule, { context = context })
  if not groups then
    refuse(threshold)
  end
  return groups, threshold
end

--- What a rule selects.
---@param rule moonlatch.Rule
---@return moonlatch.Selectors
function Config:selectors(rule)
  local selectors <const> = self.model:selectors(rule)
  return selectors or refuse { message = "cannot use more than one of encrypted_suffix, "
    .. "unencrypted_suffix, encrypted_regex, unencrypted_regex, encrypted_comment_regex, or "
    .. "unencrypted_comment_regex for the same rule" }
end

--- Where a file is published.
---@param path string  as it was given
---@return moonlatch.Destination
function Config:destination(path)
  local destination <const>, err <const> = self.model:destination(path)
  if fail.is(err, "conflict") then
    refuse { message = "more than one destinations were found in a single destination rule, you "
      .. "can only use one per rule" }
  end
  return destination or refuse(err or { message = "no matching destination found in config" })
end

local SMALLEST <const> = { json = -1, binary = -1, yaml = 0 } -- -1: a tab

--- How deep a level is indented in a format: as --indent or the configuration says.
---@param flags moonlatch.SopsFlags
---@param found moonlatch.SopsConfig?
---@param format string
---@return integer?
function config.indent(flags, found, format)
  local depth <const> = flags.indent or found and found.model:stores()[format]
  if depth and depth < (SMALLEST[format] or depth) then
    codes.leave(codes.dumping, ("Error dumping file: an indentation of %d is not accepted"):format(
      depth))
  end
  return depth
end

return config
