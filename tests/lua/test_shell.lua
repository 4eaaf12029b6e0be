local shell <const> = require "moonlatch.shell"
local test  <const> = require "moonlatch.test"

test.it("splits a command as a shell would, without one", function()
  local cases <const> = {
    ["op read 'op://a b/c'"] = { "op", "read", "op://a b/c" },
    [ [[a "x\"y \n " z\ w]] ] = { "a", [[x"y \n ]], "z w" },
    ["  a   '' b "] = { "a", "", "b" },
    ["a $(rm) `x` ; b"] = { "a", "$(rm)", "`x`", ";", "b" },
  }
  for line, words in pairs(cases) do
    test.equal(shell.words(line), words)
  end
  for _, line in ipairs { [["]], "'", [[a\]] } do
    local none, err = shell.words(line)
    test.equal(none, nil)
    test.equal(err.code, "format")
  end
end)
