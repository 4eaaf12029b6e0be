local cli, test = require "moonlatch.cli", require "moonlatch.test"

local add <const> = {
  name = "recipient add", summary = "let one more key open files",
  takes = { { "name", "identity or key" }, { "path", "files", many = true, optional = true } },
  options = {
    { "--rule N", "a rule", many = true },
    { "--like NAME", "same as", complete = "identity" },
    { "--type WORD", "a type", choices = { "int", "str" }, default = "str" },
    { "-f, --force", "even so" },
  },
  examples = { "moonlatch recipient add tara --rule 3" },
}
local exec <const> = {
  name = "exec", summary = "run a command",
  takes = { { "file", "sealed" }, { "command", "what to run", rest = true } },
}
local run <const> = {
  name = "run", summary = "run a command", options = { { "--clean", "nothing else" } },
  takes = { { "file", "sealed", many = true }, { "command", "what to run", rest = "--" } },
}
local set <const> = {
  name = "set", summary = "change a value", takes = { { "file", "" }, { "path", "" } },
  excess = "the value comes from a prompt, stdin or --from",
}

local function parse(recipe, line)
  local words <const> = {}
  for word in line:gmatch("%S+") do
    table.insert(words, word)
  end
  return cli.parse(recipe, words)
end

local function refused(recipe, line)
  local args, err = parse(recipe, line)
  test.equal(args, nil)
  test.equal(err.code, "usage")
  return err
end

test.it("takes options anywhere, in both spellings", function()
  local args, global = assert(parse(add, "--rule=1 tara -n a --rule 2 b -fy --like=x"))
  test.equal(args, { name = "tara", path = { "a", "b" }, rule = { "1", "2" }, like = "x",
    type = "str", force = true })
  test.equal(global.dry_run, true)
  test.equal(global.yes, true)
  test.equal(global.json, nil)
  test.equal(global.color, "auto")
end)

test.it("ends options at --", function()
  local args = assert(parse(add, "tara -- --rule -f"))
  test.equal(args.path, { "--rule", "-f" })
end)

test.it("takes a lone dash as an operand and as a value", function()
  test.equal(assert(parse(add, "tara - --like -")).path, { "-" })
end)

test.it("leaves everything behind a rest argument alone", function()
  test.equal(assert(parse(exec, "-v f.yaml psql -h db --json")),
    { file = "f.yaml", command = { "psql", "-h", "db", "--json" } })
  test.equal(assert(parse(exec, "f.yaml -- psql -h db")).command, { "psql", "-h", "db" })
end)

test.it("keeps what stands behind -- apart where a recipe says so", function()
  test.equal(assert(parse(run, "a b --clean -- psql -- --clean")),
    { file = { "a", "b" }, clean = true, command = { "psql", "--", "--clean" } })
  test.contains(refused(run, "a b").message, "COMMAND is missing, behind --")
  test.contains(refused(run, "-- b").message, "FILE is missing")
  test.equal(cli.usage(run), "moonlatch run [options] FILE… -- COMMAND…")
end)

test.it("reads short options in a bundle and with their value attached", function()
  local _, global = parse(add, "tara -nC/tmp")
  test.equal(global.dir, "/tmp")
  test.equal(global.dry_run, true)
end)

test.it("refuses what it would have to guess", function()
  test.equal(refused(add, "tara --rul 1").hint, "did you mean --rule?")
  test.equal(tostring(refused(add, "tara -r x").hint):find("did you mean", 1, true), nil)
  test.equal(refused(add, "tara --like x --like y").message, "--like is given twice")
  test.equal(refused(add, "tara --force=1").message, "--force takes no value")
  test.equal(refused(add, "tara --like").message, "--like needs NAME behind it")
  test.equal(refused(add, "tara --like --force").message,
    "--like needs NAME, and an option stands there")
  test.equal(refused(add, "tara --type itn").hint, "did you mean 'int'?")
  test.equal(refused(add, "").message, "NAME is missing")
  test.equal(refused(exec, "f.yaml").message, "COMMAND is missing")
end)

test.it("does not quote an operand too many: it may be a secret", function()
  local e <const> = refused(set, "f.yaml a/b hunter2")
  test.equal(tostring(e):find("hunter2", 1, true), nil)
  test.equal(e.hint, "the value comes from a prompt, stdin or --from")
end)

test.it("does not ask for operands when help is wanted", function()
  local args, global = parse(add, "--help")
  test.equal(args ~= nil, true)
  test.equal(global.help, true)
end)

