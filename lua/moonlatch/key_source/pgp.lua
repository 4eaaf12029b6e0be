--- key_source.pgp — OpenPGP keys, through `gpg` and its agent.

local fail    <const> = require "moonlatch.fail"
local fs      <const> = require "moonlatch.fs"
local host    <const> = require "moonlatch.host"
local program <const> = require "moonlatch.key_source.program"
local trim    <const> = require "moonlatch.text".trim
local tty     <const> = require "moonlatch.tty"

local pgp = { program = "gpg" }

-- The agent's pinentry asks at the terminal or on the screen that these name.
local PASS <const> = { "GNUPGHOME", "GPG_TTY", "GPG_AGENT_INFO", "PINENTRY_USER_DATA", "TERM",
  "DISPLAY", "XAUTHORITY", "WAYLAND_DISPLAY", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS" }
local QUIET <const> = { "--quiet", "--batch", "--disable-dirmngr" }

--- The terminal's name. gpg finds it by its stdin, which is a pipe here; so we tell.
local function terminal_name()
  local root <const> = fs.root "/proc/self/fd"
  for number, stream in pairs { [0] = "stdin", [1] = "stdout", [2] = "stderr" } do
    if root and tty.is_terminal(stream) then
      return root:readlink(tostring(number))
    end
  end
end

local function gpg(words, stdin, stdout, key)
  local options <const> = table.move(QUIET, 1, #QUIET, 1, {})
  table.move(words, 1, #words, #options + 1, options)
  local chosen <const> = host.env "SOPS_GPG_EXEC"
  return program.run { program = chosen and chosen ~= "" and chosen or pgp.program,
    options = options, stdin = stdin, stdout = stdout, pass = { PASS }, terminal = true,
    env = { GPG_TTY = host.env "GPG_TTY" or terminal_name() }, needed_by = key.fp }
end

--- Can the key be named to gpg, and mean the same tomorrow?
---@param key moonlatch.Key
---@return boolean? ok
---@return moonlatch.Error? err  `format`
function pgp.check(key)
  local digits <const> = key.fp:match "^0?[xX]?(%x+)!?$"
  if digits and #digits >= 16 then
    return true
  end
  return nil, fail.new("format", ("'%s' is no fingerprint of a PGP key"):format(key.fp),
    "`gpg --list-keys` shows the fingerprints of the keys that you have")
end

--- The data key, or the share of its group, as an armored message to the key.
---@param key moonlatch.Key
---@param share moonlatch.Secret
---@return string? enc
---@return moonlatch.Error? err
function pgp.wrap(key, share)
  local ok <const>, bad <const> = pgp.check(key)
  if not ok then
    return nil, bad
  end
  local text <const>, err <const> = gpg({ "--no-default-recipient", "--no-encrypt-to", "--yes",
    "--trust-model", "always", "--armor", "--recipient", key.fp, "--encrypt" }, share, "string",
    key)
  return text and trim(text), err
end

--- What is in the message.
---@param key moonlatch.Key
---@param enc string
---@return moonlatch.Secret? share
---@return moonlatch.Error? err
function pgp.unwrap(key, enc)
  return gpg({ "--decrypt" }, enc, "secret", key)
end

return pgp
