---@meta moonlatch.doc

---YAML and JSON documents that keep their text: an edit changes the bytes it must and no others. A
---document made from a secret is one itself: its text and values are secrets; keys, kinds and
---places are not.
---@class moonlatch.doc
local doc = {}

---Stands for null in values. The same as `json.null`.
---@type moonlatch.Null
doc.null = {}

---The alias `*name`, as a value for edits.
---@param name string
---@return table value
function doc.alias(name) end

---A map in this order, as a value for edits.
---@param pairs { [1]: string, [2]: moonlatch.Value }[]
---@return table value
function doc.map(pairs) end

---Read a document.
---@param text moonlatch.Bytes
---@param options? { format: "yaml"|"json"|"dotenv"|"ini"|nil, path: string? }
---  format: default yaml; path: for messages
---@return moonlatch.Document? document
---@return moonlatch.Error? err  `format` with the line, `limit`
function doc.parse(text, options) end

---Text that is a number, boolean or null, as a value for edits. Raises for text that is not.
---@param bytes moonlatch.Bytes
---@param type "str"|"int"|"float"|"bool"|"null"
---@return table value
function doc.scalar(bytes, type) end

---A document. Each edit takes effect at once and closes all nodes found before.
---@class moonlatch.Document
---@field path string?
---@field format "yaml"|"json"|"dotenv"|"ini"
---@field secret boolean
local Document = {}

---Close it; harmless any number of times.
function Document:close() end

---Find a node by `a/b/0` (`~1` is `/`, `~0` is `~`) or `["a"]["b"][0]`.
---@param path string
---@param from? moonlatch.Node  default: the first root
---@return moonlatch.Node? node
---@return moonlatch.Error? err  `missing` with the nearest name, `argument`
function Document:find(path, from) end

---@class moonlatch.InsertOptions
---@field key string?     of a map's entry
---@field after moonlatch.Node|"first"|"last"|nil  default last
---@field anchor string?
---@field type string?    as for `doc.scalar`

---Add an entry to a map or list.
---@param container moonlatch.Node|string
---@param value moonlatch.Value
---@param options? moonlatch.InsertOptions
---@return true? ok
---@return moonlatch.Error? err
function Document:insert(container, value, options) end

---Remove an entry, with the comments that belong to it.
---@param place moonlatch.Node|string
---@return true? ok
---@return moonlatch.Error? err
function Document:remove(place) end

---Rename an anchor and all its aliases.
---@param place moonlatch.Node|string
---@param name string
---@return true? ok
---@return moonlatch.Error? err
function Document:rename_anchor(place, name) end

---Replace the bytes `from` to `to` of a scalar's text, counted as `string.sub` counts; `to` =
---`from` - 1 inserts. Of a scalar over several lines only that part of the source changes, where
---that gives the wanted text.
---@param node moonlatch.Node
---@param from integer
---@param to integer
---@param with moonlatch.Bytes
---@return true? ok
---@return moonlatch.Error? err
function Document:replace_text(node, from, to, with) end

---The top of one of the documents in the text.
---@param index? integer  from 1, default 1
---@return moonlatch.Node?
function Document:root(index) end

---How many documents the text has.
---@return integer
function Document:roots() end

---Give a node another value.
---@param place moonlatch.Node|string
---@param value moonlatch.Value
---@param options? { type: string? }  as for `doc.scalar`
---@return true? ok
---@return moonlatch.Error? err
function Document:set(place, value, options) end

---The text as it is now.
---@return moonlatch.Bytes
function Document:text() end

---A place in a document as it stands. After an edit it raises `closed`.
---@class moonlatch.Node
---@field kind "map"|"list"|"scalar"|"alias"|"comment"
---@field type string      "str", "int", "float", "bool", "null", … of a scalar
---@field style "plain"|"single"|"double"|"literal"|"folded"|"backtick"|"triple"
---@field flow boolean     written in `{}` or `[]`
---@field line integer
---@field column integer
---@field count integer    entries of a map or list
---@field key string?
---@field anchor string?
---@field tag string?
---@field target moonlatch.Node?  of an alias
local Node = {}

---Iterate over all children, comments too.
---@return fun(): moonlatch.Node?
function Node:children() end

---The value of a map's key; an alias is followed.
---@param key moonlatch.Bytes
---@return moonlatch.Node?
function Node:get(key) end

---An element of a list.
---@param index integer  from 1
---@return moonlatch.Node?
function Node:item(index) end

---Iterate over a list: index and node.
---@return fun(): integer?, moonlatch.Node?
function Node:items() end

---Iterate over a map: key and node.
---@return fun(): string?, moonlatch.Node?
function Node:pairs() end

---@return moonlatch.Node?
function Node:parent() end

---`a/b/0`, for messages and `Document:find`; a comment has none.
---@return string
function Node:path() end

---The node that an alias stands for; any other node itself.
---@return moonlatch.Node
function Node:resolve() end

---The decoded text of a scalar or comment; a secret in a secret document.
---@return moonlatch.Bytes
function Node:text() end

---A scalar as string, number, boolean or nil. In a secret document all but null is a secret with
---the text.
---@return moonlatch.Bytes|number|boolean|nil
function Node:value() end

return doc, { ["moonlatch.document"] = Document, ["moonlatch.node"] = Node }
