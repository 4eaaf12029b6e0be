local age = require "moonlatch.age"
local fs = require "moonlatch.fs"
local secret = require "moonlatch.secret"

local key <const> = assert(age.generate())
local public <const> = key:recipient()
local file <const> = secret.concat { secret.new("# a comment\n\n"), key:secret(), secret.new("\n") }

local place <const> = assert(fs.temp_folder())

return function()
  local root <close> = assert(fs.root(place))
  local function seal_to(seal)
    local output <close> = assert(root:output("file"))
    assert(assert(seal:encrypt("text", output, { armor = true })) == 4)
    assert(output:commit())
  end
  local fresh <close> = assert(age.generate())
  local hybrid <close> = assert(age.generate { kind = "hybrid" })
  local for_hybrid <const> = assert(age.encrypt({ hybrid:recipient() }, "text"))
  assert(assert(age.decrypt({ hybrid }, for_hybrid)):equal("text"))
  local recipient <close> = assert(age.recipient(public))
  local both <const> = { recipient, fresh:recipient() }
  local sealed <const> = assert(age.encrypt(both, "text", { armor = true }))
  local opened <const>, index <const> = assert(age.decrypt({ fresh, key }, sealed))
  assert(opened:equal("text") and index == 1)
  assert(age.key_file_form(file) == "lines")
  assert(#assert(age.parse_key_file(file, { path = "keys.txt" })) == 3)
  assert(assert(age.identity(assert(key:secret()))):recipient() == public)
  local plugin <close> = assert(age.identity "AGE-PLUGIN-YUBIKEY-18S3VSX")
  assert(plugin.name == "yubikey" and plugin:recipient() == nil and assert(plugin:secret()))
  local locked <const> = assert(age.encrypt_passphrase("pass", "text", { work_factor = 1 }))
  assert(assert(age.decrypt_passphrase("pass", locked)):equal("text"))
  assert(age.recipient("age1nonsense") == nil)
  local seal <close> = assert(age.seal { "age1test1d4hk7mnvv96xx6qupgclx", recipient })
  assert(#seal:open() == 1)
  assert(seal:file_key())
  assert(seal:give(1, { { type = "test", args = { "a" }, body = "b" } }, {}))
  seal_to(seal)
  local from <close> = assert(age.open(assert(fs.input(place .. "/file"))))
  assert(from.armored and #from:stanzas() == 2)
  assert(assert(from:unlock { key }) == 1)
  assert(assert(from:text()):equal("text"))
  local passphrase <close> = assert(age.seal({}, { passphrase = "pass", work_factor = 1 }))
  local whole <const> = assert(passphrase:encrypt("text"))
  local opened_by <close> = assert(age.open(whole))
  local output <close> = assert(root:output("clear"))
  assert(opened_by:unlock_passphrase("pass"))
  assert(assert(opened_by:read(1, 2)):equal("ex"))
  assert(assert(opened_by:decrypt(output)) == 4)
  local inspected <close> = assert(age.open(whole))
  assert(assert(inspected:inspect()).postquantum == "yes")
end
