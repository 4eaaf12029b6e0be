-- What is written for people, against the program: help, manual, examples, what gets installed.
-- Recipes are found, never listed. The folder of the sources is the current one.

local cli, fail, fs, host, man, recipes, site, shell, test = require "moonlatch.cli",
  require "moonlatch.fail", require "moonlatch.fs", require "moonlatch.host",
  require "moonlatch.cli.man", require "moonlatch.recipes", require "moonlatch.site",
  require "moonlatch.shell", require "moonlatch.test"

local places <const> = recipes.shipped()
local names <const> = require("moonlatch.lists").names(places)

--- The commands of this program in a line for a shell: what stands between its operators.
local function commands(line)
  local list <const>, current = {}, {}
  for _, word in ipairs(assert(shell.words(line))) do
    if word:match("^[|&;]+$") then
      table.insert(list, current)
      current = {}
    else
      table.insert(current, word)
    end
  end
  table.insert(list, current)
  local ours <const> = {}
  for _, words in ipairs(list) do
    while (words[1] or ""):match("^[%u_]+=") do -- variables set for one command
      table.remove(words, 1)
    end
    for i = #words, 1, -1 do
      if words[i]:match("^%d?[<>]+$") then
        table.remove(words, i + 1)
        table.remove(words, i)
      end
    end
    if table.remove(words, 1) == "moonlatch" then
      table.insert(ours, words)
    end
  end
  return ours
end

local function must(value, err)
  if not value then
    error(tostring(err), 0)
  end
  return value, err
end

--- The name of the recipe that a command line calls; raises what is wrong with it.
local function parse(words)
  local global <const>, rest <const> = must(cli.split(words))
  local meant <const>, behind <const> = must(cli.find(names, rest))
  must(cli.parse(places[meant].load(), behind, global))
  return meant
end

