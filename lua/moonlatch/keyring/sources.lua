--- keyring.sources — every place where sops and age look for private keys, in sops' order.
--
-- Commands and paths come from the user's own environment only, never from a repository.

local age     <const> = require "moonlatch.age"
local child   <const> = require "moonlatch.child"
local fail    <const> = require "moonlatch.fail"
local fs      <const> = require "moonlatch.fs"
local host    <const> = require "moonlatch.host"
local keyfile <const> = require "moonlatch.keyfile"
local modes   <const> = require "moonlatch.modes"
local proc    <const> = require "moonlatch.proc"
local shell   <const> = require "moonlatch.shell"
local ssh     <const> = require "moonlatch.ssh"

---@class moonlatch.KeySource
---@field name string                what the user knows it as: a variable or a path
---@field path string?
---@field found boolean
---@field problem moonlatch.Error?
---@field entries { identity: moonlatch.AgeIdentity, recipient: string }[]
---@field plugins moonlatch.AgeIdentity[]  identities that only a plugin can use
---@field waiting moonlatch.Secret?  a key whose passphrase was not asked for yet
---@field sealed boolean?            it waits as an encrypted key file, not as an SSH key
---@field waits_for string[]?        recipients a protected key would open; nil = unknown
---@field open boolean?              others have access to the file
---@field lines moonlatch.KeyFile?   of a key file, with its comments

local sources = {}

--- What a key command of the user may need of the environment.
local PASS <const> = { "HOME", "PATH", "USER", "LOGNAME", "LANG", "TERM", "DISPLAY",
  "WAYLAND_DISPLAY", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "GNUPGHOME", "GPG_TTY",
  "DBUS_SESSION_BUS_ADDRESS", "SSH_AUTH_SOCK" }
local COMMAND_SECONDS <const> = 120

local function new(name, path)
  return { name = name, path = path, found = false, entries = {}, plugins = {} }
end

--- How many keys a source has.
---@param source moonlatch.KeySource
---@return integer
function sources.count(source)
  return #source.entries + #source.plugins
end

local function add(source, identity)
  table.insert(source.entries, { identity = identity, recipient = identity:recipient() })
end

--- The output of a command that the user's environment names.
local function run(line)
  local words <const>, err <const> = shell.words(line)
  if not words then
    return nil, err
  elseif #words == 0 then
    return nil, fail.new("format", "the command is empty")
  end
  local result <const>, bad <const> = proc.run {
    program = words[1], options = table.move(words, 2, #words, 1, {}), pass = PASS,
    stdout = "secret", stderr = "null", timeout = COMMAND_SECONDS,
  }
  if not result then
    return nil, bad
  elseif result.status ~= 0 then
    return nil, fail.new("child", "the command " .. child.ended(result))
  end
  return result.stdout
end

local function read_file(path)
  local root <const>, name <const> = fs.resolve(path)
  if not root then
    return nil, name
  end
  local stat <const>, err <const> = root:stat(name)
  if not stat then
    return nil, err
  end
  local bytes <const>, bad <const> = root:read_secret(name)
  return bytes, bad, stat
end

--- The identities of an SSH key: as age's ssh-ed25519 or ssh-rsa; of an Ed25519 key the derived
--- X25519 one, too.
local function add_ssh(source, key)
  local native <const>, derived <const> = key:ssh_identity(), key:age_identity()
  if native then
    add(source, native)
  end
  if derived then
    add(source, derived)
  end
end

--- Takes an SSH private key, or notes that it waits for its passphrase.
---@param source moonlatch.KeySource
---@param bytes moonlatch.Secret
---@param passphrase moonlatch.Secret?
function sources.take_ssh(source, bytes, passphrase)
  local key <const>, err <const> = ssh.private(bytes, { passphrase = passphrase })
  if key then
    add_ssh(source, key)
    return true
  end
  if fail.is(err, "passphrase") then
    local public <const> = ssh.inspect(bytes).line -- it is not protected
    source.waiting, source.waits_for = bytes, { public, (ssh.to_age(public)) }
    return true
  end
  source.problem = err
  return false
end

--- Takes the lines of a key file.
---@param source moonlatch.KeySource
---@param bytes moonlatch.Secret
---@param words boolean?  as of keyfile.parse
function sources.take_key_file(source, bytes, words)
  if age.key_file_form(bytes) == "sealed" then
    source.waiting, source.sealed = bytes, true
    return
  end
  local lines <const>, err <const> = keyfile.parse(bytes, source.path, words)
  if not lines then
    source.problem = err
    return
  end
  source.lines = lines
  for _, line in ipairs(lines.entries) do
    if line.kind == "plugin" then
      table.insert(source.plugins, line.identity)
    elseif line.identity then
      add(source, line.identity)
    end
  end
end

--- A file the user names: an SSH key, or a key file.
local function take_any(source, bytes)
  local encrypted <const>, err <const> = ssh.is_encrypted(bytes)
  if encrypted ~= nil or fail.is(err, "unsupported") then
    return sources.take_ssh(source, bytes)
  end
  sources.take_key_file(source, bytes)
end

local function from_file(name, path, take, optional)
  local source <const> = new(name, path)
  local bytes <const>, err <const>, stat <const> = read_file(path)
  if bytes then
    source.found = true
    source.open = stat and modes.is_open(stat)
    take(source, bytes)
  elseif not (optional and fail.is(err, "missing")) then
    source.problem = err
  end
  return source
end

local function from_command(name, take)
  local source <const>, line <const> = new(name), host.env(name)
  if line and line ~= "" then
    local bytes <const>, err <const> = run(line)
    source.found, source.problem = bytes ~= nil, err
    if bytes then
      take(source, bytes)
    end
  end
  return source
end

local function from_variable(name)
  local source <const>, bytes <const> = new(name), host.secret_env(name)
  if bytes and #bytes > 0 then
    source.found = true
    sources.take_key_file(source, bytes, true)
  end
  return source
end

local function from_path_variable(name, take)
  local path <const> = host.env(name)
  if path and path ~= "" then
    return from_file(name, path, take)
  end
  return new(name)
end

--- The key file that sops and we use when nothing else is said.
---@return string
function sources.default_path()
  return fs.config_home() .. "/sops/age/keys.txt"
end

--- All sources, those that hold nothing included.
---@param files string[]  of --identity
---@return moonlatch.KeySource[]
function sources.all(files)
  local list <const> = {}
  for _, path in ipairs(files) do
    table.insert(list, from_file(path, path, take_any))
  end
  local home <const> = fs.home()
  table.insert(list, from_path_variable("SOPS_AGE_SSH_PRIVATE_KEY_FILE", sources.take_ssh))
  table.insert(list, from_command("SOPS_AGE_SSH_PRIVATE_KEY_CMD", sources.take_ssh))
  for _, name in ipairs { "id_ed25519", "id_rsa" } do
    local path <const> = home .. "/.ssh/" .. name
    table.insert(list, from_file("~/.ssh/" .. name, path, sources.take_ssh, true))
  end
  table.insert(list, from_variable "SOPS_AGE_KEY")
  table.insert(list, from_path_variable("SOPS_AGE_KEY_FILE", sources.take_key_file))
  table.insert(list, from_command("SOPS_AGE_KEY_CMD", sources.take_key_file))
  local default <const> = sources.default_path()
  table.insert(list, from_file(default, default, sources.take_key_file, true))
  return list
end

return sources
