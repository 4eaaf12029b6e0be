--- ssh_keys — what recipes do with the SSH keys that a person names: read them, say what they are.

local fail <const> = require "moonlatch.fail"
local host <const> = require "moonlatch.host"
local ssh  <const> = require "moonlatch.ssh"
local tty  <const> = require "moonlatch.tty"

local ssh_keys = {}

--- A new private key, as the options --type, --bits and --comment say.
---@param args { type: "ed25519"|"rsa", bits: string?, comment: string? }
---@return moonlatch.SshKey
function ssh_keys.generate(args)
  local bits <const> = args.bits and math.tointeger(tonumber(args.bits:match "^%d+$"))
  if args.bits and not (bits and bits >= 2048 and bits <= 16384 and args.type == "rsa") then
    fail("usage", "--bits is the size of an RSA key: 2048 to 16384")
  end
  return assert(ssh.generate { type = args.type, bits = bits, comment = args.comment or "" })
end

--- Does this begin as an SSH private key, of whatever kind?
---@param bytes moonlatch.Secret
---@return boolean
function ssh_keys.is_private(bytes)
  local BEGIN <const> = "-----BEGIN "
  return ssh.is_encrypted(bytes) ~= nil or bytes:sub(1, #BEGIN):equal(BEGIN)
end

--- A private key; its passphrase is asked for at the terminal.
---@param bytes moonlatch.Bytes
---@param name string  for the question
---@return moonlatch.SshKey? key
---@return moonlatch.Error? err
function ssh_keys.private(bytes, name)
  local key <const>, err <const> = ssh.private(bytes)
  if key or not fail.is(err, "passphrase") then
    return key, err
  end
  local passphrase <close>, bad <const> = tty.passphrase(("Passphrase of %s: "):format(name))
  if not passphrase then
    return nil, fail.new("passphrase", "its key is protected by a passphrase",
      "run this on a terminal: " .. bad.message)
  end
  return ssh.private(bytes, { passphrase = passphrase })
end

--- The private key of a file that was read.
---@param bytes moonlatch.Bytes
---@param path string
---@return moonlatch.SshKey? key
---@return moonlatch.Error? err
function ssh_keys.of_file(bytes, path)
  local key <const>, err <const> = ssh_keys.private(bytes, path)
  if not key then
    err.path = err.path or path
  end
  return key, err
end

--- The public half of the private key in a file. Only a form that hides it needs the passphrase.
---@param bytes moonlatch.Secret
---@param path string
---@return string? line
---@return moonlatch.Error? err
function ssh_keys.public_half(bytes, path)
  local info <const> = ssh.inspect(bytes)
  if info and info.encrypted and info.line then
    return info.line
  end
  local key <const>, err <const> = ssh_keys.of_file(bytes, path)
  return key and key:public(), err
end

--- The age recipient that follows from a public key; nil for one of another type than Ed25519.
---@param line string
---@return string?
function ssh_keys.recipient(line)
  local recipient <const>, err <const> = ssh.to_age(line)
  if not recipient and not fail.is(err, "unsupported") then
    error(err, 0)
  end
  return recipient
end

--- A key as ssh-keygen lists it.
---@param key moonlatch.SshPlainKey
---@return string
function ssh_keys.name(key)
  return ("%s (%d bits, %s)"):format(key.fingerprint, key.bits, key.type)
end

local function date(seconds)
  return os.date("!%Y-%m-%dT%H:%M:%SZ", seconds) --[[@as string]]
end

--- From when until when a certificate is valid.
local function validity(certificate)
  local after <const>, before <const> = certificate.valid_after, certificate.valid_before
  if not after and not before then
    return "for ever"
  end
  return (after and "from " .. date(after) .. " " or "")
    .. (before and "until " .. date(before) or "on")
end

--- Why a certificate is of no use now, if it is of none.
---@param certificate moonlatch.SshCertificate
---@param key moonlatch.SshPlainKey  that it should be for
---@return string?
function ssh_keys.fault(certificate, key)
  local now <const> = host.time()
  if certificate.key.fingerprint ~= key.fingerprint then
    return "the certificate is for another key, " .. certificate.key.fingerprint
  elseif certificate.valid_before and certificate.valid_before <= now then
    return "the certificate is not valid any more"
  elseif certificate.valid_after and certificate.valid_after > now then
    return "the certificate is not valid yet"
  end
end

local function options_of(certificate)
  local list <const> = {}
  for _, options in ipairs { certificate.critical, certificate.extensions } do
    local names <const> = {}
    for name, value in pairs(options) do
      table.insert(names, value == true and name or ("%s=%s"):format(name, value))
    end
    table.sort(names)
    table.move(names, 1, #names, #list + 1, list)
  end
  return list
end

--- What a certificate says, in rows of a word and a text.
---@param certificate moonlatch.SshCertificate
---@return string[][]
function ssh_keys.describe(certificate)
  local rows <const> = {
    { "certificate", ("of a %s, %s"):format(certificate.kind, validity(certificate)) },
    { "names", #certificate.principals > 0 and table.concat(certificate.principals, ", ")
      or "any" },
    { "key id", certificate.key_id },
    { "serial", certificate.serial },
    { "signed by", ssh_keys.name(certificate.authority)
      .. (certificate.verified and "" or ", which is not checked here") },
  }
  for _, option in ipairs(options_of(certificate)) do
    table.insert(rows, { "option", option })
  end
  return rows
end

return ssh_keys
