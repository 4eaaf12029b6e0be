---@meta moonlatch.encode

---Strict encodings: what is not canonical is refused. What is made of a secret is a secret.
---@class moonlatch.encode
local encode = {}

---Base64 on one line.
---@generic T: moonlatch.Bytes
---@param bytes T
---@param options? { padding: boolean? }  padding: default true
---@return T text
function encode.base64(bytes, options) end

---Hexadecimal, small letters.
---@generic T: moonlatch.Bytes
---@param bytes T
---@return T text
function encode.hex(bytes) end

---The SHA-256 of bytes in hexadecimal: a fingerprint, for anybody to read.
---@param bytes moonlatch.Bytes
---@return string
function encode.sha256(bytes) end

---The bytes of canonical base64.
---@generic T: moonlatch.Bytes
---@param text T
---@param options? { padding: boolean? }
---@return T? bytes
---@return moonlatch.Error? err  `format`
function encode.unbase64(text, options) end

---The bytes of hexadecimal text.
---@generic T: moonlatch.Bytes
---@param text T
---@return T? bytes
---@return moonlatch.Error? err  `format`
function encode.unhex(text) end

return encode
