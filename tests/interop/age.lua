-- age.lua — our part of the exchange of age files with the real programs.
--
--   moonlatch run tests/interop/age.lua seal KIND ARMOR IN OUT      to KIND.pub; ARMOR: yes or no
--   moonlatch run tests/interop/age.lua open KIND IN OUT            with KIND.key
--
-- In the folder of the keys. The kind `passphrase` has its passphrase in passphrase.key.

local age     <const> = require "moonlatch.age"
local fs      <const> = require "moonlatch.fs"
local keyring <const> = require "moonlatch.keyring"

local step <const>, kind <const> = ...
local root <const> = assert(fs.root ".")

local function passphrase()
  return assert(root:read_secret "passphrase.key")
end

local function seal(armor, bytes)
  local options <const> = { armor = armor == "yes" }
  if kind == "passphrase" then
    options.work_factor = 10
    return age.encrypt_passphrase(passphrase(), bytes, options)
  end
  local recipients <const> = {}
  for line in assert(root:read(kind .. ".pub")):gmatch "[^\n]+" do
    table.insert(recipients, (line:gsub("^(ssh%S+ %S+) .*", "%1")))
  end
  return age.encrypt(recipients, bytes, options)
end

local function open(bytes)
  if kind == "passphrase" then
    return age.decrypt_passphrase(passphrase(), bytes)
  end
  local ring <close> = keyring.open { files = { kind .. ".key" } }
  return age.decrypt(ring:identities(), bytes)
end

local words <const> = { select(3, ...) }
local target <const> = table.remove(words)
local bytes <const> = assert(root:read_secret(table.remove(words)))
local result <const> = step == "seal" and assert(seal(words[1], bytes)) or assert(open(bytes))
assert(root:write(target, result))
