---@meta moonlatch.secret

---Bytes that are no string: locked, wiped, without content that Lua can see.
---
---`#s` is the length. `s == t` compares handles; `s:equal(t)` compares bytes.
---@class moonlatch.secret
local secret = {}

---That many strings of a list, each chosen by chance, joined: a passphrase of words.
---@param list string[]
---@param count integer  1 to 64
---@param separator string
---@return moonlatch.Secret
function secret.choose(list, count, separator) end

---Join strings and secrets.
---@param list moonlatch.Bytes[]
---@param separator? moonlatch.Bytes
---@return moonlatch.Secret
function secret.concat(list, separator) end

---Is the value a secret?
---@param value any
---@return boolean
function secret.is(value) end

---Was all memory for secrets locked, since the program began?
---@return boolean
function secret.locked() end

---A secret with these bytes. A string that they came from stays where it is.
---@param bytes moonlatch.Bytes
---@return moonlatch.Secret
function secret.new(bytes) end

---Random bytes for keys.
---@param n integer  0 to 1048576
---@return moonlatch.Secret
function secret.random(n) end

---Secret bytes. `tostring` says how many there are, `..` raises.
---@class moonlatch.Secret
---@operator len: integer
local Secret = {}

---An own secret with the same bytes.
---@return moonlatch.Secret
function Secret:copy() end

---Compare in constant time.
---@param bytes moonlatch.Bytes
---@return boolean
function Secret:equal(bytes) end

---Does a byte occur? For checks such as "one line only".
---@param byte string  of length 1
---@return boolean
function Secret:has(byte) end

---UTF-8 without what a terminal would act on? Tabs and line ends are text.
---@return boolean
function Secret:is_text() end

---The bytes as a string, for what lies among secrets and is none (the name of a vault item). They
---are not masked afterwards.
---@return string
function Secret:publish() end

---The bytes as a string. All that is printed or traced from then on has them masked.
---@return string
function Secret:reveal() end

---A part, counted as `string.sub` counts.
---@param i integer
---@param j? integer
---@return moonlatch.Secret
function Secret:sub(i, j) end

---The same without one line break at the end.
---@return moonlatch.Secret
function Secret:trim() end

---Wipe the bytes now; any later use raises. `<close>` does the same.
function Secret:wipe() end

return secret, { ["moonlatch.secret"] = Secret }
