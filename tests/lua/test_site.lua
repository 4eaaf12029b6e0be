local layouts, site, test = require "moonlatch.layouts", require "moonlatch.site",
  require "moonlatch.test"

local function refused(value)
  local none, err = site.check(value, "moonlatch.lua")
  test.equal(none, nil)
  test.equal(err.code, "site")
  test.equal(err.path, "moonlatch.lua")
  return err
end

test.it("takes every field of the contract", function()
  local value <const> = {
    version = 1,
    identities = {
      tara = { kind = "user", anchor = "tara-user", vault = "sops-tara-ssh",
        clan_users = { "tara" }, login = { "tara" },
        keyfile = "login", ssh = "keys/tara.pub", bridge = "secrets/b.enc" },
      admin = { kind = "offline", vault = false, anchor = "admin" },
      ci = { kind = "shared", vault = { item = "x", shape = "login", id = "1" }, hosts = { "h" },
        keyfile = "never", clan_machines = {} },
    },
    vault = { provider = "directory", path = "/keys" },
    keyfile = "/k.txt", ignore = { "x/*" }, vars = { layout = "clan" },
    generators = { openssh = { machines = { "a" }, settings = { bits = 256 } } },
    machines = { a = { class = "nixos", deploy = false } },
  }
  test.equal(assert(site.check(value)), value)
  test.equal(assert(site.check {}), {})
end)

test.it("names the nearest field for an unknown one", function()
  test.equal(refused({ identites = {} }).hint, "did you mean 'identities'?")
  local e <const> = refused { identities = { tara = { ancor = "x" } } }
  test.equal(e.message, "identities.tara: there is no field 'ancor'")
  test.equal(e.hint, "did you mean 'anchor'?")
end)

test.it("refuses wrong shapes, programs and double claims", function()
  refused(3)
  refused { version = 2 }
  refused { identities = { tara = { login = "tara" } } }
  refused { identities = { "tara" } }
  refused { identities = { tara = { kind = "usr" } } }
  refused { vault = { provider = "pass" } }
  refused { vault = { provider = "bitwarden", command = { "curl" } } }
  refused { ignore = { a = "x" } }
  refused { vars = { layout = { secret = "/etc/{file}" } } }
  refused { generators = { x = { settings = { a = {} } } } }
  local e <const> = refused { identities = { a = { anchor = "x" }, b = { anchor = "x" } } }
  test.equal(e.message, "identities a and b both claim anchor 'x'")
end)

test.it("knows the paths of both layouts, both ways", function()
  local old <const> = { secret = "machines/nixos/{machine}/vars/{generator}.{file}/secret",
    public = "machines/nixos/{machine}/vars/{generator}.{file}/public" }
  local var <const> = { machine = "m1", generator = "ssh", file = "id_ed25519" }
  test.equal(layouts.paths("clan", var).secret, "vars/per-machine/m1/ssh/id_ed25519/secret")
  test.equal(layouts.paths(nil, { generator = "g", file = "f" }).public, "vars/shared/g/f/value")
  test.equal(layouts.paths(old, var).public, "machines/nixos/m1/vars/ssh.id_ed25519/public")
  test.equal(layouts.match("clan", "vars/per-machine/m1/ssh/id_ed25519/secret"), var)
  local back, kind = layouts.match(old, "machines/nixos/m1/vars/ssh.id_ed25519/secret")
  test.equal(back, var)
  test.equal(kind, "secret")
  test.equal(layouts.match("clan", "vars/per-machine/m1/ssh"), nil)
end)

test.it("refuses names that would leave the layout", function()
  for _, name in ipairs { "..", "a/b", "", "a\nb" } do
    test.fails_with("argument", function()
      layouts.paths("clan", { machine = name, generator = "g", file = "f" })
    end)
  end
end)
