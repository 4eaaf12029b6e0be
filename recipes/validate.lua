--- validate — do keys, rules and files agree?

local checks <const> = require "moonlatch.checks"
local fail   <const> = require "moonlatch.fail"

--- The parts that must not be skipped: `--require vault,keys`.
local function required(args)
  local parts <const> = {}
  for _, words in ipairs(args.require) do
    for word in words:gmatch("[^,]+") do
      parts[assert(fail.choose(checks.PARTS, word, "part"))] = true
    end
  end
  return parts
end

local function run(args, ctx)
  local parts <const> = required(args)
  ctx.report.strict = args.strict or false
  local survey <const> = checks.run(ctx, { vault = args.vault or parts.vault, sync = args.sync,
    identities = args.identity })
  local status = 0
  for part in pairs(parts) do
    if survey.skipped[part] then
      status = 2
    end
  end
  return ctx.report:finish(status)
end

---@type moonlatch.Recipe
return {
  name     = "validate",
  summary  = "do keys, rules and files agree?",
  about    = "Compares every sealed file's recipients with its rule or its links, and every "
    .. "identity's key in .sops.yaml, key.json, your key file and, with --vault, the vault. A "
    .. "contradiction is a finding and ends with status 1; what is absent or unwise is a note.\n\n"
    .. "It needs neither a private key nor a vault and says what it skipped. Values are not "
    .. "opened: `moonlatch verify` checks the MAC of files.",
  group    = "keys",
  takes    = {},
  options  = {
    { "--vault", "compare with the vault too" },
    { "--sync", "let the vault program fetch what changed elsewhere, first" },
    { "--strict", "count notes as findings" },
    { "--require PARTS", "exit 2 when these are skipped: vault, keys", many = true,
      complete = checks.PARTS },
    { "--identity FILE", "a file of private keys to look at too", many = true,
      complete = "file" },
  },
  examples = { "moonlatch validate", "moonlatch validate --vault --strict",
    "moonlatch validate --json --require keys" },
  run      = run,
}
