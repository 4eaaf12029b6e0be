local json, report, test = require "moonlatch.json", require "moonlatch.report",
  require "moonlatch.test"

-- What a run prints is tested from outside, with the program; here is what it counts.

test.it("exits 1 for findings, 0 for notes, 1 for notes when strict", function()
  local r <const> = report.new { quiet = true }
  test.equal(r:finish(), 0)
  r:note("unused-anchor", "old is not used", { path = ".sops.yaml", line = 4 })
  test.equal(r:finish(), 0)
  local strict <const> = report.new({ quiet = true }, { strict = true })
  strict:note("unused-anchor", "old is not used")
  test.equal(#strict.findings, 1)
  test.equal(#strict.notes, 0)
end)

test.it("says each thing once, but of each that it is about", function()
  local r <const> = report.new { quiet = true }
  for _, name in ipairs { "tara", "ben", "tara" } do
    r:finding("missing", "it has no key", { name = name })
    r:note("missing", "it has no key", { path = "a", line = #name })
  end
  test.equal({ #r.findings, #r.notes }, { 2, 2 })
end)

test.it("keeps a higher status that the recipe asks for", function()
  test.equal(report.new({ quiet = true }):finish(1), 1)
end)

test.it("refuses codes that the table does not have", function()
  local r <const> = report.new {}
  test.equal(pcall(r.finding, r, "made-up", "x"), false)
  test.equal(#r.findings, 0)
end)

test.it("keeps results in the order they came, for --json", function()
  local r <const> = report.new { json = true }
  r:table({ "NAME", "AGE KEY" }, { { { glyph = "ok", text = "tara" }, "age1x" } }, "identities")
  r:result("count", 1)
  r:result("count", 2)
  test.equal(r.order, { "identities", "count" })
  test.equal(json.format(r.members.identities[1], { indent = false }),
    json.format({ name = "tara", age_key = "age1x" }, { indent = false }))
  test.equal(r.members.count, 2)
end)
