--- ssh-to-age — the age key that follows from an Ed25519 SSH key.

local fail     <const> = require "moonlatch.fail"
local files    <const> = require "moonlatch.files"
local host     <const> = require "moonlatch.host"
local ssh      <const> = require "moonlatch.ssh"
local ssh_keys <const> = require "moonlatch.ssh_keys"

--- Of every Ed25519 key of a public file; others, as in a known_hosts, are passed over with a word.
local function convert_lines(text, path, report)
  local found <const>, others <const>, number = {}, {}, 0
  for line in (text .. "\n"):gmatch("(.-)\r?\n") do
    number = number + 1
    if line:match "%S" and not line:match "^%s*#" then
      local key <const>, err <const> = ssh.to_age(line)
      if key then
        table.insert(found, key)
      else
        err.path, err.line = path, number
        table.insert(others, err)
      end
    end
  end
  local why <const> = #found == 0 and (table.remove(others, 1)
    or fail.new("missing", "there is no SSH key", nil, { path = path }))
  for _, err in ipairs(others) do
    report:warn(("%s:%d: %s"):format(path, err.line, err.message))
  end
  if why then
    error(why, 0)
  end
  return found
end

local function run(args, ctx)
  local path <const> = args.file or "-"
  local bytes <close> = assert(files.read(path))
  if args.private then
    if ctx.global.json then
      fail("usage", "--json shows no private key")
    end
    local key <const> = assert(ssh_keys.of_file(bytes, path))
    local identity <const> = assert(key:age_identity())
    assert(host.out(assert(identity:secret())))
    assert(host.out "\n")
    return 0
  end
  ctx.report:lines("keys", ssh_keys.is_private(bytes)
    and { assert(ssh.to_age(assert(ssh_keys.public_half(bytes, path)))) }
    or convert_lines(bytes:publish(), path, ctx.report))
  return ctx.report:finish()
end

---@type moonlatch.Recipe
return {
  name     = "ssh-to-age",
  summary  = "the age key that follows from an Ed25519 SSH key",
  group    = "keys",
  takes    = { { "file", "an SSH key, public or private; default is standard input",
    optional = true, complete = "file" } },
  options  = { { "--private", "print the private age key" } },
  examples = { "moonlatch ssh-to-age ~/.ssh/id_ed25519.pub" },
  run      = run,
}
