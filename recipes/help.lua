--- help — what there is and how it is used.

local cli     <const> = require "moonlatch.cli"
local fail    <const> = require "moonlatch.fail"
local host    <const> = require "moonlatch.host"
local lists   <const> = require "moonlatch.lists"
local recipes <const> = require "moonlatch.recipes"
local tty     <const> = require "moonlatch.tty"

--- What this folder needs next, from what lies there; no site code is run, nothing is decrypted.
local function next_step()
  local folder <const> = require("moonlatch.site").find "."
  if not folder then
    return { text = "no .sops.yaml is here or above", command = "moonlatch init" }
  end
  return { text = "a repository of secrets at " .. host.escape(folder),
    command = "moonlatch validate" }
end

--- The recipes whose names begin so.
local function all(shipped, beginning)
  local list <const> = {}
  for _, name in ipairs(lists.names(shipped)) do
    table.insert(list, name:sub(1, #beginning) == beginning and shipped[name].load() or nil)
  end
  return list
end

--- What there is to say about these words; raises where there is nothing.
local function explain(words)
  local shipped <const> = recipes.shipped()
  local group <const> = all(shipped, #words > 0 and table.concat(words, " ") .. " " or "")
  if #group > 0 then
    return cli.index(group)
  end
  local name <const>, err <const> = cli.find(lists.names(shipped), words)
  if name then
    return cli.help(shipped[name].load(), tty.width())
  end
  local code <const> = words[1]:gsub("^%[(.*)%]$", "%1") -- as it stands in a message
  local explained <const> = #words == 1 and fail.explain(code)
  return explained or error(err, 0)
end

local function run(args, ctx)
  ctx.report:text("help", args.everyday and cli.overview(next_step()) or explain(args.words))
  return ctx.report:finish()
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
