--- completion — for the shell.

local cli     <const> = require "moonlatch.cli"
local fail    <const> = require "moonlatch.fail"
local files   <const> = require "moonlatch.files"
local host    <const> = require "moonlatch.host"
local lists   <const> = require "moonlatch.lists"
local recipes <const> = require "moonlatch.recipes"
local sops    <const> = require "moonlatch.sops"

--- Names from the `.sops.yaml` at hand. What cannot be read offers nothing; no site code is run.
local function from_rules(take)
  local site <const> = require("moonlatch.site").open { none = true }
  local text <const> = site and site.has_rules and site.root:read ".sops.yaml"
  local model <const> = text and require("moonlatch.rules").open(text)
  return model and take(model) or {}
end

local function anchors()
  return from_rules(function(model)
    local names <const> = {}
    for i, anchor in ipairs(model.anchors) do
      names[i] = anchor.name
    end
    return names
  end)
end

local function rule_numbers()
  return from_rules(function(model)
    local numbers <const> = {}
    for i in ipairs(model.rules) do
      numbers[i] = tostring(i)
    end
    return numbers
  end)
end

--- The paths of the values in the file that stands before; no key is needed. A name that a
--- terminal would act on, or that is no line, is not offered.
local function value_paths(given)
  local place <const> = given[1] and files.locate(given[1])
  local text <const> = place and place.root:read(place.name)
  local file <const> = text and sops.open(text, { path = place.name })
  local paths <const> = {}
  for _, path in ipairs(file and file:paths() or {}) do
    table.insert(paths, host.escape(path) == path and path or nil)
  end
  return paths
end

local function run(args)
  local shipped <const> = recipes.shipped()
  local names <const> = lists.names(shipped)
  if args.complete then
    local lines <const> = cli.complete({
      names = names,
      load = function(name) return shipped[name].load() end,
      values = { identity = anchors, recipient = anchors, rule = rule_numbers,
        value = value_paths, recipe = function() return names end },
    }, args.words)
    assert(host.out(#lines > 0 and table.concat(lines, "\n") .. "\n" or ""))
    return 0
  end
  local shell <const> = assert(fail.choose(cli.SHELLS, args.words[1] or "", "shell"))
  assert(host.out(cli.script(shell)))
  return 0
end

---@type moonlatch.Recipe
return {
  name     = "completion",
  summary  = "a completion script for the shell",
  about    = "Put `eval \"$(moonlatch completion bash)\"` into your shell's start file.",
  group    = "host",
  takes    = { { "words", "bash, fish or zsh", rest = true, optional = true,
    complete = cli.SHELLS } },
  options  = { { "--complete", "list what can stand at the end of the words" } },
  examples = { "moonlatch completion bash" },
  run      = run,
}
