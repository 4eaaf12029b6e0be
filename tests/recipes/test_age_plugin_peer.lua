-- The plugin of the tests with the real age, so that what is proved with it counts; and files that
-- the real age made or opens with a plugin.

local fs   <const> = require "moonlatch.fs"
local test <const> = require "moonlatch.test"

local plugin <const> = test.helper "tests/recipes/age_plugin.lua"

--- Debian's age, and the current one where it was built.
local function clients()
  local built <const> = fs.cwd() .. "/build/peers/age-current/age"
  return { "age", assert(fs.root "/"):exists(built:sub(2)) and built or nil }
end

local function run(t, command)
  command.env = { PATH = t:path "bin" .. plugin.PATH }
  local result <const> = t:run(command)
  test.equal(result.status, 0, result.stderr)
  return result.stdout
end

test.it("the plugin of the tests works with the real age", function(t)
  t:write("keys.txt", plugin.IDENTITY .. "\n")
  for _, age in ipairs(clients()) do
    plugin.program(t, [[
      plugin.say { "msg", body = "hello" }
      plugin.say { "from-the-future" }
      plugin.serve { labels = { "x" } }]])
    local sealed <const> = run(t, { age, "-r", plugin.RECIPIENT, stdin = "text" })
    test.equal(run(t, { age, "-d", "-i", "keys.txt", stdin = sealed }), "text")
  end
end)

test.it("sops opens what was sealed to a plugin's key, and the other way round", function(t)
  local sops <const> = test.peer "sops"
  plugin.program(t)
  t:write("keys.txt", plugin.IDENTITY .. "\n", tonumber("600", 8))
  local env <const> = { PATH = t:path "bin" .. plugin.PATH, SOPS_AGE_KEY_FILE = t:path "keys.txt" }
  t:write("ours.yaml", "a: hello\n")
  t:write("theirs.yaml", "a: hello\n")
  t:expect { "encrypt", "-i", "-a", plugin.RECIPIENT, "ours.yaml", env = env }
  local made <const> = t:run { sops, "encrypt", "-i", "--age", plugin.RECIPIENT, "theirs.yaml",
    env = env }
  test.equal(made.status, 0, made.stderr)
  test.equal(t:run({ sops, "decrypt", "ours.yaml", env = env }).stdout, "a: hello\n")
  test.equal(t:expect({ "decrypt", "theirs.yaml", env = env }).stdout, "a: hello\n")
end)

-- Seals standard input, or opens it, with the identity of batchpass.
local BATCHPASS <const> = [[
local age, host = require "moonlatch.age", require "moonlatch.host"
local dialogue, plugin = require "moonlatch.age_dialogue", require "moonlatch.age_plugin"
local input = assert(require "moonlatch.fs".read_named "-")
return { summary = "", takes = {}, options = {}, run = function()
  local identity = assert(age.identity(assert(dialogue.default_identity "batchpass")))
  if input:has "-----BEGIN AGE" then
    local file = assert(age.open(input))
    assert(assert(plugin.unwrap(file, { identity })))
    assert(host.out(assert(file:text())))
  else
    local seal = assert(age.seal { identity })
    assert(plugin.wrap(seal))
    assert(host.out(assert(seal:encrypt(input, { armor = true }))))
  end
end }]]

test.it("a plugin that age comes with wraps and unwraps, both ways", function(t)
  local age <const> = test.peer "age-current/age"
  test.peer "age-current/age-plugin-batchpass"
  t:write("batchpass.lua", BATCHPASS)
  local env <const> = { PATH = fs.cwd() .. "/build/peers/age-current" .. plugin.PATH,
    AGE_PASSPHRASE = "correct horse", AGE_PASSPHRASE_WORK_FACTOR = "4" }
  local ours <const> = t:expect { "run", "batchpass.lua", stdin = "text", env = env }.stdout
  test.contains(ours, "-----BEGIN AGE")
  test.equal(t:run({ age, "-d", "-j", "batchpass", stdin = ours, env = env }).stdout, "text")
  local theirs <const> = t:run { age, "-e", "-a", "-j", "batchpass", stdin = "text", env = env }
  test.equal(theirs.status, 0, theirs.stderr)
  test.equal(t:expect({ "run", "batchpass.lua", stdin = theirs.stdout, env = env }).stdout, "text")
  env.AGE_PASSPHRASE = "wrong"
  test.contains(t:program({ "run", "batchpass.lua", stdin = ours, env = env }).stderr,
    "age-plugin-batchpass: ")
end)

test.it("what a plugin says of its labels decides who may share a file with it", function(t)
  local age <const> = test.peer "age-current/age"
  t:write("share.lua", ([[
    local age, plugin = require "moonlatch.age", require "moonlatch.age_plugin"
    return { summary = "", takes = { { "with", "" } }, options = {}, run = function(args)
      local seal = assert(age.seal { args.with, %q })
      assert(plugin.wrap(seal))
      assert(require "moonlatch.host".out(assert(seal:encrypt("text", { armor = true }))))
    end }]]):format(plugin.RECIPIENT))
  local hybrid <const> = assert(assert(require "moonlatch.age".generate { kind = "hybrid" })
    :recipient())
  local native <const> = assert(require "moonlatch.age".generate()):recipient()
  local env <const> = { PATH = t:path "bin" .. plugin.PATH }
  t:write("keys.txt", plugin.IDENTITY .. "\n", tonumber("600", 8))
  for labels, wanted in pairs { ["{}"] = { native, hybrid }, ['{ "postquantum" }'] =
    { hybrid, native } } do
    plugin.program(t, ("plugin.serve { labels = %s }"):format(labels))
    local file <const> = t:expect { "run", "share.lua", wanted[1], env = env }.stdout
    test.equal(t:run({ age, "-d", "-i", "keys.txt", stdin = file, env = env }).stdout, "text")
    local refused <const> = t:program { "run", "share.lua", wanted[2], env = env }
    test.contains(refused.stderr, "their labels differ")
  end
end)
