--- as.sops.commands — the commands of sops and the flags of each, as data: parser, usage and
--- completion are made from these tables.

---@class moonlatch.SopsFlag
---@field name string
---@field kind "switch"|"text"|"number"|"list"   list: may be given again
---@field short string?
---@field env string?      a variable that gives its default
---@field value any?       its default
---@field about string

---@class moonlatch.SopsCommand
---@field name string      "groups add"
---@field takes string     for the usage line
---@field about string
---@field flags moonlatch.SopsFlag[]

local commands = {}

local KEYS <const> = {
  { name = "kms", short = "k", env = "SOPS_KMS_ARN", about = "ARNs of AWS KMS keys" },
  { name = "aws-profile", about = "the AWS profile to use" },
  { name = "gcp-kms", env = "SOPS_GCP_KMS_IDS", about = "resource ids of GCP KMS keys" },
  { name = "hckms", env = "SOPS_HUAWEICLOUD_KMS_IDS", about = "HuaweiCloud keys, region:uuid" },
  { name = "azure-kv", env = "SOPS_AZURE_KEYVAULT_URLS", about = "URLs of Azure Key Vault keys" },
  { name = "hc-vault-transit", env = "SOPS_VAULT_URIS", about = "URIs of Vault transit keys" },
  { name = "pgp", short = "p", env = "SOPS_PGP_FP", about = "fingerprints of PGP keys" },
  { name = "age", short = "a", env = "SOPS_AGE_RECIPIENTS", about = "age recipients" },
}
local SELECTORS <const> = {
  { name = "unencrypted-suffix", about = "keys that end so stay in clear" },
  { name = "encrypted-suffix", about = "only keys that end so are sealed" },
  { name = "unencrypted-regex", about = "keys that match stay in clear" },
  { name = "encrypted-regex", about = "only keys that match are sealed" },
}
local COMMENT_SELECTORS <const> = {
  { name = "unencrypted-comment-regex", about = "what a matching comment is above stays in clear" },
  { name = "encrypted-comment-regex", about = "only what a matching comment is above is sealed" },
}
local SERVICES <const> = {
  { name = "enable-local-keyservice", kind = "switch", env = "SOPS_ENABLE_LOCAL_KEYSERVICE",
    value = true, about = "use the keys of this machine" },
  { name = "keyservice", kind = "list", env = "SOPS_KEYSERVICE",
    about = "key services; not supported here" },
}
local ORDER <const> = { name = "decryption-order", env = "SOPS_DECRYPTION_ORDER",
  about = "kinds of keys in the order to try them in, with commas" }
local IN_PLACE <const> = { name = "in-place", short = "i", kind = "switch",
  about = "write into the file instead of to standard output" }
local OUTPUT <const> = { name = "output", about = "write to this file" }
local INPUT_TYPE <const> = { name = "input-type",
  about = "json, yaml, dotenv, ini or binary; default: by the name" }
local OUTPUT_TYPE <const> = { name = "output-type",
  about = "json, yaml, dotenv, ini or binary; default: by the name" }
local OVERRIDE <const> = { name = "filename-override",
  about = "name that stands for the file's in rules and for its type" }
local CONTEXT <const> = { name = "encryption-context", about = "for KMS: key:value, with commas" }
local THRESHOLD <const> = { name = "shamir-secret-sharing-threshold", kind = "number", value = 0,
  about = "how many key groups are needed" }
local IGNORE_MAC <const> = { name = "ignore-mac", kind = "switch", about = "do not check the MAC" }
local SHOW_KEYS <const> = { name = "show-master-keys", short = "s", kind = "switch",
  about = "show the metadata in the editor too" }
local YES <const> = { name = "yes", short = "y", kind = "switch", about = "agree to all changes" }
local EXTRACT <const> = { name = "extract", about = [[only what is at this place: '["a"][0]']] }
local VERBOSE <const> = { name = "verbose", kind = "switch", about = "say more" }
local USER <const> = { name = "user", about = "run the command as this user" }
local BACKGROUND <const> = { name = "background", kind = "switch",
  about = "do not wait for the command" }

local CHANGES <const> = {}
for _, name in ipairs { "gcp-kms", "hckms", "azure-kv", "kms", "hc-vault-transit", "age", "pgp" } do
  table.insert(CHANGES, { name = "add-" .. name, about = "add keys, with commas" })
  table.insert(CHANGES, { name = "rm-" .. name, about = "remove keys, with commas" })
end

-- In `groups add` a key flag is given once for each key, and has no variable.
local GROUP_KEYS <const> = {}
for _, flag in ipairs(KEYS) do
  table.insert(GROUP_KEYS, { name = flag.name, about = flag.about,
    kind = flag.name ~= "aws-profile" and "list" or nil })
end

