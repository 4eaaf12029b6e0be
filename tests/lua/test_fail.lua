local fail, test = require "moonlatch.fail", require "moonlatch.test"

test.it("raises an error object with code, message, hint and place", function()
  local e = test.fails_with("format", function()
    fail("format", "bad rule", "quote it", { path = "a.yaml", line = 3 })
  end)
  test.equal(tostring(e), "a.yaml:3: bad rule\nhint: quote it")
  test.equal(fail.is(e, "format"), true)
  test.equal(fail.is(e, "key"), false)
  test.equal(fail.is("bad rule"), false)
end)

test.it("refuses a code that the table does not have", function()
  local ok, e = pcall(fail.new, "made-up", "x")
  test.equal(ok, false)
  test.equal(fail.is(e), false)
end)

test.it("knows the exit status of every code", function()
  test.equal(fail.status(fail.new("usage", "x")), 3)
  test.equal(fail.status(fail.new("approval", "x")), 1)
  test.equal(fail.status(fail.new("consent", "x")), 2)
  test.equal(fail.status(fail.new("interrupted", "x")), 130)
  test.equal(fail.status("a bug"), 2)
  for code, known in pairs(fail.codes) do
    test.equal(known.finding == nil or known.status == 1, true)
    test.equal(fail.explain(code):find(known.text, 1, true) ~= nil, true)
  end
  test.equal(fail.explain("made-up"), nil)
end)

test.it("has every word of the core", function()
  for word in ([[argument auth busy changed child closed conflict exists format interrupted key
    limit mac memory missing permission system unsupported]]):gmatch("%a+") do
    test.equal(fail.codes[word] ~= nil, true)
  end
end)

test.it("names the nearest word and only a near one", function()
  test.equal(fail.nearest("recipeint", { "recipient", "recipe" }), "recipient")
  test.equal(fail.nearest("statsu", { "status", "set" }), "status")
  test.equal(fail.nearest("zebra", { "status", "set" }), nil)
  test.equal(fail.nearest(("x"):rep(1000), { "status" }), nil)
end)

test.it("chooses a word or says which are known", function()
  test.equal(fail.choose({ "yaml", "json" }, "yaml", "format"), "yaml")
  local none, err = fail.choose({ "yaml", "json" }, "jsno", "format")
  test.equal(none, nil)
  test.equal(err.code, "usage")
  test.equal(err.hint, "did you mean 'json'?")
end)
