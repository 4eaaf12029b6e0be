--- recipe list — every recipe, and where it comes from.

local lists   <const> = require "moonlatch.lists"
local recipes <const> = require "moonlatch.recipes"

local function run(_, ctx)
  local found <const>, rows <const> = recipes.shipped(), {}
  for _, name in ipairs(lists.names(found)) do
    table.insert(rows, { name, found[name].origin, found[name].load().summary })
  end
  for _, place in ipairs(recipes.own()) do
    table.insert(rows, { place.name, place.origin, place.path })
  end
  ctx.report:table({ "RECIPE", "FROM", "WHAT" }, rows, "recipes")
  return ctx.report:finish()
end

---@type moonlatch.Recipe
return {
  name     = "recipe list",
  summary  = "every recipe, and where it comes from",
  about    = "Recipes of the site and of the user are listed by their files; none of them is run.",
  group    = "host",
  takes    = {},
  examples = { "moonlatch recipe list" },
  run      = run,
}
