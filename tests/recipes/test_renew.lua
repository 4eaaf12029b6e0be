-- renew: every value under a new data key, for the same recipients.

local json, sample, test = require "moonlatch.json", require "moonlatch.sample",
  require "moonlatch.test"

--- The sample, with one identity's key in home/me.txt.
local function setup(t, name)
  local made <const> = sample.make(t.root, { machines = false })
  t:write("home/me.txt", made.identities[name].identity:secret())
  return made
end

local function run(t, command, status)
  command.env = { SOPS_AGE_KEY_FILE = t:path "home/me.txt", MOONLATCH_ACCEPT = "first-use" }
  return t:expect(command, status)
end

--- The shape of a sealed file: what stays when every seal is new.
local function shape(text)
  return (text:gsub("ENC%[[^%]]*%]?", "ENC"):gsub("%-%-%-%-%-BEGIN.-%-%-%-%-%-END[^\n]*", "KEY")
    :gsub("lastmodified: [^\n]*", ""))
end

test.it("changes every seal and nothing else", function(t)
  setup(t, "dev")
  local path <const> = "secrets/shared.yaml"
  local clear <const>, before <const> = run(t, { "decrypt", path }).stdout, t:read(path)
  run(t, { "renew", path })
  local after <const> = t:read(path)
  test.equal(run(t, { "decrypt", path }).stdout, clear)
  test.equal(shape(after), shape(before))
  local old <const>, count = {}, 0
  for seal in before:gmatch "data:[^%]]*" do
    old[seal] = true
  end
  for seal in after:gmatch "data:[^%]]*" do
    count = count + 1
    test.equal(old[seal], nil)
  end
  test.equal(count > 8, true)
end)

test.it("renews the whole site in one change, of every format", function(t)
  local made <const> = setup(t, "dev")
  local planned <const> = run(t, { "renew", "--all", "-n", "--json" }, 1)
  test.equal(#json.parse(planned.stdout).changes, made.sealed)
  local before <const> = {}
  for _, path in ipairs { "secrets/ci/deploy.json", "secrets/notes/recovery.txt" } do
    before[path] = { t:read(path), run(t, { "decrypt", path }).stdout }
  end
  local selector <const> = "encrypted_suffix: Templates"
  test.contains(t:read "secrets/clusters/local/dns.enc.yaml", selector)
  run(t, { "renew", "--all" }, 2) -- many files need consent
  test.equal(t:read "secrets/ci/deploy.json", before["secrets/ci/deploy.json"][1])
  run(t, { "renew", "--all", "-y" })
  for path, was in pairs(before) do
    test.equal(t:read(path) ~= was[1], true)
    test.equal(run(t, { "decrypt", path }).stdout, was[2])
  end
  test.contains(t:read "secrets/clusters/local/dns.enc.yaml", selector)
end)

test.it("wants to know which files, and that each can be opened", function(t)
  setup(t, "ben-user")
  run(t, { "renew" }, 3)
  run(t, { "renew", "--all", "secrets/shared.yaml" }, 3)
  test.contains(run(t, { "renew", "secrets/none.yaml" }, 2).stderr, "[missing]")
  local foreign <const> = t:read "secrets/test.yaml"
  local refused <const> = run(t, { "renew", "-y", "secrets/shared.yaml", "secrets/test.yaml" }, 2)
  test.contains(refused.stderr, "secrets/test.yaml: your key does not open it")
  test.contains(refused.stderr, "nothing was written")
  run(t, { "renew", "-y", "--keep-going", "secrets/shared.yaml", "secrets/test.yaml" }, 1)
  test.equal(t:read "secrets/test.yaml", foreign)
end)

test.it("wraps no new data key for a recipient that only the file names", function(t)
  local made <const> = setup(t, "dev")
  local path <const> = "secrets/test.yaml"
  run(t, { "renew", path }) -- first use: the rules are approved
  local stranger <const> = require("moonlatch.age").generate():recipient()
  t:write(path, (t:read(path):gsub(made.identities.ci.recipient, stranger)))
  local before <const> = t:read(path)
  test.contains(run(t, { "renew", path }, 1).stderr, stranger)
  test.equal(t:read(path), before)
  run(t, { "renew", path, "--accept-recipient", stranger })
end)

test.it("leaves files that the real sops opens", function(t)
  local sops <const> = test.peer "sops"
  setup(t, "dev")
  run(t, { "renew", "--all", "-y" })
  for _, path in ipairs { "secrets/shared.yaml", "secrets/ci/deploy.json",
    "secrets/notes/recovery.txt", "secrets/clusters/local/dns.enc.yaml" } do
    local opened <const> = t:run { sops, "decrypt", path,
      env = { SOPS_AGE_KEY_FILE = t:path "home/me.txt" } }
    test.equal({ path, opened.status, opened.stderr }, { path, 0, "" })
  end
end)
