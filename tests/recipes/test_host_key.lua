-- host-key: pairs are made, shown and certified; OpenSSH's own programs take what was made.

local fs, host, json, sample, ssh, test = require "moonlatch.fs", require "moonlatch.host",
  require "moonlatch.json", require "moonlatch.sample", require "moonlatch.ssh",
  require "moonlatch.test"

local function mode(t, path)
  return ("%o"):format(t.root:stat(path).mode & 511)
end

--- What must succeed; its output.
local function run(t, words, status)
  local result <const> = t:run(words)
  test.equal(result.status, status or 0, table.concat(words, " ") .. "\n" .. result.stderr)
  return result.stdout
end

local function generate(t, ...)
  for _, name in ipairs { ... } do
    t:expect { "host-key", "generate", "-y", name, "--comment", name .. " key" }
  end
end

test.it("makes a pair that ssh-keygen takes", function(t)
  generate(t, "hk")
  test.equal({ mode(t, "hk"), mode(t, "hk.pub") }, { "600", "644" })
  test.equal(run(t, { "ssh-keygen", "-y", "-f", "hk" }), t:read "hk.pub")
  test.contains(t:read "hk.pub", " hk key\n")
  local shown <const> = json.parse(t:expect({ "host-key", "show", "--json", "hk" }).stdout)
  test.contains(run(t, { "ssh-keygen", "-l", "-f", "hk" }), shown.fingerprint)
  test.equal(shown.recipient, ssh.to_age(t:read "hk.pub"))
  test.contains(t:read "hk.pub", shown.public)
end)

test.it("makes RSA keys, which certify too", function(t)
  t:expect { "host-key", "generate", "-y", "--type", "rsa", "--bits", "2048", "ca" }
  test.contains(run(t, { "ssh-keygen", "-l", "-f", "ca" }), "2048 ")
  test.equal(run(t, { "ssh-keygen", "-y", "-f", "ca" }), t:read "ca.pub")
  generate(t, "hk")
  t:expect { "host-key", "sign", "--ca", "ca", "--name", "h", "hk" }
  test.contains(run(t, { "ssh-keygen", "-L", "-f", "hk-cert.pub" }), "Signing CA: RSA")
  test.equal(assert(ssh.certificate(t:read "hk-cert.pub")).verified, true)
  test.contains(t:expect({ "host-key", "show", "ca" }).stdout, "no Ed25519 key")
  t:expect({ "host-key", "generate", "-y", "--bits", "2048", "other" }, 3)
end)

test.it("asks before it writes, and writes nothing with -n", function(t)
  t:expect({ "host-key", "generate", "hk" }, 2)
  test.contains(t:expect({ "host-key", "generate", "-n", "hk" }, 1).stderr, "forgotten")
  test.equal({ t.root:exists "hk", t.root:exists "hk.pub" }, { false, false })
end)

test.it("never writes over a key", function(t)
  for _, taken in ipairs { "hk", "hk.pub" } do
    t:write(taken, "mine")
    test.contains(t:expect({ "host-key", "generate", "-y", "hk" }, 2).stderr, "[exists]")
    test.equal(t:read(taken), "mine")
    t.root:remove(taken)
  end
  test.equal(t.root:exists "hk.pub", false)
end)

test.it("shows keys of every kind, private or public, and from standard input", function(t)
  run(t, { "ssh-keygen", "-q", "-t", "ecdsa", "-N", "", "-f", "ec" })
  generate(t, "hk")
  test.contains(t:expect({ "host-key", "show", "ec.pub" }).stdout, "none: it is no Ed25519 key")
  local line <const> = "host.example.org " .. t:read "hk.pub"
  test.equal(t:expect({ "host-key", "show", "--json", "-", stdin = line }).stdout,
    t:expect({ "host-key", "show", "--json", "hk.pub" }).stdout)
  run(t, { "ssh-keygen", "-q", "-p", "-P", "", "-N", "secret", "-a", "1", "-f", "hk" })
  test.equal(t:expect({ "host-key", "show", "--json", "hk" }).stdout, -- no passphrase is asked for
    t:expect({ "host-key", "show", "--json", "hk.pub" }).stdout)
end)

test.it("finds halves that do not belong together, and keys that others can read", function(t)
  generate(t, "hk", "other")
  t:write("hk.pub", t:read "other.pub")
  test.contains(t:expect({ "host-key", "show", "hk" }, 1).stdout
    .. t:expect({ "host-key", "show", "hk" }, 1).stderr, "pair-differs")
  t:expect { "host-key", "show", "other" }
  assert(t.root:write("$(id)", t:read "other", { mode = tonumber("644", 8) }))
  local open <const> = t:expect({ "host-key", "show", "--json", "$(id)" }, 1)
  local found <const> = json.parse(open.stdout).findings[1]
  test.equal({ found.code, found.hint }, { "key-file-open", "chmod 600 '$(id)'" })
end)

