local diff, test = require "moonlatch.diff", require "moonlatch.test"

test.it("gives both texts back from its lines", function()
  local cases <const> = { { "", "" }, { "", "a\n" }, { "a\nb\nc\n", "a\nc\n" },
    { "a\nb\n", "b\na\n" }, { "x\ny\nz\n", "x\nq\nz\nw\n" }, { "a\na\na\n", "a\na\n" } }
  for _, case in ipairs(cases) do
    local old, new = {}, {}
    for _, line in ipairs(diff.lines(case[1], case[2])) do
      if line[1] ~= "+" then
        table.insert(old, line[2] .. "\n")
      end
      if line[1] ~= "-" then
        table.insert(new, line[2] .. "\n")
      end
    end
    test.equal(table.concat(old), case[1])
    test.equal(table.concat(new), case[2])
  end
end)

test.it("shows only what is near a change", function()
  local old <const> = "1\n2\n3\n4\n5\n6\n7\n8\n9\n"
  test.equal(diff.short(old, (old:gsub("5", "five"))),
    { "  3", "  4", "- 5", "+ five", "  6", "  7" })
  test.equal(diff.short(old, old), {})
  local two <const> = diff.short(old, (old:gsub("1", "one"):gsub("9", "nine")))
  test.equal(table.concat(two, "|"), "- 1|+ one|  2|  3|…|  7|  8|- 9|+ nine")
end)
