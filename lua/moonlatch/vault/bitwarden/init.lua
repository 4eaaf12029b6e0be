--- vault.bitwarden — keys kept in Bitwarden, through its program `bw`.
--
-- One `bw status`, one `bw list items`; attachments cost one call each. The output of the second
-- holds other people's passwords: it stays in locked memory, only names are read of items that were
-- not asked for, and all of it is wiped at once.

local doc     <const> = require "moonlatch.doc"
local encode  <const> = require "moonlatch.encode"
local fail    <const> = require "moonlatch.fail"
local item    <const> = require "moonlatch.vault.bitwarden.item"
local json    <const> = require "moonlatch.json"
local proc    <const> = require "moonlatch.proc"
local program <const> = require "moonlatch.vault.bitwarden.program"
local secret  <const> = require "moonlatch.secret"
local ssh     <const> = require "moonlatch.ssh"

local SECONDS <const> = 120

local Bitwarden = { name = "bitwarden", search = "sops-",
  if_missing = "if it was made a moment ago elsewhere: " .. program.UNSYNCED }
Bitwarden.__index = Bitwarden

local bitwarden = {}

--- The provider; nothing is run yet.
---@param config table  `vault` of the site file
---@param options { report: moonlatch.Report?, sync: boolean?, seconds: integer? }
---@return moonlatch.VaultProvider
function bitwarden.open(config, options)
  return setmetatable({ search = config.search, report = options.report,
    sync = options.sync or false, seconds = options.seconds or SECONDS }, Bitwarden)
end

local function find_status(self)
  local path <const>, err <const> = proc.find "bw"
  if not path and fail.is(err, "missing") then
    return { state = "missing", message = err.message,
      hint = "install the Bitwarden command line, or name a folder of key files in moonlatch.lua: "
        .. "vault = { provider = 'directory', path = '~/keys' }" }
  end
  local text, status, bad = nil, nil, err
  if path then
    text, bad = program.run({ "status" }, self.seconds)
  end
  if text then
    status, bad = program.read_status(text)
  end
  return status or { state = "broken", message = bad.message, hint = bad.hint, err = bad }
end

--- Logged out, locked, not synced, missing and broken are five things, with five next commands.
function Bitwarden:status()
  self.known = self.known or find_status(self)
  return self.known
end

--- Sync if that was asked for; else say when bw may not know of the newest items.
local function freshen(self)
  if self.sync then
    local done <const>, err <const> = program.run({ "sync" }, self.seconds)
    if not done then
      return nil, err
    end
    self.sync, self.known = false, { state = "unlocked" }
  elseif self.known.state == "stale" and self.report and not self.warned then
    self.warned = true
    self.report:warn(self.known.message .. "; " .. self.known.hint)
  end
  return true
end

--- The longest part that all texts have in common, perhaps "".
local function common(texts)
  local first <const> = texts[1]
  for length = #first, 1, -1 do
    for from = 1, #first - length + 1 do
      local part <const>, all = first:sub(from, from + length - 1), true
      for _, text in ipairs(texts) do
        all = all and text:find(part, 1, true) ~= nil
      end
      if all then
        return part
      end
    end
  end
  return ""
end

--- One call for all that is asked for. bw takes one search, so it is what all have in common.
local function list_items(self, request)
  local words <const> = { "list", "items" }
  local texts <const> = { request.search }
  for name in pairs(request.names) do
    table.insert(texts, name)
  end
  local term <const> = common(texts)
  if term ~= "" then
    table.insert(words, "--search=" .. term)
  end
  return program.run(words, self.seconds, { stdout = "secret" })
end

--- One item, if it was asked for. The private half is copied only if it is wanted.
local function take(node, request)
  local text <const>, id <const> = item.text(node, "name"), item.text(node, "id")
  local name <const> = text and id and text:publish()
  local asked <const> = name and (request.names[name]
    or request.search and name:find(request.search, 1, true))
  if not asked then
    return nil
  end
  local found <const> = item.read(node)
  local organisation <const> = item.text(node, "organizationId")
  found.name, found.id = name, id:publish()
  found.organisation = organisation and organisation:publish()
  local wanted <const> = request.wanted(found)
  if wanted and found.holder then
    found.private = found.holder:copy()
  elseif wanted and not found.attachment then
    found.problem = fail.new("format", "it holds no key")
  end
  found.holder, found.attachment = nil, wanted and found.attachment or nil
  return found
end

--- The list that bw wrote. Wipes it, whatever was in it.
local function read_list(raw, request)
  local parsed <const> = doc.parse(raw, { format = "json" })
  raw:wipe()
  local root <const> = parsed and parsed:roots() == 1 and parsed:root(1)
  if not root or root.kind ~= "list" then
    if parsed then
      parsed:close()
    end
    return nil, fail.new("child", "bw list items gave something else than a list",
      "run the same by hand to see what it says")
  end
  local items <const> = {}
  for _, node in root:items() do
    table.insert(items, take(node, request))
  end
  parsed:close()
  return items
end

local function fetch_attachment(self, found)
  local bytes <const>, err <const> = program.run({ "get", "attachment", "--itemid=" .. found.id,
    "--raw" }, self.seconds, { operands = { found.attachment }, stdout = "secret" })
  found.private, found.problem, found.attachment = bytes, err, nil
end

function Bitwarden:items(request)
  local ok <const>, err <const> = freshen(self)
  if not ok then
    return nil, err
  end
  local raw <const>, failed <const> = list_items(self, request)
  if not raw then
    return nil, failed
  end
  local items <const>, bad <const> = read_list(raw, request)
  for _, found in ipairs(items or {}) do
    if found.attachment then
      fetch_attachment(self, found)
    end
  end
  return items, bad
end

--- Store a new key as an item of the type "SSH key". It reaches bw over stdin.
function Bitwarden:create(name, private, public)
  local details <const> = assert(ssh.public(public))
  local frame <const> = json.format({ type = 5, name = name, notes = json.null, favorite = false,
    sshKey = { privateKey = "", publicKey = details.line, keyFingerprint = details.fingerprint } },
    { indent = false })
  local made <const> = assert(doc.parse(secret.new(frame), { format = "json" }))
  assert(made:set("sshKey/privateKey", private))
  local _, err <const> = program.run({ "create", "item" }, self.seconds,
    { stdin = encode.base64(made:text()), stdout = "null" })
  made:close()
  return err == nil or nil, err
end

return bitwarden
