--- groups add — one more key group for a sealed file.

local fail       <const> = require "moonlatch.fail"
local key_groups <const> = require "moonlatch.key_groups"
local regroup    <const> = require "moonlatch.rekey.regroup"

local function run(args, ctx)
  if #args.recipient == 0 then
    fail("usage", "whose keys are in the new group?", "--recipient KEY, once for each")
  end
  local group <const> = {}
  for i, word in ipairs(args.recipient) do
    group[i] = assert(key_groups.parse(word))
  end
  local all <const>, file <const> = regroup.open(ctx, args.file)
  local groups <const> = key_groups.of_file(file.file)
  table.insert(groups, group)
  return regroup.run(ctx, all, file, groups, { title = "groups add " .. args.file, args = args,
    named = args.recipient })
end

---@type moonlatch.Recipe
return {
  name     = "groups add",
  summary  = "let a file need one more key group",
  about    = "A file with several key groups opens to whoever has a key of each of so many of them "
    .. "as its threshold says. The groups that are there stay; everybody gets a new share of the "
    .. "data key.\n\nThe threshold stays as it is, or becomes two for the second group.",
  group    = "files",
  writes   = true,
  takes    = { { "file", "a sealed file", complete = "file" } },
  options  = {
    { "-a, --recipient KEY", "a key of the new group", many = true, complete = "recipient" },
    table.unpack(regroup.OPTIONS),
  },
  examples = { "moonlatch groups add secrets/shared.yaml -a age1… --threshold 2" },
  run      = run,
}
