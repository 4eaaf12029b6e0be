-- The recipes of age files, and the keys that `keygen` makes.

local json <const> = require "moonlatch.json"
local test <const> = require "moonlatch.test"

local KEYS <const> = "home/.config/sops/age/keys.txt"

--- A key where this user's keys are, and something to seal.
local function setup(t)
  t:expect { "keygen", "-q", "-o", KEYS }
  t:write("in", "hello\n")
  return t:expect({ "keygen", "--public", KEYS }).stdout:gsub("\n", "")
end

local function mode(t, path)
  return ("%o"):format(t.root:stat(path).mode & 511)
end

test.it("seals for recipients and opens with the keys of this user", function(t)
  local key <const> = setup(t)
  t:expect { "age", "encrypt", "in", "-a", key, "-o", "in.age" }
  test.equal(t:expect({ "age", "decrypt", "in.age" }).stdout, "hello\n")
  t:expect { "age", "decrypt", "in.age", "-o", "out" }
  test.equal({ t:read "out", mode(t, "out") }, { "hello\n", "600" })
  -- to and from a pipe, as text
  local text <const> = t:expect({ "age", "encrypt", "--armor", "-a", key, "-",
    stdin = "piped" }).stdout
  test.contains(text, "-----BEGIN AGE ENCRYPTED FILE-----\n")
  test.equal(t:expect({ "age", "decrypt", "-", stdin = text }).stdout, "piped")
end)

test.it("seals and opens a file in place", function(t)
  local key <const> = setup(t)
  t:expect { "age", "encrypt", "-i", "in", "-a", key }
  test.contains(t:read "in", "age-encryption.org/v1\n-> X25519 ")
  t:expect { "age", "decrypt", "-i", "in" }
  test.equal({ t:read "in", mode(t, "in") }, { "hello\n", "600" })
  t:expect({ "age", "decrypt", "-i", "-" }, 3)
  t:expect({ "age", "encrypt", "-i", "in", "-a", key, "-o", "out" }, 3)
end)

test.it("writes nothing on a dry run, and nothing half done", function(t)
  local key <const> = setup(t)
  test.contains(t:expect({ "age", "encrypt", "-n", "in", "-a", key, "-o", "out" }, 1).stderr,
    "+ out")
  test.contains(t:expect({ "age", "encrypt", "-n", "-i", "in", "-a", key }, 1).stderr, "~ in")
  test.equal({ t:read "in", t.root:exists "out" }, { "hello\n", false })
  t:write("big", ("0123456789abcdef"):rep(8192))
  t:expect { "age", "encrypt", "-i", "big", "-a", key }
  t:write("cut", t:read("big"):sub(1, 100000))
  t:expect({ "age", "decrypt", "cut", "-o", "out" }, 2)
  t:expect({ "age", "decrypt", "-i", "cut" }, 2)
  test.equal({ t.root:exists "out", t:read "cut" }, { false, t:read("big"):sub(1, 100000) })
end)

test.it("takes recipients from files, and from the keys that shall open it", function(t)
  setup(t)
  t:expect { "keygen", "-q", "-o", "other.txt" }
  t:expect { "keygen", "-q", "--ssh", "-o", "ed" }
  test.equal(t:run({ "ssh-keygen", "-q", "-t", "ecdsa", "-N", "", "-f", "ec" }).status, 0)
  local other <const> = t:expect({ "keygen", "-Y", "other.txt" }).stdout
  t:write("team.txt", "# us\n\n" .. other .. t:read "ec.pub" .. t:read "ed.pub")
  local said <const> = t:expect { "age", "encrypt", "in", "-o", "in.age", "--recipients-file",
    "team.txt", "--identity", KEYS }
  test.contains(said.stderr, "team.txt:4: an SSH key of type ecdsa-sha2-nistp256 is passed over")
  for _, path in ipairs { "other.txt", "ed", KEYS } do
    test.equal(t:expect({ "age", "decrypt", "--identity", path, "in.age" }).stdout, "hello\n", path)
  end
  local types <const> = {}
  for i, row in ipairs(json.parse(t:expect({ "age", "inspect", "--json",
    "in.age" }).stdout).stanzas) do
    types[i] = row.type
  end
  test.equal(types, { "X25519", "ssh-ed25519", "X25519" })
end)

test.it("opens with an SSH key of this user, and what was sealed for the key that follows from it",
  function(t)
    t:write("in", "hello\n")
    t:expect { "keygen", "-q", "--ssh", "-o", "home/.ssh/id_ed25519" }
    local derived <const> = t:expect({ "ssh-to-age", "home/.ssh/id_ed25519.pub" }).stdout
    for _, recipient in ipairs { derived:gsub("\n", ""), (t:read "home/.ssh/id_ed25519.pub") } do
      t:expect { "age", "encrypt", "in", "-a", recipient:gsub("\n", ""), "-o", "in.age" }
      test.equal(t:expect({ "age", "decrypt", "in.age" }).stdout, "hello\n")
    end
  end)

