--- loaded.lua — how much Lua `decrypt FILE` loads: `moonlatch run tests/bench/loaded.lua FILE`.
--
-- Runs the recipe inside this program, which has come here the way every recipe does. Then every
-- module is required: where `require` has a second result, it was not there before. The last line
-- that this prints is the answer.

local host   <const> = require "moonlatch.host"
local report <const> = require "moonlatch.report"

local global <const> = {}
require("recipes.shipped.decrypt").run({ file = (...), identity = {} },
  { global = global, report = report.new(global) })

local load <const>, new <const> = require, {}
rawset(_G, "require", function(name) -- also for what a module requires in turn
  local module <const>, from <const> = load(name)
  new[name] = new[name] or from ~= nil
  return module
end)

local bytes, files = 0, 0
for _, file in ipairs(host.files()) do
  local name <const> = file:gsub("^lua/", ""):gsub("^recipes/", "recipes.shipped.")
    :gsub("%.lua$", ""):gsub("/init$", ""):gsub("/", ".")
  if not file:match "^lua/moonlatch/meta/" then
    require(name)
    if not new[name] and file ~= "recipes/run.lua" then
      bytes, files = bytes + #host.source(file), files + 1
    end
  end
end
assert(host.out(("%.0f KB of Lua in %d files\n"):format(bytes / 1000, files)))
