-- RSA keys, beside ssh-keygen and age: what they write is read, what is written here they read.

local age, encode, ssh, test = require "moonlatch.age", require "moonlatch.encode",
  require "moonlatch.ssh", require "moonlatch.test"

local CIPHERS <const> = { "3des-cbc", "aes128-cbc", "aes256-cbc", "aes128-ctr",
  "aes256-ctr", "aes128-gcm@openssh.com", "aes256-gcm@openssh.com",
  "chacha20-poly1305@openssh.com" }

--- Run a program that must succeed; what it wrote.
local function run(t, command)
  local result <const> = t:run(command)
  test.equal(result.status, 0, result.stderr)
  return result.stdout
end

--- A key of ssh-keygen's, in the file NAME and NAME.pub.
local function make_key(t, name, bits, ...)
  run(t, { "ssh-keygen", "-q", "-t", "rsa", "-b", tostring(bits), "-N", "", "-C", "a key", "-f",
    name, ... })
  return t:read(name)
end

--- The clear text of an OpenSSH key without its check numbers, which are random.
local function layout(text)
  local bytes <const> = assert(encode.unbase64((text:gsub("%-%-%-%-%-[^\n]*\n", "")
    :gsub("\n", ""))))
  local head <const> = { string.unpack(">zs4s4s4I4s4I4", bytes) }
  local at <const> = table.remove(head)
  return table.concat(head, "|") .. bytes:sub(at + 8)
end

test.it("reads what ssh-keygen makes, and writes the same file", function(t)
  for _, bits in ipairs { 2048, 3072, 4096 } do
    local name <const> = "key-" .. bits
    local text <const> = make_key(t, name, bits)
    local key <const> = assert(ssh.private(text))
    test.equal(key.kind, "rsa")
    test.equal(key.comment, "a key")
    test.equal(key:public() .. "\n", t:read(name .. ".pub"))
    test.contains(run(t, { "ssh-keygen", "-l", "-f", name }), bits .. " " .. key:fingerprint())
    test.equal(layout(assert(key:text()):publish()), layout(text))
    test.equal(ssh.inspect(text), { encrypted = false, kind = "rsa", type = "ssh-rsa",
      fingerprint = key:fingerprint(), line = key:public():match "^%S+ %S+" })
  end
end)

test.it("makes keys that ssh-keygen takes", function(t)
  for _, bits in ipairs { 2048, 3072 } do
    local key <const> = assert(ssh.generate { type = "rsa", bits = bits, comment = "made here" })
    t:write("made", assert(key:text()), 384)
    test.equal(run(t, { "ssh-keygen", "-y", "-f", "made" }), key:public() .. "\n")
    test.contains(run(t, { "ssh-keygen", "-l", "-f", "made" }),
      ("%d %s made here (RSA)"):format(bits, key:fingerprint()))
  end
  test.equal(ssh.public(ssh.generate { type = "rsa" }:public()).bits, 3072)
  for _, bits in ipairs { 0, 1024, 2047, 16385 } do
    test.fails_with("limit", function() assert(ssh.generate { type = "rsa", bits = bits }) end)
  end
end)

test.it("opens keys under every cipher of ssh-keygen", function(t)
  make_key(t, "key", 2048)
  local public <const> = assert(ssh.private(t:read "key")):public()
  local old = ""
  for _, cipher in ipairs(CIPHERS) do
    run(t, { "ssh-keygen", "-q", "-p", "-a", "1", "-Z", cipher, "-P", old, "-N", "pass word",
      "-f", "key" })
    old = "pass word"
    local text <const> = t:read "key"
    test.equal(ssh.is_encrypted(text), true)
    test.equal(assert(ssh.private(text, { passphrase = old })):public(), public)
    test.fails_with("auth", function() assert(ssh.private(text, { passphrase = "other" })) end)
    test.fails_with("passphrase", function() assert(ssh.private(text)) end)
  end
end)

test.it("reads PKCS#1 and PKCS#8, and says how to convert what is encrypted there", function(t)
  local public <const> = assert(ssh.private(make_key(t, "key", 2048))):public()
  for label, form in pairs { ["RSA PRIVATE KEY"] = "PEM", ["PRIVATE KEY"] = "PKCS8" } do
    run(t, { "ssh-keygen", "-q", "-p", "-P", "", "-N", "", "-m", form, "-f", "key" })
    local text <const> = t:read "key"
    test.contains(text, "-----BEGIN " .. label)
    local key <const> = assert(ssh.private(text))
    test.equal(key.comment, "")
    test.equal(key:public() .. " a key", public)
    test.equal(ssh.inspect(text), { encrypted = false, kind = "rsa", type = "ssh-rsa",
      fingerprint = key:fingerprint(), line = key:public():match "^%S+ %S+" })
    run(t, { "ssh-keygen", "-q", "-p", "-P", "", "-N", "pass word", "-m", form, "-f", "key" })
    local err <const> = test.fails_with("unsupported", function()
      assert(ssh.private(t:read "key", { passphrase = "pass word" }))
    end)
    test.contains(err.hint, "ssh-keygen -p")
    run(t, { "ssh-keygen", "-q", "-p", "-P", "pass word", "-N", "", "-f", "key" })
  end
end)

-- RFC 8410 section 10.3: an Ed25519 key, and one with attributes and its public half.
local ED25519 <const> = "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC"
local ED25519_WHOLE <const> = "MHICAQEwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC"
  .. "oB8wHQYKKoZIhvcNAQkJFDEPDA1DdXJkbGUgQ2hhaXJzgSEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE="

local function pkcs8(base64)
  return "-----BEGIN PRIVATE KEY-----\n" .. base64:gsub(("."):rep(64), "%0\n"):gsub("\n$", "")
    .. "\n-----END PRIVATE KEY-----\n"
