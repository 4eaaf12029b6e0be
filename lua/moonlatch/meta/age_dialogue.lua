---@meta moonlatch.age_dialogue

---What is said between us and an age plugin, without saying it: see moonlatch.age_plugin.
---@class moonlatch.age_dialogue
local age_dialogue = {}

---The identity without data, of a plugin that needs none.
---@param name string  of the plugin
---@return moonlatch.Secret? identity
---@return moonlatch.Error? err  `format`
function age_dialogue.default_identity(name) end

---Begin a dialogue in which the plugin unwraps the file key.
---@param identity moonlatch.Bytes  AGE-PLUGIN-NAME-1…
---@param stanzas moonlatch.AgeStanza[]  all of the file
---@return moonlatch.AgeDialogue? dialogue
---@return moonlatch.Error? err  `format`
function age_dialogue.unwrap(identity, stanzas) end

---Begin a dialogue in which the plugin wraps a file key.
---@param key moonlatch.Bytes  age1NAME1…, or an identity AGE-PLUGIN-NAME-1…
---@param file_key moonlatch.Bytes
---@return moonlatch.AgeDialogue? dialogue
---@return moonlatch.Error? err  `format`
function age_dialogue.wrap(key, file_key) end

---@class moonlatch.AgeStanza
---@field type string
---@field args string[]
---@field body string

---@class moonlatch.AgeDialogueEvent
---@field kind string  wait stanza labels file-key error done, message public secret confirm
---@field stanza moonlatch.AgeStanza?   of `stanza`
---@field labels string[]?              of `labels`
---@field file_key moonlatch.Secret?    of `file-key`
---@field text string?                  of `error` and of all that is for a person; not escaped
---@field yes string?                   of `confirm`: the words to choose between
---@field no string?

---One dialogue.
---@class moonlatch.AgeDialogue
---@field name string  of the plugin
---@field machine "recipient-v1"|"identity-v1"
local AgeDialogue = {}

---Reply to `message`, `public`, `secret` or `confirm`.
---@param body? moonlatch.Bytes   what was typed
---@param word? "yes"|"no"        of `confirm`
---@return true? ok
---@return moonlatch.Error? err
function AgeDialogue:accept(body, word) end

---Close it; harmless any number of times.
function AgeDialogue:close() end

---Take what the plugin wrote.
---@param bytes moonlatch.Bytes
---@return true? ok
---@return moonlatch.Error? err  `limit`
function AgeDialogue:feed(bytes) end

---What the plugin wants next.
---@return moonlatch.AgeDialogueEvent? event  `wait`: nothing more was fed
---@return moonlatch.Error? err  `child`: it does not keep to the protocol; `limit`
function AgeDialogue:next() end

---What is to be sent to the plugin now.
---@return moonlatch.Secret
function AgeDialogue:output() end

---Reply that nobody answers.
---@return true? ok
---@return moonlatch.Error? err
function AgeDialogue:refuse() end

return age_dialogue, { ["moonlatch.age.dialogue"] = AgeDialogue }
