--- age_file.identities — the private keys of a command line, each used when its turn comes.
--
-- Keys that lie open are tried first. A protected one waits: of an SSH key the public half, which
-- is in clear, tells whether a file is for it; a sealed file of identities is opened to find out.

local age    <const> = require "moonlatch.age"
local encode <const> = require "moonlatch.encode"
local fail   <const> = require "moonlatch.fail"
local fs     <const> = require "moonlatch.fs"
local ssh    <const> = require "moonlatch.ssh"

local identities = {}

local LONGEST_SEALED <const>, LONGEST_SSH <const> = 16 * 1024 * 1024, 16 * 1024
local TAG <const> = 4 -- bytes of the hash of a public key, by which a stanza names it

---@class moonlatch.AgeSource
---@field name string                     as the person wrote it
---@field native moonlatch.AgeIdentity[]  tried before all others
---@field ssh moonlatch.AgeIdentity[]
---@field plugins moonlatch.AgeIdentity[]
---@field waiting moonlatch.Secret?       an SSH key under a passphrase
---@field info moonlatch.SshInfo?         of that key, in clear
---@field sealed moonlatch.Secret?        a file of identities under a passphrase

---@class moonlatch.AgeAsk
---@field passphrases moonlatch.Passphrases
---@field warn fun(message: string)
---@field plugin table?                   options of moonlatch.age_plugin

local function new(name)
  return { name = name, native = {}, ssh = {}, plugins = {} }
end

--- Lines of identities, as they stand in a file or behind its passphrase.
local function take_lines(source, bytes)
  local lines <const>, err <const> = age.parse_key_file(bytes)
  if not lines then
    return nil, err
  end
  for _, line in ipairs(lines) do
    local identity <const> = line.identity
    if identity then
      table.insert(identity.kind == "plugin" and source.plugins or source.native, identity)
    elseif line.kind ~= "comment" and line.kind ~= "blank" then
      return nil, fail.new("unsupported", ("an identity of kind %s"):format(line.kind), nil,
        { line = line.line })
    end
  end
  if #source.native + #source.plugins == 0 then
    return nil, fail.new("missing", "no identities found")
  end
  return source
end

--- The identities that one SSH key is.
local function take_key(source, key)
  local identity <const>, err <const> = key:ssh_identity()
  if not identity then
    return nil, err
  end
  table.insert(source.ssh, identity)
  return source
end

local function take_ssh(source, bytes)
  if #bytes > LONGEST_SSH then
    return nil, fail.new("limit", "file too long")
  end
  local key <const>, err <const> = ssh.private(bytes)
  if key then
    return take_key(source, key)
  elseif not fail.is(err, "passphrase") then
    return nil, err
  end
  source.waiting, source.info = bytes:copy(), assert(ssh.inspect(bytes))
  return source
end

--- What a file holds: lines of identities, the same under a passphrase, or an SSH key.
---@param name string
---@param bytes moonlatch.Secret
---@return moonlatch.AgeSource?
---@return moonlatch.Error? err
function identities.read(name, bytes)
  local source <const> = new(name)
  local form <const> = age.key_file_form(bytes)
  if form == "sealed" then
    if #bytes > LONGEST_SEALED then
      return nil, fail.new("limit", "file too long")
    end
    source.sealed = bytes:copy()
    return source
  elseif form == "pem" then
    return take_ssh(source, bytes)
  end
  return take_lines(source, bytes)
end

--- An identity that is at hand.
---@param name string
---@param identity moonlatch.AgeIdentity
---@return moonlatch.AgeSource
function identities.of(name, identity)
  local source <const> = new(name)
  table.insert(identity.kind == "plugin" and source.plugins or source.native, identity)
  return source
end

--- All keys of this user.
---@param ring moonlatch.Keyring
---@return moonlatch.AgeSource[]
function identities.of_ring(ring)
  local list <const> = {}
  for i, from in ipairs(ring.sources) do
    local source <const> = new(from.name)
    for _, entry in ipairs(from.entries) do
      table.insert(source.native, entry.identity)
    end
    source.plugins = from.plugins
    if from.sealed then
      source.sealed = from.waiting
    elseif from.waiting then
      source.waiting, source.info = from.waiting, ssh.inspect(from.waiting)
    end
    list[i] = source
  end
  return list
end

--- Open a file of identities with its passphrase. What it held is in the source from then on.
local function unseal(source, ask)
  local bytes <const> = source.sealed
  local file <const>, err <const> = age.open(bytes)
  if not file then
    return nil, err
  elseif file:stanzas()[1].type ~= "scrypt" then
    return nil, fail.new("unsupported",
      "identity file is encrypted with age but not with a passphrase")
  end
  local passphrase <close>, gone <const> = ask.passphrases:ask(
    ('Enter passphrase for identity file "%s": '):format(source.name))
  if not passphrase then
    return nil, gone
  end
  local ok <const>, wrong <const> = file:unlock_passphrase(passphrase)
  if not ok then
    wrong.message = "failed to decrypt identity file: "
      .. (fail.is(wrong, "auth") and "incorrect passphrase" or wrong.message)
    return nil, wrong
  end
  local text <close>, bad <const> = file:text()
  if not text then
    return nil, bad
  end
  source.sealed = nil
  return take_lines(source, text)
