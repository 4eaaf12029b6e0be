---@meta moonlatch.sops

---Files sealed by sops. A valid MAC says that a file was written by someone who knew its data key,
---and no more.
---@class moonlatch.sops
local sops = {}

---@alias moonlatch.Format "yaml"|"json"|"dotenv"|"ini"|"binary"

---The version of sops whose files are written.
---@type string
sops.version = ""

---A key that a data key, or a share of it, can be wrapped for. `recipient` is what sops prints for
---it; the fields that the kind has in the metadata say which key it is.
---@class moonlatch.Key
---@field kind "age"|"pgp"|"kms"|"gcp_kms"|"azure_kv"|"hc_vault"|"hckms"
---@field recipient string
---@field fp string?             pgp
---@field arn string?            kms
---@field role string?           kms
---@field context table<string, string>?  kms
---@field aws_profile string?    kms
---@field resource_id string?    gcp_kms
---@field vault_url string?      azure_kv
---@field name string?           azure_kv
---@field version string?        azure_kv
---@field vault_address string?  hc_vault
---@field engine_path string?    hc_vault
---@field key_name string?       hc_vault
---@field key_id string?         hckms

---@class moonlatch.KeyGroups
---@field groups moonlatch.Key[][]
---@field threshold integer?  how many groups are needed; default: as the file has it, or all

---A set of keys that data keys may be wrapped for; a key twice in its group counts once. A list of
---texts is one group of age keys. Only `moonlatch.recipients`, which asks, and the faces, whose
---peers do not ask, call it.
---@param keys string[]|moonlatch.KeyGroups
---@return moonlatch.Approved? approved
---@return moonlatch.Error? err  `format`
function sops.approved(keys) end

---A new data key for one file, wrapped for the age keys already; `encrypt` and `renew` take it.
---@param approved moonlatch.Approved
---@return moonlatch.Envelope? envelope
---@return moonlatch.Error? err  `format`: an empty group, an impossible threshold
function sops.envelope(approved) end

---@class moonlatch.Selectors
---@field unencrypted_suffix string?
---@field encrypted_suffix string?
---@field unencrypted_regex string?
---@field encrypted_regex string?
---@field unencrypted_comment_regex string?
---@field encrypted_comment_regex string?
---@field mac_only_encrypted boolean?

---@class moonlatch.EncryptOptions
---@field recipients moonlatch.Approved?  all of them age keys, or
---@field envelope moonlatch.Envelope?    with a new data key
---@field path string?     for messages, and for the format
---@field format moonlatch.Format?  of the bytes; default: by the path's ending
---@field output moonlatch.Format?  convert to this first, as sops writes it; default: not
---@field indent integer?   of the output and of binary files: YAML columns, JSON blanks (-1: tabs)
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
---@return moonlatch.Format
function sops.format_of(path) end

---Has the text sops metadata with mac and version? What cannot be read has none.
---@param text moonlatch.Bytes
---@param options? { path: string?, format: moonlatch.Format? }
---@return boolean
function sops.is_encrypted(text, options) end

---Is a sealed value in it, whatever else is wrong with it?
---@param bytes moonlatch.Bytes
---@return boolean
function sops.has_sealed(bytes) end

---Read a sealed file.
---@param text moonlatch.Bytes
---@param options? { path: string?, format: moonlatch.Format? }
---@return moonlatch.SopsFile? file
---@return moonlatch.Error? err  `missing`: it is not sealed; `format`, `limit`
function sops.open(text, options) end

---@class moonlatch.SopsUpdate
---@field text moonlatch.Bytes
---@field recipients moonlatch.Approved
---@field path string?
---@field format moonlatch.Format?

---@class moonlatch.SopsUpdated
---@field text string?         the new text
---@field added integer?
---@field removed integer?
---@field rewrapped integer?
---@field unchanged true?      there was nothing to do
---@field error moonlatch.Error?

---Give many files their recipients, spread over all processors. Keys of other kinds than age can
---only stay: where one must be wrapped for, the error is `key-source`.
---@param files moonlatch.SopsUpdate[]
---@param identities moonlatch.AgeIdentity[]
---@param options? { rewrap: boolean?, renew: boolean? }  renew: new data keys
---@return moonlatch.SopsUpdated[] results  in the same order
function sops.update_many(files, identities, options) end

---A set of approved keys.
---@class moonlatch.Approved
local Approved = {}

---Close it; harmless any number of times.
function Approved:close() end

---A data key on its way into one file.
---@class moonlatch.Envelope
local Envelope = {}

---Close it; harmless any number of times.
function Envelope:close() end

---Take what was wrapped for an open key.
---@param index integer
---@param enc moonlatch.Bytes  text, as it will stand in the file
---@return true? ok
---@return moonlatch.Error? err  `argument`: that key is not open; `format`: no text
function Envelope:give(index, enc) end

---@class moonlatch.OpenKey
---@field index integer
---@field key moonlatch.Key
---@field share moonlatch.Secret  what is to be wrapped: the data key, or the share of its group

