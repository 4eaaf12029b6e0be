---@meta moonlatch.sops

---Files sealed by sops. A valid MAC says that a file was written by someone who knew its data key,
---and no more.
---@class moonlatch.sops
local sops = {}

---The version of sops whose files are written.
---@type string
sops.version = ""

---A set of recipients that data keys may be wrapped to; one named twice counts once. Only
---`moonlatch.recipients`, which asks, and the faces, whose peers do not ask, call it.
---@param recipients string[]
---@return moonlatch.Approved? approved
---@return moonlatch.Error? err  `format`
function sops.approved(recipients) end

---@class moonlatch.Selectors
---@field unencrypted_suffix string?
---@field encrypted_suffix string?
---@field unencrypted_regex string?
---@field encrypted_regex string?
---@field unencrypted_comment_regex string?
---@field encrypted_comment_regex string?
---@field mac_only_encrypted boolean?

---@class moonlatch.EncryptOptions
---@field recipients moonlatch.Approved
---@field path string?     for messages, and for the format
---@field format "yaml"|"json"|"binary"|nil  default: by the path's ending
---@field selectors moonlatch.Selectors?

---Seal a clear document under a new data key.
---@param bytes moonlatch.Bytes
---@param options moonlatch.EncryptOptions
---@return string? text
---@return moonlatch.SopsNote[]|moonlatch.Error notes
---  what does not come back as it was; or `format`, `argument`, …
function sops.encrypt(bytes, options) end

---The format that a path's ending means.
---@param path string
---@return "yaml"|"json"|"binary"
function sops.format_of(path) end

---Has the text sops metadata with mac and version? What cannot be read has none.
---@param text moonlatch.Bytes
---@param options? { path: string?, format: "yaml"|"json"|"binary"|nil }
---@return boolean
function sops.is_encrypted(text, options) end

---Is a sealed value in it, whatever else is wrong with it?
---@param bytes moonlatch.Bytes
---@return boolean
function sops.has_sealed(bytes) end

---Read a sealed file.
---@param text moonlatch.Bytes
---@param options? { path: string?, format: "yaml"|"json"|"binary"|nil }
---@return moonlatch.SopsFile? file
---@return moonlatch.Error? err  `missing`: it is not sealed; `format`, `limit`
function sops.open(text, options) end

---@class moonlatch.SopsUpdate
---@field text moonlatch.Bytes
---@field recipients moonlatch.Approved
---@field path string?
---@field format "yaml"|"json"|"binary"|nil

---@class moonlatch.SopsUpdated
---@field text string?         the new text
---@field added integer?
---@field removed integer?
---@field rewrapped integer?
---@field unchanged true?      there was nothing to do
---@field error moonlatch.Error?

---Give many files their recipients, spread over all processors.
---@param files moonlatch.SopsUpdate[]
---@param identities moonlatch.AgeIdentity[]
---@param options? { rewrap: boolean?, renew: boolean? }  renew: new data keys
---@return moonlatch.SopsUpdated[] results  in the same order
function sops.update_many(files, identities, options) end

---A set of approved recipients.
---@class moonlatch.Approved
local Approved = {}

---Close it; harmless any number of times.
function Approved:close() end

---A sealed file. Each change replaces its text as a whole, or not at all.
---@class moonlatch.SopsFile
---@field path string?
---@field format "yaml"|"json"|"binary"
---@field version string
---@field lastmodified string
---@field threshold integer
---@field groups integer       key groups
---@field sealed boolean       it has metadata with mac and version
---@field unlocked boolean     the data key is known
---@field selectors moonlatch.Selectors
local SopsFile = {}

---The whole file in clear, without metadata.
---@param options? { format: "yaml"|"json"|"binary"|nil }  default: as it is
---@return moonlatch.Secret? text
---@return moonlatch.Error? err  `unsupported`: that format cannot hold it
function SopsFile:clear_text(options) end

---Close it; harmless any number of times.
function SopsFile:close() end

---Open every value and check the MAC; nothing can be read before. With `ignore_mac` the file cannot
---be changed afterwards.
---@param options? { ignore_mac: boolean? }
---@return true? ok
---@return moonlatch.Error? err  `mac`, `auth`, `format`
function SopsFile:decrypt(options) end

---@class moonlatch.SopsNote
---@field message string
---@field line integer?

---What was noticed since the file was opened.
---@return moonlatch.SopsNote[]
function SopsFile:notes() end

---The paths of all values; no key is needed.
---@return string[] paths
---@return integer[] lines  where they stand
function SopsFile:paths() end

---@class moonlatch.SopsRecipient
---@field kind string       "age", "pgp", "kms", …
---@field recipient string
---@field line integer
---@field group integer     from 1

---@return moonlatch.SopsRecipient[]
function SopsFile:recipients() end

---A new data key for exactly these recipients.
---@param approved moonlatch.Approved
---@return true? ok
---@return moonlatch.Error? err  `unsupported`: it has recipients that are not age
function SopsFile:renew(approved) end

---Seal a changed clear text; values that are what they were keep their sealed text.
---@param clear moonlatch.Bytes
---@param options? { clear: string[]|true|nil }
---  names whose new values may stand in clear; true: any may
---@return true? ok
---@return moonlatch.Error? err  `conflict`: a new value would stand in clear
function SopsFile:reseal(clear, options) end

---Give a place a value, sealed if the selectors pick it.
---@param path string
---@param value moonlatch.Value
---@param options? { type: string?, clear: string[]|true|nil }
---  type: as for `doc.scalar`; clear: as for `reseal`
---@return true? ok
---@return moonlatch.Error? err  `conflict`: a new value would stand in clear; `argument`
function SopsFile:set(path, value, options) end

---The sealed text as it is now.
---@return string
function SopsFile:text() end

---Find the data key.
---@param identities moonlatch.AgeIdentity[]
---@return { identity: integer, recipient: string }? opened
---@return moonlatch.Error? err  `key`, `unsupported`: several key groups
function SopsFile:unlock(identities) end

---Remove a value.
---@param path string
---@return true? ok
---@return moonlatch.Error? err
function SopsFile:unset(path) end

---Make the age recipients these. An equal set changes nothing at all without `rewrap`. The data
---key stays: after removing someone, `renew`.
---@param approved moonlatch.Approved
---@param options? { rewrap: boolean? }
---@return { added: integer, removed: integer, rewrapped: integer }? changes
---@return moonlatch.Error? err
function SopsFile:update_keys(approved, options) end

---One value of a decrypted file. A scalar's exact bytes are a secret if they were sealed, a string
---if they stand in clear; a map or list is a secret with a document.
---@param path string
---@param options? { format: "yaml"|"json"|nil }  of that document
---@return moonlatch.Bytes? bytes
---@return string|moonlatch.Error type  "str", "int", "float", "bool", "null", "map", "list", …
function SopsFile:value(path, options) end

---What is wrong with a file, as far as no key is needed.
---@return { code: string, line: integer?, message: string }[]? findings
---@return moonlatch.Error? err
function SopsFile:verify() end

return sops, { ["moonlatch.approved"] = Approved, ["moonlatch.sops.file"] = SopsFile }
