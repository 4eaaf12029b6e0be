--- age encrypt — seal any file for age keys, or with a passphrase.

local age_file   <const> = require "moonlatch.age_file"
local command    <const> = require "moonlatch.age_file.command"
local fail       <const> = require "moonlatch.fail"
local files      <const> = require "moonlatch.files"
local identities <const> = require "moonlatch.age_file.identities"
local recipients <const> = require "moonlatch.age_file.recipients"

local function recipients_of_file(path, report)
  local bytes <close> = assert(files.read(path))
  local list <const>, err <const> = recipients.lines(bytes, function(line, type)
    report:warn(("%s:%d: an SSH key of type %s is passed over"):format(path, line, type))
  end)
  if not list then
    err.path = err.path or path
    error(err, 0)
  end
  return list
end

--- For whom: -a, then --recipients-file, then --identity.
local function targets(args, ctx, ask)
  local list <const> = {}
  for i, word in ipairs(args.recipient) do
    list[i] = assert(recipients.parse(word))
  end
  for _, path in ipairs(args.recipients_file) do
    local more <const> = recipients_of_file(path, ctx.report)
    table.move(more, 1, #more, #list + 1, list)
  end
  local own <const> = assert(identities.recipients(command.identities(args.identity), ask))
  return table.move(own, 1, #own, #list + 1, list)
end

local function run(args, ctx)
  files.check_target(args)
  local keys <const> = #args.recipient + #args.recipients_file + #args.identity
  if args.passphrase and keys > 0 then
    fail("usage", "a file is sealed with a passphrase or for keys, not both")
  elseif not args.passphrase and keys == 0 then
    fail("usage", "for whom? no recipient is named",
      "-a RECIPIENT, --recipients-file FILE, --identity FILE, or --passphrase")
  end
  if not args.armor then
    command.refuse_terminal(args)
  end
  local input <const> = command.input(args.file)
  local ask <const> = command.ask(args, ctx)
  local to <const> = { armor = args.armor }
  if args.passphrase then
    to.passphrase = assert(ask.passphrases:choose())
  else
    to.recipients = targets(args, ctx, ask)
  end
  local output <const> = command.output(args, ctx)
  if not output then
    return 1
  end
  assert(age_file.seal(input, output, to))
  return 0
end

---@type moonlatch.Recipe
return {
  name     = "age encrypt",
  summary  = "seal any file for age keys",
  about    = "Prints the sealed file, or writes it with -i or -o. The whole file is sealed, "
    .. "whatever it holds; `moonlatch encrypt` seals the values of a document instead.\n\n"
    .. "A passphrase is asked for at the terminal, where an empty one means: make one up. "
    .. "MOONLATCH_AGE_PASSPHRASE and --passphrase-fd give it, too.",
  group    = "files",
  writes   = files.writes,
  takes    = { { "file", "any file, or - for standard input", complete = "file" } },
  options  = {
    { "-i, --in-place", "seal the file itself" },
    { "-o, --output FILE", "write here", complete = "file" },
    { "-a, --recipient KEY", "an age key, or an SSH public key", many = true,
      complete = "recipient" },
    { "--recipients-file FILE", "the keys in this file", many = true, complete = "file" },
    { "--identity FILE", "the public halves of these keys", many = true, complete = "file" },
    { "-p, --passphrase", "with a passphrase" },
    command.PASSPHRASE_FD,
    { "--armor", "as text" },
  },
  examples = { "moonlatch age encrypt backup.tar -o backup.tar.age --recipients-file team.txt",
    "moonlatch age encrypt --passphrase --armor note.txt" },
  run      = run,
}
