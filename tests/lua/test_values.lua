-- Values of documents as trees: compared, merged three ways, and edits that make a merge in a text.

local apply, doc, json, merge, test, values = require "moonlatch.values.apply",
  require "moonlatch.doc", require "moonlatch.json", require "moonlatch.values.merge",
  require "moonlatch.test", require "moonlatch.values"

local function read(text, format)
  local tree <const>, document <const> = values.read(text, format or "yaml")
  return tree, document
end

--- The text that a merge makes of ours, and the paths of its conflicts.
local function merged(base, ours, theirs)
  local tree <const>, document <const> = read(ours)
  local result <const> = merge(base and read(base), tree, (read(theirs)))
  apply(document, result.edits)
  test.equal(values.equal(values.of(document), result.result), true, document:text())
  local paths <const> = {}
  for i, conflict in ipairs(result.conflicts) do
    paths[i] = ("%s %s %s"):format(conflict.path, conflict.ours, conflict.theirs)
  end
  return document:text(), paths
end

test.it("compares documents by path", function()
  local function changes(old, new)
    local list <const> = {}
    for i, one in ipairs(values.compare(read(old), (read(new)))) do
      list[i] = ("%s %s"):format(one.change, one.path)
    end
    return list
  end
  test.equal(changes("a: 1\nb: {c: x}\n", "b:\n  c: 'x' # same\na: 1\n"), {})
  test.equal(changes("a: 1\nb: {c: x, d/e: y}\n", "a: '1'\nb: {c: x, f~: 1}\ng: 1\n"),
    { "changed a", "removed b/d~1e", "added b/f~0", "added g" })
  test.equal(changes("a: [1, 2]\nb: [1]\n", "a: [1, 3]\nb: [1, 2]\n"),
    { "changed a/1", "changed b" })
  test.equal(changes("a: {}\nb: ~\n", "a: []\nb: ''\n"), { "changed a", "changed b" })
  test.equal(changes("x: &x {a: 1}\ny: *x\n", "x: {a: 1}\ny: {a: 1}\n"), {})
end)

test.it("keeps text and comments of ours, and puts new keys where theirs has them", function()
  test.equal(merged("a: 1\nb: 2\nc: 3\n", "a: 1 # one\nb: two # my two\nc: 3\n",
    "a: 1\nx: {z: 1}\nb: 2\nc: three\n"), "a: 1 # one\nx:\n  z: 1\nb: two # my two\nc: three\n")
end)

test.it("makes a conflict of what both sides changed, and of nothing else", function()
  local function paths(...)
    return select(2, merged(...))
  end
  test.equal(paths("a: 1\n", "a: 2\n", "a: 3\n"), { "a changed changed" })
  test.equal(paths("a: 1\nb: 1\n", "a: 2\nb: 1\n", "b: 1\n"), { "a changed removed" })
  test.equal(paths("a: 1\nb: 1\n", "b: 1\n", "a: 2\nb: 1\n"), { "a removed changed" })
  test.equal(paths("b: 1\n", "b: 1\na: 1\n", "b: 1\na: 2\n"), { "a added added" })
  test.equal(paths("a: 1\n", "a: {b: 1}\n", "a: [1]\n"), { "a changed changed" })
  test.equal(paths("a: 1\nb: 1\n", "a: 2\n", "a: 2\n"), {})
  test.equal(paths(nil, "a: 1\nb: {c: 1}\n", "b: {d: 1}\n"), {})
  test.equal(paths("a: {b: 1, c: 1}\n", "a: {b: 2, c: 1}\n", "a: {b: 1, c: 2}\n"), {})
end)

test.it("merges lists as git merges lines", function()
  local function list(...)
    local text <const>, conflicts <const> = merged(...)
    return (text:gsub("%s+", " "):gsub(" $", "")), #conflicts
  end
  test.equal({ list("a: [1, 2, 3]", "a: [0, 1, 2, 3]", "a: [1, 2, 3, 4]") },
    { "a: [0, 1, 2, 3, 4]", 0 })
  test.equal({ list("a: [1, 2, 3, 4]", "a: [1, 3, 4]", "a: [1, 2, 3, 5, 6]") },
    { "a: [1, 3, 5, 6]", 0 })
  test.equal({ list("a: [1, 2, 3]", "a: [9, 2, 3]", "a: [1, 2]") }, { "a: [9, 2]", 0 })
  test.equal({ list("a: [1, 2]", "a: [1, 2, 3]", "a: [1, 2, 4]") }, { "a: [1, 2, 3]", 1 })
  test.equal({ list("a: [1, 2]", "a: []", "a: [1, 2, 4]") }, { "a: []", 1 })
  test.equal({ list("a: [{b: 1, c: 1}]", "a: [{b: 2, c: 1}]", "a: [{b: 1, c: 2}]") },
    { "a: [{b: 2, c: 2}]", 0 })
  test.equal({ list("a: [[1, 2], x]", "a: [[1, 3], x]", "a: [[1, 2], z]") },
    { "a: [[1, 3], x]", 1 }) -- neighbours, as with lines
  test.equal({ list("a: [[1, 2], 0, x]", "a: [[1, 3], 0, x]", "a: [[1, 2], 0, z]") },
    { "a: [[1, 3], 0, z]", 0 })
end)

