-- PGP keys through the real gpg, with key rings that are thrown away, and the real sops.

local age  <const> = require "moonlatch.age"
local doc  <const> = require "moonlatch.doc"
local proc <const> = require "moonlatch.proc"
local test <const> = require "moonlatch.test"

local only_look <const> = test.helper "tests/recipes/looking.lua"
local source <const> = test.helper "tests/recipes/key_source.lua"

--- gpg answers for the passphrase through this; it writes down what it was told.
local PINENTRY <const> = [[
#!/bin/sh
echo "OK"
while read -r line; do
  echo "$line" >> "${0%/*}/pinentry.said"
  case $line in
  GETPIN*) echo "D correct horse"; echo OK ;;
  BYE*) echo OK; exit 0 ;;
  *) echo OK ;;
  esac
done
]]

local Ring <const> = { __name = "key ring" }
Ring.__index = Ring

--- Its agent would go on waiting.
function Ring:__close()
  self.t:run { "gpgconf", "--kill", "all", env = self.env }
end

--- A key ring with a fresh key of this fingerprint: { t=, env=, fp= }.
local function new_ring(t, passphrase)
  if not proc.find "gpg" then
    test.skip "gpg is not installed"
  end
  local env <const> = { GNUPGHOME = t:path "g" }
  t.root:mkdir("g", 448)
  t:write("g/pinentry.sh", PINENTRY, 448)
  t:write("g/gpg-agent.conf", ("pinentry-program %s\n"):format(t:path "g/pinentry.sh"))
  t:run { "gpg", "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", passphrase,
    "--quick-generate-key", "test@example.org", "future-default", "default", "never", env = env }
  local list <const> = t:run { "gpg", "--batch", "--with-colons", "--list-keys", env = env }
  return setmetatable({ t = t, env = env, fp = list.stdout:match "\nfpr:::::::::(%x+):" }, Ring)
end

--- The `enc` of the file's only PGP key, as a handle to read and set.
local function enc_of(text)
  local parsed <const> = assert(doc.parse(text, { format = "yaml" }))
  return parsed:root(1):get("sops"):get("pgp"):item(1):get "enc", parsed
end

test.it("wraps and unwraps through gpg, without a word on the command line", function(t)
  local ring <close> = new_ring(t, "")
  local env <const>, fp <const> = ring.env, ring.fp
  local enc <const> = source.script(t, env,
    ("give(key_source.of 'pgp'.wrap(key('pgp', %q), SHARE, {}))"):format(fp))
  test.contains(enc, "-----BEGIN PGP MESSAGE-----\n")
  test.equal(enc:match "%-%-%-%-%-END PGP MESSAGE%-%-%-%-%-(.*)$", "")
  local unwrap <const> = ("give(key_source.of 'pgp'.unwrap(key('pgp', %q), %q, {}))")
    :format(fp, enc)
  test.equal(source.script(t, env, unwrap), "the share")

  t.root:mkdir("other", 448)
  local got <const> = source.script(t, { GNUPGHOME = t:path "other" }, unwrap)
  test.equal(got.code, "child")
  test.contains(table.concat(got.details, "\n"), "No secret key")
  test.equal(source.script(t, { GNUPGHOME = t:path "other" },
    ("give(key_source.of 'pgp'.wrap(key('pgp', %q), SHARE, {}))"):format(fp)).code, "child")
end)

test.it("lets the agent ask for the passphrase", function(t)
  local ring <close> = new_ring(t, "correct horse")
  local script <const> = [[
    local pgp = key_source.of 'pgp'
    give(pgp.unwrap(key('pgp', FP), assert(pgp.wrap(key('pgp', FP), SHARE, {})), {}))]]
  -- the agent knows the passphrase still; one that is told to end may yet answer the next call
  test.equal(t:run({ "gpgconf", "--reload", "gpg-agent", env = ring.env }).status, 0)
  test.equal(source.script(t, { GNUPGHOME = ring.env.GNUPGHOME, GPG_TTY = "/dev/pts/77" },
    (script:gsub("FP", ("%q"):format(ring.fp)))), "the share")
  local said <const> = t:read "g/pinentry.said"
  test.contains(said, "GETPIN")
  test.contains(said, "ttyname=/dev/pts/77")
end)

test.it("runs the gpg that SOPS_GPG_EXEC names", function(t)
  source.stand_in(t, "my-gpg", "echo '-----BEGIN PGP MESSAGE-----'")
  local FP <const> = ("AB"):rep(20)
  for _, name in ipairs { "my-gpg", t:path "bin/my-gpg" } do
    test.equal(source.script(t, { SOPS_GPG_EXEC = name, BW_SESSION = "x" },
      ("give(key_source.of 'pgp'.wrap(key('pgp', %q), SHARE, {}))"):format(FP)),
      "-----BEGIN PGP MESSAGE-----")
  end
  local call <const> = source.call(t, "my-gpg")
  test.equal(call.words, { "--quiet", "--batch", "--disable-dirmngr", "--no-default-recipient",
    "--no-encrypt-to", "--yes", "--trust-model", "always", "--armor", "--recipient", FP,
    "--encrypt" })
  test.equal(call.stdin, source.SHARE)
  test.equal(source.own_variables(call), { "TERM", "XDG_RUNTIME_DIR" })
end)