--- Lists of flags and single ones, as one list.
local function flags(...)
  local all <const> = {}
  for _, part in ipairs { ... } do
    if part.name then
      table.insert(all, part)
    else
      table.move(part, 1, #part, #all + 1, all)
    end
  end
  return all
end

---@type moonlatch.SopsCommand[]
commands.list = {
  { name = "encrypt", takes = "[file]", about = "seal a file; default: standard input",
    flags = flags(IN_PLACE, OUTPUT, KEYS, INPUT_TYPE, OUTPUT_TYPE, SELECTORS, CONTEXT, THRESHOLD,
      OVERRIDE, SERVICES) },
  { name = "decrypt", takes = "[file]", about = "open a file; default: standard input",
    flags = flags(IN_PLACE, EXTRACT, OUTPUT, INPUT_TYPE, OUTPUT_TYPE, IGNORE_MAC, OVERRIDE, ORDER,
      SERVICES) },
  { name = "edit", takes = "file", about = "edit a sealed file, or begin one",
    flags = flags(KEYS, INPUT_TYPE, OUTPUT_TYPE, SELECTORS, CONTEXT, THRESHOLD, SHOW_KEYS,
      IGNORE_MAC, ORDER, SERVICES) },
  { name = "rotate", takes = "file", about = "a new data key; keys added and removed",
    flags = flags(IN_PLACE, OUTPUT, INPUT_TYPE, OUTPUT_TYPE, CONTEXT, CHANGES, OVERRIDE, ORDER,
      SERVICES) },
  { name = "set", takes = "file index [ value ]", about = "give a place a value, which is JSON",
    flags = flags(INPUT_TYPE, OUTPUT_TYPE,
      { name = "value-file", kind = "switch", about = "`value` names a file that holds the value" },
      { name = "value-stdin", kind = "switch", about = "the value is on standard input" },
      THRESHOLD, IGNORE_MAC, ORDER,
      { name = "idempotent", kind = "switch", about = "an equal value changes nothing at all" },
      SERVICES) },
  { name = "unset", takes = "file index", about = "remove a value",
    flags = flags(INPUT_TYPE, OUTPUT_TYPE, THRESHOLD, IGNORE_MAC, ORDER,
      { name = "idempotent", kind = "switch", about = "a value that is not there is no error" },
      SERVICES) },
  { name = "updatekeys", takes = "file...", about = "give files the keys that .sops.yaml says",
    flags = flags(YES, INPUT_TYPE, SERVICES) },
  { name = "groups", takes = "command", about = "add or delete a key group", flags = {},
    group = true },
  { name = "groups add", takes = "", about = "add a key group",
    flags = flags({ name = "file", short = "f", about = "the sealed file" }, GROUP_KEYS, IN_PLACE,
      THRESHOLD, CONTEXT, SERVICES) },
  { name = "groups delete", takes = "[index]", about = "delete a key group, counted from 0",
    flags = flags({ name = "file", short = "f", about = "the sealed file" }, IN_PLACE, THRESHOLD,
      SERVICES) },
  { name = "filestatus", takes = "file", about = "say whether a file is sealed, as JSON",
    flags = flags(INPUT_TYPE) },
  { name = "exec-env", takes = "[file to decrypt] [command to run]",
    about = "run a command with the values in its environment",
    flags = flags(BACKGROUND,
      { name = "pristine", kind = "switch", about = "no other variables than the values" }, USER,
      { name = "same-process", kind = "switch", about = "become the command" }, ORDER, SERVICES) },
  { name = "exec-file", takes = "[file to decrypt] [command to run]",
    about = "run a command with the path of the clear text in place of {}",
    flags = flags(BACKGROUND,
      { name = "no-fifo", kind = "switch", about = "a regular file, which can be read again" },
      USER, INPUT_TYPE, OUTPUT_TYPE, { name = "filename", about = "the name of that file" }, ORDER,
      SERVICES) },
  { name = "publish", takes = "file", about = "send a file to where .sops.yaml says",
    flags = flags(YES,
      { name = "omit-extensions", kind = "switch", about = "drop the ending of the name there" },
      { name = "recursive", kind = "switch", about = "all files of a folder" }, VERBOSE, ORDER,
      SERVICES) },
  { name = "keyservice", takes = "", about = "not supported here",
    flags = flags({ name = "network", short = "net", about = "tcp or unix" },
      { name = "address", short = "addr", about = "where to listen" },
      { name = "prompt", kind = "switch", about = "ask for each request" }, VERBOSE) },
  { name = "completion", takes = "command", about = "completion for a shell", flags = {},
    group = true },
  { name = "completion bash", takes = "", about = "for bash", flags = {} },
  { name = "completion zsh", takes = "", about = "for zsh", flags = {} },
}

--- The flags that stand before a command, or alone: sops of old.
---@type moonlatch.SopsCommand
commands.root = { name = "", takes = "file", about = "edit a file",
  flags = flags(
    { name = "decrypt", short = "d", kind = "switch", about = "as the command decrypt" },
    { name = "encrypt", short = "e", kind = "switch", about = "as the command encrypt" },
    { name = "rotate", short = "r", kind = "switch", about = "as the command rotate" },
    { name = "set", about = [[as the command set: '["a"][0] JSON']] },
    { name = "disable-version-check", kind = "switch", env = "SOPS_DISABLE_VERSION_CHECK",
      about = "nothing is asked of a network anyway" },
    { name = "check-for-updates", kind = "switch", about = "nothing is asked of a network" },
    KEYS, IN_PLACE, EXTRACT, INPUT_TYPE, OUTPUT_TYPE, SHOW_KEYS, CHANGES, IGNORE_MAC,
    { name = "mac-only-encrypted", kind = "switch", about = "the MAC covers sealed values only" },
    SELECTORS, COMMENT_SELECTORS,
    { name = "config", env = "SOPS_CONFIG", about = "this file instead of the .sops.yaml upward" },
    CONTEXT, THRESHOLD,
    { name = "indent", kind = "number", about = "blanks for one level" }, VERBOSE,
    OUTPUT, OVERRIDE, ORDER, SERVICES,
    { name = "version", short = "v", kind = "switch", about = "print the version" }) }

--- What is said before a command and holds for it too.
commands.GLOBAL = { "config", "indent", "mac-only-encrypted", "verbose" }

---@param name string
---@return moonlatch.SopsCommand?
function commands.find(name)
  for _, command in ipairs(commands.list) do
    if command.name == name then
      return command
    end
  end
end

return commands