local function codes(t, path)
  local found <const> = {}
  local said <const> = t:run { assert(host.program()), "host-key", "show", "--json", path }
  for _, finding in ipairs(json.parse(said.stdout).findings) do
    table.insert(found, finding.code)
  end
  return found
end

test.it("certificates say what was asked for, and are not written over", function(t)
  generate(t, "hk", "ca", "other")
  local sign <const> = { "host-key", "sign", "--ca", "ca", "--name", "h.example.org,h", "hk" }
  t:expect(sign)
  test.equal(mode(t, "hk-cert.pub"), "644")
  local made <const> = assert(ssh.certificate(t:read "hk-cert.pub"))
  test.equal({ made.kind, made.principals, made.key_id, made.serial, made.extensions },
    { "host", { "h.example.org", "h" }, "h.example.org", "0", {} })
  test.equal(made.valid_before - made.valid_after, 52 * 7 * 86400 + 300)
  test.contains(run(t, { "ssh-keygen", "-L", "-f", "hk-cert.pub" }), "host certificate")
  test.equal(codes(t, "hk"), {})
  local before <const> = t:read "hk-cert.pub"
  test.contains(t:expect(sign, 2).stderr, "--renew")
  test.equal(t:read "hk-cert.pub", before)
  table.insert(sign, "--renew")
  table.insert(sign, "-n")
  t:expect(sign, 1)
  test.equal(t:read "hk-cert.pub", before)
  sign[#sign] = "--serial=7"
  t:expect(sign)
  test.equal(assert(ssh.certificate(t:read "hk-cert.pub")).serial, "7")
  t:write("other-cert.pub", t:read "hk-cert.pub")
  test.equal(codes(t, "other"), { "bad-certificate" })
end)

test.it("no certificate is good for every host", function(t)
  generate(t, "hk", "ca")
  for _, name in ipairs { "*", "h,*", "??*", "," } do
    t:expect({ "host-key", "sign", "--ca", "ca", "--name", name, "hk" }, 3)
  end
  test.equal(t.root:exists "hk-cert.pub", false)
  t:expect { "host-key", "sign", "--ca", "ca", "--name", "*.example.org", "hk" }
  t:expect { "host-key", "sign", "--ca", "ca", "--renew", "--user", "--name", "*", "hk" }
end)

test.it("a certificate that is over, or has not begun, is found", function(t)
  generate(t, "hk", "ca")
  local ca <const>, key <const> = assert(ssh.private(t:read "ca")), t:read "hk.pub"
  for _, times in ipairs { { valid_before = 1000 }, { valid_after = 1 << 40 } } do
    t:write("hk-cert.pub", assert(ssh.sign { ca = ca, key = key, kind = "host",
      valid_after = times.valid_after, valid_before = times.valid_before }))
    test.equal(codes(t, "hk"), { "bad-certificate" })
  end
end)

test.it("options of users are those of ssh-keygen", function(t)
  generate(t, "id", "ca")
  local function signed(...)
    local words <const> = { "host-key", "sign", "--ca", "ca", "--user", "--renew", "--name", "me" }
    for _, option in ipairs { ... } do
      table.insert(words, "--option")
      table.insert(words, option)
    end
    table.insert(words, "id.pub")
    t:expect(words)
    local keygen <const> = { "ssh-keygen", "-q", "-s", "ca", "-I", "me", "-n", "me" }
    for _, option in ipairs { ... } do
      table.insert(keygen, "-O")
      table.insert(keygen, option)
    end
    table.insert(keygen, "id.pub")
    local ours <const> = assert(ssh.certificate(t:read "id-cert.pub"))
    run(t, keygen)
    local theirs <const> = assert(ssh.certificate(t:read "id-cert.pub"))
    test.equal({ ours.critical, ours.extensions, ours.key_id },
      { theirs.critical, theirs.extensions, theirs.key_id })
  end
  signed()
  signed("clear", "permit-pty")
  signed("no-pty", "no-user-rc", "no-X11-forwarding", "force-command=ls -l", "verify-required",
    "source-address=10.0.0.0/8,192.0.2.1")
  for _, option in ipairs { "no-such", "permit-all", "force-command", "x=y" } do
    t:expect({ "host-key", "sign", "--ca", "ca", "--user", "--name", "me", "--renew", "--option",
      option, "id" }, 3)
  end
end)

test.it("a pair is installed on the host that it is for, and the old one kept", function(t)
  local here <const> = host.hostname()
  local function install(status, ...)
    return t:expect({ "host-key", "install", "-y", "--at", "etc/hk", ... }, status)
  end
  assert(t.root:mkdir "etc")
  generate(t, "one", "two")
  test.contains(install(2, "--host", here .. "x", "one").stderr, "[conflict]")
  install(3, "one")
  install(0, "--host", here, "one")
  test.equal({ mode(t, "etc/hk"), mode(t, "etc/hk.pub"), t:read "etc/hk.pub" },
    { "600", "644", t:read "one.pub" })
  test.contains(install(0, "--host", here, "one").stderr, "nothing to do")
  local before <const> = t:read "etc/hk"
  t:expect({ "host-key", "install", "-n", "--at", "etc/hk", "--host", here, "two" }, 1)
  test.equal(#assert(t.root:list "etc"), 2)
  run(t, { "ssh-keygen", "-q", "-p", "-P", "", "-N", "x", "-a", "1", "-f", "two" })
  install(2, "--host", here, "two") -- nobody to ask for the passphrase
  run(t, { "ssh-keygen", "-q", "-p", "-P", "x", "-N", "", "-f", "two" })
  install(0, "--host", here, "two")
  test.equal({ t:read "etc/hk.old", t:read "etc/hk.old.pub", mode(t, "etc/hk.old") },
    { before, t:read "one.pub", "600" })
  test.equal(run(t, { "ssh-keygen", "-y", "-f", "etc/hk" }), t:read "two.pub")
  install(0, "--host", here, "one")
  test.equal({ t:read "etc/hk.old", t:read "etc/hk.old2.pub" }, { before, t:read "two.pub" })
  t:write("etc/hk.pub", t:read "two.pub") -- halves that do not belong together
  install(0, "--host", here, "one")
  test.equal(t:read "etc/hk.pub", t:read "one.pub")
end)

test.it("a pair is installed from the vault", function(t)
  local made <const> = sample.below(t.root)
  assert(t.root:mkdir "etc")
  t:expect { "-C", "repo", "host-key", "install", "-y", "--vault", "--host", host.hostname(),
    "--at", "../etc/hk", "sops-dev-ssh" }
  test.contains(t:read "etc/hk.pub", assert(ssh.public(made.identities.dev.key:public())).line)
  test.equal(mode(t, "etc/hk"), "600")
end)

--- The server of OpenSSH, run for one connection by the client itself: no port, no network.
local function sshd()
  local path <const> = "/usr/sbin/sshd"
  if assert(fs.root "/"):exists(path:sub(2)) then
    return path
  elseif host.env "CI" == "true" then
    error(path .. " is not there", 2)
  end
  return test.skip(path .. " is not there")
end

test.it("a real sshd and ssh take certificates of hosts and of users", function(t)
  local server <const> = sshd()
  local me <const> = assert(host.user().name)
  generate(t, "hk", "ca", "id", "stranger")
  local function sign(ca, ...)
    t:expect { "host-key", "sign", "--renew", "--ca", ca, ... }
  end
  if host.user().uid == 0 and not fs.root "/run/sshd" then
    run(t, { "mkdir", "-p", "/run/sshd" }) -- where its unprivileged half lives
  end
  t:write("config", ([[
HostKey %s
HostCertificate %s
TrustedUserCAKeys %s
AuthorizedKeysFile none
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin yes
StrictModes no
UsePAM no
PidFile none
]]):format(t:path "hk", t:path "hk-cert.pub", t:path "ca.pub"))
  t:write("known", "@cert-authority *.example.org " .. t:read "ca.pub")
  local function connect()
    return t:run { "ssh", "-F", "none", "-i", "id", "-o", "IdentitiesOnly=yes", "-o",
      "BatchMode=yes", "-o", "StrictHostKeyChecking=yes", "-o", "GlobalKnownHostsFile=none", "-o",
      "UserKnownHostsFile=" .. t:path "known", "-o", ("ProxyCommand=%s -i -f %s"):format(server,
      t:path "config"), me .. "@h.example.org", "echo", "inside" }
  end
  sign("ca", "--name", "h.example.org", "hk")
  sign("ca", "--user", "--name", me, "id")
  local good <const> = connect()
  test.equal({ good.status, good.stdout }, { 0, "inside\n" }, good.stderr)

  sign("ca", "--user", "--name", me .. "-not", "id") -- another account
  test.equal(connect().status, 255)
  sign("stranger", "--user", "--name", me, "id")     -- an authority that nobody knows
  test.equal(connect().status, 255)
  sign("ca", "--user", "--name", me, "id")
  sign("ca", "--name", "g.example.org", "hk")        -- another host
  test.contains(connect().stderr, "verification failed")
  sign("stranger", "--name", "h.example.org", "hk")
  test.contains(connect().stderr, "verification failed")
end)
