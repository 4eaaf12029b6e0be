--- renew — files get new data keys; everything else stays.

local fail       <const> = require "moonlatch.fail"
local governing  <const> = require "moonlatch.governing"
local key_groups <const> = require "moonlatch.key_groups"
local rekey      <const> = require "moonlatch.rekey"
local repo       <const> = require "moonlatch.repo"

local function chosen_files(all, args)
  if (args.all or false) == (#args.file > 0) then
    fail("usage", args.all and "--all is every file already" or "which files?",
      "name them, or --all for the whole site")
  end
  if args.all then
    return all.files
  end
  local chosen <const> = {}
  for i, path in ipairs(args.file) do
    chosen[i] = assert(governing.sealed(all, path))
  end
  return chosen
end

local function run(args, ctx)
  local all <const> = assert(repo.open(ctx.site))
  local list <const> = {}
  for i, file in ipairs(chosen_files(all, args)) do
    list[i] = { file = file, groups = key_groups.of_file(file.file) }
  end
  local status <const> = rekey.run(ctx, all, list, { title = "renew", renew = "all",
    identities = args.identity, keep_going = args.keep_going, whole = args.all })
  return ctx.report:finish(status)
end

---@type moonlatch.Recipe
return {
  name     = "renew",
  summary  = "give files new data keys",
  about    = "Every value is sealed again under a new data key, for the same recipients. Who kept "
    .. "the old data key cannot read later versions; the values themselves are the same.",
  group    = "files",
  writes   = true,
  takes    = { { "file", "a sealed file", many = true, optional = true, complete = "file" } },
  options  = {
    { "--all", "every file of the site" },
    table.unpack(rekey.OPTIONS),
  },
  examples = { "moonlatch renew secrets/shared.yaml", "moonlatch renew --all" },
  run      = run,
}