---The keys that a key source has still to wrap for.
---@return moonlatch.OpenKey[]
function Envelope:open() end

---A sealed file. Each change replaces its text as a whole, or not at all.
---@class moonlatch.SopsFile
---@field path string?
---@field format moonlatch.Format
---@field version string
---@field lastmodified string
---@field threshold integer
---@field groups integer       key groups
---@field sealed boolean       it has metadata with mac and version
---@field unlocked boolean     the data key is known
---@field selectors moonlatch.Selectors
local SopsFile = {}

---The whole file in clear, without metadata.
---@param options? { format: moonlatch.Format?, indent: integer? }
---  default: as it is; another format is written as sops writes it, the first document only
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

---An envelope with the data key of this file, for `update_keys` of the file as it is now. Keys that
---the file has keep what is wrapped for them, unless `rewrap`. Where the number of groups or the
---threshold changes all get new shares; else the share of a group that is not open is computed from
---the others.
---@param approved moonlatch.Approved
---@param options? { rewrap: boolean? }
---@return moonlatch.Envelope? envelope
---@return moonlatch.Error? err  `argument`: the file is not unlocked; `auth`: the shares that were
---  opened do not give its data key
function SopsFile:envelope(approved, options) end

---@class moonlatch.SopsNote
---@field message string
---@field line integer?

---What was noticed since the file was opened.
---@return moonlatch.SopsNote[]
function SopsFile:notes() end

---The paths of all values, of each document in turn; no key is needed.
---@return string[] paths
---@return integer[] lines  where they stand
function SopsFile:paths() end

---Take what a key source unwrapped for a recipient: the data key, or the share of its group. It
---counts for every `unlock` from now on.
---@param index integer  of the recipient
---@param share moonlatch.Bytes
---@return true? ok
---@return moonlatch.Error? err  `format`: wrong length
function SopsFile:offer(index, share) end

---@class moonlatch.SopsRecipient : moonlatch.Key
---@field index integer
---@field group integer  from 1
---@field line integer
---@field enc string

---@return moonlatch.SopsRecipient[]
function SopsFile:recipients() end

---A new data key, and new shares, for exactly these keys.
---@param keys moonlatch.Approved|moonlatch.Envelope  of `sops.envelope`
---@return true? ok
---@return moonlatch.Error? err  `key-source`: a key is open
function SopsFile:renew(keys) end

---Give a file that was decrypted without its MAC the MAC of the values that it has now. Only the
---recipe `repair`, which asks, calls it, and the face of sops for --ignore-mac.
---@return true? ok
---@return moonlatch.Error? err  `argument`: it is not decrypted
function SopsFile:repair() end

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

---@class moonlatch.TriedKey
---@field kind string
---@field name string     what sops prints for it
---@field index integer   of the recipient
---@field error string?   why it did not open; nil: it did, or nobody tried
---@field asked boolean?   a key source tried, and says so in `error`; set by the keyring

---@class moonlatch.OpenedGroup
---@field open boolean
---@field by integer?     index of the recipient that opened it
---@field identity integer?  which identity did; nil: a key source
---@field source moonlatch.KeySource?  where that identity is from; set by the keyring
---@field keys moonlatch.TriedKey[]  the kinds of `order` first

---Find the data key: in each key group with an identity, or with what was offered. An error of code
---`key` has `groups` too.
---@param identities moonlatch.AgeIdentity[]
---@param options? { order: string[]? }
---@return { identity: integer?, recipient: string?, groups: moonlatch.OpenedGroup[] }? opened
---  identity and recipient of the first group that an identity opened; none when key sources opened
---  all
---@return moonlatch.Error? err  `key`
function SopsFile:unlock(identities, options) end

---Remove a value.
---@param path string
---@return true? ok
---@return moonlatch.Error? err
function SopsFile:unset(path) end

---Make the keys these. Equal ones change nothing at all without `rewrap`. The data key stays: after
---removing someone, `renew`.
---@param keys moonlatch.Approved|moonlatch.Envelope  of `file:envelope`
---@param options? { rewrap: boolean? }
---@return { added: integer, removed: integer, rewrapped: integer }? changes
---@return moonlatch.Error? err  `key-source`: a key of another kind than age is open
function SopsFile:update_keys(keys, options) end

---One value of a decrypted file. A scalar's exact bytes are a secret if they were sealed, a string
---if they stand in clear; a map or list is a secret with a document.
---@param path string
---@param options? { format: moonlatch.Format?, indent: integer? }  of that document
---@return moonlatch.Bytes? bytes
---@return string|moonlatch.Error type  "str", "int", "float", "bool", "null", "map", "list", …
function SopsFile:value(path, options) end

---What is wrong with a file, as far as no key is needed.
---@return { code: string, line: integer?, message: string }[]? findings
---@return moonlatch.Error? err
function SopsFile:verify() end

return sops, { ["moonlatch.approved"] = Approved, ["moonlatch.sops.envelope"] = Envelope,
  ["moonlatch.sops.file"] = SopsFile }
