-- The REPL: fed through a pipe, at a breakpoint, after an error. tests/c/test_repl.c has it at a
-- terminal.

local fail, test = require "moonlatch.fail", require "moonlatch.test"

--- Feeds lines to the REPL; the status must be `status` (default 0).
local function repl(t, lines, status, words)
  local command <const> = table.move(words or {}, 1, words and #words or 0, 1, {})
  table.insert(command, "repl")
  command.stdin = table.concat(lines, "\n") .. "\n"
  local result <const> = t:program(command)
  if result.status ~= (status or 0) then
    error(("status %s, wanted %d\n%s%s"):format(tostring(result.status), status or 0,
      result.stdout, result.stderr), 2)
  end
  return result
end

--- What the lines print.
local function prints(t, lines, wanted)
  local result <const> = repl(t, lines)
  test.equal(result.stdout, wanted)
  test.equal(result.stderr, "")
end

test.it("prints the values of expressions", function(t)
  prints(t, { "x = 1", "x + 1" }, "2\n")
  prints(t, { "1, nil, 'a\\\"\\n'", "", "-- nothing", "_" }, '1\nnil\n"a\\"\\n"\n1\n')
  prints(t, { "{}", "{ 1, { b = true }, ['a b'] = 2, ['end'] = 3 }" },
    '{}\n{ 1, { b = true }, ["a b"] = 2, ["end"] = 3 }\n')
  prints(t, { "json.null, { json.null, 0.5 }" }, "json.null\n{ json.null, 0.5 }\n")
  prints(t, { "t = {}", "t.t = t", "t" }, "{ t = { the table around it } }\n")
  prints(t, { "fail.new('missing', 'gone\\27')" }, "<error missing: gone\\x1b>\n")
end)

test.it("asks for more until a line is whole", function(t)
  prints(t, { "for i = 1, 2 do", "  print(i,", "  true)", "end" }, "1\ttrue\n2\ttrue\n")
  prints(t, { "{", "1 +", "1 }", "[[a", "b]]" }, '{ 2 }\n"a\\nb"\n')
  test.contains(repl(t, { "if true then" }, 2).stderr, "ends within a statement")
end)

test.it("keeps locals, and shares them with functions made meanwhile", function(t)
  prints(t, { "local n = 1", "n + 1" }, "2\n")
  prints(t, { "local n = 0 local function up() n = n + 1 end", "up() up()", "n", "n = 10",
    "up()", "n" }, "2\n11\n")
  prints(t, { "local a, b = 1", "a, b = 2, 3", "local a = a + b", "a, b" }, "5\n3\n")
  prints(t, { "do local hidden = 1 end", "hidden", "local pending = 'local'", "pending" },
    'nil\n"local"\n')
  prints(t, { "local x = 1 return x", "x" }, "1\nnil\n")
  test.contains(repl(t, { "local N <const> = 5", "N", "N = 6" }, 2).stderr,
    "attempt to assign to const variable 'N'")
  prints(t, { "local r <close> = fs.root '.' print(r)", "r" }, "<root>\n<root, closed>\n")
end)

test.it("never prints a secret or a raw escape", function(t)
  local result <const> = repl(t, { "s = secret.new 'correct horse'", "s", "{ s, k = { s } }",
    "r = s:reveal()", "r", "{ [r] = r .. '!' }", "print('<' .. r .. '>', s)", ":locals",
    "('x'):rep(9990) .. r .. ('x'):rep(20)", "'\\27[2J\\u{202e}'", "error('at \\27' .. r)" }, 2)
  test.lacks(result.stdout .. result.stderr, "correct")
  test.lacks(result.stdout .. result.stderr, "\27")
  test.lacks(result.stdout, "\u{202e}")
  test.contains(result.stdout, "<secret, 13 bytes>\n{ <secret, 13 bytes>, "
    .. "k = { <secret, 13 bytes> } }\n\"<secret>\"\n{ [\"<secret>\"] = \"<secret>!\" }\n"
    .. "<<secret>>\t<secret, 13 bytes>\n")
  test.contains(result.stdout, '"\\x1b[2J\\u{202e}"')
  test.equal(result.stderr, "input:1: at \\x1b<secret>\n")
end)

test.it("ends at the first error of a pipe, and says where it arose", function(t)
  local result <const> = repl(t, { "1", "function deep() error 'lost' end", "deep() print(1)",
    "2" }, 2)
  test.equal(result.stdout, "1\n")
  test.contains(result.stderr, "input:1: lost\n  in deep, input:1\n")
  test.lacks(result.stderr, "repl.lua")
  test.equal(repl(t, { "fail('approval', 'no')" }, 1).stderr, "no [approval]\n")
  test.contains(repl(t, { "x = = 1" }, 2).stderr, "input:1: unexpected symbol near '='")
  test.equal(repl(t, { "error()" }, 2).stderr, "nil\n")
end)

test.it("offers the modules, without io, os.execute or code of the site", function(t)
  t:write("moonlatch/recipes/repl.lua", "error 'site code ran'")
  t:write("moonlatch/init.lua", "error 'site code ran'")
  t:write(".sops.yaml", "creation_rules: []\n")
  prints(t, { "io, os.execute, os.exit, debug, package, dofile", "pcall(require, 'moonlatch/init')",
    "fs.cwd() == ctx.site.path" }, "nil\nnil\nnil\nnil\nnil\nnil\nfalse\n"
      .. repl(t, { "select(2, pcall(require, 'moonlatch/init'))" }).stdout .. "true\n")
end)

test.it("explains names from the sources", function(t)
  test.contains(repl(t, { ":help secret.new" }).stdout, "secret.new(bytes)\n\nA secret with")
  test.contains(repl(t, { ":help Plan:write" }).stdout, "Plan:write(root, path, bytes, options)")
  test.contains(repl(t, { ":help catch-all" }).stdout, "exit status 1")
  local list <const> = repl(t, { ":help" }).stdout
  test.contains(list, ":commit")
  test.contains(list, " keyring ")
  local none <const> = repl(t, { ":help secret.nwe" }, 2).stderr
  test.contains(none, "there is no description of 'secret.nwe'")
  test.contains(none, "did you mean 'secret.new'?")
  test.contains(repl(t, { ":hepl" }, 3).stderr, "did you mean 'help'?")
  test.contains(repl(t, { ":drop it" }, 3).stderr, ":drop takes no argument")
end)

local WRITES <const> = {
  "pending:write(fs.root '.', 'public.txt', 'seen\\n', { kind = 'public' }) and nil",
  "pending:write(fs.root '.', 'clear.txt', secret.new 'unseen', { kind = 'clear' }) and nil",
}

test.it("shows what is pending and writes it with consent", function(t)
  local shown <const> = repl(t, { WRITES[1], WRITES[2], ":diff", ":drop", ":diff" }, 2)
  test.contains(shown.stderr,
    "this session: 2 changes\n  + clear.txt\n  + public.txt\n      + seen")
  test.lacks(shown.stderr, "unseen")
  test.contains(shown.stderr, "nothing is pending")
  local left <const> = repl(t, { WRITES[1] })
  test.contains(left.stderr, "pending and not written: 1 change\n")
  -- without a terminal to ask at, two files need --yes
  local refused <const> = t:run { "setsid", "-w", require("moonlatch.host").program(), "repl",
    stdin = table.concat({ WRITES[1], WRITES[2], ":commit" }, "\n") }
  test.equal(refused.status, fail.status(fail.new("consent", "")))
  test.contains(refused.stderr, "[consent]")
  test.equal(t:read "public.txt", nil)
  repl(t, { WRITES[1], WRITES[2], ":commit", "assert(#pending.tx:plan() == 0)" }, 0, { "-y" })
  test.equal(t:read "public.txt", "seen\n")
  test.equal(t:read "clear.txt", "unseen")
  test.equal(t.root:stat("clear.txt").mode, tonumber("600", 8))
end)

local RECIPE <const> = [[
local fail, host = require "moonlatch.fail", require "moonlatch.host"
local repl = require "moonlatch.repl"
local captured = "before"
local function inner(name, key)
  local count = 1
  repl.enter()
  host.out(("%s %d %s\n"):format(name, count, captured))
end
local function outer()
  local above = { 1 }
  inner("first", require("moonlatch.secret").new "hush")
  return above
end
outer()
local function broken(x)
  local y = x * 2
  if y > 0 then
    fail("missing", "nothing here", "look elsewhere")
  end
end
local ok = ...
if ok == "bug" then
  local nothing
  nothing.field = 1
elseif ok ~= "ok" then
  broken(21)
end
]]

--- Runs the recipe above with these lines on its standard input.
local function stop(t, lines, status, words)
  t:write("stop.lua", RECIPE)
  local command <const> = table.move(words, 1, #words, 1, {})
  command.stdin = table.concat(lines, "\n") .. "\n"
  local result <const> = t:program(command)
  test.equal(result.status, status, result.stderr)
  return result
end

test.it("stops at a breakpoint with the variables of its function", function(t)
  local result <const> = stop(t, { "name, count, captured", "key", "count = count + 41",
    "captured = 'after'", "local count = 7", "count", ":locals" }, 0,
    { "run", "stop.lua", "ok" })
  test.contains(result.stdout, '"first"\n1\n"before"\n<secret, 4 bytes>\n7\n')
  test.contains(result.stdout, "\nkey = <secret, 4 bytes>\n")
  test.contains(result.stdout, "first 42 after\n")
  test.contains(result.stderr, "stopped in inner, stop.lua:6")
end)

test.it("moves between the functions that wait", function(t)
  local result <const> = stop(t, { ":up", "above[1], name", "above[1] = 2", ":up", "captured",
    "captured = 'upstairs'", ":down", ":down", "name", ":quit", "never" }, 0,
    { "run", "stop.lua", "ok" })
  test.contains(result.stdout, "  inner, stop.lua:6\n* outer, stop.lua:11\n")
  test.contains(result.stdout, "\n1\nnil\n")
  test.contains(result.stdout, '\n"before"\n')
  test.contains(result.stdout, "\n\"first\"\nfirst 1 upstairs\n")
end)

test.it("ends a run at a breakpoint when told so, or when a line fails", function(t)
  local aborted <const> = stop(t, { ":abort" }, 130, { "run", "stop.lua", "ok" })
  test.lacks(aborted.stdout, "first")
  test.contains(aborted.stderr, "ended by :abort")
  test.lacks(stop(t, { "error 'no'" }, 2, { "run", "stop.lua", "ok" }).stdout, "first")
end)

test.it("opens where a run failed, with --debug", function(t)
  local result <const> = stop(t, { ":quit", "y, x, _.code", ":where" }, 2,
    { "--debug", "run", "stop.lua" })
  test.contains(result.stdout, '42\n21\n"missing"\n* broken, stop.lua:18\n')
  test.contains(result.stderr, "moonlatch: nothing here [missing]\nhint: look elsewhere\n"
    .. "stopped in broken, stop.lua:18")
  local _, times <const> = result.stderr:gsub("nothing here", "")
  test.equal(times, 1)
  local bug <const> = stop(t, { ":quit", "ok, nothing" }, 2,
    { "--debug", "run", "stop.lua", "bug" })
  test.contains(bug.stdout, '"bug"\nnil\n')
  test.contains(bug.stderr, "attempt to index a nil value (local 'nothing')")
  test.lacks(stop(t, { ":quit" }, 3, { "--debug", "run" }).stderr, "stopped in")
  test.lacks(stop(t, { ":quit" }, 2, { "run", "stop.lua" }).stderr, "stopped in broken")
end)
