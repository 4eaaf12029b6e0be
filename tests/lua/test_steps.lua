local fail, steps, test = require "moonlatch.fail", require "moonlatch.steps",
  require "moonlatch.test"

local function mark(word)
  return function(ctx)
    table.insert(ctx.seen, word)
    return word
  end
end

local function sample()
  return steps.new("rotate", { { "plan", mark "plan" }, { "add", mark "add" } })
end

local function seen(list)
  local ctx <const> = { seen = {} }
  local result <const> = list:run(ctx)
  return table.concat(ctx.seen, " "), result
end

test.it("runs in order and gives the last result", function()
  local order, result = seen(sample())
  test.equal(order, "plan add")
  test.equal(result, "add")
end)

test.it("inserts before and after without touching the original", function()
  local first <const> = sample()
  local second <const> = first:before("plan", "hello", mark "hello"):after("plan", "x", mark "x")
  test.equal(second:names(), { "hello", "plan", "x", "add" })
  test.equal(first:names(), { "plan", "add" })
end)

test.it("wraps and replaces", function()
  local list <const> = sample():wrap("plan", function(inner, ctx)
    table.insert(ctx.seen, "<")
    local result <const> = inner(ctx)
    table.insert(ctx.seen, ">")
    return result
  end):replace("add", mark "other")
  test.equal(seen(list), "< plan > other")
end)

test.it("stops early with a result", function()
  local list <const> = sample():before("add", "end", function() return steps.STOP, 7 end)
  local order, result = seen(list)
  test.equal(order, "plan")
  test.equal(result, 7)
end)

test.it("names the nearest step for an unknown one", function()
  local e <const> = test.fails_with("argument", function()
    sample():after("plna", "x", mark "x")
  end)
  test.equal(e.hint, "did you mean 'plan'?")
end)

test.it("refuses a second step of the same name", function()
  test.equal(pcall(sample().before, sample(), "plan", "add", mark "add"), false)
end)

test.it("says in which step an error arose", function()
  local list <const> = sample():replace("add", function() fail("key", "no key") end)
  local e <const> = test.fails_with("key", function() list:run { seen = {} } end)
  test.equal(e.step, "add")
end)

test.it("keeps a bug a bug, and names the step", function()
  local ok, e = pcall(function()
    sample():replace("add", function() error("oops") end):run { seen = {} }
  end)
  test.equal(ok, false)
  test.equal(type(e), "string")
  test.equal(e:find("step 'add'", 1, true) ~= nil, true)
end)
