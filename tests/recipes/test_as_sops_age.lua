-- age keys and the face of sops: how recipients are written, and each place where sops looks for a
-- private key. Where the real sops is here, it finds the same.

local ssh  <const> = require "moonlatch.ssh"
local test <const> = require "moonlatch.test"

local face <const> = test.helper "tests/recipes/sops_face.lua"
local setup <const>, run <const>, out <const> = face.setup, face.run, face.out

--- A folder of its own as HOME, with no key in it: the variables of a run.
local function nobody(t, env)
  local all <const> = { HOME = t:path "nobody", XDG_CONFIG_HOME = "", SOPS_AGE_KEY_FILE = "" }
  for name, value in pairs(env or {}) do all[name] = value end
  return all
end

--- Both programs open a.yaml, or neither does.
local function both(t, env, opens)
  for _, program in ipairs { t:path "sops", test.peer "sops" } do
    local result <const> = run(t, { "decrypt", "a.yaml", program = program, env = nobody(t, env) },
      opens and 0 or 128)
    test.equal(result.stdout, opens and "a: secret\n" or "")
  end
end

test.it("recipients may have blanks and commas around them, and may be SSH keys", function(t)
  local one <const> = setup(t)
  local other <const> = face.key(t, "home/other.txt")
  local key <const> = assert(ssh.generate())
  t:write("a.yaml", "a: secret\n")
  local sealed <const> = out(t, { "encrypt", "--age", (" %s , %s,%s"):format(other, one,
    key:public()), "a.yaml" })
  for _, recipient in ipairs { one, other, (key:public()) } do
    test.contains(sealed, "recipient: " .. recipient)
  end
  for _, wrong in ipairs { "age1nonsense", one .. ",", "x" } do
    test.lacks(run(t, { "encrypt", "--age", wrong, "a.yaml" }, false).stdout, "ENC[")
  end
end)

test.it("private keys come from variables, files and commands", function(t)
  setup(t)
  face.seal(t, "a.yaml", "a: secret\n")
  local file <const> = t:path "home/key.txt"
  t:write("home/wrong.txt", face.key(t, "home/other.txt") .. "\n")
  both(t, {}, false)
  both(t, { SOPS_AGE_KEY_FILE = file }, true)
  both(t, { SOPS_AGE_KEY = t:read "home/key.txt" }, true)
  both(t, { SOPS_AGE_KEY = "# a note\n\n" .. t:read "home/other.txt" .. "\n"
    .. t:read "home/key.txt" }, true)
  both(t, { SOPS_AGE_KEY_CMD = "cat '" .. file .. "'" }, true)
  both(t, { SOPS_AGE_KEY_CMD = "cat " .. t:path "home/other.txt" }, false)
  both(t, { SOPS_AGE_KEY = t:read "home/other.txt", SOPS_AGE_KEY_FILE = file }, true)
end)

test.it("private keys come from the folder of the user's configuration", function(t)
  setup(t)
  face.seal(t, "a.yaml", "a: secret\n")
  for _, folder in ipairs { "nobody/.config/sops/age", "config/sops/age" } do
    assert(t.root:mkdir(folder))
  end
  t:write("nobody/.config/sops/age/keys.txt", t:read "home/key.txt", 384)
  both(t, {}, true)
  both(t, { XDG_CONFIG_HOME = t:path "config" }, false)
  t:write("config/sops/age/keys.txt", t:read "home/key.txt", 384)
  both(t, { XDG_CONFIG_HOME = t:path "config" }, true)
end)

test.it("private keys are SSH keys, by variables or where ssh has them", function(t)
  setup(t)
  assert(t.root:mkdir "nobody/.ssh")
  for kind, name in pairs { ed25519 = "id_ed25519", rsa = "id_rsa" } do
    local key <const>, place <const> = assert(ssh.generate { type = kind }), "nobody/.ssh/" .. name
    t:write("home/ssh", key:text(), 384)
    for _, sealing in ipairs { t:path "sops", test.peer "sops" } do
      t:write("a.yaml", "a: secret\n")
      run(t, { "encrypt", "-i", "--age", key:public(), "a.yaml", program = sealing })
      both(t, {}, false)
      both(t, { SOPS_AGE_SSH_PRIVATE_KEY_FILE = t:path "home/ssh" }, true)
      both(t, { SOPS_AGE_SSH_PRIVATE_KEY_CMD = "cat " .. t:path "home/ssh" }, true)
      t:write(place, key:text(), 384)
      both(t, {}, true)
      assert(t.root:remove(place))
    end
  end
end)

test.it("what was looked at is named when no key opens a file", function(t)
  setup(t)
  face.seal(t, "a.yaml", "a: secret\n")
  local said <const> = run(t, { "decrypt", "a.yaml", env = nobody(t) }, 128).stderr
  test.contains(said, "Failed to get the data key required to decrypt the SOPS file.")
  for _, place in ipairs { "SOPS_AGE_SSH_PRIVATE_KEY_FILE", "SOPS_AGE_KEY_CMD", "keys.txt" } do
    test.contains(said, place)
  end
end)
