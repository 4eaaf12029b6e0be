--- vault.bitwarden — keys kept in Bitwarden, through its program `bw`.
--
-- One `bw status`, one `bw list items --search`; attachments cost one call each. The output of the
-- second holds other people's passwords: it stays in locked memory, only names are read of items
-- that were not asked for, and all of it is wiped at once. The session goes to bw by its
-- environment, and to nobody else.

local check  <const> = require "moonlatch.vault.check"
local doc    <const> = require "moonlatch.doc"
local encode <const> = require "moonlatch.encode"
local fail   <const> = require "moonlatch.fail"
local host   <const> = require "moonlatch.host"
local json   <const> = require "moonlatch.json"
local proc   <const> = require "moonlatch.proc"
local secret <const> = require "moonlatch.secret"
local ssh    <const> = require "moonlatch.ssh"

local Bitwarden = { name = "bitwarden" }
Bitwarden.__index = Bitwarden

local bitwarden = {}

local PASS <const> = { "HOME", "PATH", "LANG", "XDG_CONFIG_HOME", "BITWARDENCLI_APPDATA_DIR",
  "NODE_EXTRA_CA_CERTS", "HTTPS_PROXY", "NO_PROXY" }
local SECONDS <const> = 120
local STALE <const> = 24 * 60 * 60

--- The provider; nothing is run yet.
---@param config table
---@param options { report: moonlatch.Report?, sync: boolean? }
---@return moonlatch.Vault
function bitwarden.open(config, options)
  return setmetatable({ config = config, report = options.report, sync = options.sync or false,
    kept = {} }, Bitwarden)
end

local function bw(words, more)
  local call <const> = { program = "bw", options = words, pass = PASS, timeout = SECONDS,
    env = { BW_NOINTERACTION = "true", BW_SESSION = host.secret_env "BW_SESSION" },
    stdout = "string", stderr = "string" }
  for name, value in pairs(more or {}) do
    call[name] = value
  end
  local result <const>, err <const> = proc.run(call)
  if not result then
    return nil, err
  elseif result.status ~= 0 then
    local why <const> = result.timed_out and "took too long"
      or ("ended with status %s"):format(tostring(result.status))
    return nil, fail.new("child", ("bw %s %s"):format(words[1], why),
      "run the same by hand to see what it says")
  end
  return result.stdout
end

--- Seconds since 1970 of `2025-01-31T12:00:00.000Z`.
local function seconds_of(text)
  local y, m, d, h, min, s = (text or ""):match("^(%d+)-(%d+)-(%d+)T(%d+):(%d+):(%d+)")
  if not y then
    return nil
  end
  y, m, d = tonumber(y), tonumber(m), tonumber(d)
  -- Days by counting years from March, so that the leap day is the last of its year.
  if m <= 2 then
    y, m = y - 1, m + 12
  end
  local leaps <const> = y // 4 - y // 100 + y // 400
  local days <const> = 365 * y + leaps + (153 * (m - 3) + 2) // 5 + d - 719469
  return ((days * 24 + tonumber(h)) * 60 + tonumber(min)) * 60 + tonumber(s)
end

local UNSYNCED <const> = "`bw sync`, or run this again with --sync"

local function read_status(text)
  local value <const>, err <const> = json.parse(text)
  if type(value) ~= "table" then
    return nil, fail.new("child", "bw status gave no JSON" .. (err and ": " .. err.message or ""))
  end
  if value.status == "unauthenticated" then
    return { state = "logged-out", message = "bw is not logged in", hint = "`bw login`, then "
      .. "export BW_SESSION=$(bw unlock --raw)" }
  elseif value.status == "locked" then
    return { state = "locked", message = host.secret_env "BW_SESSION"
      and "the vault is locked: BW_SESSION is not, or no longer, its session"
      or "the vault is locked", hint = "export BW_SESSION=$(bw unlock --raw)" }
  elseif value.status ~= "unlocked" then
    return nil, fail.new("child", "bw status names a state that is not known")
  end
  local synced <const> = type(value.lastSync) == "string" and seconds_of(value.lastSync)
  if not synced then
    return { state = "stale", message = "bw has never synced", hint = UNSYNCED }
  elseif host.time() - synced > STALE then
    return { state = "stale", message = ("bw synced last on %s"):format(value.lastSync:sub(1, 10)),
      hint = UNSYNCED }
  end
  return { state = "unlocked" }
