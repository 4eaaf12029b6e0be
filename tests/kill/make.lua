-- make.lua FOLDER: what is killed: a repository with a site file, a vault beside it, a key file,
-- and new.txt, the key that comes.

local age    <const> = require "moonlatch.age"
local fs     <const> = require "moonlatch.fs"
local sample <const> = require "moonlatch.sample"
local secret <const> = require "moonlatch.secret"

local top <const> = assert(fs.root(...))
local made <const> = sample.below(top, { machines = false })
local old <const> = made.identities["owner-user"].identity
local PRIVATE <const> = { parents = true, mode = tonumber("600", 8) }

--- One identity a line, as age-keygen writes them.
local function key_file(path, identity)
  assert(top:write(path, secret.concat { "# public key: ", identity:recipient(), "\n",
    assert(identity:secret()), "\n" }, PRIVATE))
end

key_file("home/.config/sops/age/keys.txt", old)
key_file("old.txt", old)
key_file("new.txt", assert(age.generate()))
