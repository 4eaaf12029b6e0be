local age, sources, ssh, test = require "moonlatch.age", require "moonlatch.keyring.sources",
  require "moonlatch.ssh", require "moonlatch.test"

test.it("refuses a key file with a bad line and names it", function()
  local secret <const> = require "moonlatch.secret"
  local mine <const> = assert(age.generate())
  local bytes <const> = secret.concat({ "# hello\n", mine:secret(), "\nrubbish\n" })
  local source <const> = { name = "keys.txt", entries = {}, plugins = {} }
  sources.take_key_file(source, bytes)
  test.equal(#source.entries, 0)
  test.equal(source.problem.line, 3)
end)

test.it("says of a private key in a form that is not read how to convert it", function(t)
  t:write("home/key.pem", [[
-----BEGIN ENCRYPTED PRIVATE KEY-----
MII=
-----END ENCRYPTED PRIVATE KEY-----
]], 384)
  local source <const> = sources.all({ t:path "home/key.pem" })[1]
  test.equal({ #source.entries, source.problem.code }, { 0, "unsupported" })
  test.contains(source.problem.hint, "ssh-keygen -p")
end)

test.it("takes an RSA key for what age's ssh-rsa is sealed to", function(t)
  local key <const> = assert(ssh.generate { type = "rsa", bits = 2048 })
  t:write("home/key", key:text(), 384)
  local source <const> = sources.all({ t:path "home/key" })[1]
  test.equal({ #source.entries, source.problem }, { 1 })
  test.equal(source.entries[1].recipient, key:public())

  local words <const> = { "ssh-keygen", "-q", "-p", "-N", "open sesame", "-f", "home/key" }
  test.equal(t:run(words).status, 0)
  local protected <const> = sources.all({ t:path "home/key" })[1]
  test.equal({ #protected.entries, protected.waits_for }, { 0, { key:public() } })
end)
