--- groups remove — a key group less for a sealed file.

local fail       <const> = require "moonlatch.fail"
local key_groups <const> = require "moonlatch.key_groups"
local regroup    <const> = require "moonlatch.rekey.regroup"

local function run(args, ctx)
  local all <const>, file <const> = regroup.open(ctx, args.file)
  local groups <const> = key_groups.of_file(file.file)
  local number <const> = math.tointeger(tonumber(args.number))
  if not number or not groups[number] then
    fail("usage", ("there is no key group %s"):format(args.number),
      ("they are numbered from 1 to %d"):format(#groups), { path = args.file })
  elseif #groups == 1 then
    fail("conflict", "it is the last key group: nobody could open the file", nil,
      { path = args.file })
  end
  table.remove(groups, number)
  return regroup.run(ctx, all, file, groups, { title = "groups remove " .. args.file, args = args,
    keep_mine = true, renew = not args.keep_data_key and "removed" or nil })
end

---@type moonlatch.Recipe
return {
  name     = "groups remove",
  summary  = "let a file need one key group less",
  about    = "Who has only keys of that group loses access, and the file gets a new data key. "
    .. "Where fewer groups would be left than are needed, --threshold says how many are needed "
    .. "then.",
  group    = "files",
  writes   = true,
  takes    = { { "file", "a sealed file", complete = "file" },
    { "number", "the group, counted from 1" } },
  options  = {
    { "--keep-data-key", "do not renew the data key" },
    table.unpack(regroup.OPTIONS),
  },
  examples = { "moonlatch groups remove secrets/shared.yaml 3" },
  run      = run,
}
