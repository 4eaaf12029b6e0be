-- trust: a site's code runs in the state that its user has seen, and in no other.

local host <const> = require "moonlatch.host"
local json <const> = require "moonlatch.json"
local test <const> = require "moonlatch.test"

local RECIPE <const> = [[
return { name = "hello", summary = "say hello", group = "other", takes = {},
  run = function(_, ctx) ctx.report:summary("hello") return ctx.report:finish() end }
]]

local function setup(t)
  t:write(".sops.yaml", "creation_rules: []\n")
  t:write("moonlatch/recipes/hello.lua", RECIPE)
end

--- Run the site's recipe.
local function hello(t, status, env)
  local result <const> = t:expect({ "hello", env = env }, status)
  test.contains(result.stdout .. result.stderr, status == 0 and "hello\n" or "[trust]")
end

local function digest(t)
  return json.parse(t:program({ "trust", "--check", "--json" }).stdout).digest
end

test.it("lets code run once it is trusted, until it changes", function(t)
  setup(t)
  hello(t, 2)
  test.contains(t:expect({ "trust", "--check" }, 1).stderr, "never trusted")
  local before <const> = digest(t)
  test.contains(t:expect({ "trust", "--accept", before }).stderr, "+ return { name = \"hello\"")
  hello(t, 0)
  test.contains(t:expect({ "hello", "more" }, 3).stderr, "hint: see `moonlatch hello --help`")
  test.contains(t:expect({ "hello", "--help" }).stdout, "Say hello.")
  test.contains(t:expect({ "trust", "--check" }).stdout, "MOONLATCH_TRUST=" .. before)
  t:write("moonlatch/recipes/hello.lua", (RECIPE:gsub('"hello"%) ret', '"bye") ret')))
  hello(t, 2)
  test.contains(t:expect({ "trust", "--check" }, 1).stderr, "changed since you trusted it")
  local shown <const> = t:expect({ "trust", "--dry-run" }, 1)
  test.contains(shown.stdout, "~ changed")
  test.contains(shown.stderr, 'ctx.report:summary("bye")')
  test.equal(digest(t) ~= before, true)
end)

test.it("runs as root no code that is not root's own, trusted or not", function(t)
  if not host.privileged() then
    test.skip "this is not root"
  end
  setup(t)
  t:expect { "trust", "--accept", digest(t) }
  hello(t, 0)
  t:run { "chown", "nobody", t:path "moonlatch/recipes/hello.lua" }
  test.contains(t:expect({ "hello" }, 2).stderr, "[permission]")
  test.contains(t:expect({ "validate" }, 2).stderr, "[permission]") -- it could be replaced, too
  t:expect { "--no-site", "validate" }
end)

test.it("takes neither --yes nor another digest for consent", function(t)
  setup(t)
  test.contains(t:expect({ "trust", "--yes" }, 2).stderr, digest(t))
  test.contains(t:expect({ "trust", "--accept", ("0"):rep(64) }, 2).stderr, "[conflict]")
  t:expect({ "trust", "--check", "--revoke" }, 3)
  t:expect({ "trust", "--check" }, 1)
  hello(t, 2)
end)

test.it("asks on a terminal", function(t)
  setup(t)
  local function answer(word)
    return t:run { "script", "-qec", "'" .. host.program() .. "' trust", "/dev/null",
      stdin = word .. "\n" }
  end
  answer "n"
  t:expect({ "trust", "--check" }, 1)
  test.contains(answer("y").stdout, "MOONLATCH_TRUST=")
  t:expect { "trust", "--check" }
end)

test.it("trusts one state in CI, by the environment", function(t)
  setup(t)
  local known <const> = digest(t)
  hello(t, 0, { MOONLATCH_TRUST = known })
  t:expect { "trust", "--check", env = { MOONLATCH_TRUST = known } }
  t:write("moonlatch/hooks/after.lua", "return 1\n")
  hello(t, 2, { MOONLATCH_TRUST = known })
  t:expect({ "trust", "--check", env = { MOONLATCH_TRUST = known } }, 1)
end)

