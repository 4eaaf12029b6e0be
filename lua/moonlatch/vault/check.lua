--- vault.check — is what a vault gave a key, and do its halves belong together?

local age  <const> = require "moonlatch.age"
local fail <const> = require "moonlatch.fail"
local ssh  <const> = require "moonlatch.ssh"
local tty  <const> = require "moonlatch.tty"

local check = {}

--- An SSH key that may be protected; the passphrase is asked for on a terminal.
local function read_ssh(name, private)
  local key, err = ssh.private(private)
  if key or not fail.is(err, "passphrase") then
    return key, err
  end
  local passphrase <const>, bad <const> = tty.passphrase(("Passphrase of %s: "):format(name))
  if not passphrase then
    return nil, fail.new("passphrase", ("the key of %s is protected by a passphrase"):format(name),
      "run this on a terminal: " .. bad.message)
  end
  key, err = ssh.private(private, { passphrase = passphrase })
  passphrase:wipe()
  return key, err
end

--- The age identities in notes that hold a whole key file.
local function read_age(name, private)
  local lines <const>, err <const> = age.parse_key_file(private)
  if not lines then
    return nil, err
  end
  local found
  for _, line in ipairs(lines) do
    if line.identity and found then
      return nil, fail.new("conflict", ("%s holds several age keys"):format(name),
        "keep one key in one item")
    end
    found = line.identity or found
  end
  return found, not found and fail.new("format", ("%s holds no age key"):format(name)) or nil
end

local function pair_error(name, derived, stated)
  return fail.new("conflict",
    ("the public half in %s is not that of its private key"):format(name),
    "one of the two was pasted wrongly; nothing was used", { derived = derived, stated = stated })
end

--- Complete a vault item: parse the private half and compare it with the stated public one.
---@param item moonlatch.VaultKey  with name, private and perhaps public
---@return moonlatch.VaultKey? item  with kind, public, recipient, and identity or key
---@return moonlatch.Error? err
function check.key(item)
  if ssh.is_encrypted(item.private) == nil then
    local identity <const>, err <const> = read_age(item.name, item.private)
    if not identity then
      return nil, err
    end
    item.kind, item.identity, item.recipient = "age", identity, identity:recipient()
    if item.public and item.public ~= item.recipient then
      return nil, pair_error(item.name, item.recipient, item.public)
    end
    item.public = item.recipient
    return item
  end
  local key <const>, err <const> = read_ssh(item.name, item.private)
  if not key then
    return nil, err
  end
  local derived <const> = ssh.public(key:public())
  if item.public then
    local stated <const>, bad <const> = ssh.public(item.public)
    if not stated then
      return nil, bad
    elseif stated.line ~= derived.line then
      return nil, pair_error(item.name, derived.line, stated.line)
    end
  end
  local recipient <const>, not_age <const> = ssh.to_age(derived.line)
  if not recipient then
    return nil, not_age
  end
  item.kind, item.key, item.recipient = "ssh", key, recipient
  item.public, item.identity = derived.line, key:age_identity()
  return item
end

--- As `check.key`, but nobody is asked for a passphrase: of a protected key the fingerprint, which
--- is not protected, is compared with the stated public half.
---@param item moonlatch.VaultKey
---@return moonlatch.VaultKey? item
---@return moonlatch.Error? err
function check.halves(item)
  if not ssh.is_encrypted(item.private) then
    return check.key(item)
  end
  local details <const>, err <const> = ssh.inspect(item.private)
  local stated <const>, bad <const> = ssh.public(item.public or "")
  if not details or not stated then
    return nil, err or bad
  elseif details.fingerprint ~= stated.fingerprint then
    return nil, pair_error(item.name, details.fingerprint, stated.fingerprint)
  end
  local recipient <const>, not_age <const> = ssh.to_age(stated.line)
  if not recipient then
    return nil, not_age
  end
  item.kind, item.public, item.recipient = "ssh", stated.line, recipient
  return item
end

return check
