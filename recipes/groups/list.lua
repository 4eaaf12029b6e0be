--- groups list — the key groups of a sealed file, and how many of them are needed.

local identities <const> = require "moonlatch.identities"
local key_groups <const> = require "moonlatch.key_groups"
local regroup    <const> = require "moonlatch.rekey.regroup"

local function run(args, ctx)
  local all <const>, file <const> = regroup.open(ctx, args.file)
  local who <const> = identities.new(ctx.site, all)
  local groups <const>, rows <const> = key_groups.of_file(file.file), {}
  for i, group in ipairs(groups) do
    for _, key in ipairs(group) do
      table.insert(rows, { i, who:name(key.recipient), key.kind, key.recipient })
    end
  end
  local needed <const> = key_groups.needed(groups, file.file.threshold)
  ctx.report:table({ "GROUP", "IDENTITY", "KIND", "KEY" }, rows, "keys")
  ctx.report:result("groups", #groups)
  ctx.report:result("threshold", needed)
  ctx.report:summary(#groups == 1 and "one key group: any of its keys opens the file"
    or ("a key of each of %d of these %d groups opens the file"):format(needed, #groups))
  return ctx.report:finish()
end

---@type moonlatch.Recipe
return {
  name     = "groups list",
  summary  = "the key groups of a file",
  about    = "No key is needed.",
  group    = "files",
  takes    = { { "file", "a sealed file", complete = "file" } },
  examples = { "moonlatch groups list secrets/shared.yaml" },
  run      = run,
}
