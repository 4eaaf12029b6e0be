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

--- Seal over a file that is sealed already: its recipients and data key stay, and values that are
--- what they were keep their sealed text.
local function seal_onto(clear, args)
  if sealing.chosen(args) or args.path or args.format then
    fail("usage", "--onto takes recipients, values to seal and form from that file",
      "leave the other options out, or leave out --onto")
  end
  local file <const> = assert(files.decrypt(args.onto, { identities = args.identity }))
  local before <const> = file:text()
  local ok <const>, bad <const> = file:reseal(clear, { clear = args.clear })
  if not ok then
    bad.path = bad.path or args.file
    bad.hint = fail.is(bad, "conflict") and "--clear NAME if that is meant" or bad.hint
    error(bad, 0)
  end
  return file:text(), args.output == args.onto and before or nil
end

local function run(args, ctx)
  files.check_target(args)
  local clear <close> = assert(files.read(args.file))
  local place <const> = target(args)
  local path <const> = place and place.shown or args.file
  local format <const> = args.format or path == "-" and "yaml" or sops.format_of(path)
  if sops.is_encrypted(clear, { path = path, format = format }) then
    fail("conflict", "this file is sealed already", "`moonlatch update-keys` changes who opens it",
      { path = args.file })
  end
  local sealed, read
  if args.onto then
    sealed, read = seal_onto(clear, args)
  else
    local approved <const>, selectors <const> = sealing.settle(args, ctx, place)
    sealed = sealing.seal(clear, ctx,
      { approved = approved, selectors = selectors, path = args.file, format = format })
  end
  return files.write(ctx, sealed, { in_place = args.in_place and place, output = args.output },
    { kind = "sealed", was_clear = args.in_place, read = args.in_place and clear or read,
      title = "encrypt " .. args.file })
end

---@type moonlatch.Recipe
return {
  name     = "encrypt",
  summary  = "seal a file by the rules",
  about    = "Prints the sealed file, or writes it with -i or -o. Recipients and the choice of "
    .. "values come from the first creation rule in .sops.yaml that matches the path.\n\n"
    .. "With --onto they come from a file that is sealed already: its data key stays, and so does "
    .. "the sealed text of every value that is what it was. Its MAC is checked first.",
  group    = "files",
  writes   = files.writes,
  takes    = { { "file", "a file in clear, or - for standard input", complete = "file" } },
  options  = {
    { "-i, --in-place", "seal the file itself" },
    { "-o, --output FILE", "write here; its rule counts", complete = "file" },
    { "--path PATH", "take the rule of this path", complete = "file" },
    { "--onto FILE", "seal over this sealed file; needs a key that opens it", complete = "file" },
    { "--clear NAME", "with --onto: this key may stand in clear, though new", many = true },
    { "--identity FILE", "with --onto: a key file or SSH key", many = true, complete = "file" },
    { "--format WORD", "what the file is", choices = files.FORMATS },
    table.unpack(sealing.OPTIONS)
  },
  examples = { "moonlatch encrypt -i secrets/shared.yaml",
    "moonlatch encrypt plain.json -o secrets/app.json",
    "moonlatch encrypt new.yaml --onto secrets/shared.yaml -o secrets/shared.yaml" },
  run      = run,
}
