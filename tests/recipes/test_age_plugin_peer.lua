-- The plugin of the tests with the real age, so that what is proved with it counts; and files that
-- the real age made or opens with a plugin.

local files <const> = require "moonlatch.files"
local fs    <const> = require "moonlatch.fs"
local host  <const> = require "moonlatch.host"
local test  <const> = require "moonlatch.test"

-- Run from the root of the sources, as all tests are.
local HELPER <const> = "tests/recipes/age_plugin.lua"
local plugin <const> = assert(host.load_text(assert(files.read(HELPER)), HELPER))()

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
