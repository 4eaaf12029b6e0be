-- The program bw: its states, its failures, and what it is given.

local fs     <const> = require "moonlatch.fs"
local host   <const> = require "moonlatch.host"
local sample <const> = require "moonlatch.sample"
local test   <const> = require "moonlatch.test"

local bitwarden <const> = test.helper "tests/recipes/bitwarden.lua"
local answer <const>, status <const>, setup <const>
  = bitwarden.answer, bitwarden.status, bitwarden.setup
local run <const>, script <const>, calls <const> = bitwarden.run, bitwarden.script, bitwarden.calls
local new_key <const>, ssh_item <const>, all_shapes <const>
  = bitwarden.new_key, bitwarden.ssh_item, bitwarden.all_shapes
local recipients_in <const>, KEYS <const>, NO_SITE <const>
  = bitwarden.recipients_in, bitwarden.KEYS, bitwarden.NO_SITE
local SESSION <const> = bitwarden.SESSION

test.it("tells logged out, locked and not synced apart, each with its command", function(t)
  local key <const>, text <const> = new_key()
  setup(t, { ssh_item("sops-me-ssh", text, key:public()) })
  for _, case in ipairs {
    { "unauthenticated", "[logged-out]", "bw login" },
    { "locked", "BW_SESSION is not, or no longer, its session", "bw unlock --raw" },
    { "locked", "the vault is locked", "bw unlock --raw", { BW_SESSION = false } },
    { "on fire", "[child]", "a state that is not known" },
  } do
    status(t, case[1], "2025-01-01T00:00:00.000Z")
    local said <const> = run(t, { "sync-keys", "-y", "--sync", env = case[4] }, 2).stderr
    test.contains(said, case[2])
    test.contains(said, case[3])
    test.equal(calls(t), { "status" })
  end
  test.equal(t.root:exists(KEYS), false)
end)

test.it("warns when bw has not synced for a day, and syncs only when told to", function(t)
  local key <const>, text <const> = new_key()
  setup(t, { ssh_item("sops-me-ssh", text, key:public()) })
  local function ago(seconds)
    return os.date("!%Y-%m-%dT%H:%M:%S.000Z", math.floor(host.time() - seconds))
  end
  for _, case in ipairs { { ago(23 * 3600) }, { ago(25 * 3600), ago(25 * 3600):sub(1, 10) },
    { nil, "never synced" }, { "2024-02-29T23:59:59.999Z", "2024-02-29" } } do
    status(t, "unlocked", case[1])
    local said <const> = run(t, { "extract-keys" }, 0).stderr
    test.equal(calls(t), { "status", "list items --search=sops-" })
    if case[2] then
      test.contains(said, case[2])
      test.contains(said, "--sync")
    else
      test.equal(said, "")
    end
  end
  test.lacks(run(t, { "extract-keys", "--sync" }, 0).stderr, "2024")
  test.equal(calls(t), { "status", "sync", "list items --search=sops-" })
end)

test.it("gives the session to bw's environment, no other secret, nothing to its argv", function(t)
  local items <const> = all_shapes()
  setup(t, { items[1], items[2] }, NO_SITE)
  local result <const> = run(t, { "--trace", "extract-keys", "--verify",
    env = { SOPS_AGE_KEY = "AGE-SECRET-KEY-1NOTFORBW", BW_PASSWORD = "master" } }, 0)
  local environment <const> = t:read "bin/environment"
  test.contains(environment, "BW_SESSION=" .. SESSION)
  test.lacks(environment, "NOTFORBW")
  test.lacks(environment, "BW_PASSWORD")
  test.lacks(t:read "bin/calls", SESSION)
  test.lacks(result.stdout .. result.stderr, SESSION)
  test.lacks(result.stdout .. result.stderr, "PRIVATE KEY")
end)

test.it("takes a bw that fails or talks nonsense for no vault, not for an empty one", function(t)
  local items <const>, _, attached <const> = all_shapes()
  items[3].name = "sops-me-ssh"
  setup(t, { items[3] })
  local status_text <const> = t:read "bin/status"
  for _, word in ipairs { "status", "list", "get" } do
    for _, bad in ipairs { "exit 1", "kill -9 $$", "exit 0", "echo 'hunter2: sorry'; exit 0",
      [[echo '{"status":"unlocked","status":"locked","x":"hunter2"}'; exit 0]],
      [=[echo '[{"name":"sops-me-ssh","id":"1","id":"2","notes":"hunter2"}]'; exit 0]=],
      "head -c 99 /dev/zero; exit 0", [[echo '[[[[[[[["hunter2'; exit 0]] } do
      answer(t, "status", status_text)
      answer(t, "get", attached)
      t:write(("bin/%s.sh"):format(word), bad .. "\n")
      local result <const> = run(t, { "sync-keys", "-y" }, 2)
      test.contains(result.stderr, word == "get" and bad:find "exit 0" and "sops-me-ssh: "
        or "[child]")
      test.lacks(result.stderr, "hunter2")
      test.lacks(result.stderr, "a bug")
      t.root:remove(("bin/%s.sh"):format(word))
    end
  end
  test.equal(t.root:exists(KEYS), false)
  run(t, { "sync-keys", "-y" }, 0)
end)

test.it("does not wait for ever", function(t)
  setup(t, {})
  t:write("bin/list.sh", "exec sleep 600\n")
  local err <const> = script(t, "give(vault:list())", 1)
  test.equal(err.code, "child")
  test.contains(err.message, "took too long")
end)

test.it("runs only a bw that others cannot change", function(t)
  setup(t, {})
  t:run { "chmod", "777", "bin" }
  local only <const> = { PATH = t:path "bin" } -- a bw that is really installed is not meant
  test.contains(run(t, { "extract-keys", env = only }, 2).stderr, "[permission]")
  t.root:remove "bin/bw"
  local result <const> = run(t, { "extract-keys", env = only }, 2)
  test.contains(result.stderr, "[missing]")
  test.contains(result.stderr, "install the Bitwarden command line")
  test.equal(calls(t), {})
end)

test.it("sets up an identity from Bitwarden", function(t)
  local key <const>, text <const>, recipient <const> = new_key()
  setup(t, { ssh_item("sops-tara-ssh", text, key:public()) })
  t.root:remove "repo/.sops.yaml"
  t.root:remove "repo/moonlatch.lua"
  sample.make(assert(fs.root(t:path "repo")))
  local result <const> = run(t, { "bootstrap", "tara", "-y" }, 0)
  test.equal(recipients_in(t, KEYS), { recipient })
  test.contains(t:read "repo/.sops.yaml", "  - &tara " .. recipient .. "\n")
  test.contains(result.stderr, "bw lock")
  test.equal(calls(t), { "status", "list items --search=sops-tara-ssh" })
end)
