--- update-keys — sealed files get the recipients that rules and links want.

local fail       <const> = require "moonlatch.fail"
local governing  <const> = require "moonlatch.governing"
local key_groups <const> = require "moonlatch.key_groups"
local rekey      <const> = require "moonlatch.rekey"
local repo       <const> = require "moonlatch.repo"
local shell      <const> = require "moonlatch.shell"

-- Where one of these is found, it is not known who should be able to open what.
local BLOCKING <const> = { ["bad-rule"] = true, ["bad-key-json"] = true }

--- Everything of the site that is sealed and governed; what is not governed is said.
local function whole(all, ctx)
  local chosen <const> = {}
  for _, file in ipairs(all.files) do
    if file.governed then
      table.insert(chosen, file)
    else
      ctx.report:note("ungoverned", "no rule and no link says who may open it",
        { path = file.path })
    end
  end
  return chosen
end

local function named(all, paths)
  local chosen <const> = {}
  for i, path in ipairs(paths) do
    local file <const> = assert(governing.sealed(all, path))
    if not file.governed then
      fail("missing", "no rule and no link says who may open it",
        ("`moonlatch renew %s` keeps its recipients"):format(shell.quote(path)), { path = path })
    end
    chosen[i] = file
  end
  return chosen
end

local function run(args, ctx)
  local all <const> = assert(repo.open(ctx.site))
  for _, finding in ipairs(all.findings) do
    if BLOCKING[finding.code] then
      fail("format", finding.message, finding.hint, { path = finding.path, line = finding.line })
    end
  end
  local list <const> = {}
  for i, file in ipairs(#args.file > 0 and named(all, args.file) or whole(all, ctx)) do
    list[i] = { file = file,
      threshold = key_groups.threshold(file.file, file.wanted, file.threshold) }
  end
  local status <const> = rekey.run(ctx, all, list, { title = "update-keys",
    identities = args.identity, keep_going = args.keep_going, rewrap = args.rewrap,
    renew = args.renew and "removed" or nil, whole = #args.file == 0 })
  return ctx.report:finish(status)
end

---@type moonlatch.Recipe
return {
  name     = "update-keys",
  summary  = "give files the recipients that rules and links want",
  about    = "Without FILE the whole site: files under .sops.yaml by their rule, files of clan by "
    .. "their links. A file that is as it should be is not touched, and those who stay keep what "
    .. "they have. Of several key groups as many are needed as before, while there are as many."
    .. "\n\nWho loses access may have kept the data key: --renew replaces it.",
  group    = "files",
  writes   = true,
  takes    = { { "file", "a sealed file", many = true, optional = true, complete = "file" } },
  options  = {
    { "--renew", "new data keys for files that lose a recipient" },
    { "--rewrap", "wrap the data key anew for those who stay, too" },
    table.unpack(rekey.OPTIONS),
  },
  examples = { "moonlatch update-keys", "moonlatch update-keys -n secrets/shared.yaml" },
  run      = run,
}
