--- age_file.command — what the recipes `age …` share: files that are named, keys, and who is asked.

local age         <const> = require "moonlatch.age"
local fail        <const> = require "moonlatch.fail"
local files       <const> = require "moonlatch.files"
local fs          <const> = require "moonlatch.fs"
local identities  <const> = require "moonlatch.age_file.identities"
local passphrases <const> = require "moonlatch.passphrase"
local tty         <const> = require "moonlatch.tty"

local command = {}

--- The options of a recipe that may ask for a passphrase.
command.PASSPHRASE_FD = { "--passphrase-fd N", "read the passphrase from this descriptor" }

--- How the user is asked, and told.
---@param args table
---@param ctx moonlatch.Context
---@return moonlatch.AgeAsk
function command.ask(args, ctx)
  local text <const> = args.passphrase_fd
  local number <const> = text and passphrases.descriptor(text)
  if text and not number then
    fail("usage", "--passphrase-fd takes the number of a descriptor")
  elseif number == 0 and args.file == "-" then
    fail("usage", "standard input holds the file or the passphrase, not both")
  end
  local function warn(message)
    ctx.report:warn(message)
  end
  return { passphrases = assert(passphrases.open { descriptor = number }), warn = warn }
end

--- The keys of --identity.
---@param paths string[]
---@return moonlatch.AgeSource[]
function command.identities(paths)
  local list <const> = {}
  for i, path in ipairs(paths) do
    local bytes <close> = assert(files.read(path))
    local source <const>, err <const> = identities.read(path, bytes)
    if not source then
      err.path = err.path or path
      error(err, 0)
    end
    list[i] = source
  end
  return list
end

--- What a person named, to be read.
---@param path string
---@return moonlatch.Input
function command.input(path)
  assert(files.refuse_planted(path))
  local input <const>, err <const> = fs.input(path)
  if not input then
    err.path = err.path or path
    error(err, 0)
  end
  return input
end

--- The age file that a person named. Whoever brings a sealed file is told what opens that.
---@param path string
---@return moonlatch.AgeFile
function command.open(path)
  local file <const>, err <const> = age.open(command.input(path))
  if file then
    return file
  end
  err.path = err.path or path
  if err.line == 1 then
    err.hint = err.hint or "`moonlatch decrypt` opens a file of sealed values"
  end
  error(err, 0)
end

--- Where the result goes: into FILE itself, to -o, or to standard output; nil for nowhere, which
--- --dry-run says.
---@param args { file: string, in_place: boolean?, output: string? }
---@param ctx moonlatch.Context
---@param mode integer?
---@return moonlatch.Output?
function command.output(args, ctx, mode)
  local path <const> = args.in_place and args.file or args.output or "-"
  if path == "-" then
    return assert(fs.output "-")
  end
  local place <const> = assert(files.locate(path))
  assert(files.stays(place))
  if ctx.global.dry_run then
    ctx.report:say(("%s %s"):format(place.root:exists(place.name) and "~" or "+", path))
    return nil
  end
  return assert(fs.output(path, { mode = mode }))
end

--- Refuse to show what a terminal would act on.
---@param args { in_place: boolean?, output: string? }
function command.refuse_terminal(args)
  if not args.in_place and not args.output and tty.is_terminal() then
    fail("usage", "the result is no text, and standard output is a terminal",
      "--armor makes it text, -o FILE writes it to a file, `-o -` shows it all the same")
  end
end

return command
