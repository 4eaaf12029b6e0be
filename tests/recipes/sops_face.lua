-- For the tests of the face of sops: a folder with a key and rules, and runs of this program or the
-- real sops under one name, so that a command line can be given to both.

local age  <const> = require "moonlatch.age"
local host <const> = require "moonlatch.host"
local test <const> = require "moonlatch.test"

local face = {}

--- A new age key: its public half. The private one is in the file.
function face.key(t, path)
  local identity <const> = age.generate()
  t:write(path, identity:secret(), 384)
  return identity:recipient()
end

--- A folder with the program under the name sops, a key at home/key.txt and rules for all files.
---@return string recipient
function face.setup(t)
  local recipient <const> = face.key(t, "home/key.txt")
  t:write(".sops.yaml", ("creation_rules:\n  - age: %s\n"):format(recipient))
  assert(t.root:symlink("sops", assert(host.program())))
  return recipient
end

--- Run sops in the test's folder: `face.run(t, { "decrypt", "a.yaml", stdin = …, env = … })`.
---@param status integer?  default 0; false: any
function face.run(t, words, status)
  local command <const> = { words.program or t:path "sops" }
  table.move(words, 1, #words, 2, command)
  command.stdin, command.cwd = words.stdin, words.cwd
  command.env = { SOPS_AGE_KEY_FILE = t:path "home/key.txt" }
  for name, value in pairs(words.env or {}) do
    command.env[name] = value
  end
  local result <const> = t:run(command)
  if status ~= false and result.status ~= (status or 0) then
    error(("sops %s: status %s, wanted %d\n%s%s"):format(table.concat(words, " "),
      tostring(result.status), status or 0, result.stdout, result.stderr), 2)
  end
  return result
end

--- What a run prints, which must say nothing on standard error.
function face.out(t, words)
  local result <const> = face.run(t, words)
  test.equal(result.stderr, "", "stderr of " .. table.concat(words, " "))
  return result.stdout
end

--- Write a file and seal it in place.
function face.seal(t, path, text)
  t:write(path, text)
  face.out(t, { "encrypt", "-i", path })
  return t:read(path)
end

return face