end

test.it("reads an Ed25519 key in PKCS#8", function()
  local plain <const> = assert(ssh.private(pkcs8(ED25519)))
  test.equal(plain.kind, "ed25519")
  test.equal(plain:public(), "ssh-ed25519 "
    .. encode.base64(string.pack(">s4s4", "ssh-ed25519", encode.unhex(
      "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1"))))
  test.equal(assert(ssh.private(pkcs8(ED25519_WHOLE))):public(), plain:public())
  -- the public half of another key
  local other <const> = ED25519_WHOLE:gsub("ZuE=$", "ZuI=")
  test.fails_with("format", function() assert(ssh.private(pkcs8(other))) end)
end)

test.it("opens what age has sealed for an RSA key, and the reverse", function(t)
  t:write("text", "sealed\n")
  for _, bits in ipairs { 2048, 3072, 4096 } do
    local name <const> = "key-" .. bits
    local key <const> = assert(ssh.private(make_key(t, name, bits)))
    local identity <const> = assert(key:ssh_identity())
    run(t, { "age", "-R", name .. ".pub", "-o", "theirs", "text" })
    local text <const>, used <const> = age.decrypt({ identity }, t:read "theirs")
    test.equal(assert(text, used):publish(), "sealed\n")
    test.equal(used, 1)
    t:write("ours", assert(age.encrypt({ key:public() }, "ours\n", { armor = true })))
    test.equal(run(t, { "age", "-d", "-i", name, "ours" }), "ours\n")
  end
end)

test.it("passes over stanzas of other keys, and of its own that do not open", function()
  local key <const> = assert(ssh.generate { type = "rsa", bits = 2048 })
  local other <const>, own <const> = assert(ssh.generate { type = "rsa", bits = 2048 }),
    assert(key:ssh_identity())
  local native <const> = assert(age.generate())
  local file <const> = assert(age.encrypt({ key:public(), native:recipient() }, "text"))
  test.equal(assert(age.decrypt({ own }, file)):publish(), "text")
  test.fails_with("key", function()
    assert(age.decrypt({ assert(other:ssh_identity()) }, file))
  end)
  local changed <const> = file:gsub("(%-> ssh%-rsa %S+\n)(.)", function(line, first)
    return line .. (first == "A" and "B" or "A")
  end)
  test.fails_with("key", function() assert(age.decrypt({ own }, changed)) end)
  -- the stanza before, which is not ours to judge, is covered by the MAC
  test.fails_with("auth", function() assert(age.decrypt({ own, native }, changed)) end)
  local longer <const> = file:gsub("(%-> ssh%-rsa %S+)\n", "%1 more\n")
  test.fails_with("format", function() assert(age.decrypt({ own }, longer)) end)
end)

--- The line of a public key with these numbers.
local function line_of(e, n)
  return "ssh-rsa " .. encode.base64(string.pack(">s4s4s4", "ssh-rsa", e, n))
end

test.it("takes the keys that age takes", function()
  local modulus <const> = "\0" .. ("\xff"):rep(256)
  local good <const>, f4 <const> = line_of("\1\0\1", modulus), "\1\0\1"
  test.equal(assert(age.recipient(good .. " me")).text, good)
  test.equal(assert(age.recipient(line_of("\3", modulus))).kind, "ssh-rsa")
  for _, case in ipairs {
    { "limit", f4, "\0" .. ("\xff"):rep(128) },
    { "limit", f4, "\x7f" .. ("\xff"):rep(255) }, -- 2047 bits
    { "limit", f4, "\0" .. ("\xff"):rep(2049) },
    { "limit", "\1\0\0\1", modulus },
    { "format", "\1", modulus },
    { "format", "\2", modulus },
    { "format", f4, "\0" .. ("\xff"):rep(255) .. "\xfe" },
    { "format", "\0\1\0\1", modulus }, -- a zero too many
    { "format", f4, modulus:sub(2) },  -- negative
    { "format", "", modulus },
  } do
    test.fails_with(case[1], function() assert(age.recipient(line_of(case[2], case[3]))) end)
  end
end)

test.it("certifies with an RSA key, and checks what one has certified", function(t)
  local text <const> = make_key(t, "ca", 2048)
  local key <const> = make_key(t, "user", 2048) and t:read "user.pub"
  for _, kind in ipairs { "rsa-sha2-256", "rsa-sha2-512" } do
    run(t, { "ssh-keygen", "-q", "-s", "ca", "-t", kind, "-I", "id", "-n", "me", "user.pub" })
    local line <const> = t:read "user-cert.pub"
    test.equal(assert(ssh.certificate(line)).verified, true)
    local bytes <const> = assert(encode.unbase64(line:match "^%S+ (%S+)"))
    test.fails_with("auth", function()
      assert(ssh.certificate("ssh-rsa-cert-v01@openssh.com "
        .. encode.base64(bytes:sub(1, -2) .. string.char(bytes:byte(-1) ~ 1))))
    end)
  end
  local made <const> = assert(ssh.sign { ca = assert(ssh.private(text)), key = key, kind = "user",
    principals = { "me" } })
  test.equal(assert(ssh.certificate(made)).verified, true)
  t:write("made-cert.pub", made)
  test.contains(run(t, { "ssh-keygen", "-L", "-f", "made-cert.pub" }), "(using rsa-sha2-512)")
end)

test.it("gives no X25519 key, which follows from Ed25519 alone", function()
  local key <const> = assert(ssh.generate { type = "rsa", bits = 2048 })
  test.fails_with("unsupported", function() assert(key:age_identity()) end)
  test.fails_with("unsupported", function() assert(ssh.to_age(key:public())) end)
end)
