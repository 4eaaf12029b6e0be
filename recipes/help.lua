--- help — what there is and how it is used.

local cli     <const> = require "moonlatch.cli"
local fail    <const> = require "moonlatch.fail"
local fs      <const> = require "moonlatch.fs"
local host    <const> = require "moonlatch.host"
local recipes <const> = require "moonlatch.recipes"
local tty     <const> = require "moonlatch.tty"

--- What this folder needs next, from what lies there; no site code is run, nothing is decrypted.
local function next_step()
  local folder <const> = fs.search_up(".", { ".sops.yaml", "moonlatch.lua" })
  if not folder then
    return { text = "no .sops.yaml is here or above", command = "moonlatch init" }
  end
  return { text = "a repository of secrets at " .. host.escape(folder),
    command = "moonlatch validate" }
end

local function run(args)
  local shipped <const> = recipes.shipped()
  if args.everyday then
    assert(host.out(cli.overview(next_step())))
    return 0
  end
  if #args.words == 0 then
    local list <const> = {}
    for _, name in ipairs(recipes.names(shipped)) do
      table.insert(list, shipped[name].load())
    end
    assert(host.out(cli.index(list)))
    return 0
  end
  local explained <const> = #args.words == 1 and fail.explain(args.words[1])
  local name <const>, err <const> = cli.find(recipes.names(shipped), args.words)
  if name then
    assert(host.out(cli.help(shipped[name].load(), tty.width())))
  elseif explained then
    assert(host.out(explained))
  else
    error(err, 0)
  end
  return 0
end

---@type moonlatch.Recipe
return {
  name     = "help",
  summary  = "explain a recipe or a code",
  group    = "host",
  takes    = { { "words", "a recipe, or the code in brackets at the end of a message", many = true,
    optional = true, complete = "recipe" } },
  options  = { { "--everyday", "the tasks of every day" } },
  examples = { "moonlatch help rotate", "moonlatch help catch-all" },
  run      = run,
}
