--- recipe eject — a copy of a shipped recipe, to be changed by a site.

local cli     <const> = require "moonlatch.cli"
local encode  <const> = require "moonlatch.encode"
local fail    <const> = require "moonlatch.fail"
local host    <const> = require "moonlatch.host"
local lists   <const> = require "moonlatch.lists"
local plan    <const> = require "moonlatch.plan"
local recipes <const> = require "moonlatch.recipes"

local function run(args, ctx)
  local shipped <const> = recipes.shipped()
  local name <const> = assert(cli.find(lists.names(shipped), args.name))
  if recipes.fixed(name) then
    fail("conflict", ("a site cannot replace '%s'"):format(name),
      "it is needed when a site's own code is wrong")
  end
  local source <const> = host.source((shipped[name].path:gsub("^%$/", "")))
  local path <const> = "moonlatch/" .. shipped[name].path:gsub("^%$/", "")
  local root <const> = ctx.site.root
  if root:exists(path) then
    fail("exists", "the site has this recipe already", nil, { path = path })
  end
  local p <close> = plan.new { roots = { root }, global = ctx.global, report = ctx.report,
    title = "eject " .. name }
  assert(p:write(root, path, ("-- from moonlatch %s, SHA-256 %s\n%s"):format(host.version,
    encode.sha256(source), source), { kind = "public" }))
  return ctx.report:finish(p:finish { next = "moonlatch trust" })
end

---@type moonlatch.Recipe
return {
  name     = "recipe eject",
  summary  = "copy a shipped recipe into the site, to change it",
  about    = "A recipe made of steps can be changed without a copy: see `recipe show --steps`.",
  group    = "host",
  writes   = true,
  takes    = { { "name", "a recipe", many = true, complete = "recipe" } },
  examples = { "moonlatch recipe eject status" },
  run      = run,
}
