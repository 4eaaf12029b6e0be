---@meta

---Bytes: a string, or a secret where the bytes must not become one. A number is not bytes.
---@alias moonlatch.Bytes string|moonlatch.Secret

---What a document or a sealed file takes as a value: text, number, boolean, `doc.null`, a value
---made by `doc.scalar`, `doc.map` or `doc.alias`, or a table of these (a list if it has elements or
---is marked by `json.array`, else a map with its keys sorted).
---@alias moonlatch.Value moonlatch.Bytes|number|boolean|table|moonlatch.Null

---Stands for null in documents and JSON, since nil is no element.
---@class moonlatch.Null: lightuserdata
