---@meta moonlatch.json

---JSON as public data. Objects are tables with string keys, arrays are tables marked by
---`json.array`, null is `json.null`, numbers without a fraction are integers. Documents whose text
---must be kept, and anything secret, go through `moonlatch.doc`.
---@class moonlatch.json
local json = {}

---Stands for null, since nil is no element. The same value as `doc.null`.
---@type moonlatch.Null
json.null = {}

---Mark a table as an array, also when it is empty.
---@param list? table  default: a new one
---@return table list  the same
function json.array(list) end

---Write JSON, keys in byte order. A secret in it raises.
---@param value any
---@param options? { indent: integer|false|nil }  spaces per level; default: on one line
---@return string
function json.format(value, options) end

---Read JSON strictly: no key twice, no `\u0000`, nothing behind the value.
---@param text moonlatch.Bytes
---@return any value
---@return moonlatch.Error? err  `format` with line and column, `limit`
function json.parse(text) end

return json
