local age, sources, test = require "moonlatch.age", require "moonlatch.keyring.sources",
  require "moonlatch.test"

test.it("refuses a key file with a bad line and names it", function()
  local secret <const> = require "moonlatch.secret"
  local mine <const> = assert(age.generate())
  local bytes <const> = secret.concat({ "# hello\n", mine:secret(), "\nrubbish\n" })
  local source <const> = { name = "keys.txt", entries = {}, plugins = {} }
  sources.take_key_file(source, bytes)
  test.equal(#source.entries, 0)
  test.equal(source.problem.line, 3)
end)
