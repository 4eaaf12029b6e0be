--- as — the command line of another program, for those who know it.

local faces <const> = require "moonlatch.as"
local fail  <const> = require "moonlatch.fail"

--- The faces that are there.
local NAMES <const> = {}
for name, module in pairs(faces) do
  table.insert(NAMES, module and name or nil)
end
table.sort(NAMES)

local function run(args)
  local name <const> = args.program
  if faces[name] == false then
    fail("unsupported", ("the face of %s is not there yet"):format(name),
      "`moonlatch help` lists what is")
  end
  assert(fail.choose(NAMES, name, "face"))
  return require(faces[name]).run(args.arguments)
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
