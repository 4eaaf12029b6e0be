--- as — the command line of another program, for those who know it.

local faces <const> = require "moonlatch.as"

local NAMES <const> = require("moonlatch.lists").names(faces)

local function run(args)
  return require(faces[args.program]).run(args.arguments)
end

---@type moonlatch.Recipe
return {
  name     = "as",
  summary  = "behave as another program, with its options and exit codes",
  about    = "Also reached through a link to this program that has the other's name.",
  group    = "host",
  takes    = {
    { "program", table.concat(NAMES, ", "), choices = NAMES },
    { "arguments", "what the other program takes", rest = "literal", optional = true },
  },
  examples = { "moonlatch as sops decrypt secrets/shared.yaml",
    "moonlatch as ssh-to-age -i ~/.ssh/id_ed25519.pub" },
  run      = run,
}