test.it("ends when gpg is interrupted, and tries no other key", function(t)
  source.stand_in(t, "gpg", 'echo x >> "$folder/runs"; kill -INT $$')
  local got <const> = source.script(t, {}, [[
    local tried = { kind = "pgp", recipient = "A", fp = "A", enc = "x", index = 1, group = 1 }
    local opened, err = key_source.offer { groups = 1, threshold = 0,
      recipients = function() return { tried, tried } end }
    give(opened, err)]])
  test.equal(got.code, "interrupted")
  test.equal(t:read "bin/runs", "x\n")
end)

test.it("opens what sops wrapped, and sops opens what is wrapped here", function(t)
  local sops <const> = test.peer "sops"
  local ring <close> = new_ring(t, "")
  local env <const>, fp <const> = ring.env, ring.fp
  t:write("clear.yaml", "a: hello\n")
  local sealed <const> = t:run { sops, "encrypt", "--pgp", fp, t:path "clear.yaml", env = env }
  test.equal(sealed.status, 0, sealed.stderr)
  local node <const>, parsed <const> = enc_of(sealed.stdout)
  local enc <const> = source.script(t, env, ([[
    local pgp = key_source.of "pgp"
    local data_key = assert(pgp.unwrap(key("pgp", %q), %q, {}))
    assert(#data_key == 32)
    give(pgp.wrap(key("pgp", %q), data_key, {}))]]):format(fp, node:text(), fp))
  assert(enc ~= node:text())
  assert(parsed:set(node, enc))
  t:write("sealed.yaml", parsed:text())
  local opened <const> = t:run { sops, "decrypt", t:path "sealed.yaml", env = env }
  test.equal(opened.stdout, "a: hello\n", opened.stderr)
end)

--- Rules with two groups, of which both are needed; and an age key that opens the first.
local function two_groups(t, fp)
  local identity <const> = assert(age.generate())
  t:write(".sops.yaml", ([[
creation_rules:
  - shamir_threshold: 2
    key_groups:
      - age: [%s]
      - pgp: [%s, %s]
]]):format(identity:recipient(), ("00"):rep(20), fp))
  return identity
end

-- The whole way: rules, groups, envelope, key sources, file; `identities` are those of the line
-- IDENTITY, or none.
local SEAL <const> = [[
  local sops, fs = require "moonlatch.sops", require "moonlatch.fs"
  local model = assert(require("moonlatch.rules").open(fs.read_named ".sops.yaml":publish()))
  local groups, threshold = assert(model:groups(model.rules[1]))
  if DROP then
    table.remove(groups[2], 1)
  end
  local envelope = assert(sops.envelope(assert(sops.approved { groups = groups,
    threshold = threshold })))
  local ok, err = key_source.fill(envelope, {})
  give(ok and assert(sops.encrypt("a: hello\n", { envelope = envelope, format = "yaml" })), err)]]
local OPEN <const> = [[
  local sops, fs, age = require "moonlatch.sops", require "moonlatch.fs", require "moonlatch.age"
  local file = assert(sops.open(fs.read_named "sealed.yaml", { format = "yaml" }))
  local identities = IDENTITY and { assert(age.identity(secret.new(IDENTITY))) } or {}
  local found, err = key_source.unlock(file, identities, {})
  local reasons = {}
  for _, failure in ipairs(err and err.failures or {}) do
    table.insert(reasons, failure.key.recipient .. " " .. failure.error.code)
  end
  if err then
    give { code = err.code, reasons = reasons }
  else
    assert(file:decrypt())
    give(file:value("a"):publish())
  end]]

test.it("seals for key groups with PGP keys, which sops opens, and opens what sops seals",
  function(t)
    local sops <const> = test.peer "sops"
    local ring <close> = new_ring(t, "")
    local identity <const> = two_groups(t, ring.fp)
    local text <const> = identity:secret():publish()
    local env <const> = { GNUPGHOME = ring.env.GNUPGHOME, SOPS_AGE_KEY = text }
    local refused <const> = source.script(t, ring.env, (SEAL:gsub("DROP", "false")))
    test.equal(refused.code, "child")
    test.contains(refused.details[1], ("00"):rep(20))
    local sealed <const> = source.script(t, ring.env, (SEAL:gsub("DROP", "true")))
    t:write("sealed.yaml", sealed)
    local opened <const> = t:run { sops, "decrypt", t:path "sealed.yaml", env = env }
    test.equal(opened.stdout, "a: hello\n", opened.stderr)

    t:write(".sops.yaml", (t:read ".sops.yaml":gsub("0000000000+, ", "")))
    t:write("clear.yaml", "a: hello\n")
    local theirs <const> = t:run { sops, "encrypt", t:path "clear.yaml", env = ring.env }
    t:write("sealed.yaml", theirs.stdout)
    local open <const> = OPEN:gsub("IDENTITY", ("%q"):format(text))
    test.equal(source.script(t, ring.env, open), "hello", theirs.stderr)
    t.root:mkdir("other", 448)
    test.equal(source.script(t, { GNUPGHOME = t:path "other" }, open),
      { code = "key", reasons = { ring.fp .. " child" } })
    test.equal(source.script(t, ring.env, (OPEN:gsub("IDENTITY", "nil"))),
      { code = "key", reasons = {} })
  end)

test.it("seals, opens, changes and re-keys files by recipes", function(t)
  local ring <close> = new_ring(t, "")
  local env <const>, identity <const> = ring.env, assert(age.generate())
  local function rules(keys)
    t:write(".sops.yaml", ("creation_rules:\n  - path_regex: ^a\n%s"):format(keys))
  end
  rules(("    pgp: %s\n"):format(ring.fp))
  t:write("a.yaml", "a: hello\n")
  t:expect { "encrypt", "-i", "-y", "--accept-recipients=first-use", "a.yaml", env = env }
  test.contains(t:read "a.yaml", "-----BEGIN PGP MESSAGE-----")
  test.equal(t:expect({ "get", "a.yaml", "a", env = env }).stdout, "hello")
  local why <const> = t:expect({ "why", "a.yaml", env = env }).stdout
  test.contains(why, "✓ opens it")
  test.contains(why, "opens with " .. ring.fp:sub(1, 12) .. "…, " .. ring.fp)
  t:expect { "set", "-y", "a.yaml", "b", "-", stdin = "more", env = env }
  test.equal(t:expect({ "decrypt", "a.yaml", env = env }).stdout, "a: hello\nb: more\n")

  rules(("    pgp: %s\n    age: %s\n"):format(ring.fp, identity:recipient()))
  t:expect { "update-keys", "-y", "--accept-recipient", identity:recipient(), env = env }
  local only_age <const> = { GNUPGHOME = t:path "none", SOPS_AGE_KEY = identity:secret():publish() }
  test.equal(t:expect({ "get", "a.yaml", "b", env = only_age }).stdout, "more")
  t:expect { "renew", "-y", "a.yaml", env = env }
  test.equal(t:expect({ "get", "a.yaml", "b", env = env }).stdout, "more")
  rules(("    age: %s\n"):format(identity:recipient()))
  t:expect { "update-keys", "-y", env = only_age }
  test.lacks(t:read "a.yaml", "BEGIN PGP")
  t:expect({ "get", "a.yaml", "b", env = env }, 2)
end)

test.it("rotates an age key of a file that needs a PGP key too", function(t)
  local ring <close> = new_ring(t, "")
  local old <const> = assert(age.generate())
  t:write("home/.config/sops/age/keys.txt", old:secret():publish() .. "\n", 384)
  t:write("repo/.sops.yaml", ([[
keys:
  - &tara %s
creation_rules:
  - path_regex: ^a
    key_groups:
      - age: [*tara]
      - pgp: [%s]
]]):format(old:recipient(), ring.fp))
  t:write("repo/a.yaml", "a: hello\n")
  t:expect { "-C", "repo", "encrypt", "-i", "--accept-recipients=first-use", "a.yaml",
    env = ring.env }
  t:expect { "-C", "repo", "rotate", "tara", "--generate", "-y", env = ring.env }
  test.lacks(t:read "repo/a.yaml", old:recipient())
  test.equal(t:expect({ "get", "repo/a.yaml", "a", env = ring.env }).stdout, "hello")
end)

test.it("runs no gpg for what only looks at files", function(t)
  source.stand_in(t, "gpg", 'echo "$*" >> "$folder/runs"; echo "-----BEGIN PGP MESSAGE-----"')
  local env <const> = { PATH = t:path "bin:/usr/bin:/bin" }
  t:write(".sops.yaml", "creation_rules:\n  - path_regex: ^a\n    pgp: " .. ("AB"):rep(20) .. "\n")
  t:write("a.yaml", "a: hello\n")
  t:expect { "encrypt", "-i", "-y", "--accept-recipients=first-use", "a.yaml", env = env }
  test.equal(t.root:exists "bin/runs", true)
  t.root:remove "bin/runs"
  only_look(t, env)
  t:expect({ "get", "a.yaml", "a", env = env }, 2)
  test.equal(t.root:exists "bin/runs", true)
end)
