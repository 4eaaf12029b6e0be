--- as.sops.index — places in a document as sops writes them: `["key"][0]`, without escapes.

local doc  <const> = require "moonlatch.doc"
local fail <const> = require "moonlatch.fail"

local index = {}

--- The parts of a place: texts for keys, integers for positions.
---@param text string
---@return (string|integer)[]? parts
---@return string? problem  in sops' words
function index.parse(text)
  local parts <const> = {}
  for piece in text:gmatch "[^%[]+" do
    local inner <const> = piece:match "^(.*)%]$"
    if not inner then
      return nil, ("component %s doesn't end with ]"):format(piece)
    end
    local quote <const> = inner:match "^[\"']"
    local part <const> = quote and inner:sub(2, -2)
      or inner:match "^[+-]?%d+$" and math.tointeger(tonumber(inner))
    if not part or quote and #inner < 2 then
      return nil, ('strconv.Atoi: parsing "%s": invalid syntax'):format(inner)
    end
    table.insert(parts, part)
  end
  return parts
end

local ESCAPES <const> = { ["~"] = "~0", ["/"] = "~1" }

--- The first `count` parts as a path of a document.
---@param parts (string|integer)[]
---@param count integer
---@return string
function index.path(parts, count)
  local words <const> = {}
  for i = 1, count do
    words[i] = tostring(parts[i]):gsub("[~/]", ESCAPES)
  end
  return table.concat(words, "/")
end

--- What is at a place: "map", "list", the type of a scalar, or nil when there is nothing; of a list
--- also how many elements it has.
---@param file moonlatch.SopsFile  decrypted
---@param parts (string|integer)[]
---@param count integer
---@return string? kind
---@return integer? length
function index.kind(file, parts, count)
  if count == 0 then
    return "map"
  end
  local path <const> = index.path(parts, count)
  if path == "" then
    return nil -- a key without a name, which no path leads to
  end
  local bytes <const>, kind <const> = file:value(path, { format = "yaml" })
  if fail.is(kind, "missing") or fail.is(kind, "argument") then
    return nil -- metadata is no value
  elseif not bytes then
    error(kind, 0)
  elseif kind == "list" then
    local list <close> = assert(doc.parse(bytes, { format = "yaml" }))
    return kind, list:root(1).count
  end
  return kind
end

return index
