---@meta moonlatch.age

---Keys of age, and files of any size.
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
---@param options? { armor: boolean?, work_factor: integer? }  work_factor: 1 to 30, default 18
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

---What a file of identities is, by its beginning: lines, an age file that holds them, or a private
---key in PEM.
---@param bytes moonlatch.Bytes
---@return "lines"|"sealed"|"pem"
function age.key_file_form(bytes) end

---@class moonlatch.KeyFileLine
---@field line integer
---@field kind "comment"|"blank"|"x25519"|"plugin"|"hybrid"
---@field text moonlatch.Secret          the line without its end
---@field identity moonlatch.AgeIdentity?   of `x25519`, `hybrid` and `plugin`
---@field recipient string?              its public half; not of `plugin`
---@field comment string?                behind `#` and one space

---Read a file of identities, one a line; no line is lost.
---@param bytes moonlatch.Bytes
---@param options? { path: string?, words: boolean? }
---  path: for messages;  words: blanks stand between identities, too, as in a variable
---@return moonlatch.KeyFileLine[]? lines
---@return moonlatch.Error? err  `format` with the line, `limit`
function age.parse_key_file(bytes, options) end

---Read the header of an age file: from bytes, or of a file of any size. What it is read from must
---stay open. Errors name the `part` at fault, here and below: `armor`, `header`, `mac` (the header
---was changed), `payload`.
---@param from moonlatch.Bytes|moonlatch.Input
---@return moonlatch.AgeFile? file
---@return moonlatch.Error? err  `format`, `limit`
function age.open(from) end

---Read a recipient: `age1…`, or an SSH public key. Kinds that cannot be written to are read too.
---@param text moonlatch.Bytes
---@return moonlatch.Recipient? recipient
---@return moonlatch.Error? err  `format`
function age.recipient(text) end

---Begin an age file: a fresh file key, wrapped to all recipients that need no plugin. All of them
---must agree about post-quantum. Or to a passphrase, then without recipients.
---@param recipients (string|moonlatch.Recipient|moonlatch.AgeIdentity)[]
---  an identity stands for its public half
---@param options? { passphrase: moonlatch.Bytes?, work_factor: integer? }
---  work_factor: 1 to 30, default 18
---@return moonlatch.AgeSeal? seal
---@return moonlatch.Error? err  `unsupported`, `argument`, `limit`
function age.seal(recipients, options) end

---An age file being opened.
---@class moonlatch.AgeFile
---@field armored boolean
local AgeFile = {}

---Close it; harmless any number of times.
function AgeFile:close() end

---Write the contents, in bounded memory. What was written counts for nothing when this fails: the
---output is then not to be committed.
---@param output moonlatch.Output
---@return integer? bytes
---@return moonlatch.Error? err  `key`: not unlocked; `auth`, `format`
function AgeFile:decrypt(output) end

---@class moonlatch.AgeInspection
---@field version string
---@field armored boolean
---@field postquantum "yes"|"no"|"unknown"
---@field sizes { header: integer, armor: integer, overhead: integer, text: integer }

---What can be told without a key. Reads the whole file.
---@return moonlatch.AgeInspection? inspection
---@return moonlatch.Error? err
function AgeFile:inspect() end

---Take a file key that was found elsewhere, by a plugin.
---@param file_key moonlatch.Bytes
---@return true? taken
---@return moonlatch.Error? err  `auth`: it is not that of this file
function AgeFile:offer(file_key) end

---Read a part of the contents without what stands before it: of bytes, or of a regular file. Its
---end is authenticated first, and each chunk that is read.
---@param offset integer  from 0
---@param length integer  fewer bytes come only at the end
---@return moonlatch.Secret? part
---@return moonlatch.Error? err  `key`: not unlocked; `auth`, `format`; `unsupported`: armor, a pipe
function AgeFile:read(offset, length) end

---The stanzas of the header: the ways to the file key.
---@return { type: string, args: string[], body: string }[]
function AgeFile:stanzas() end

---The contents, all or nothing.
---@return moonlatch.Secret? text
---@return moonlatch.Error? err  as of `decrypt`; `limit`
function AgeFile:text() end

---Find the file key. Native identities are tried before those of SSH keys, whatever their order.
---@param identities moonlatch.AgeIdentity[]
---@return integer? index      of the identity that opens it
---@return moonlatch.Error? err  `key`: none does; `passphrase`: made with one; `auth`, `format`
function AgeFile:unlock(identities) end

---Find the file key of a file that was made with a passphrase.
---@param passphrase moonlatch.Bytes
---@param options? { work_factor: integer? }  the highest that is taken: 1 to 30, default 22
---@return true? unlocked
---@return moonlatch.Error? err  `auth`: it is another; `key`: the file has none; `limit`
function AgeFile:unlock_passphrase(passphrase, options) end

---An age file being made.
---@class moonlatch.AgeSeal
local AgeSeal = {}

---Close it; harmless any number of times.
function AgeSeal:close() end

---Make the file, once: `seal:encrypt(bytes)` is the file as a string, `seal:encrypt(from, output)`
---writes it, in bounded memory, and is the number of bytes of clear text. What was written counts
---for nothing when it fails: the output is then not to be committed.
---@param from moonlatch.Bytes|moonlatch.Input
---@param output? moonlatch.Output
---@param options? { armor: boolean? }
---@return string|integer|nil file
---@return moonlatch.Error? err  `unsupported`: a recipient waits for its plugin
function AgeSeal:encrypt(from, output, options) end

---The file key, for plugins.
---@return moonlatch.Secret
function AgeSeal:file_key() end

---Give what a plugin made for the recipient at `index`.
---@param index integer
---@param stanzas { type: string, args: string[]?, body: moonlatch.Bytes }[]
---@param labels? string[]
---@return true? taken
---@return moonlatch.Error? err  `argument`: the labels are not those of the other recipients
function AgeSeal:give(index, stanzas, labels) end

---The recipients that need a plugin which has not spoken yet.
---@return { index: integer, recipient: string?, identity: moonlatch.AgeIdentity? }[]
---  identity: of a plugin, which alone knows its public half
function AgeSeal:open() end

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

return age, { ["moonlatch.age.file"] = AgeFile, ["moonlatch.age.seal"] = AgeSeal,
  ["moonlatch.age.identity"] = AgeIdentity, ["moonlatch.age.recipient"] = Recipient }
