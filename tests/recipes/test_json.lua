-- --json: one object on standard output, of recipes whose result is a text or a few lines, too.

local fs, json, test = require "moonlatch.fs", require "moonlatch.json", require "moonlatch.test"

local function object(t, command, status)
  table.insert(command, "--json")
  return assert(json.parse(t:expect(command, status).stdout))
end

test.it("help and the source of a recipe are members", function(t)
  test.contains(object(t, { "help", "rotate" }).help, "moonlatch rotate [options] IDENTITY")
  test.contains(object(t, { "help", "usage" }).help, "usage (error, exit status 3)")
  test.contains(object(t, {}).help, "moonlatch [options] RECIPE")
  test.equal(object(t, { "recipe", "show", "version" }).source,
    t:expect({ "recipe", "show", "version" }).stdout)
  test.equal(object(t, { "recipe", "show", "--steps", "rotate" }).steps[1], "preflight")
end)

test.it("public keys are members, private ones are refused", function(t)
  local made <const> = object(t, { "keygen", "-o", "a.txt" })
  test.equal(object(t, { "keygen", "--public", "a.txt" }).keys, { made.public })
  local ssh <const> = object(t, { "keygen", "--ssh", "-o", "id" })
  test.equal(t:read "id.pub", ssh.public .. "\n")
  test.equal(object(t, { "ssh-to-age", "id" }).keys, object(t, { "ssh-to-age", "id.pub" }).keys)
  for _, command in ipairs { { "keygen" }, { "keygen", "-o", "-" },
    { "ssh-to-age", "--private", "id" } } do
    test.equal(object(t, command, 3).error.message, "--json shows no private key")
  end
end)

test.it("a sealed file is opened as JSON, unless it is written to a file", function(t)
  local key <const> = object(t, { "keygen", "-o", "k.txt" }).public
  t:write("a.yaml", "a: [1, two] # c\n")
  t:expect { "encrypt", "-i", "-a", key, "a.yaml" }
  test.equal(object(t, { "decrypt", "--identity", "k.txt", "a.yaml" }).a, { 1, "two" })
  test.equal(object(t, { "decrypt", "--identity", "k.txt", "a.yaml", "-o", "b" }).status, 0)
  test.equal(t:read "b", "a: [1, two] # c\n")
end)

test.it("counts of tests are members", function(t)
  local counts <const> = object(t, { "test", fs.cwd() .. "/tests/lua/test_shell.lua" })
  assert(counts.passed > 0)
  test.equal({ counts.failed, counts.skipped, counts.status }, { 0, 0, 0 })
end)

test.it("keygen --dry-run writes nothing and shows no key that will not be", function(t)
  local planned <const> = t:expect({ "keygen", "-n", "--ssh", "-o", "id" }, 1)
  test.equal({ planned.stdout, planned.stderr }, { "", "+ id\n+ id.pub\n" })
  test.equal(t.root:exists "id" or t.root:exists "id.pub", false)
end)
