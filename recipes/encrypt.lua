--- encrypt — seal a file for those whom its creation rule names.

local fail    <const> = require "moonlatch.fail"
local files   <const> = require "moonlatch.files"
local sealing <const> = require "moonlatch.sealing"
local sops    <const> = require "moonlatch.sops"

--- The place whose rule counts: where the result goes, else what --path says, else the file.
local function target(args)
  local path <const> = args.output ~= "-" and args.output or args.path
    or args.file ~= "-" and args.file
  if path then
    return assert(files.locate(path))
  end
end

local function run(args, ctx)
  if args.in_place and (args.file == "-" or args.output) then
    fail("usage", "-i writes into FILE itself, so it goes with neither - nor -o")
  end
  local clear <close> = assert(files.read(args.file))
  local place <const> = target(args)
  local path <const> = place and place.shown or args.file
  local format <const> = args.format or path == "-" and "yaml" or files.format_of(path)
  if sops.is_encrypted(clear, { path = path, format = format }) then
    fail("conflict", "this file is sealed already", "`moonlatch update-keys` changes who opens it",
      { path = args.file })
  end
  local approved <const>, selectors <const> = sealing.settle(args, ctx, place)
  local sealed <const> = sealing.seal(clear, ctx,
    { approved = approved, selectors = selectors, path = args.file, format = format })
  return files.write(ctx, sealed, { in_place = args.in_place and place, output = args.output },
    { kind = "sealed", was_clear = args.in_place, title = "encrypt " .. args.file })
end

---@type moonlatch.Recipe
return {
  name     = "encrypt",
  summary  = "seal a file by the rules",
  about    = "Prints the sealed file, or writes it with -i or -o. Recipients and the choice of "
    .. "values come from the first creation rule in .sops.yaml that matches the path.",
  group    = "files",
  writes   = files.writes,
  takes    = { { "file", "a file in clear, or - for standard input", complete = "file" } },
  options  = {
    { "-i, --in-place", "seal the file itself" },
    { "-o, --output FILE", "write here; its rule counts", complete = "file" },
    { "--path PATH", "take the rule of this path", complete = "file" },
    { "--format WORD", "what the file is", choices = files.FORMATS },
    table.unpack(sealing.OPTIONS)
  },
  examples = { "moonlatch encrypt -i secrets/shared.yaml",
    "moonlatch encrypt plain.json -o secrets/app.json" },
  run      = run,
}
