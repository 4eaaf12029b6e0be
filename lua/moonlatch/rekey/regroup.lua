--- rekey.regroup — the key groups of one file changed by hand: what the recipes `groups` share.

local fail       <const> = require "moonlatch.fail"
local governing  <const> = require "moonlatch.governing"
local key_groups <const> = require "moonlatch.key_groups"
local rekey      <const> = require "moonlatch.rekey"
local repo       <const> = require "moonlatch.repo"
local shell      <const> = require "moonlatch.shell"

local regroup = {}

regroup.IDENTITY = { "--identity FILE", "a key file or SSH key to open the file with", many = true,
  complete = "file" }
regroup.OPTIONS = { { "--threshold N", "how many key groups are needed then" }, regroup.IDENTITY }

--- The file that is named. Raises.
---@param ctx moonlatch.Context
---@param path string
---@return moonlatch.Repo
---@return moonlatch.SealedFile
function regroup.open(ctx, path)
  local all <const> = assert(repo.open(ctx.site))
  return all, (assert(governing.sealed(all, path)))
end

local function threshold_of(word, groups)
  local number <const> = math.tointeger(tonumber(word))
  local least <const> = math.min(2, #groups)
  if not number or number < least or number > #groups then
    fail("usage", ("a threshold of %s is impossible"):format(word), #groups == 1
      and "with one key group it is 1" or ("from 2 to %d are possible"):format(#groups))
  end
  return number
end

--- Fewer groups than are needed: how many shall be, is not for a program to say.
local function check_left(file, groups)
  local needed <const> = key_groups.needed(key_groups.of_file(file.file), file.file.threshold)
  if needed > #groups and file.file.groups > #groups then
    fail("conflict", ("%d key groups are needed, and %d would be left"):format(needed, #groups),
      ("--threshold N says how many are needed then, at most %d"):format(#groups),
      { path = file.path })
  end
end

--- What governs the file says otherwise, and whoever follows it next undoes this.
local function tell_drift(ctx, file, groups)
  local missing <const>, extra <const> = key_groups.compare(groups, file.wanted)
  if file.governed and not file.problem and #missing + #extra > 0 then
    ctx.report:warn(("%s says otherwise; `moonlatch update-keys %s` follows it"):format(
      file.rule and ("rule %d"):format(file.rule.index) or "what its links say",
      shell.quote(file.path)))
  end
end

--- Give the file these groups. Raises.
---@param ctx moonlatch.Context
---@param all moonlatch.Repo
---@param file moonlatch.SealedFile
---@param groups moonlatch.Key[][]
---@param options table  title, args, and of moonlatch.RekeyOptions: named, renew, keep_mine
---@return integer status
function regroup.run(ctx, all, file, groups, options)
  local word <const> = options.args.threshold
  if not word then
    check_left(file, groups)
  end
  local threshold <const> = word and threshold_of(word, groups)
  tell_drift(ctx, file, groups)
  local status <const> = rekey.run(ctx, all,
    { { file = file, groups = groups, threshold = #groups > 1 and threshold or nil } },
    { title = options.title, identities = options.args.identity, named = options.named,
      renew = options.renew, keep_mine = options.keep_mine })
  return ctx.report:finish(status)
end

return regroup
