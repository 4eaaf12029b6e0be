--- vault.bitwarden.program — the calls of `bw`, and what its `status` says.
--
-- The session goes to bw by its environment, and to nobody else.

local child <const> = require "moonlatch.child"
local fail  <const> = require "moonlatch.fail"
local host  <const> = require "moonlatch.host"
local json  <const> = require "moonlatch.json"
local proc  <const> = require "moonlatch.proc"

local program = {}

local PASS <const> = { "HOME", "PATH", "LANG", "XDG_CONFIG_HOME", "BITWARDENCLI_APPDATA_DIR",
  "NODE_EXTRA_CA_CERTS", "HTTPS_PROXY", "NO_PROXY" }
local STALE <const> = 24 * 60 * 60

--- The command that makes bw fetch what was changed elsewhere.
program.UNSYNCED = "`bw sync`, or run this again with --sync"

--- Run bw to its end; what it writes is returned.
---@param words string[]
---@param seconds integer
---@param more { operands: string[]?, stdin: moonlatch.Bytes?, stdout: string? }?
---@return moonlatch.Bytes? output  nothing with stdout = "null"
---@return moonlatch.Error? err
function program.run(words, seconds, more)
  local call <const> = { program = "bw", options = words, pass = PASS, timeout = seconds,
    env = { BW_NOINTERACTION = "true", BW_SESSION = host.secret_env "BW_SESSION" },
    stdout = "string" }
  for name, value in pairs(more or {}) do
    call[name] = value
  end
  local result <const>, err <const> = proc.run(call)
  if not result then
    return nil, err
  elseif result.status ~= 0 then
    return nil, fail.new("child", ("bw %s %s"):format(words[1], child.ended(result)),
      "run the same by hand to see what it says")
  end
  return result.stdout
end

--- Seconds since 1970 of `2025-01-31T12:00:00.000Z`.
local function seconds_of(text)
  local y, m, d, h, min, s = text:match("^(%d+)-(%d+)-(%d+)T(%d+):(%d+):(%d+)")
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

--- What the output of `bw status` means.
---@param text string
---@return moonlatch.VaultStatus?
---@return moonlatch.Error? err
function program.read_status(text)
  local value <const> = json.parse(text)
  if type(value) ~= "table" then
    return nil, fail.new("child", "bw status gave something else than JSON",
      "run the same by hand to see what it says")
  elseif value.status == "unauthenticated" then
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
    return { state = "stale", message = "bw has never synced", hint = program.UNSYNCED }
  elseif host.time() - synced > STALE then
    return { state = "stale", message = ("bw synced last on %s"):format(value.lastSync:sub(1, 10)),
      hint = program.UNSYNCED }
  end
  return { state = "unlocked" }
end

return program
