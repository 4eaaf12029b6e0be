-- `moonlatch repair`: files that were changed without their key, as people and merges do.

local json <const> = require "moonlatch.json"
local test <const> = require "moonlatch.test"

local FILE <const> = "secrets/a.yaml"
local CLEAR <const> = "# notes\nname: crew\nlist:\n- one\n- two\nport_unencrypted: 80\n"

local function run(t, command, status)
  command.env = command.env or { SOPS_AGE_KEY_FILE = t:path "home/key.txt" }
  return t:expect(command, status)
end

local function git(t, ...)
  local result <const> = t:run { "git", "-c", "user.name=n", "-c", "user.email=e@example", ... }
  test.equal(result.status, 0, result.stderr)
end

local function setup(t, committed)
  t:expect { "keygen", "-q", "-o", "home/key.txt" }
  t:write(".sops.yaml", ("creation_rules:\n  - path_regex: secrets/.*\n    age: %s\n"):format(
    t:read("home/key.txt"):match "public key: (%S+)"))
  t:write(FILE, CLEAR)
  run(t, { "encrypt", "-q", "-i", FILE, "--accept-recipients=first-use" })
  if committed then
    git(t, "init", "-q")
    git(t, "add", ".sops.yaml", FILE)
    git(t, "commit", "-q", "-m", "whole")
  end
  return t:read(FILE)
end

--- The copies of repaired files, as texts.
local function kept(t)
  local list <const> = {}
  local folder <const> = "home/.local/state/moonlatch/repaired"
  for _, name in ipairs(t.root:exists(folder) and t.root:list(folder) or {}) do
    table.insert(list, t:read(folder .. "/" .. name))
    test.equal(t.root:stat(folder .. "/" .. name).mode, tonumber("600", 8))
  end
  return list
end

test.it("seals a file as it is, after showing what changed and being told to", function(t)
  local whole <const> = setup(t, true)
  local changed <const> = whole:gsub("%- ENC[^\n]*\n", "", 1):gsub(": 80", ": 81")
  t:write(FILE, changed)
  local refused <const> = run(t, { "repair", FILE }, 2)
  test.contains(refused.stderr, "~ list: changed since the last commit")
  test.contains(refused.stderr, "~ port_unencrypted: changed since the last commit")
  test.contains(refused.stderr, "[consent]")
  run(t, { "repair", "-y", FILE }, 2) -- yes to a plan is not yes to this
  local hint <const> = run(t, { "why", FILE }, 1).stderr:match "hint: `moonlatch ([^`]+)`"
  local words <const> = {}
  for word in hint:gmatch "%S+" do
    table.insert(words, word)
  end
  test.contains(run(t, words, 1).stderr, "~ list: changed since the last commit")
  test.equal(t:read(FILE), changed)
  test.equal(kept(t), {})

  local data <const> = json.parse(run(t, { "repair", "--ignore-mac", "--json", FILE }).stdout)
  test.equal(data.values, { { path = "list", change = "changed" },
    { path = "port_unencrypted", change = "changed" } })
  test.equal(run(t, { "decrypt", FILE }).stdout,
    (CLEAR:gsub("%- one\n", ""):gsub(": 80", ": 81")))
  test.equal(t:read(FILE):match "name: [^\n]*", whole:match "name: [^\n]*")
  test.equal(kept(t), { changed })
end)

test.it("seals values that somebody typed in clear", function(t)
  setup(t)
  local changed <const> = t:read(FILE):gsub("name: [^\n]*", "name: hunter2")
    :gsub("%- ENC[^\n]*", "- 'swordfish'", 1)
  t:write(FILE, changed)
  local said <const> = run(t, { "repair", "--ignore-mac", FILE })
  test.contains(said.stderr, "~ name: in clear, will be sealed")
  test.contains(said.stderr, "~ list/0: in clear, will be sealed")
  test.lacks(said.stdout .. said.stderr, "hunter2")
  test.lacks(t:read(FILE), "hunter2")
  test.lacks(t:read(FILE), "swordfish")
  local clear <const> = run(t, { "decrypt", FILE }).stdout
  test.contains(clear, "name: \"hunter2\"\n")
  test.contains(clear, "swordfish")
  run(t, { "verify", FILE })
end)

test.it("seals typed values in JSON, dotenv and INI files too", function(t)
  setup(t)
  for path, case in pairs {
    ["secrets/a.json"] = { '{"a: b": "x", "n": 1}\n', '"a: b": "[^"]*"', '"a: b": "hunter2"' },
    ["secrets/a.env"] = { "A=x\nB=y\n", "A=[^\n]*", "A=hunter2" },
    ["secrets/a.ini"] = { "[s]\na = x\nb = y\n", "a = [^\n]*", "a = hunter2" },
  } do
    t:write(path, case[1])
    run(t, { "encrypt", "-q", "-i", path })
    t:write(path, (t:read(path):gsub(case[2], case[3], 1)))
    test.contains(run(t, { "repair", "--ignore-mac", path }).stderr, "in clear, will be sealed")
    test.lacks(t:read(path), "hunter2")
    test.equal(run(t, { "decrypt", path }).stdout, (case[1]:gsub("x", "hunter2")))
  end
end)

test.it("seals no value that was changed itself, nor what cannot be read", function(t)
  local whole <const> = setup(t)
  local function refuse(text, code)
    t:write(FILE, text)
    local refused <const> = run(t, { "repair", "--ignore-mac", FILE }, 2)
    test.contains(refused.stderr, ("[%s]"):format(code))
    test.equal(t:read(FILE), text)
  end
  refuse((whole:gsub("name: ENC%[AES256_GCM,data:", "%0AAAA")), "auth")
  refuse("<<<<<<< a\nx: ENC[AES256_GCM,\n=======\n>>>>>>> b\n" .. whole, "format")
  refuse((whole:gsub("\n    version: [^\n]*", "")), "format")
  refuse(CLEAR, "format")
  t:write(FILE, (whole:gsub("%- ENC[^\n]*\n", "", 1)))
  test.contains(run(t, { "repair", "--ignore-mac", FILE, env = {} }, 2).stderr, "[key]")
  test.equal(kept(t), {})
end)

test.it("leaves a file alone that is whole", function(t)
  local whole <const> = setup(t)
  test.contains(run(t, { "repair", FILE }).stdout, "nothing to repair")
  test.equal(t:read(FILE), whole)
end)

test.it("makes what the real sops opens", function(t)
  local sops <const> = test.peer "sops"
  local whole <const> = setup(t)
  t:write(FILE, (whole:gsub("%- ENC[^\n]*\n", "", 1)))
  local env <const> = { SOPS_AGE_KEY_FILE = t:path "home/key.txt" }
  test.equal(t:run { sops, "decrypt", FILE, env = env }.status ~= 0, true)
  run(t, { "repair", "--ignore-mac", FILE })
  test.equal(t:run { sops, "decrypt", FILE, env = env }.status, 0)
end)