end

--- Logged out, locked, not synced and missing are four things, with four next commands.
function Bitwarden:status()
  if self.known then
    return self.known
  end
  if not proc.find "bw" then
    self.known = { state = "missing", message = "the program bw is not installed",
      hint = "install the Bitwarden command line, or use the provider 'directory'" }
    return self.known
  end
  local text <const>, err <const> = bw { "status" }
  local status, bad
  if text then
    status, bad = read_status(text)
  end
  self.known = status or { state = "missing", message = (bad or err).message,
    hint = (bad or err).hint }
  return self.known
end

local function ready(self)
  local vault <const> = require "moonlatch.vault"
  local status <const> = self:status()
  local ok <const>, err <const> = vault.usable(status)
  if not ok then
    return nil, err
  end
  if self.sync and not self.synced then
    local done <const>, bad <const> = bw { "sync" }
    if not done then
      return nil, bad
    end
    self.synced, self.known = true, { state = "unlocked" }
  elseif status.state == "stale" and self.report and not self.warned then
    self.warned = true
    self.report:warn(status.message .. "; " .. status.hint)
  end
  return true
end

local function text_at(node, ...)
  for _, name in ipairs { ... } do
    node = node and node.kind == "map" and node:get(name) or nil
  end
  if node and node.kind == "scalar" and node.type == "str" and #node:text() > 0 then
    return node:text()
  end
end

--- A public half as text, if that is what stands there.
local function public_text(value)
  local public <const> = value and ssh.public(value)
  return public and public.line or nil
end

local function attachment_of(node)
  local list <const> = node:get "attachments"
  if not list or list.kind ~= "list" then
    return nil
  end
  local found = {}
  for _, attachment in list:items() do
    local file <const> = text_at(attachment, "fileName")
    if file and (file:equal "id_ed25519" or file:equal "id_ed25519.pub") then
      found[file:equal "id_ed25519" and "private" or "public"] = text_at(attachment, "id")
    end
  end
  return found.private and found or nil
end

