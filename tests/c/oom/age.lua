local age = require "moonlatch.age"
local secret = require "moonlatch.secret"

local key <const> = assert(age.generate())
local public <const> = key:recipient()
local file <const> = secret.concat { secret.new("# a comment\n\n"), key:secret(), secret.new("\n") }

return function()
  local fresh <close> = assert(age.generate())
  local recipient <close> = assert(age.recipient(public))
  local both <const> = { recipient, fresh:recipient() }
  local sealed <const> = assert(age.encrypt(both, "text", { armor = true }))
  local opened <const>, index <const> = assert(age.decrypt({ fresh, key }, sealed))
  assert(opened:equal("text") and index == 1)
  assert(not age.is_encrypted_key_file(file))
  assert(#assert(age.parse_key_file(file, { path = "keys.txt" })) == 3)
  assert(assert(age.identity(assert(key:secret()))):recipient() == public)
  local plugin <close> = assert(age.identity "AGE-PLUGIN-YUBIKEY-18S3VSX")
  assert(plugin.name == "yubikey" and plugin:recipient() == nil and assert(plugin:secret()))
  local locked <const> = assert(age.encrypt_passphrase("pass", "text", { work_factor = 1 }))
  assert(assert(age.decrypt_passphrase("pass", locked)):equal("text"))
  assert(age.recipient("age1nonsense") == nil)
end
