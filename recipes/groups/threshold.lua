--- groups threshold — how many key groups a sealed file needs.

local fail       <const> = require "moonlatch.fail"
local key_groups <const> = require "moonlatch.key_groups"
local regroup    <const> = require "moonlatch.rekey.regroup"

local function run(args, ctx)
  local all <const>, file <const> = regroup.open(ctx, args.file)
  local groups <const> = key_groups.of_file(file.file)
  if #groups == 1 then
    fail("conflict", "the file has one key group: any of its keys opens it",
      "`moonlatch groups add` makes a second one", { path = args.file })
  end
  args.threshold = args.number
  return regroup.run(ctx, all, file, groups, { title = "groups threshold " .. args.file,
    args = args, keep_mine = true })
end

---@type moonlatch.Recipe
return {
  name     = "groups threshold",
  summary  = "say how many key groups a file needs",
  about    = "Everybody gets a new share of the data key, which stays.",
  group    = "files",
  writes   = true,
  takes    = { { "file", "a sealed file", complete = "file" },
    { "number", "of groups, two or more" } },
  options  = { regroup.IDENTITY },
  examples = { "moonlatch groups threshold secrets/shared.yaml 2" },
  run      = run,
}
