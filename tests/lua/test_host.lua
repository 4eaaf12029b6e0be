-- What the host does to text for people, and what it tells of running functions.

local host, secret, test = require "moonlatch.host", require "moonlatch.secret",
  require "moonlatch.test"

test.it("escapes what a terminal would act on, line breaks too unless they are wanted", function()
  test.equal(host.escape "a\nb\tc\27[2J\u{202e}\xff", "a\\nb\\tc\\x1b[2J\\u{202e}\\xff")
  test.equal(host.escape("a\nb\27", false), "a\\nb\\x1b")
  test.equal(host.escape("a\nb\27", true), "a\nb\\x1b")
end)

test.it("masks what was revealed", function()
  local word <const> = secret.new("a word revealed"):reveal()
  test.equal(host.mask("<" .. word .. ">"), "<<secret>>")
end)

test.it("lists the running functions from a level on", function()
  local function inner()
    local from_here <const>, from_caller <const> = host.stack(1), host.stack(2)
    return from_here, from_caller
  end
  local here <const>, caller <const> = inner()
  test.equal(here[1].kind, "Lua")
  test.equal(here[1].name, "inner")
  test.contains(here[1].source, "test_host.lua")
  test.equal(table.move(here, 2, #here, 1, {}), caller)
  test.equal(caller[#caller].kind, "C")
  test.equal(host.stack(1000), {})
  test.raises("a level of the stack", function() host.stack(-1) end)
end)

test.it("names the line of wrong data, however long its path is", function()
  for _, length in ipairs { 10, 58, 59, 60, 61, 300 } do
    local name <const> = ("p"):rep(length)
    local value <const>, err <const> = host.load_data("return {\n  a = }\n", name)
    test.equal({ value, err.line, err.message }, { nil, 2, "unexpected symbol near '}'" })
  end
end)
