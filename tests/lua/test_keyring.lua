local age, sources, test = require "moonlatch.age", require "moonlatch.keyring.sources",
  require "moonlatch.test"

test.it("splits a command as a shell would, without one", function()
  local cases <const> = {
    ["op read 'op://a b/c'"] = { "op", "read", "op://a b/c" },
    [ [[a "x\"y \n " z\ w]] ] = { "a", [[x"y \n ]], "z w" },
    ["  a   '' b "] = { "a", "", "b" },
    ["a $(rm) `x` ; b"] = { "a", "$(rm)", "`x`", ";", "b" },
  }
  for line, words in pairs(cases) do
    test.equal(sources.words(line), words)
  end
  for _, line in ipairs { [["]], "'", [[a\]] } do
    local none, err = sources.words(line)
    test.equal(none, nil)
    test.equal(err.code, "format")
  end
end)

test.it("refuses a key file with a bad line and names it", function()
  local secret <const> = require "moonlatch.secret"
  local mine <const> = assert(age.generate())
  local bytes <const> = secret.concat({ "# hello\n", mine:secret(), "\nrubbish\n" })
  local source <const> = { name = "keys.txt", entries = {} }
  sources.take_key_file(source, bytes)
  test.equal(#source.entries, 0)
  test.equal(source.problem.line, 3)
end)