test.it("says which keys were tried", function(t)
  setup(t)
  t:expect { "keygen", "-q", "-o", "other.txt" }
  t:expect { "age", "encrypt", "in", "--identity", "other.txt", "-o", "in.age" }
  local said <const> = t:expect({ "age", "decrypt", "in.age" }, 2).stderr
  test.contains(said, "keys.txt: 1 key")
  test.contains(said, "hint: --identity FILE")
end)

test.it("seals with a passphrase", function(t)
  setup(t)
  t:write("pass", "pass phrase\n")
  local env <const> = { MOONLATCH_AGE_PASSPHRASE = "pass phrase" }
  t:expect { "age", "encrypt", "-p", "in", "-o", "in.age", env = env }
  test.equal(t:expect({ "age", "decrypt", "in.age", env = env }).stdout, "hello\n")
  test.equal(t:expect({ "age", "decrypt", "in.age", "--passphrase-fd", "0",
    stdin = t:read "pass" }).stdout, "hello\n")
  test.contains(t:expect({ "age", "decrypt", "in.age", "--passphrase-fd", "0",
    stdin = "another" }, 2).stderr, "incorrect passphrase")
  test.contains(t:expect({ "age", "decrypt", "in.age" }, 2).stderr, "[passphrase]")
end)

test.it("makes keys of every kind, which the peers read", function(t)
  local age_keygen <const> = test.peer "age-current/age-keygen"
  t:expect { "keygen", "-q", "--comment", "mine", "-o", "x.txt" }
  t:expect { "keygen", "-q", "--pq", "-o", "pq.txt" }
  for name, form in pairs { ["x.txt"] = "^# mine\n# created: [%d%-]+T[%d:]+[%d:Z+-]+\n"
    .. "# public key: age1%w+\nAGE%-SECRET%-KEY%-1%w+\n$", ["pq.txt"] =
    "^# created: %S+\n# public key: age1pq1%w+\nAGE%-SECRET%-KEY%-PQ%-1%w+\n$" } do
    test.equal(t:read(name):match(form) ~= nil, true, name)
    test.equal(t:run({ age_keygen, "-y", name }).stdout, t:expect({ "keygen", "-Y", name }).stdout)
  end
  for type, word in pairs { ed25519 = "ssh-ed25519", rsa = "ssh-rsa" } do
    t:expect { "keygen", "-q", "--ssh", "--type", type, "--comment", "me", "-o", type }
    local public <const> = t:run({ "ssh-keygen", "-y", "-f", type }).stdout
    test.contains(public, word .. " ")
    test.equal({ t:read(type .. ".pub"), t:expect({ "keygen", "-Y", type }).stdout },
      { public, public })
    test.equal({ mode(t, type), mode(t, type .. ".pub") }, { "600", "644" })
  end
  t:expect { "keygen", "-q", "--ssh", "--type", "rsa", "--bits", "2048", "-o", "small" }
  test.contains(t:run({ "ssh-keygen", "-l", "-f", "small" }).stdout, "2048 SHA256:")
  for _, words in ipairs { { "--bits", "2048" }, { "--type", "rsa" }, { "--ssh", "--pq" },
    { "--ssh", "--bits", "2048" } } do
    t:expect({ "keygen", table.unpack(words) }, 3)
  end
end)

test.it("shows the public half of a protected SSH key without its passphrase", function(t)
  test.equal(t:run({ "ssh-keygen", "-q", "-t", "ed25519", "-N", "pass phrase", "-C", "", "-f",
    "ed" }).status, 0)
  test.equal(t:expect({ "keygen", "-Y", "ed" }).stdout, (t:read("ed.pub"):gsub(" *\n", "\n")))
  test.equal(t:expect({ "ssh-to-age", "ed" }).stdout,
    t:expect({ "ssh-to-age", "ed.pub" }).stdout)
  test.equal(t:run({ "ssh-keygen", "-q", "-t", "rsa", "-m", "PEM", "-N", "pass phrase", "-f",
    "old" }).status, 0)
  test.contains(t:expect({ "keygen", "-Y", "old" }, 2).stderr, "hint: ssh-keygen -p -f FILE")
end)

test.it("ssh-to-age names each key that does not convert once", function(t)
  t:write("keys", "ssh-rsa AAAA\nnothing\n")
  local said <const> = t:expect({ "ssh-to-age", "keys" }, 2).stderr
  test.equal({ select(2, said:gsub("keys:1", "")), select(2, said:gsub("keys:2", "")) }, { 1, 1 })
end)
