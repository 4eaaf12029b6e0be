--- recipe show — the source of a shipped recipe.

local cli     <const> = require "moonlatch.cli"
local fail    <const> = require "moonlatch.fail"
local host    <const> = require "moonlatch.host"
local lists   <const> = require "moonlatch.lists"
local recipes <const> = require "moonlatch.recipes"

local function run(args, ctx)
  local shipped <const> = recipes.shipped()
  local name <const> = assert(cli.find(lists.names(shipped), args.name))
  if args.steps then
    local steps <const> = shipped[name].load().steps
    if not steps then
      fail("missing", ("'%s' is not made of steps"):format(name),
        "`moonlatch recipe eject` copies a recipe, to be changed")
    end
    ctx.report:lines("steps", steps:names())
  else
    ctx.report:text("source", host.source((shipped[name].path:gsub("^%$/", ""))))
  end
  return ctx.report:finish()
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
