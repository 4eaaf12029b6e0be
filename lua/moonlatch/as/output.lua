--- as.output — what a face writes to the place that `-o` names: whole or not at all.

local fail   <const> = require "moonlatch.fail"
local fs     <const> = require "moonlatch.fs"
local host   <const> = require "moonlatch.host"
local modes  <const> = require "moonlatch.modes"
local secret <const> = require "moonlatch.secret"

local output = {}

--- The system's words for why a file cannot be read or written, as Go's programs say them.
---@param err moonlatch.Error
---@return string
function output.why(err)
  return fail.is(err, "missing") and "no such file or directory"
    or fail.is(err, "permission") and "permission denied" or err.message
end

--- What stands at the end of a stream rather than in a folder: there is nothing to replace.
local function write_stream(path, bytes)
  local streams <const> = { ["/dev/stdout"] = host.out, ["/dev/fd/1"] = host.out,
    ["/dev/stderr"] = host.err, ["/dev/fd/2"] = host.err, ["/dev/null"] = function() end }
  local write <const> = streams[path]
  if write then
    write(bytes)
  end
  return write ~= nil
end

--- Without a transaction, which needs a folder for its state: a user without a home, as in
--- containers, has none.
local function put_alone(path, bytes, before)
  local now <const> = fs.read_named(path)
  if before and not (now and now:equal(before)) or before == false and now then
    return nil, fail.new("changed", path .. " was changed meanwhile")
  end
  local out <close>, err <const> = fs.output(path,
    { mode = secret.is(bytes) and modes.PRIVATE or nil })
  if not out then
    return nil, err
  end
  local ok <const>, bad <const> = out:write(bytes)
  if not ok then
    return nil, bad
  end
  return out:commit()
end

--- Write a file whole or not at all. What is in clear only its owner may read.
---@param path string
---@param bytes moonlatch.Bytes
---@param before moonlatch.Bytes|false|nil  what must stand there still; false: nothing
---@return true? ok
---@return moonlatch.Error? err  `changed`, `missing`, …
function output.put(path, bytes, before)
  if write_stream(path, bytes) then
    return true
  end
  local root <const>, name <const> = fs.resolve(path)
  if not root then
    return nil, name
  elseif name:find "/" then -- a folder on the way is not there: none is made
    return nil, fail.new("missing", "no such file or directory")
  end
  local clear <const> = secret.is(bytes)
  local tx <close>, unstated <const> = fs.transaction { roots = { root } }
  if fail.is(unstated, "missing") or fail.is(unstated, "permission") then
    return put_alone(path, bytes, before)
  end
  assert(tx, unstated)
  if before ~= nil then
    assert(tx:input(root, name, before or nil))
  end
  local ok <const>, err <const> = tx:write(root, name, bytes, { was_clear = true,
    kind = clear and "clear" or "sealed", mode = clear and modes.PRIVATE or nil })
  if not ok then
    return nil, err
  end
  return tx:commit()
end

return output