test.it("forgets, and has nothing to say where there is no code", function(t)
  setup(t)
  t:expect { "trust", "--accept", digest(t) }
  t:expect({ "trust", "--revoke" })
  t:expect({ "trust", "--check" }, 1)
  t:expect { "trust", "--revoke" }
  assert(t.root:remove "moonlatch/recipes/hello.lua")
  test.contains(t:expect({ "trust", "--check" }).stdout, "no code of its own")
end)

test.it("takes no link for code, and lets one to a program be", function(t)
  t:write(".sops.yaml", "creation_rules: []\n")
  t:write("code/recipes/hello.lua", RECIPE)
  t:write("program", "")
  for _, target in ipairs { "program", "nowhere" } do
    assert(t.root:symlink("moonlatch", target))
    t:expect { "validate" }
    test.contains(t:expect({ "trust" }).stdout, "no code of its own")
    assert(t.root:remove "moonlatch")
  end
  assert(t.root:symlink("moonlatch", "code"))
  local refused <const> = t:expect({ "validate" }, 2).stderr
  test.contains(refused, "moonlatch: code must be plain files, not links or others [trust]")
  test.contains(refused, "--no-site")
  t:expect { "--no-site", "validate" }
  assert(t.root:remove "moonlatch")
  assert(t.root:mkdir "moonlatch")
  assert(t.root:symlink("moonlatch/recipes", "../code/recipes"))
  test.contains(t:expect({ "validate" }, 2).stderr, "moonlatch/recipes: code must be plain files")
end)

test.it("looks for recipes where -C and --site say, before and behind the name", function(t)
  t:write("a/.sops.yaml", "creation_rules: []\n")
  t:write("b/.sops.yaml", "creation_rules: []\n")
  t:write("b/moonlatch.lua", "return { version = 1 }\n")
  t:write("b/moonlatch/recipes/hello.lua", RECIPE)
  local known <const> = json.parse(t:program({ "-C", "b", "trust", "--check", "--json" }).stdout)
  t:expect { "-C", "b", "trust", "--accept", known.digest }
  for _, words in ipairs { { "-C", "b", "hello" }, { "-C", "a", "hello", "-C", "../b" },
    { "hello", "-vC", "b" }, { "-C", "a", "hello", "--site=../b/moonlatch.lua" },
    { "hello", "-C", "a", "--site", "../b/moonlatch.lua" } } do
    test.contains(t:expect(words).stdout, "hello\n")
  end
  for _, words in ipairs { { "-C", "b", "hello", "-C", "../a" },
    { "-C", "b", "hello", "--no-site" } } do
    test.contains(t:expect(words, 3).stderr, "there is no recipe 'hello'")
  end
end)

test.it("leaves a -C among the words for a site's recipe to it", function(t)
  t:write("moonlatch.lua", "return { version = 1 }\n")
  t:write("moonlatch/recipes/build.lua", [[
return { summary = "", takes = { { "words", "", rest = true } }, run = function(args)
  require("moonlatch.host").out(table.concat(args.words, " ") .. "\n")
end }]])
  local known <const> = json.parse(t:program({ "trust", "--check", "--json" }).stdout)
  t:expect { "trust", "--accept", known.digest }
  test.equal(t:expect({ "build", "make", "-C", "src", "-k" }).stdout, "make -C src -k\n")
  test.contains(t:expect({ "build", "-C", "/", "make" }, 3).stderr, "there is no recipe 'build'")
end)

test.it("lists the recipes of a site that has no rules, from wherever in it", function(t)
  t:write("moonlatch.lua", "return { version = 1 }\n")
  t:write("moonlatch/recipes/hello.lua", RECIPE)
  t:write("secrets/.sops.yaml", "creation_rules: []\n")
  test.contains(t:expect({ "-C", "secrets", "recipe", "list" }).stdout, "/recipes/hello.lua")
end)
