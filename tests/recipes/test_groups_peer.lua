-- Key groups and the real sops, both ways, with PGP keys of the real gpg beside age keys.

local host <const> = require "moonlatch.host"
local proc <const> = require "moonlatch.proc"
local test <const> = require "moonlatch.test"

local CLEAR <const> = { ["a.yaml"] = "# who\nname: crew\nlist:\n    - a\n    - b\n",
  ["a.json"] = '{\n\t"name": "crew",\n\t"n": 1\n}\n', ["a.env"] = "# who\nNAME=crew\n",
  ["a.ini"] = "[top]\nname = crew\n", ["a.bin"] = "any bytes\n" }

local World <const> = { __name = "world" }
World.__index = World

function World:close()
  self.t:run { "gpgconf", "--kill", "all", env = self.env } -- it would go on waiting
end

World.__close = World.close

--- A folder with age keys of three people and a PGP key; FP, ANN, BEN, CAT by their public halves.
local function new(t)
  if not proc.find "gpg" then
    test.skip "gpg is not installed"
  end
  local self <const> = setmetatable({ t = t, sops = test.peer "sops", keys = {},
    env = { GNUPGHOME = t:path "g", MOONLATCH_ACCEPT = "first-use" } }, World)
  t.root:mkdir("g", tonumber("700", 8))
  t:run { "gpg", "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", "",
    "--quick-generate-key", "test@example.org", "future-default", "default", "never",
    env = self.env }
  self.keys.FP = t:run({ "gpg", "--batch", "--with-colons", "--list-keys", env = self.env })
    .stdout:match "\nfpr:::::::::(%x+):"
  for _, name in ipairs { "ann", "ben", "cat" } do
    t:expect { "keygen", "-q", "-o", ("home/%s.txt"):format(name) }
    self.keys[name:upper()] = t:read(("home/%s.txt"):format(name)):match "public key: (%S+)"
  end
  return self
end

--- The environment of somebody with the age keys of all these, and the PGP key if it is wanted.
function World:as(names, gpg)
  local lines <const> = {}
  for i, name in ipairs(names) do
    lines[i] = self.t:read(("home/%s.txt"):format(name))
  end
  self.t:write("home/keys.txt", table.concat(lines, "\n"), tonumber("600", 8))
  return { SOPS_AGE_KEY_FILE = self.t:path "home/keys.txt", MOONLATCH_ACCEPT = "first-use",
    GNUPGHOME = self.t:path(gpg and "g" or "nothing"), PATH = host.env "PATH" }
end

function World:rules(text)
  self.t:write(".sops.yaml", "creation_rules:\n" .. (text:gsub("%u%u+", self.keys)))
end

function World:theirs(words, names, gpg)
  table.insert(words, 1, self.sops)
  words.env, words.cwd = self:as(names or {}, gpg), self.t.root
  return self.t:run(words)
end

function World:ours(words, names, gpg)
  words.env = self:as(names or {}, gpg)
  return self.t:program(words)
end

local RULES <const> = {
  ["two groups, both needed"] = { [[
  - path_regex: a\.[a-z]+$
    shamir_threshold: 2
    key_groups:
      - age: [ANN]
      - age: [BEN]
        pgp: [FP]
]], { { "ann", "ben" }, { "ann", gpg = true } }, { { "ann" }, { "ben", gpg = true } } },
  ["three groups, two needed"] = { [[
  - path_regex: a\.[a-z]+$
    shamir_threshold: 2
    key_groups:
      - age: [ANN, BEN]
      - pgp: [FP]
      - age: [CAT]
]], { { "ben", "cat" }, { "ben", gpg = true }, { "cat", gpg = true } },
    { { "cat" }, { gpg = true }, { "ann", "ben" } } },
}

for what, case in pairs(RULES) do
  test.it("reads and is read: " .. what, function(t)
    local world <close> = new(t)
    world:rules(case[1])
    for name, clear in pairs(CLEAR) do
      t:write(name, clear)
      t:write("theirs/" .. name, world:theirs({ "encrypt", name }, {}, true).stdout)
      local sealed <const> = world:ours({ "encrypt", "-qy", name, "-o", "ours/" .. name }, {}, true)
      test.equal(sealed.status, 0, sealed.stderr)
      for _, folder in ipairs { "theirs/", "ours/" } do
        for expected, list in ipairs { case[3], case[2] } do
          for _, people in ipairs(list) do
            local wanted <const> = expected == 2 and clear or ""
            local they <const> = world:theirs({ "decrypt", folder .. name }, people, people.gpg)
            local we <const> = world:ours({ "decrypt", folder .. name }, people, people.gpg)
            test.equal({ they.stdout, we.stdout }, { wanted, wanted }, folder .. name
              .. table.concat(people, " ") .. they.stderr .. we.stderr)
          end
        end
      end
    end
  end)
end

test.it("gives PGP keys what each change brings them, and sops reads it", function(t)
  local world <close> = new(t)
  world:rules "  - path_regex: a\\.yaml\n    age: ANN\n"
  t:write("a.yaml", CLEAR["a.yaml"])
  local function run(words, names, gpg)
    local result <const> = world:ours(words, names, gpg)
    test.equal(result.status, 0, result.stderr)
    return result
  end
  local function opens(names, gpg)
    local result <const> = world:theirs({ "decrypt", "a.yaml" }, names, gpg)
    return result.stdout == CLEAR["a.yaml"]
  end
  run({ "encrypt", "-q", "-i", "a.yaml" }, {}, false)
  run({ "recipient", "add", world.keys.FP, "--rule", "1", "-y" }, { "ann" }, true)
  test.contains(t:read ".sops.yaml", world.keys.FP)
  test.equal({ opens({}, true), opens({ "ann" }, false), opens({ "ben" }, false) },
    { true, true, false })
  run({ "groups", "add", "a.yaml", "-a", world.keys.BEN, "-y" }, {}, true) -- opened by gpg alone
  test.equal({ opens({ "ben" }, true), opens({ "ann", "ben" }, false), opens({ "ann" }, true) },
    { true, true, false })
  run({ "renew", "a.yaml", "-y" }, { "ben" }, true)
  test.equal({ opens({ "ben" }, true), opens({ "ann" }, true) }, { true, false })
  run({ "update-keys", "-y" }, { "ann", "ben" }, true)
  test.equal({ opens({}, true), opens({ "ann" }, false), opens({ "ben" }, false) },
    { true, true, false })
  local missing <const> = world:ours({ "decrypt", "a.yaml" }, { "ben" }, false)
  test.contains(missing.stderr, world.keys.FP)
end)
