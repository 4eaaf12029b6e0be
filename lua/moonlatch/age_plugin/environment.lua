--- age_plugin.environment — what of our environment an age plugin gets.
--
-- It may be anybody's program, so it gets what a program needs to find its files, its token and the
-- person's screen, and no secret. Who has a plugin that needs more names it.

local fs         <const> = require "moonlatch.fs"
local host       <const> = require "moonlatch.host"
local passphrase <const> = require "moonlatch.passphrase"

local environment = {}

local VARIABLE <const> = "MOONLATCH_PLUGIN_ENV"
local PASSPHRASE <const>, PASSPHRASE_FD <const> = "AGE_PASSPHRASE", "AGE_PASSPHRASE_FD"
local LONGEST_PASSPHRASE <const> = 1024 * 1024 -- as in batchpass

local EVERY_PLUGIN <const> = {
  "HOME", "PATH",                                          -- its files, other programs
  "LANG", "LC_ALL", "LC_CTYPE", "LC_MESSAGES",             -- the language of what it says
  "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS",           -- agents
  "DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY",              -- a pinentry of its own
  "PCSCLITE_CSOCK_NAME",                                   -- the daemon of smart cards
  "AGEDEBUG",
}

--- What only some have, by the name of the plugin: age itself comes with batchpass, which asks
--- nobody.
local ITS_OWN <const> = {
  batchpass = { PASSPHRASE, "AGE_PASSPHRASE_WORK_FACTOR", "AGE_PASSPHRASE_MAX_WORK_FACTOR" },
}

--- Our own keys are nobody else's, whatever is named.
local function is_ours(name)
  return name:find "^SOPS_" or name:find "^MOONLATCH_"
end

--- No plugin gets a descriptor, so what batchpass would read from one is read here. It says itself
--- what is wrong with the variable.
local function read_passphrase(secrets, passed)
  local word <const>, given <const> = host.env(PASSPHRASE_FD) or "", secrets[PASSPHRASE]
  local number <const> = not (given and #given > 0) and passphrase.descriptor(word)
  local bytes = number and fs.read_descriptor(number, { limit = LONGEST_PASSPHRASE })
  if not bytes then
    table.insert(passed, PASSPHRASE_FD)
    return
  end
  local text = bytes:trim()
  while #text < #bytes do -- all line breaks at the end, as there
    bytes, text = text, text:trim()
  end
  secrets[PASSPHRASE] = text
end

--- The variables of a plugin.
---@param plugin string  its name
---@return table<string, moonlatch.Secret> secrets
---@return string[] passed  names of those that are none
function environment.of(plugin)
  local passed <const> = table.move(EVERY_PLUGIN, 1, #EVERY_PLUGIN, 1, {})
  local named <const> = table.move(ITS_OWN[plugin] or {}, 1, #(ITS_OWN[plugin] or {}), 1, {})
  for name in (host.env(VARIABLE) or ""):gmatch "[^,%s]+" do
    table.insert(named, not is_ours(name) and name or nil)
  end
  local public <const>, secrets <const> = {}, {}
  for _, name in ipairs(host.variables()) do
    public[name] = true
  end
  for _, name in ipairs(named) do
    if public[name] then
      table.insert(passed, name)
    else
      secrets[name] = host.secret_env(name)
    end
  end
  if plugin == "batchpass" then
    read_passphrase(secrets, passed)
  end
  return secrets, passed
end

return environment