test.it("names no element of a list by a place that it has in one version only", function()
  local base <const> = "a: [{n: x, k: 0}, {n: y, k: 1}]\n"
  local ours <const> = "a: [{n: x, k: 0}, {n: y, k: 2}]\n"
  test.equal({ merged(base, ours, "a: [{n: z, k: 9}, {n: x, k: 0}, {n: y, k: 3}]\n") },
    { ours, { "a changed changed" } })
  test.equal({ merged(base, ours, "a: [{n: x, k: 7}, {n: y, k: 3}]\n") },
    { ours, { "a changed changed" } }) -- neighbours
  test.equal({ merged("a: [x, 0, {k: 1}]\n", "a: [x, 0, {k: 2}]\n", "a: [w, 0, {k: 3}]\n") },
    { "a: [w, 0, {k: 2}]\n", { "a/2/k changed changed" } })
end)

test.it("stops at aliases without end", function()
  local lines <const> = { "a0: &a0 [x, x, x, x, x, x, x, x, x, x]" }
  for i = 1, 7 do
    lines[i + 1] = ("a%d: &a%d [%s]"):format(i, i, (("*a%d, "):format(i - 1)):rep(10):sub(1, -3))
  end
  local document <const> = doc.parse(table.concat(lines, "\n") .. "\n")
  if document then -- else the reader has refused it already
    test.fails_with("limit", function() return values.of(document) end)
  end
end)

--- Numbers from a fixed seed, below n.
local function generator(seed)
  return function(n)
    seed = (seed * 1103515245 + 12345) & 0x7fffffff
    return (seed >> 8) % n
  end
end

local KEYS <const> = { "a", "b", "c", "k0", "k1", "k2", "k3", "k4", "k5" }

local function random_value(below, depth)
  local kind <const> = below(depth > 2 and 2 or 4)
  if kind < 2 then
    return below(5)
  end
  local value <const> = kind == 2 and json.array {} or {}
  for _ = 1, below(5) do
    value[kind == 2 and #value + 1 or "k" .. below(6)] = random_value(below, depth + 1)
  end
  return value
end

--- A copy with some of it changed.
local function mutated(below, value)
  if type(value) ~= "table" then
    return below(4) == 0 and below(5) or value
  end
  local copy <const> = setmetatable({}, getmetatable(value))
  local is_list <const> = getmetatable(value) ~= nil
  for i, key in ipairs(is_list and value or KEYS) do
    local child <const> = value[is_list and i or key]
    if child ~= nil and below(8) > 0 then
      copy[is_list and #copy + 1 or key] = mutated(below, child)
    end
  end
  if below(4) == 0 then
    copy[is_list and #copy + 1 or "k" .. below(6)] = random_value(below, 2)
  end
  return copy
end

test.it("makes of ours what it says, for random documents", function()
  local conflicts, edits = 0, 0
  for seed = 1, 400 do
    local below <const> = generator(seed)
    local base <const> = { a = random_value(below, 0), b = random_value(below, 0), c = 1 }
    local function text(value)
      return json.format(value, { indent = seed % 3 }) .. "\n"
    end
    local one <const>, two <const> = text(mutated(below, base)), text(mutated(below, base))
    local old <const> = (read(text(base), "json"))
    local ours <const>, document <const> = read(one, "json")
    local theirs <const> = (read(two, "json"))
    local result <const> = merge(old, ours, theirs)
    apply(document, result.edits)
    test.equal(values.equal(values.of(document), result.result), true, one .. two)
    conflicts, edits = conflicts + #result.conflicts, edits + #result.edits
    test.equal(values.equal(merge(old, ours, old).result, ours), true)
    test.equal(values.equal(merge(old, old, theirs).result, theirs), true)
    test.equal(#merge(old, ours, ours).conflicts + #merge(old, old, theirs).conflicts, 0)
    local back <const> = merge(old, theirs, ours) -- the other way round: the same conflicts
    test.equal(#back.conflicts, #result.conflicts, one .. two)
  end
  test.equal(conflicts > 50 and edits > 200, true)
end)