for _, name in ipairs(names) do
  test.it(name .. ": its examples are command lines that it takes", function()
    local recipe <const> = places[name].load()
    test.equal(recipe.examples ~= nil and #recipe.examples > 0, true, "an example")
    local shown = false
    for _, line in ipairs(recipe.examples) do
      local found <const> = commands(line)
      test.equal(#found > 0, true, "a command in " .. line)
      for _, words in ipairs(found) do
        shown = parse(words) == name or shown
      end
    end
    test.equal(shown, true, "an example of " .. name)
  end)

  test.it(name .. ": help and manual say the same", function(t)
    local recipe <const> = places[name].load()
    local help <const> = cli.help(recipe)
    test.contains(help, cli.usage(recipe))
    local made <const> = t:run { "scdoc", stdin = cli.man(recipe) }
    test.equal(made.status, 0, made.stderr)
    local page <const> = made.stdout:gsub("\\&", "")
    for _, declared in ipairs(recipe.options or {}) do
      for word in declared[1]:gmatch("%-%-?[%w-]+") do
        test.contains(help, word)
        test.contains(page, word)
      end
    end
  end)
end

test.it("scdoc gives back any text as it was", function(t)
  local text <const> = "*b* _u_ a_b ++ x++ C:\\new [x] |y| #z `q` 'a' .so \\fB ~ <t> ; - end"
  local made <const> = t:run { "scdoc", stdin = cli.man { name = "x y", summary = text,
    about = text .. "\n\n- one\n\n#two\n\n[three\n\n|four\n\n; five\n\n.six\n\n'seven",
    takes = { { "word", text } }, options = { { "-x, --yes-or-no TEXT", text } } } }
  test.equal(made.status, 0, made.stderr)
  local roff <const> = made.stdout:gsub("\\&", "")
  local _, times <const> = roff:gsub(text:gsub("\\", "\\\\"):gsub("%p", "%%%0"), "")
  test.equal(times, 4)
  for line in made.stdout:gmatch("[^\n]+") do
    test.equal(line:match("^'") or line:match("^%.six"), nil, line)
  end
end)

local function page(name)
  return assert(assert(fs.root "man"):read(name))
end

--- The fields that the site file may have in a place, as the error about a wrong one lists them.
local function fields(value)
  local ok <const>, err <const> = site.check(value)
  test.equal(ok, nil)
  local list <const> = {}
  for field in err.hint:match("^known: (.+)$"):gmatch("[%w_]+") do
    table.insert(list, field)
  end
  return list
end

test.it("the manual explains every field of the site file", function()
  local text <const> = page "moonlatch-config.5.scd"
  local wrong <const> = { qqqqqqqqqqqq = 1 }
  for _, value in ipairs { wrong, { identities = { a = wrong } },
    { identities = { a = { vault = wrong } } }, { vault = wrong }, { vars = wrong },
    { vars = { layout = wrong } }, { generators = { a = wrong } }, { machines = { a = wrong } } } do
    for _, field in ipairs(fields(value)) do
      test.contains(text, "*" .. field .. "*")
    end
  end
end)

test.it("the manual names the recipes that a site cannot replace", function()
  local fixed <const> = page("moonlatch-config.5.scd"):match("The recipes( .-) are always")
    :gsub("%s+", " "):gsub(" and ", ", ") .. ","
  for _, name in ipairs(names) do
    local named <const> = fixed:find(" " .. name:match("^%S+") .. ",", 1, true) ~= nil
    test.equal(named, recipes.fixed(name), name)
  end
end)

test.it("the manual explains every variable that is asked for", function()
  local text <const> = page "moonlatch.1.scd" .. page "moonlatch-config.5.scd"
  for _, file in ipairs(host.files "") do
    local source <const> = host.source(file)
    for _, family in ipairs { "MOONLATCH", "SOPS" } do
      for name in source:gmatch("env[ (]+\"(" .. family .. "_[%u_]+)\"") do
        test.contains(text, "*" .. name .. "*")
      end
    end
  end
end)

test.it("the manual lists all recipes, options, codes and limits", function(t)
  assert(t.root:mkdir "out")
  local made <const> = t:program { "run", "tools/man.lua", "man", t:path "out",
    cwd = assert(fs.root ".") }
  test.equal(made.status, 0, made.stderr)
  local text <const> = t:read "out/moonlatch.1.scd"
  test.lacks(text, "@")
  for _, name in ipairs(names) do
    local title <const> = man.title { name = name }
    test.contains(text, "*" .. man.escape(title .. "(1)") .. "*\n")
    test.equal(t.root:exists("out/" .. title .. ".1.scd"), true, title)
  end
  for code in pairs(fail.codes) do
    test.contains(text, "*" .. man.escape(code) .. " (")
  end
  local header <const> = assert(assert(fs.root "src/base"):read "limits.h")
  local _, limits <const> = header:gsub("\n    ML_LIMIT_[%u_]+ =", "")
  local _, listed <const> = text:match("\n# LIMITS\n(.-)\n# "):gsub("\n%*%d+%*\n\t", "")
  test.equal(listed, limits)
end)

test.it("what is installed works, embeds, and goes away", function(t)
  local mode <const> = host.program():match("/build/([^/]+)/moonlatch$") or "release"
  local function make(target)
    local made <const> = t:run { "make", "-C", fs.cwd(), target, "MODE=" .. mode,
      "DESTDIR=" .. t:path "root", "PREFIX=/opt/moonlatch", timeout = 600 }
    test.equal(made.status, 0, made.stdout .. made.stderr)
  end
  make "install"
  local below <const> = t:path "root/opt/moonlatch"
  test.equal(t:run { below .. "/bin/moonlatch", "version" }.status, 0)
  for _, file in ipairs { "share/man/man1/moonlatch.1", "share/man/man5/moonlatch-config.5",
    "share/bash-completion/completions/moonlatch" } do
    test.equal(t.root:exists("root/opt/moonlatch/" .. file), true, file)
  end
  for _, name in ipairs { "sops", "age" } do
    test.equal(t.root:exists("root/opt/moonlatch/bin/" .. name), false, name)
  end
  local flags <const> = t:run { "pkg-config", "--cflags", "--libs", "moonlatch", env = {
    PKG_CONFIG_PATH = below .. "/lib/pkgconfig", PKG_CONFIG_SYSROOT_DIR = t:path "root" } }
  test.equal(flags.status, 0, flags.stderr)
  local compile <const> = { "cc", "-o", t:path "embed", fs.cwd() .. "/examples/embed.c",
    mode ~= "release" and "-fsanitize=address,undefined" or "-O1" }
  for _, flag in ipairs(assert(shell.words(flags.stdout))) do
    table.insert(compile, flag)
  end
  local compiled <const> = t:run(compile)
  test.equal(compiled.status, 0, compiled.stderr)
  local ran <const> = t:run { t:path "embed" }
  test.equal(ran.stdout, "6d6f6f6e6c61746368\n", ran.stderr)
  make "uninstall"
  for entry in assert(t.root:open "root"):walk() do
    test.equal(entry.path, nil, "left behind")
  end
end)

--- The tests that a row of docs/sops-tests.md names, as (file, name): `FILE: NAME; NAME; FILE: …`,
--- `FILE, under these names` for those of the first column, or files alone.
local function named_tests(first, cell)
  local list <const> = {}
  local file
  for piece in (cell:gsub(", (tests/)", "; %1") .. ";"):gmatch "%s*(.-);" do
    local path <const>, rest <const> = piece:match "^(tests/[%w_/]+%.%a+)(.*)$"
    file = path or file
    if rest and rest:match "^, under th%l+ names?$" then
      for name in first:gmatch "[^,%s]+" do table.insert(list, { file, name }) end
    else
      table.insert(list, { file, rest and rest:gsub("^: ", "") or piece })
    end
  end
  return list
end

test.it("docs/sops-tests.md names tests that are there", function()
  local root <const> = assert(fs.root "docs")
  local count = 0
  for first, cell in assert(root:read "sops-tests.md"):gmatch "\n| ([^|]*) | (tests/[^|\n]*) |" do
    for _, one in ipairs(named_tests(first, cell)) do
      local text <const> = assert(fs.read_named(one[1])):publish()
      test.equal(text:find(one[2], 1, true) ~= nil, true, ("%s in %s"):format(one[2], one[1]))
      count = count + 1
    end
  end
  test.equal(count > 100, true, count)
end)

test.it("help explains a group by its recipes", function(t)
  local shown <const> = t:expect { "help", "recipient" }.stdout
  test.contains(shown, "recipient add")
  test.lacks(shown, "rotate")
end)
