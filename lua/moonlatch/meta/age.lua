---@meta moonlatch.age

---Keys and files of age, in memory.
---@class moonlatch.age
local age = {}

---Open an age file, all or nothing.
---@param identities moonlatch.AgeIdentity[]
---@param file moonlatch.Bytes  armored or not
---@return moonlatch.Secret? text
---@return integer|moonlatch.Error used
---  index of the identity that opened it; or `key`, `auth`, `format`
function age.decrypt(identities, file) end

---Open an age file that was sealed with a passphrase.
---@param passphrase moonlatch.Bytes
---@param file moonlatch.Bytes
---@return moonlatch.Secret? text
---@return moonlatch.Error? err  `auth`: wrong passphrase or changed data; `key`, `format`, `limit`
function age.decrypt_passphrase(passphrase, file) end

---Seal bytes. A recipient that cannot be read raises its error.
---@param recipients (string|moonlatch.Recipient)[]
---@param bytes moonlatch.Bytes
---@param options? { armor: boolean? }
---@return string? file
---@return moonlatch.Error? err  `unsupported`: a kind of recipient that cannot be written to
function age.encrypt(recipients, bytes, options) end

---Seal bytes with a passphrase.
---@param passphrase moonlatch.Bytes
---@param bytes moonlatch.Bytes
---@param options? { armor: boolean?, work_factor: integer? }  work_factor: 1 to 22, default 18
---@return string? file
---@return moonlatch.Error? err
function age.encrypt_passphrase(passphrase, bytes, options) end

---A new key.
---@param options? { kind: "x25519"|"hybrid"? }  hybrid: X25519 with the post-quantum ML-KEM-768
---@return moonlatch.AgeIdentity? identity
---@return moonlatch.Error? err
function age.generate(options) end

---Read one word `AGE-SECRET-KEY-1…`, `AGE-SECRET-KEY-PQ-1…` or `AGE-PLUGIN-NAME-1…`.
---@param word moonlatch.Bytes
---@return moonlatch.AgeIdentity? identity
---@return moonlatch.Error? err  `format`, `unsupported`
function age.identity(word) end

---Is it an age file, not lines of identities?
---@param bytes moonlatch.Bytes
---@return boolean
function age.is_encrypted_key_file(bytes) end

---@class moonlatch.KeyFileLine
---@field line integer
---@field kind "comment"|"blank"|"x25519"|"plugin"|"hybrid"
---@field text moonlatch.Secret          the line without its end
---@field identity moonlatch.AgeIdentity?   of `x25519`, `hybrid` and `plugin`
---@field recipient string?              its public half; not of `plugin`
---@field comment string?                behind `#` and one space

---Read a file of identities, one a line; no line is lost.
---@param bytes moonlatch.Bytes
---@param options? { path: string? }  for messages
---@return moonlatch.KeyFileLine[]? lines
---@return moonlatch.Error? err  `format` with the line, `limit`
function age.parse_key_file(bytes, options) end

---Read a recipient: `age1…`, or an SSH public key. Kinds that cannot be written to are read too.
---@param text moonlatch.Bytes
---@return moonlatch.Recipient? recipient
---@return moonlatch.Error? err  `format`
function age.recipient(text) end

---A private key. One of kind `plugin` opens files through moonlatch.age_plugin alone.
---@class moonlatch.AgeIdentity
---@field kind "x25519"|"ssh-ed25519"|"hybrid"|"plugin"
---@field name string?  of the plugin
local AgeIdentity = {}

---Close it; harmless any number of times.
function AgeIdentity:close() end

---The text of the public half; nil for a plugin's: only the plugin knows it.
---@return string?
function AgeIdentity:recipient() end

---The word that `age.identity` reads.
---@return moonlatch.Secret? word
---@return moonlatch.Error? err  `unsupported`: it is an SSH key
function AgeIdentity:secret() end

---A public key.
---@class moonlatch.Recipient
---@field text string     canonical
---@field kind "x25519"|"ssh-ed25519"|"ssh-rsa"|"hybrid"|"tag"|"tag-hybrid"|"plugin"
---@field usable boolean  can data be sealed to it?
local Recipient = {}

---Close it; harmless any number of times.
function Recipient:close() end

return age, { ["moonlatch.age.identity"] = AgeIdentity, ["moonlatch.age.recipient"] = Recipient }
