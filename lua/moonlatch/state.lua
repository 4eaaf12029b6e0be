--- state — what this user remembers about a repository: small JSON files outside it.
--
-- They are named by the hash of the repository's real path, so that no name in a repository can
-- reach another's state, and they are refused when somebody else could have written them.

local encode <const> = require "moonlatch.encode"
local fail   <const> = require "moonlatch.fail"
local fs     <const> = require "moonlatch.fs"
local json   <const> = require "moonlatch.json"

local state = {}

local function name_of(kind, root)
  return ("%s/%s.json"):format(kind, encode.sha256(root.path))
end

--- What is remembered, or nil and no error when nothing is.
---@param kind "pins"|"trust"
---@param root moonlatch.Root  of the repository
---@return table? value
---@return moonlatch.Error? err
function state.read(kind, root)
  local folder <const>, missing <const> = fs.root(fs.state_dir())
  if not folder then
    return nil, not fail.is(missing, "missing") and missing or nil
  end
  local name <const> = name_of(kind, root)
  local text <const>, err <const> = folder:read(name)
  if not text then
    return nil, not fail.is(err, "missing") and err or nil
  end
  local trusted <const>, why <const> = folder:trusted(name)
  if not trusted then
    return nil, why
  end
  local value <const>, bad <const> = json.parse(text)
  if type(value) ~= "table" or value.version ~= 1 or value.path ~= root.path then
    return nil, fail.new("format", ("the %s remembered for %s cannot be read%s"):format(kind,
      root.path, bad and ": " .. bad.message or ""), ("remove %s/%s to begin anew")
      :format(fs.state_dir(), name))
  end
  return value
end

--- Remember a value for a repository.
---@param kind "pins"|"trust"
---@param root moonlatch.Root
---@param value table
---@return boolean? ok
---@return moonlatch.Error? err
function state.write(kind, root, value)
  value.version, value.path = 1, root.path
  return fs.state_write(name_of(kind, root), json.format(value, { indent = 2 }) .. "\n")
end

--- Remember nothing any more.
---@param kind "pins"|"trust"
---@param root moonlatch.Root
---@return boolean? ok
---@return moonlatch.Error? err
function state.forget(kind, root)
  local folder <const>, missing <const> = fs.root(fs.state_dir())
  local ok, err = nil, missing
  if folder then
    ok, err = folder:remove(name_of(kind, root))
  end
  return ok or fail.is(err, "missing") or nil, err
end

return state
