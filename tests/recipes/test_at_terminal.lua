-- What the recipes for files ask at a terminal, and what they show there.

local age    <const> = require "moonlatch.age"
local encode <const> = require "moonlatch.encode"
local host   <const> = require "moonlatch.host"
local json   <const> = require "moonlatch.json"
local test   <const> = require "moonlatch.test"

local at_terminal <const> = test.helper "tests/recipes/terminal.lua"

--- A folder with the program, a key under a passphrase and one without, and a sealed file.
local function setup(t, text)
  assert(t.root:symlink("program", assert(host.program())))
  t:write("a.yaml", text or "name: x\n")
  test.equal(t:run({ "sh", "-c", "mkdir -p home/.ssh && ssh-keygen -q -t ed25519 -N word -C '' "
    .. "-f home/.ssh/id_ed25519" }).status, 0)
  t:expect { "keygen", "-q", "-o", "key.txt" }
  t:expect { "encrypt", "-i", "-a", t:read "home/.ssh/id_ed25519.pub", "-a",
    (t:expect { "keygen", "--public", "key.txt" }.stdout:gsub("\n", "")), "a.yaml" }
end

--- Runs it with the key that is open, or else with the other one.
local function run(t, words, answers, protected)
  return at_terminal(t, "HOME=$PWD/home ./program " .. words, answers or {},
    { SOPS_AGE_KEY_FILE = not protected and t:path "key.txt" or nil })
end

test.it("gives a pipe the bytes of a value, and a terminal nothing to act on", function(t)
  local value <const> = "a\27]0;x\7b\u{202e}\r\nc\td"
  setup(t, ("name: %s\n"):format(json.format(value)))
  t:write("b.yaml", "name: x\n")
  test.equal(t:expect { "get", "a.yaml", "name", "--identity", "key.txt" }.stdout, value)
  for _, words in ipairs { "get a.yaml name", "decrypt --format dotenv a.yaml",
    "diff --values a.yaml b.yaml" } do
    local shown <const> = run(t, words).shown
    test.contains(shown, "a\\x1b]0;x\\x07b\\u{202e}")
    test.lacks(shown, "\27")
  end
  test.contains(run(t, "get a.yaml name").shown, "\nc\td")
end)

test.it("asks for no value that has no place", function(t)
  setup(t)
  local result <const> = run(t, "set none.yaml name")
  test.equal(result.status, 2)
  test.lacks(result.shown, "Value of")
  test.equal(run(t, "set a.yaml name", { "Value of name: ", "new" }).status, 0)
end)

test.it("says what to do about a wrong passphrase", function(t)
  setup(t)
  test.contains(run(t, "get a.yaml name", { "Passphrase of ", "another" }, true).shown,
    "hint: run it again, with the passphrase of ~/.ssh/id_ed25519")
  test.contains(run(t, "get a.yaml name", { "Passphrase of ", "word" }, true).shown, "\r\nx")
end)

test.it("says of a new key who had its name last", function(t)
  setup(t)
  local keys <const> = {}
  for i = 1, 3 do
    keys[i] = age.generate():recipient()
  end
  local pins <const> = {}
  for i, key in ipairs(keys) do
    pins[key] = { name = "tara", since = i == 2 and 30 or i }
  end
  local state <const> = "home/.local/state/moonlatch"
  assert(t.root:mkdir(state, tonumber("700", 8)))
  t:write(("%s/pins/%s.json"):format(state, encode.sha256(t.folder)), json.format { version = 1,
    path = t.folder, reviewed = true, pins = pins }, tonumber("600", 8))
  t:write(".sops.yaml", ("keys:\n  - &tara %s\ncreation_rules:\n  - age: *tara\n")
    :format(age.generate():recipient()))
  t:write("b.yaml", "name: x\n")
  test.contains(run(t, "encrypt --catch-all b.yaml", { "Type yes to approve", "no" }).shown,
    "until now tara was " .. keys[2])
end)

test.it("asks nobody on behalf of a test", function(t)
  setup(t)
  t:write("test_asks.lua", [[
require "moonlatch.test".it("makes no key unasked", function(t)
  t:expect({ "host-key", "generate", "hk" }, 2)
end)]])
  local result <const> = run(t, "test test_asks.lua; exit $?")
  test.equal(result.status, 0, result.shown)
end)
