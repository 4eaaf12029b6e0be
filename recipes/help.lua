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

--- The recipes whose names begin so.
local function all(shipped, beginning)
  local list <const> = {}
  for _, name in ipairs(recipes.names(shipped)) do
    table.insert(list, name:sub(1, #beginning) == beginning and shipped[name].load() or nil)
  end
  return list
end

local function run(args)
  local shipped <const> = recipes.shipped()
  if args.everyday then
    assert(host.out(cli.overview(next_step())))
    return 0
  end
  local group <const> = all(shipped, #args.words > 0 and table.concat(args.words, " ") .. " " or "")
  if #group > 0 then
    assert(host.out(cli.index(group)))
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
  takes    = { { "words", "a recipe, a group of them, or the code at the end of a message",
    many = true, optional = true, complete = "recipe" } },
  options  = { { "--everyday", "the tasks of every day" } },
  examples = { "moonlatch help rotate", "moonlatch help catch-all" },
  run      = run,
}
