local age, ssh = require "moonlatch.age", require "moonlatch.ssh"

local key <const> = assert(ssh.generate { comment = "a key" })
local rsa <const> = assert(ssh.generate { type = "rsa", bits = 2048 })

return function()
  local fresh <close> = assert(ssh.generate())
  assert(fresh:public() and fresh:fingerprint())
  assert(fresh:text())
  local again <close> = assert(ssh.private(assert(key:text())))
  assert(again:public() == key:public())
  assert(assert(ssh.public(key:public())).comment == "a key")
  assert(ssh.to_age(key:public()))
  local text <const> = assert(key:text())
  assert(assert(ssh.inspect(text)).type == "ssh-ed25519" and not ssh.is_encrypted(text))
  assert(assert(again:age_identity()):recipient() and assert(again:ssh_identity()):recipient())
  assert(ssh.private("nonsense") == nil)
  local rsa_again <close> = assert(ssh.private(assert(rsa:text())))
  assert(rsa_again:public() == rsa:public() and rsa_again:fingerprint())
  assert(assert(rsa:ssh_identity()):recipient() == assert(age.recipient(rsa:public())).text)
  local authorized <const> = assert(ssh.authorized('no-pty,environment="A=\\"b\\"" '
    .. key:public()))
  assert(authorized.options[2].value == 'A="b"' and ssh.matches_host("a,[b]:23", "b", 23))
  local line <const> = assert(ssh.sign { ca = key, key = key:public(), kind = "user",
    principals = { "a", "b" }, critical = { ["force-command"] = "ls" },
    extensions = { ["permit-pty"] = true } })
  assert(assert(ssh.certificate(line)).principals[2] == "b")
end
