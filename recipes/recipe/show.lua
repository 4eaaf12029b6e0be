--- recipe show — the source of a shipped recipe.

local cli     <const> = require "moonlatch.cli"
local host    <const> = require "moonlatch.host"
local recipes <const> = require "moonlatch.recipes"

local function run(args)
  local shipped <const> = recipes.shipped()
  local name <const>, err <const> = cli.find(recipes.names(shipped), args.name)
  if not name then
    error(err, 0)
  end
  if args.steps then
    local steps <const> = shipped[name].load().steps
    for _, step in ipairs(steps and steps:names() or {}) do
      assert(host.out(step .. "\n"))
    end
    return 0
  end
  assert(host.out(host.source((shipped[name].path:gsub("^%$/", "")))))
  return 0
end

---@type moonlatch.Recipe
return {
  name     = "recipe show",
  summary  = "the source of a shipped recipe",
  group    = "host",
  takes    = { { "name", "a recipe", many = true, complete = "recipe" } },
  options  = { { "--steps", "only the names of its steps" } },
  examples = { "moonlatch recipe show rotate", "moonlatch recipe show --steps rotate" },
  run      = run,
}
