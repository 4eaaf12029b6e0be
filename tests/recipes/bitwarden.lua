-- For the tests of the Bitwarden provider: a stand-in for bw, which writes down how it was called
-- and answers from files; and items in the way bw writes them.

local age  <const> = require "moonlatch.age"
local host <const> = require "moonlatch.host"
local json <const> = require "moonlatch.json"
local ssh  <const> = require "moonlatch.ssh"

local bitwarden = {
  KEYS = "home/.config/sops/age/keys.txt",
  NO_SITE = "return { version = 1 }",
  SESSION = "c2Vzc2lvbiBvZiB0aGUgc3RhbmQtaW4=",
}

-- `bw WORD …` runs WORD.sh beside it, if the test has put one there, else prints the file WORD.
local STAND_IN <const> = [[
#!/bin/sh
folder=${0%/*}
echo "$*" >> "$folder/calls"
env >> "$folder/environment"
[ "$1" != create ] || cat > "$folder/created"
[ ! -e "$folder/$1.sh" ] || . "$folder/$1.sh"
[ ! -e "$folder/$1" ] || exec cat "$folder/$1"
]]

--- What bw prints for a word: text, or a value as JSON.
function bitwarden.answer(t, word, value)
  t:write("bin/" .. word, type(value) == "string" and value or json.format(value))
end

--- What `bw status` says.
function bitwarden.status(t, state, synced)
  bitwarden.answer(t, "status", { serverUrl = json.null, lastSync = synced or json.null,
    status = state })
end

--- An unlocked vault with these items, synced now.
function bitwarden.setup(t, items, site)
  t.root:mkdir("repo", tonumber("755", 8))
  t:write("bin/bw", STAND_IN, tonumber("700", 8))
  t:write("repo/.sops.yaml", "keys: []\ncreation_rules: []\n")
  t:write("repo/moonlatch.lua", site or ("return { version = 1, identities = {"
    .. " me = { login = { %q }, vault = 'sops-me-ssh' } } }"):format(host.user().name))
  bitwarden.status(t, "unlocked", os.date("!%Y-%m-%dT%H:%M:%S.000Z", math.floor(host.time())))
  bitwarden.answer(t, "list", json.array(items or {}))
end

--- Run our program in the repository; `wanted` is the status it must end with.
function bitwarden.run(t, words, wanted)
  local command <const> = { "-C", "repo", table.unpack(words) }
  command.env = { PATH = t:path "bin" .. ":" .. host.env "PATH", BW_SESSION = bitwarden.SESSION }
  for name, value in pairs(words.env or {}) do
    command.env[name] = value
  end
  local result <const> = t:program(command)
  if wanted and result.status ~= wanted then
    error(("%s: status %s, wanted %d\n%s%s"):format(table.concat(words, " "),
      tostring(result.status), wanted, result.stdout, result.stderr), 2)
  end
  return result
end

--- A script with `vault` (of the site) and `ssh`; its result is printed as JSON. `seconds`: how
--- long bw may take.
function bitwarden.script(t, body, seconds)
  t:write("script.lua", ([[
    local json, ssh = require "moonlatch.json", require "moonlatch.ssh"
    return { summary = "", takes = {}, options = {}, run = function(_, ctx)
      local vault = assert(require("moonlatch.vault").open(ctx.site,
        { report = ctx.report, seconds = %s }))
      local function give(value, err)
        require("moonlatch.host").out(json.format(err and { code = err.code, message = err.message,
          hint = err.hint } or value))
      end
      %s
    end }]]):format(seconds, body))
  return json.parse(bitwarden.run(t, { "run", t:path "script.lua" }, 0).stdout)
end

--- How bw was called since the last time.
function bitwarden.calls(t)
  local list <const> = {}
  for line in (t:read "bin/calls" or ""):gmatch "[^\n]+" do
    table.insert(list, line)
  end
  t.root:remove "bin/calls"
  return list
end

--- A key, its text, its recipient.
function bitwarden.new_key()
  local key <const> = assert(ssh.generate())
  return key, key:text():publish(), assert(key:age_identity()):recipient()
end

local number = 0

--- An item in the way bw writes it.
function bitwarden.item(name, fields)
  number = number + 1
  local made <const> = { object = "item", id = ("00000000-0000-4000-8000-%012d"):format(number),
    name = name, type = 1, notes = json.null, favorite = false, collectionIds = json.array {} }
  for field, value in pairs(fields) do
    made[field] = value
  end
  return made
end

function bitwarden.ssh_item(name, private, public)
  return bitwarden.item(name, { type = 5, sshKey = { privateKey = private, publicKey = public,
    keyFingerprint = "SHA256:any" } })
end

--- One item of each shape, what their keys are, and the text of the attachment.
function bitwarden.all_shapes()
  local one <const>, one_text <const>, recipient_one <const> = bitwarden.new_key()
  local two <const>, two_text <const>, recipient_two <const> = bitwarden.new_key()
  local _, three_text <const>, recipient_three <const> = bitwarden.new_key()
  local four <const> = assert(age.generate())
  local key_file <const> = ("# created: today\n# public key: %s\n%s\n"):format(four:recipient(),
    four:secret():publish())
  return {
    bitwarden.ssh_item("sops-a-ssh", one_text, one:public()),
    bitwarden.item("sops-b-ssh", { notes = two_text, login = { password = two:public() } }),
    bitwarden.item("sops-c-ssh", { type = 2, attachments = json.array {
      { id = "other", fileName = "notes.txt" }, { id = "attached", fileName = "id_ed25519" } } }),
    bitwarden.item("sops-d-ssh", { type = 2, notes = key_file }),
  }, { recipient_one, recipient_two, recipient_three, four:recipient() }, three_text
end

--- The recipients of a key file in the test's folder, in its order.
function bitwarden.recipients_in(t, path)
  local list <const> = {}
  for _, line in ipairs(assert(age.parse_key_file(assert(t.root:read_secret(path))))) do
    table.insert(list, line.recipient)
  end
  return list
end

return bitwarden
