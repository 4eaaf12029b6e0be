--- paths — paths as texts: nothing here looks at a file.

local fs <const> = require "moonlatch.fs"

local paths = {}

--- A path as it was given, made absolute by text alone: links on the way are not followed.
---@param path string
---@return string
function paths.absolute(path)
  local whole <const> = path:sub(1, 1) == "/" and path or fs.cwd() .. "/" .. path
  local parts <const> = {}
  for part in whole:gmatch("[^/]+") do
    if part == ".." then
      table.remove(parts)
    elseif part ~= "." then
      table.insert(parts, part)
    end
  end
  return "/" .. table.concat(parts, "/")
end

--- The rest of a path behind a folder, both absolute; nil when it is not below it.
---@param folder string
---@param path string
---@return string?
function paths.below(folder, path)
  local prefix <const> = folder == "/" and "/" or folder .. "/"
  return path:sub(1, #prefix) == prefix and path:sub(#prefix + 1) or nil
end

return paths
