-- Certificates, beside ssh-keygen: what it signs is read, what is signed here it reads, and both
-- have the same bytes but for nonce and signature.

local encode <const> = require "moonlatch.encode"
local fs     <const> = require "moonlatch.fs"
local ssh    <const> = require "moonlatch.ssh"
local test   <const> = require "moonlatch.test"

local USER_EXTENSIONS <const> = { ["permit-X11-forwarding"] = true,
  ["permit-agent-forwarding"] = true, ["permit-port-forwarding"] = true, ["permit-pty"] = true,
  ["permit-user-rc"] = true }

local function keygen(t, words)
  local command <const> = { "ssh-keygen", "-q" }
  table.move(words, 1, #words, 3, command)
  command.env = { TZ = "UTC" }
  local result <const> = t:run(command)
  test.equal(result.status, 0, result.stderr)
  return result.stdout
end

local function make_key(t, name, kind, bits)
  keygen(t, { "-t", kind or "ed25519", "-b", bits or "256", "-N", "", "-C", name, "-f", name })
  return t:read(name .. ".pub")
end

--- An authority: its private key.
local function authority(t)
  make_key(t, "ca")
  return assert(ssh.private(t:read "ca"))
end

--- What ssh-keygen says of a certificate, but for the name of the file.
local function shown(t, line)
  t:write("shown-cert.pub", line)
  return keygen(t, { "-L", "-f", "shown-cert.pub" })
end

--- The bytes of a certificate, without the nonce and the signature's own.
local function layout(line)
  local wire <const> = assert(encode.unbase64(line:match "^%S+ (%S+)"))
  local bytes <const> = type(wire) == "string" and wire or wire:publish()
  local name <const>, _, behind <const> = string.unpack(">s4s4", bytes)
  return name .. bytes:sub(behind, -65)
end

local SK_ED25519 <const> = "sk-ssh-ed25519@openssh.com"

--- A public key of each type that there can be a certificate for; those of tokens are made up.
local function all_types(t)
  local keys <const> = { make_key(t, "ed"), make_key(t, "rsa", "rsa", "2048"),
    make_key(t, "ec256", "ecdsa", "256"), make_key(t, "ec384", "ecdsa", "384"),
    make_key(t, "ec521", "ecdsa", "521"), make_key(t, "dsa", "dsa", "1024") }
  local point <const> = select(2, string.unpack(">s4s4",
    assert(encode.unbase64(keys[1]:match "AAAA%S+"))))
  table.insert(keys, SK_ED25519 .. " " .. encode.base64(string.pack(">s4s4s4", SK_ED25519, point,
    "ssh:")) .. " token\n")
  local sk_ecdsa <const> = "sk-ecdsa-sha2-nistp256@openssh.com"
  local curve_point <const> = select(3, string.unpack(">s4s4s4",
    assert(encode.unbase64(keys[3]:match "AAAA%S+"))))
  table.insert(keys, sk_ecdsa .. " " .. encode.base64(string.pack(">s4s4s4s4", sk_ecdsa,
    "nistp256", curve_point, "ssh:")) .. " token\n")
  return keys
end

test.it("reads what ssh-keygen signs, for keys of every type", function(t)
  authority(t)
  for i, line in ipairs(all_types(t)) do
    t:write("subject.pub", line)
    keygen(t, { "-s", "ca", "-I", "id " .. i, "-n", "a,b", "-z", "18446744073709551615", "-V",
      "20200101000000:20400101000000", "-O", "force-command=/bin/true", "-O", "no-pty",
      "subject.pub" })
    local cert <const> = assert(ssh.certificate(t:read "subject-cert.pub"))
    local plain <const> = assert(ssh.public(line))
    test.equal(cert.key, { type = plain.type, kind = plain.kind, bits = plain.bits,
      fingerprint = plain.fingerprint, line = plain.line })
    test.equal(cert.authority.line, assert(ssh.public(t:read "ca.pub")).line)
    test.equal(cert.verified, true)
    test.equal({ cert.kind, cert.serial, cert.key_id, cert.principals, cert.valid_after,
      cert.valid_before, cert.comment }, { "user", "18446744073709551615", "id " .. i,
      { "a", "b" }, 1577836800, 2208988800, plain.comment })
    test.equal(cert.critical, { ["force-command"] = "/bin/true" })
    test.equal(cert.extensions["permit-user-rc"], true)
    test.equal(cert.extensions["permit-pty"], nil)
    -- `ssh-keygen -l` says the same of the key as of its certificate
    local listed <const> = ("%d %s "):format(plain.bits, plain.fingerprint)
    test.equal(assert(ssh.public(t:read "subject-cert.pub")).fingerprint, plain.fingerprint)
    test.contains(keygen(t, { "-l", "-f", "subject.pub" }), listed)
    test.contains(keygen(t, { "-l", "-f", "subject-cert.pub" }), listed)
  end
end)

test.it("reads certificates without limits, and of other authorities", function(t)
  make_key(t, "host")
  for _, kind in ipairs { "rsa", "ecdsa" } do
    make_key(t, kind, kind, kind == "rsa" and "2048" or "256")
    keygen(t, { "-s", kind, "-h", "-I", "", "host.pub" })
    local cert <const> = assert(ssh.certificate(t:read "host-cert.pub"))
    test.equal({ cert.kind, cert.key_id, cert.serial, cert.principals, cert.valid_after,
      cert.valid_before, cert.critical, cert.extensions },
      { "host", "", "0", {}, nil, nil, {}, {} })
    test.equal(cert.authority.kind, kind)
  end
end)

test.it("signs as ssh-keygen signs, to the byte", function(t)
  local ca <const> = authority(t)
  for _, line in ipairs(all_types(t)) do
    t:write("subject.pub", line)
    local times <const> = { "-V", "20200101000000:20400101000000" }
    local function theirs(words)
      table.move(times, 1, 2, #words + 1, words)
      table.insert(words, "subject.pub")
      keygen(t, words)
      return t:read "subject-cert.pub"
    end
    local host <const> = assert(ssh.sign { ca = ca, key = line, kind = "host", key_id = "h 1",
      principals = { "h.example.org", "h" }, serial = 7, valid_after = 1577836800,
      valid_before = 2208988800 })
    test.equal(layout(host), layout(theirs { "-s", "ca", "-h", "-I", "h 1", "-n",
      "h.example.org,h", "-z", "7" }))
    test.equal(shown(t, host .. "\n"), shown(t, t:read "subject-cert.pub"))
    local user <const> = assert(ssh.sign { ca = ca, key = line, kind = "user", key_id = "me",
      principals = { "root" }, extensions = USER_EXTENSIONS, valid_after = 1577836800,
      valid_before = 2208988800, critical = { ["source-address"] = "10.0.0.0/8",
      ["force-command"] = "ls" } })
    test.equal(layout(user), layout(theirs { "-s", "ca", "-I", "me", "-n", "root", "-O",
      "force-command=ls", "-O", "source-address=10.0.0.0/8" }))
    test.equal(shown(t, user .. "\n"), shown(t, t:read "subject-cert.pub"))
  end
end)

test.it("signs without limits", function(t)
  local ca <const> = authority(t)
  local line <const> = assert(ssh.sign { ca = ca, key = make_key(t, "k"), kind = "host" })
  test.contains(shown(t, line .. "\n"), "Valid: forever")
  local cert <const> = assert(ssh.certificate(line))
  test.equal({ cert.valid_after, cert.valid_before, cert.comment, cert.verified },
    { nil, nil, "k", true })
end)

test.it("refuses what no certificate may say", function(t)
  local ca <const> = authority(t)
  local key <const> = make_key(t, "k")
  local function refused(code, changes)
    local options <const> = { ca = ca, key = key, kind = "host" }
    for name, value in pairs(changes) do
      options[name] = value
    end
    local line <const>, err <const> = ssh.sign(options)
    test.equal({ line, err and err.code }, { nil, code })
  end
  refused("argument", { valid_after = 5, valid_before = 5 })
  refused("argument", { extensions = USER_EXTENSIONS })
  refused("argument", { critical = { ["force-command"] = "x" } })
  refused("argument", { principals = { "" } })
  refused("argument", { key = assert(ssh.sign { ca = ca, key = key, kind = "host" }) })
  refused("argument", { key = "ssh-new " .. encode.base64(string.pack(">s4", "ssh-new")) })
  refused("format", { key = "ssh-ed25519 AAAA" })
  local many <const> = {}
  for i = 1, 257 do
    many[i] = "h" .. i
  end
  refused("limit", { principals = many })
  test.raises("kind", function() return ssh.sign { ca = ca, key = key } end)
  test.raises("moonlatch.ssh.key", function() return ssh.sign { key = key, kind = "host" } end)
  test.raises("serial", function() return ssh.sign { ca = ca, key = key, kind = "host",
    serial = -1 } end)
  test.raises("extensions", function() return ssh.sign { ca = ca, key = key, kind = "user",
    extensions = { "permit-pty" } } end)
end)

--- The certificate with one bit changed in the byte at `i`, from the end if negative.
local function flipped(line, i)
  local name <const>, base64 <const> = line:match "^(%S+) (%S+)"
  local wire <const> = assert(encode.unbase64(base64))
  i = i < 0 and #wire + 1 + i or i
  return ("%s %s"):format(name, encode.base64(wire:sub(1, i - 1)
    .. string.char(wire:byte(i) ~ 1) .. wire:sub(i + 1)))
end

test.it("checks what authorities with ECDSA keys and tokens have signed", function(t)
  local lines <const> = {}
  make_key(t, "user")
  for _, bits in ipairs { "256", "384", "521" } do
    make_key(t, "ca" .. bits, "ecdsa", bits)
    for _ = 1, 8 do -- their numbers are of different lengths
      keygen(t, { "-s", "ca" .. bits, "-I", "id", "-n", "me", "user.pub" })
      table.insert(lines, t:read "user-cert.pub")
    end
  end
  for _, name in ipairs { "sk-ed25519", "sk-ecdsa" } do
    local path <const> = ("tests/vectors/ssh/certificates/%s-cert.pub"):format(name)
    table.insert(lines, assert(fs.read_named(path)):publish())
    test.contains(shown(t, lines[#lines]), "SK SHA256:")
  end
  for _, line in ipairs(lines) do
    test.equal(assert(ssh.certificate(line)).verified, true)
    test.fails_with("auth", function() assert(ssh.certificate(flipped(line, -30))) end)
    test.fails_with("auth", function() assert(ssh.certificate(flipped(line, 60))) end)
  end
  for _, i in ipairs { -1, -5 } do -- what a token says is signed, too
    test.fails_with("auth", function() assert(ssh.certificate(flipped(lines[#lines], i))) end)
  end
end)

test.it("a certificate with any byte changed is refused", function(t)
  local ca <const> = authority(t)
  local line <const> = assert(ssh.sign { ca = ca, key = make_key(t, "k"), kind = "user",
    key_id = "k", principals = { "root" }, extensions = { ["permit-pty"] = true } })
  local name <const>, base64 <const> = line:match "^(%S+) (%S+)"
  local wire <const> = assert(encode.unbase64(base64))
  for i = 1, #wire do
    local cert <const>, err <const> = ssh.certificate(flipped(line, i))
    if cert then -- signed by a key of no known type
      test.equal({ cert.authority.kind, cert.verified }, { "other", false }, "byte " .. i)
    else
      test.equal(err.code == "auth" or err.code == "format", true, err.code)
    end
    test.equal(ssh.certificate(name .. " " .. encode.base64(wire:sub(1, i - 1))), nil)
  end
  test.equal(select(2, ssh.certificate(make_key(t, "plain"))).code, "format")
end)
