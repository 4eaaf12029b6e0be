-- init: from nothing to a file of rules that works at once.

local age    <const> = require "moonlatch.age"
local encode <const> = require "moonlatch.encode"
local fs     <const> = require "moonlatch.fs"
local rules  <const> = require "moonlatch.rules"
local secret <const> = require "moonlatch.secret"
local site   <const> = require "moonlatch.site"
local ssh    <const> = require "moonlatch.ssh"
local test   <const> = require "moonlatch.test"

local KEYS <const> = "home/.config/sops/age/keys.txt"

local function give_key(t)
  local identity <const> = assert(age.generate())
  t:write(KEYS, secret.concat { identity:secret(), "\n" }, tonumber("600", 8))
  return identity:recipient()
end

test.it("makes rules with the own key, that seal and open at once", function(t)
  local key <const> = give_key(t)
  test.contains(t:expect({ "init", "--name", "tara-b", "-y" }).stderr,
    "next: moonlatch new secrets/shared.yaml")
  local model <const> = assert(rules.open(t:read ".sops.yaml"))
  test.equal(model:anchor("tara-b").value, key)
  test.equal(model:findings(), {})
  test.equal(model:match("secrets/users/tara-b.sops.yaml").index, 1)
  test.equal(model:match("secrets/shared.sops.yaml").index, 2)
  test.equal(model:match("secrets/users/tara-bxsops.yaml"), false)
  t:expect { "validate", "--require", "keys" }
  t:write("secrets/users/tara-b.sops.yaml", "token: abc\n")
  t:expect { "encrypt", "-i", "secrets/users/tara-b.sops.yaml" } -- nothing is left to approve
  test.equal(t:expect({ "get", "secrets/users/tara-b.sops.yaml", "token" }).stdout, "abc")
  t:expect { "validate" }
end)

test.it("takes named keys, SSH keys as what follows from them", function(t)
  test.contains(t:expect({ "init", "--name", "tara", "--key", "age1nonsense", "-y" }, 2).stderr,
    "[format]")
  local one <const>, two <const> = age.generate():recipient(), assert(ssh.generate())
  t:expect { "init", "--name", "tara", "--key", one, "--key", two:public(), "-y" }
  local model <const> = assert(rules.open(t:read ".sops.yaml"))
  test.equal(model:anchor("tara").value, one)
  test.equal(model:anchor("tara-2").value, two:age_identity():recipient())
  test.equal(model:keys(model.rules[1]), { one, two:age_identity():recipient() })
  -- each key is remembered under its own name
  test.contains(t:read(("home/.local/state/moonlatch/pins/%s.json"):format(
    encode.sha256(t.folder))), '"tara-2"')
end)

test.it("writes a site file to fill in, in the same transaction", function(t)
  give_key(t)
  test.equal(t:expect({ "init", "--name", "tara", "--skeleton", "-n" }, 1).stdout, "")
  test.equal(t.root:exists ".sops.yaml" or t.root:exists "moonlatch.lua", false)
  t:expect { "init", "--name", "tara", "--skeleton", "-y" }
  local found <const> = assert(site.open { dir = t.folder })
  test.equal(found.config.identities.tara.kind, "user")
  -- where there are rules it comes alone
  t.root:remove "moonlatch.lua"
  local rules_before <const> = t:read ".sops.yaml"
  t:expect { "init", "--name", "tara", "--skeleton" }
  test.equal({ t:read ".sops.yaml", t.root:exists "moonlatch.lua" }, { rules_before, true })
  test.contains(t:expect({ "init", "--skeleton" }, 2).stderr, "moonlatch.lua: there is one already")
  t:expect { "validate" }
end)

test.it("needs consent, and a key to begin with", function(t)
  test.contains(t:expect({ "init", "--name", "tara", "-y" }, 2).stderr, "moonlatch keygen -o ")
  give_key(t)
  test.contains(t:expect({ "init", "--name", "tara" }, 2).stderr, "[consent]")
  test.equal(t.root:exists ".sops.yaml", false)
  t:write(KEYS, secret.concat { age.generate():secret(), "\n", age.generate():secret(), "\n" },
    tonumber("600", 8))
  test.contains(t:expect({ "init", "--name", "tara", "-y" }, 2).stderr, "--key KEY")
  test.contains(t:expect({ "init", "--name", "*x", "-y" }, 3).stderr, "[argument]")
end)

test.it("overwrites nothing", function(t)
  give_key(t)
  t:write(".sops.yaml", "creation_rules: []\n")
  test.contains(t:expect({ "init", "-y", "--name", "a" }, 2).stderr, "moonlatch bootstrap")
  assert(t.root:mkdir "below")
  test.contains(t:expect({ "-C", "below", "init", "-y", "--name", "a" }, 2).stderr, "-C ")
  test.equal(t:read ".sops.yaml", "creation_rules: []\n")
  assert(t.root:remove ".sops.yaml")
  t:write("moonlatch.lua", "return {}\n")
  t:expect({ "init", "--skeleton", "-y", "--name", "a" }, 2)
  test.equal(t:read "moonlatch.lua", "return {}\n")
  test.equal(assert(fs.root(t.folder)):exists ".sops.yaml", false)
end)

test.it("takes an SSH key under a passphrase by its public half", function(t)
  test.equal(t:run({ "mkdir", "-p", t:path "home/.ssh" }).status, 0)
  test.equal(t:run({ "ssh-keygen", "-q", "-t", "ed25519", "-N", "pass phrase", "-C", "", "-f",
    t:path "home/.ssh/id_ed25519" }).status, 0)
  t:expect { "init", "--name", "tara", "-y" }
  test.equal(assert(rules.open(t:read ".sops.yaml")):anchor("tara").value,
    ssh.to_age(t:read "home/.ssh/id_ed25519.pub"))
end)

test.it("counts a key once that is in the key file and under a passphrase", function(t)
  local id <const> = t:path "home/.ssh/id_ed25519"
  test.equal(t:run({ "sh", "-c", "mkdir -p home/.ssh && ssh-keygen -q -t ed25519 -N '' -C '' -f "
    .. "home/.ssh/id_ed25519" }).status, 0)
  t:write(KEYS, t:expect({ "ssh-to-age", "--private", id }).stdout, tonumber("600", 8))
  test.equal(t:run({ "ssh-keygen", "-q", "-p", "-N", "pass phrase", "-f", id }).status, 0)
  t:expect { "init", "--name", "tara", "-y" }
end)
