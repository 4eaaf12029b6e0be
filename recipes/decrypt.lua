--- decrypt — open a sealed file.

local files <const> = require "moonlatch.files"
local shell <const> = require "moonlatch.shell"

local function run(args, ctx)
  files.check_target(args)
  local file <const>, _, place <const> = assert(files.decrypt(args.file,
    { format = args.input_format, identities = args.identity, ignore_mac = args.ignore_mac }))
  local shown <const> = not files.writes(args)
  local format <const> = args.format or shown and ctx.global.json and "json" or nil
  local clear <close> = assert(file:clear_text { format = format })
  for _, note in ipairs(file:notes()) do
    ctx.report:warn(("%s:%d: %s"):format(args.file, note.line or 0, note.message))
  end
  return files.write(ctx, clear, { in_place = args.in_place and place, output = args.output },
    { kind = "clear", read = args.in_place and file:text() or nil,
      title = "decrypt " .. args.file,
      next = args.in_place and "moonlatch encrypt -i " .. shell.quote(args.file) or nil })
end

---@type moonlatch.Recipe
return {
  name     = "decrypt",
  summary  = "open a sealed file",
  about    = "Prints the file in clear, byte for byte what was sealed, or as JSON with --json. "
    .. "With -i or -o it is written to a file that only you can read.",
  group    = "files",
  writes   = files.writes,
  takes    = { { "file", "a sealed file, or - for standard input", complete = "file" } },
  options  = {
    { "-i, --in-place", "open the file itself" },
    { "-o, --output FILE", "write here", complete = "file" },
    { "--format WORD", "write it as", choices = files.FORMATS },
    { "--input-format WORD", "what the file is", choices = files.FORMATS },
    { "--identity FILE", "a key file or SSH key to open it with", many = true, complete = "file" },
    { "--ignore-mac", "open it although it was changed without its key" },
  },
  examples = { "moonlatch decrypt secrets/shared.yaml" },
  run      = run,
}