test.it("joins options before the recipe's name with those behind", function()
  local before, rest = cli.split { "-n", "--color", "never", "--accept-recipient=k1", "get", "-v" }
  test.equal(rest, { "get", "-v" })
  local _, global = cli.parse(set, { "f", "p", "--accept-recipient", "k2" }, before)
  test.equal(global.dry_run, true)
  test.equal(global.color, "never")
  test.equal(global.accept_recipient, { "k1", "k2" })
  local none, err = cli.parse(set, { "f", "p", "--color=always" }, before)
  test.equal(none, nil)
  test.equal(err.message, "--color is given twice")
end)

test.it("refuses a recipe that takes a global option's name", function()
  test.equal(pcall(cli.parse, { name = "x", options = { { "--json", "mine" } } }, {}), false)
end)

local NAMES <const> = { "exec", "get", "recipient add", "recipient remove", "rotate", "status",
  "update-keys" }

test.it("finds recipes, groups and other programs' words", function()
  local name, rest = cli.find(NAMES, { "recipient", "add", "tara" })
  test.equal(name, "recipient add")
  test.equal(rest, { "tara" })
  test.equal(cli.find(NAMES, { "updatekeys", "x" }), "update-keys")
  test.equal(cli.find(NAMES, { "exec-env" }), "exec")
end)

test.it("answers words it does not have", function()
  local function answer(...)
    local none, err = cli.find(NAMES, { ... })
    test.equal(none, nil)
    test.equal(err.code, "usage")
    return err
  end
  test.equal(answer("statsu").hint, "did you mean 'status'?")
  test.equal(answer("recipient").hint, "one of: recipient add, recipient remove")
  test.equal(answer("recipient", "ad").hint, "did you mean 'add'?")
  test.equal(answer("sops-rotate").hint:find("renew FILE", 1, true) ~= nil, true)
  test.equal(answer("zzzzzz").hint, "`moonlatch help` lists them")
end)

test.it("writes usage, help and man page from the same table", function()
  test.equal(cli.usage(add), "moonlatch recipient add [options] NAME [PATH…]")
  test.equal(cli.usage(exec), "moonlatch exec [options] FILE [--] COMMAND…")
  local help, man = cli.help(add, 80), cli.man(add)
  for _, o in ipairs { "--rule N", "--like NAME", "--type WORD", "-f, --force" } do
    test.equal(help:find(o, 1, true) ~= nil, true)
    test.equal(man:gsub("\\", ""):find(o, 1, true) ~= nil, true)
  end
  for line in help:gmatch("[^\n]*") do
    test.equal(#line <= 80, true)
  end
  test.contains(help, "\n  [PATH…]                   files\n") -- in columns, not in bytes
  test.lacks(help, "\n\n\n")
end)

test.it("lists recipes by group, in the order in which a person meets them", function()
  local page <const> = cli.index { { name = "b", group = "host", summary = "" },
    { name = "a", group = "files", summary = "" }, { name = "c", group = "set up", summary = "" },
    { name = "d", group = "own", summary = "" } }
  local order <const> = {}
  for heading in page:gmatch "\n(%u[%l ]*):" do
    table.insert(order, heading)
  end
  test.equal(order, { "Set up", "Files", "Host", "Own" })
end)

test.it("shows ten tasks and the next step", function()
  local page <const> = cli.overview { text = "one file differs", command = "moonlatch update-keys" }
  local _, tasks = page:gsub("\n  %l", "")
  test.equal(tasks, 10)
  test.equal(page:match("next: ([^\n]+)"), "moonlatch update-keys")
end)

local function completed(...)
  local lines <const> = cli.complete({
    names = NAMES,
    load = function(name) return ({ ["recipient add"] = add, exec = exec })[name] end,
    values = { identity = function() return { "tara", "raquel" } end },
  }, { ... })
  for i, line in ipairs(lines) do
    lines[i] = line:match("^[^\t]+")
  end
  return lines
end

test.it("completes recipes, members, options, choices and names of the site", function()
  test.equal(completed("re"), { "recipient" })
  test.equal(completed("recipient", ""), { "add", "remove" })
  test.equal(completed("-n", "recipient", "add", "--ty"), { "--type" })
  test.equal(completed("recipient", "add", "x", "--type", "i"), { "int" })
  test.equal(completed("recipient", "add", "x", "--like", "ta"), { "tara" })
  test.equal(completed("recipient", "add", "x", "--like=ta"), { "--like=tara" })
  test.equal(completed("exec", ""), { ":file" })
end)

test.it("has a script for each shell", function()
  for _, shell in ipairs(cli.SHELLS) do
    test.equal(cli.script(shell):find("completion --complete", 1, true) ~= nil, true)
  end
  test.equal(cli.script("csh"), nil)
end)