local function looks_private(value)
  return value and (ssh.is_encrypted(value) ~= nil
    or value:trim():sub(1, #"-----BEGIN "):equal "-----BEGIN ")
end

--- The shape of an item and what it holds; the private half only if it was asked for.
local function read_item(node, wanted)
  local key <const> = text_at(node, "sshKey", "privateKey")
  if key then
    return { shape = "ssh-key", public = public_text(text_at(node, "sshKey", "publicKey")),
      private = wanted and key:copy() or nil }
  end
  local notes <const> = text_at(node, "notes")
  if looks_private(notes) then
    return { shape = "login", public = public_text(text_at(node, "login", "password")),
      private = wanted and notes:copy() or nil }
  end
  local attached <const> = attachment_of(node)
  if attached then
    return { shape = "attachment", attached = { private = attached.private:publish() } }
  end
  if notes and wanted then
    return { shape = "note", private = notes:copy() }
  end
  return { shape = "note" }
end

--- Reads the items of one search. `choose` is given each name and says whether its private half is
--- wanted, or nil to leave the item unread.
local function load(self, search, choose)
  local ok <const>, err <const> = ready(self)
  if not ok then
    return nil, err
  end
  local raw <const>, bad <const> = bw({ "list", "items", "--search", search },
    { stdout = "secret" })
  if not raw then
    return nil, bad
  end
  local parsed <const>, broken <const> = doc.parse(raw, { format = "json", path = "bw list items" })
  if not parsed then
    raw:wipe()
    return nil, broken
  end
  local items <const> = {}
  local root <const> = parsed:roots() > 0 and parsed:root(1) or nil
  if root and root.kind == "list" then
    for _, node in root:items() do
      local name <const> = text_at(node, "name")
      local plain <const> = name and name:publish()
      local wanted = nil
      if plain then
        wanted = choose(plain)
      end
      if wanted ~= nil then
        local item <const> = read_item(node, wanted)
        item.name, item.id = plain, text_at(node, "id"):publish()
        table.insert(items, item)
      end
    end
  end
  parsed:close()
  raw:wipe()
  return items
end

--- Items whose name has `search` in it.
local function matching(self, search, private)
  search = search or self.config.search or "sops-"
  local items <const>, err <const> = load(self, search, function(name)
    if name:find(search, 1, true) then
      return private
    end
  end)
  if not items then
    return nil, err
  end
  table.sort(items, function(a, b) return a.name < b.name end)
  return items
end

--- No private half is read.
function Bitwarden:list(search)
  return matching(self, search, false)
end

--- What all names have in common, for the one search.
local function common(names)
  local first <const> = names[1]
  for length = #first, 1, -1 do
    for from = 1, #first - length + 1 do
      local part <const>, all = first:sub(from, from + length - 1), true
      for _, name in ipairs(names) do
        all = all and name:find(part, 1, true) ~= nil
      end
      if all then
        return part
      end
    end
  end
  return first
end

local function fetch_attachment(item)
  if item.attached then
    local private <const>, err <const> = bw({ "get", "attachment", item.attached.private,
      "--itemid", item.id, "--raw" }, { stdout = "secret" })
    if not private then
      return nil, err
    end
    item.private, item.attached = private, nil
  end
  if not item.private then
    return nil, fail.new("format", ("%s holds no key"):format(item.name))
  end
  return true
end

function Bitwarden:inspect(search)
  local items <const>, err <const> = matching(self, search, true)
  for _, item in ipairs(items or {}) do
    local ok, problem = fetch_attachment(item)
    if ok then
      ok, problem = check.halves(item)
      item.private:wipe()
    end
    item.private, item.problem = nil, not ok and problem or nil
  end
  return items, err
end

local function complete(self, item)
  local ok <const>, missing <const> = fetch_attachment(item)
  if not ok then
    return nil, missing
  end
  local good <const>, err <const> = check.key(item)
  if good then
    self.kept[item.name] = good
  end
  return good, err
end

--- The keys with these names, by one search. A name that is not there is left out; two items of one
--- name are an error, since either could be meant.
function Bitwarden:fetch(names)
  if #names == 0 then
    return {}
  end
  local wanted <const>, found <const> = {}, {}
  for _, name in ipairs(names) do
    wanted[name] = true
  end
  local items <const>, err <const> = load(self, common(names), function(name)
    return wanted[name] or nil
  end)
  if not items then
    return nil, err
  end
  for _, item in ipairs(items) do
    if found[item.name] then
      return nil, fail.new("conflict", ("the vault has two items named %s"):format(item.name),
        "rename one of them")
    end
    local good <const>, bad <const> = complete(self, item)
    if not good then
      return nil, bad
    end
    found[item.name] = good
  end
  return found
end

function Bitwarden:get(name)
  if self.kept[name] then
    return self.kept[name]
  end
  local found <const>, err <const> = self:fetch { name }
  if not found then
    return nil, err
  elseif not found[name] then
    return nil, fail.new("missing", ("the vault has no item named %s"):format(name),
      "if it was made a moment ago elsewhere: " .. UNSYNCED)
  end
  return found[name]
end

--- Store a new key as an item of the type "SSH key". It reaches bw over stdin.
function Bitwarden:put(name, private, public)
  local found <const>, err <const> = self:fetch { name }
  if not found then
    return nil, err
  elseif found[name] then
    return nil, fail.new("exists", ("the vault has an item named %s"):format(name),
      "rename it first: the old key may be needed for git history")
  end
  local details <const>, bad <const> = ssh.public(public)
  if not details then
    return nil, bad
  end
  local frame <const> = json.format({ type = 5, name = name, notes = json.null, favorite = false,
    sshKey = { privateKey = "", publicKey = details.line, keyFingerprint = details.fingerprint } },
    { indent = false })
  local item <const> = assert(doc.parse(secret.new(frame), { format = "json" }))
  assert(item:set("sshKey/privateKey", private))
  local done <const>, failed <const> = bw({ "create", "item" },
    { stdin = encode.base64(item:text()), stdout = "null" })
  item:close()
  if not done and failed then
    return nil, failed
  end
  return true
end

return bitwarden