end

--- The tag by which stanzas name an SSH key.
local function tag_of(info)
  local hash <const> = assert(encode.unbase64(info.fingerprint:match "^SHA256:(.*)$",
    { padding = false }))
  return encode.base64(hash:sub(1, TAG), { padding = false })
end

--- Is a stanza for this SSH key?
local function is_named(file, info)
  local tag <const> = tag_of(info)
  for _, stanza in ipairs(file:stanzas()) do
    if stanza.type == info.type and stanza.args[1] == tag then
      return true
    end
  end
  return false
end

--- Open an SSH key with its passphrase.
local function release(source, ask)
  local passphrase <close>, gone <const> = ask.passphrases:ask(
    ('Enter passphrase for "%s": '):format(source.name))
  if not passphrase then
    return nil, gone
  end
  local key <const>, err <const> = ssh.private(source.waiting, { passphrase = passphrase })
  if not key then
    err.message = "failed to decrypt SSH key file: "
      .. (fail.is(err, "auth") and "incorrect passphrase" or err.message)
    return nil, err
  end
  source.waiting:wipe()
  source.waiting = nil
  return take_key(source, key)
end

--- true: opened; false: none of these fits; nil and an error: there is no going on.
local function try(file, list)
  if #list == 0 then
    return false
  end
  local index <const>, err <const> = file:unlock(list)
  if index then
    return true
  elseif fail.is(err, "key") or fail.is(err, "passphrase") then -- the latter opens a file alone
    return false
  end
  return nil, err
end

local function try_plugins(file, list, ask)
  if #list == 0 then
    return false
  end
  return require "moonlatch.age_plugin".unwrap(file, list, ask.plugin)
end

--- The same with all that a source holds but what was tried already.
local function try_source(file, source, ask)
  local sealed <const> = source.sealed ~= nil
  if sealed then
    local ok <const>, err <const> = unseal(source, ask)
    if not ok then
      return nil, err
    end
  elseif source.waiting and is_named(file, source.info) then
    local ok <const>, err <const> = release(source, ask)
    if not ok then
      return nil, err
    end
  end
  local opened, err = try(file, sealed and source.native or source.ssh)
  if opened == false then
    opened, err = try_plugins(file, source.plugins, ask)
  end
  if opened == false and sealed then
    ask.warn(('encrypted identity file "%s" didn\'t match file\'s recipients'):format(source.name))
  end
  return opened, err
end

--- Find the key of a file.
---@param file moonlatch.AgeFile
---@param sources moonlatch.AgeSource[]
---@param ask moonlatch.AgeAsk
---@return true? ok
---@return moonlatch.Error? err  `key`: none fits
function identities.unlock(file, sources, ask)
  local natives <const> = {}
  for _, source in ipairs(sources) do
    table.move(source.native, 1, #source.native, #natives + 1, natives)
  end
  local opened, err = try(file, natives)
  for _, source in ipairs(sources) do
    if opened == false then
      opened, err = try_source(file, source, ask)
    end
  end
  if opened == false then
    return nil, fail.new("key", "no identity matched any of the recipients")
  end
  return opened, err
end

--- The public half of a protected SSH key: in the file itself, or beside it.
local function line_of(source)
  local beside <const> = not source.info.line and fs.read_named(source.name .. ".pub")
  local key <const> = beside and ssh.public(beside)
  return source.info.line or key and key.fingerprint == source.info.fingerprint and key.line
end

--- For whom a file is sealed that these shall open.
---@param sources moonlatch.AgeSource[]
---@param ask moonlatch.AgeAsk
---@return (string|moonlatch.AgeIdentity)[]?
---@return moonlatch.Error? err
function identities.recipients(sources, ask)
  local list <const> = {}
  for _, source in ipairs(sources) do
    if source.sealed then
      local ok <const>, err <const> = unseal(source, ask)
      if not ok then
        return nil, err
      end
    end
    for _, kind in ipairs { source.native, source.ssh, source.plugins } do
      table.move(kind, 1, #kind, #list + 1, list)
    end
    local line <const> = source.waiting and line_of(source)
    if source.waiting and not line then
      return nil, fail.new("missing", "the public half of this SSH key is not beside it",
        "`ssh-keygen -y -f FILE` prints it", { path = source.name })
    end
    table.insert(list, line)
  end
  return list
end

return identities
