-- Coroutines are Lua's own, though functions of ours stand around those that run them.
local test <const> = require "moonlatch.test"

test.it("gives and takes values, also nil ones", function()
  local co <const> = coroutine.create(function(...)
    local a <const>, b <const> = coroutine.yield(select("#", ...), ...)
    return b, a, nil
  end)
  test.equal(table.pack(coroutine.resume(co, nil, 2, nil)), table.pack(true, 3, nil, 2, nil))
  test.equal(coroutine.status(co), "suspended")
  test.equal(table.pack(coroutine.resume(co, 1, 2)), table.pack(true, 2, 1, nil))
  test.equal({ coroutine.status(co), coroutine.resume(co) },
    { "dead", false, "cannot resume dead coroutine" })
end)

test.it("yields through what wraps another coroutine", function()
  local function count(n)
    return coroutine.wrap(function()
      for i = 1, n do coroutine.yield(i) end
    end)
  end
  local seen <const> = {}
  for outer in coroutine.wrap(function()
    for inner in count(3) do coroutine.yield(inner * 10) end
    test.equal(coroutine.isyieldable(), true)
  end) do
    table.insert(seen, outer)
  end
  test.equal(seen, { 10, 20, 30 })
end)

test.it("passes errors on, whatever they are", function()
  local thrown <const> = {}
  local function throw() error(thrown) end
  local co <const> = coroutine.create(throw)
  test.equal(select(2, coroutine.resume(co)) == thrown, true)
  test.equal({ coroutine.close(co) }, { false, thrown })
  test.equal(select(2, pcall(coroutine.wrap(throw))) == thrown, true)
  test.raises("here", coroutine.wrap(function() error "here" end))
  local done <const> = coroutine.wrap(function() end)
  done()
  test.raises("cannot resume dead coroutine", done)
end)

test.it("closes what a coroutine left open", function()
  local closed = false
  local co <const> = coroutine.create(function()
    local _ <close> = setmetatable({}, { __close = function() closed = true end })
    coroutine.yield()
  end)
  coroutine.resume(co)
  test.equal({ coroutine.close(co), closed }, { true, true })
end)

test.it("says what is not a coroutine, or not a function", function()
  test.raises("coroutine expected", function() coroutine.resume "x" end)
  test.raises("coroutine expected", function() coroutine.close() end)
  test.raises("function expected", function() coroutine.wrap {} end)
  test.raises("non-suspended", function() assert(coroutine.resume(coroutine.running())) end)
end)
