--- encrypt — seal a file for those whom its creation rule names.

local fail  <const> = require "moonlatch.fail"
local files <const> = require "moonlatch.files"
local sops  <const> = require "moonlatch.sops"

local SELECTORS <const> = { "encrypted_regex", "unencrypted_regex", "encrypted_suffix",
  "unencrypted_suffix" }

local function selectors_of(args)
  local chosen <const> = {}
  for _, name in ipairs(SELECTORS) do
    chosen[name] = args[name]
  end
  return next(chosen) and chosen or nil
end

--- The place whose rule counts: where the result goes, else what --path says, else the file.
local function target(args)
  local path <const> = args.output ~= "-" and args.output or args.path
    or args.file ~= "-" and args.file
  if path then
    return assert(files.locate(path))
  end
end

--- Approved recipients and selectors.
local function settle(args, ctx, place)
  if #args.recipient > 0 then
    return assert(files.approve_named(args.recipient, place, ctx.global)), selectors_of(args)
  end
  if not place then
    fail("usage", "standard input has no path, and so no rule", "--path PATH, or -a RECIPIENT")
  end
  if selectors_of(args) then
    fail("usage", "the rule says which values are sealed", "-a RECIPIENT goes without a rule")
  end
  local governing <const> = assert(files.governing(place, ctx.global))
  if not governing.rule then
    fail("missing", governing.rules and "no creation rule matches this path"
      or "no .sops.yaml is here or above", "-a RECIPIENT names who may open it",
      { path = place.shown })
  end
  if governing.rules:catch_all(governing.rule) and not args.catch_all then
    fail("conflict", ("only rule %d matches, which takes files at any path")
      :format(governing.rule.index), "--catch-all if that is meant; else add a rule",
      { path = place.shown })
  end
  local selectors <const> = governing.rule.selectors
  return assert(files.approve_rule(governing, ctx.global)), next(selectors) and selectors or nil
end

local function run(args, ctx)
  if args.in_place and (args.file == "-" or args.output) then
    fail("usage", "-i writes into FILE itself, so it goes with neither - nor -o")
  end
  local clear <close> = assert(files.read(args.file))
  local place <const> = target(args)
  local path <const> = place and place.shown or args.file
  local format <const> = args.format or path == "-" and "yaml" or assert(files.format_of(path))
  if sops.is_encrypted(clear, { path = path, format = format }) then
    fail("conflict", "this file is sealed already", "`moonlatch update-keys` changes who opens it",
      { path = args.file })
  end
  local approved <const>, selectors <const> = settle(args, ctx, place)
  local sealed <const>, notes <const> = sops.encrypt(clear,
    { recipients = approved, selectors = selectors, path = args.file, format = format })
  if not sealed then
    error(notes, 0)
  end
  for _, note in ipairs(notes) do
    ctx.report:warn(("%s:%d: %s"):format(args.file, note.line or 0, note.message))
  end
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
    { "-a, --recipient KEY", "seal for this key, without a rule", many = true,
      complete = "recipient" },
    { "--format WORD", "what the file is", choices = { "yaml", "json", "binary" } },
    { "--encrypted-regex PATTERN", "with -a: seal only what matches" },
    { "--unencrypted-regex PATTERN", "with -a: leave what matches in clear" },
    { "--encrypted-suffix TEXT", "with -a: seal only keys that end so" },
    { "--unencrypted-suffix TEXT", "with -a: leave keys that end so in clear" },
    { "--catch-all", "take a rule that matches every path" },
  },
  examples = { "moonlatch encrypt -i secrets/shared.yaml",
    "moonlatch encrypt plain.json -o secrets/app.json" },
  run      = run,
}
