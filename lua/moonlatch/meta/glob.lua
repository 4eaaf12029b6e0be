---@meta moonlatch.glob

---File name patterns: `?` and `*` stay inside a component, `**` crosses slashes, `[a-z]` and
---`[!a-z]` are classes, `{a,b}` is either, a backslash takes the next character as it is.
---@class moonlatch.glob
local glob = {}

---Does the pattern match the whole path?
---@param pattern moonlatch.Bytes
---@param path moonlatch.Bytes
---@return boolean? matched
---@return moonlatch.Error? err  `format`, `limit`
function glob.match(pattern, path) end

return glob
