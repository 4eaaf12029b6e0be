--- as — the command line of another program, for those who know it.

local fail <const> = require "moonlatch.fail"

local FACES <const> = { "sops" }
local LATER <const> = { age = true, ["age-keygen"] = true, ["age-inspect"] = true,
  ["ssh-to-age"] = true, ["sops-install-secrets"] = true }

local function run(args)
  local name <const> = args.program
  if LATER[name] then
    fail("unsupported", ("the face of %s is not there yet"):format(name),
      "`moonlatch help` lists what is")
  end
  assert(fail.choose(FACES, name, "face"))
  return require("moonlatch.as." .. name).run(args.arguments)
end

---@type moonlatch.Recipe
return {
  name     = "as",
  summary  = "behave as another program, with its options and exit codes",
  about    = "Also reached through a link to this program that has the other's name.",
  group    = "host",
  takes    = {
    { "program", "sops", choices = FACES },
    { "arguments", "what the other program takes", rest = "literal", optional = true },
  },
  examples = { "moonlatch as sops decrypt secrets/shared.yaml" },
  run      = run,
}
