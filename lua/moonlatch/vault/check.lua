--- vault.check — is what a vault gave a key, and do its halves belong together?

local age      <const> = require "moonlatch.age"
local fail     <const> = require "moonlatch.fail"
local ssh      <const> = require "moonlatch.ssh"
local ssh_keys <const> = require "moonlatch.ssh_keys"

local check = {}

--- The error with the item's name before it: what it comes from knows no items.
---@param name string
---@param err moonlatch.Error
---@return moonlatch.Error
function check.of_item(name, err)
  return fail.new(err.code, ("%s: %s"):format(name, err.message), err.hint, err)
end

--- The age identities in notes that hold a whole key file.
local function read_age(private)
  local lines <const>, err <const> = age.parse_key_file(private)
  if not lines then
    return nil, err
  end
  local found
  for _, line in ipairs(lines) do
    if line.recipient and found then
      return nil, fail.new("conflict", "it holds several age keys", "keep one key in one item")
    end
    found = line.recipient and line.identity or found
  end
  return found, not found and fail.new("format", "it holds no key") or nil
end

local function compare(derived, stated)
  if stated and stated ~= derived then
    return nil, fail.new("conflict", "its public half is not that of its private key",
      "one of the two was pasted wrongly; nothing was used", { derived = derived, stated = stated })
  end
  return true
end

local function complete_age(item)
  local identity <const>, err <const> = read_age(item.private)
  if not identity then
    return nil, err
  end
  item.kind, item.identity, item.recipient = "age", identity, identity:recipient()
  local same <const>, differs <const> = compare(item.recipient, item.public)
  item.public = item.recipient
  return same and item, differs
end

local function complete_ssh(item)
  local key <const>, err <const> = ssh_keys.private(item.private, item.name)
  if not key then
    return nil, err
  end
  local derived <const> = ssh.public(key:public()).line
  local stated <const>, bad <const> = ssh.public(item.public or derived)
  if not stated then
    return nil, bad
  end
  local same <const>, differs <const> = compare(derived, stated.line)
  if not same then
    return nil, differs
  end
  local identity <const>, unfit <const> = key:age_identity()
  if not identity then
    return nil, unfit
  end
  item.kind, item.key, item.public = "ssh", key, derived
  item.recipient, item.identity = identity:recipient(), identity
  return item
end

local function complete(item)
  return (ssh_keys.is_private(item.private) and complete_ssh or complete_age)(item)
end

--- Of a protected key the fingerprint is not protected, and enough to compare.
local function compare_protected(item)
  local details <const>, err = ssh.inspect(item.private)
  if not details then
    return nil, err
  elseif not item.public then
    return nil, fail.new("passphrase", "its key is protected by a passphrase",
      "write the public half beside it")
  end
  local stated <const>, bad <const> = ssh.public(item.public)
  if not stated then
    return nil, bad
  end
  local same <const>, differs <const> = compare(details.fingerprint, stated.fingerprint)
  if not same then
    return nil, differs
  end
  item.kind, item.public = "ssh", stated.line
  item.recipient, err = ssh.to_age(stated.line)
  return item.recipient and item, err
end

--- Complete a vault item: parse the private half and compare it with the stated public one.
---@param item moonlatch.VaultItem  with name, private and perhaps public
---@return moonlatch.VaultKey? item
---@return moonlatch.Error? err  `conflict` with `stated` when the halves do not belong together
function check.key(item)
  local key <const>, err <const> = complete(item)
  if not key then
    return nil, check.of_item(item.name, err)
  end
  return key
end

--- As `check.key` for what is to be listed: nobody is asked for a passphrase.
---@param item moonlatch.VaultItem
---@return moonlatch.VaultItem? item  with kind, public and recipient
---@return moonlatch.Error? err
function check.halves(item)
  local done <const>, err <const> = (ssh.is_encrypted(item.private) and compare_protected
    or complete)(item)
  if not done then
    return nil, check.of_item(item.name, err)
  end
  return done
end

return check
