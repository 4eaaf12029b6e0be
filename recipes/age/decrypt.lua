--- age decrypt — open a file that was sealed whole.

local age_file   <const> = require "moonlatch.age_file"
local command    <const> = require "moonlatch.age_file.command"
local fail       <const> = require "moonlatch.fail"
local files      <const> = require "moonlatch.files"
local identities <const> = require "moonlatch.age_file.identities"
local keyring    <const> = require "moonlatch.keyring"
local modes      <const> = require "moonlatch.modes"

--- Where this user's keys were looked for, for an error.
local function explain(err, ring)
  err.details = {}
  for i, place in ipairs(ring:account()) do
    err.details[i] = ("%s: %s"):format(place.name, place.state)
  end
  err.hint = "--identity FILE names another key"
end

--- Find the key: among those of --identity, else among all of this user.
local function unlock(file, args, ctx)
  local ask <const> = command.ask(args, ctx)
  if #args.identity > 0 then
    return age_file.unlock(file, command.identities(args.identity), ask)
  elseif age_file.has_passphrase(file) then
    return age_file.unlock(file, {}, ask)
  end
  local ring <close> = keyring.open()
  local ok <const>, err <const> = age_file.unlock(file, identities.of_ring(ring), ask)
  if fail.is(err, "key") then
    explain(err, ring)
  end
  return ok, err
end

local function run(args, ctx)
  files.check_target(args)
  local file <close> = command.open(args.file)
  local ok <const>, err <const> = unlock(file, args, ctx)
  if not ok then
    err.path = err.path or args.file
    error(err, 0)
  end
  local output <const> = command.output(args, ctx, modes.PRIVATE)
  if not output then
    return 1
  end
  assert(age_file.open(file, output, { binary = args.output == "-" }))
  return 0
end

---@type moonlatch.Recipe
return {
  name     = "age decrypt",
  summary  = "open a file that was sealed whole",
  about    = "Prints the file in clear; with -i or -o it is written to a file that only you can "
    .. "read, whole or not at all. On standard output the part before a damage is printed, as it "
    .. "comes.\n\nTried are the keys of --identity, else all of yours. A file that was sealed with "
    .. "a passphrase asks for it; MOONLATCH_AGE_PASSPHRASE and --passphrase-fd give it, too.",
  group    = "files",
  writes   = files.writes,
  takes    = { { "file", "a sealed file, or - for standard input", complete = "file" } },
  options  = {
    { "-i, --in-place", "open the file itself" },
    { "-o, --output FILE", "write here", complete = "file" },
    { "--identity FILE", "a key file or SSH key to open it with", many = true, complete = "file" },
    command.PASSPHRASE_FD,
  },
  examples = { "moonlatch age decrypt backup.tar.age -o backup.tar",
    "moonlatch age decrypt --identity ~/.ssh/id_ed25519 note.age" },
  run      = run,
}
