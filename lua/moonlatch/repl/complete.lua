--- repl.complete — how a word that is being typed may go on.

local host <const> = require "moonlatch.host"
local show <const> = require "moonlatch.repl.show"

local complete = {}

--- The names of the modules, without those that are parts of another.
---@return string[]  "fs"
function complete.modules()
  local names <const> = {}
  for _, name in ipairs(host.primitives()) do
    table.insert(names, (name:gsub("^moonlatch%.", "")))
  end
  for _, file in ipairs(host.files "lua/moonlatch/") do
    local name <const> = file:gsub("/init%.lua$", ".lua"):match("^lua/moonlatch/([%w_]+)%.lua$")
    if name then
      table.insert(names, name)
    end
  end
  return names
end

--- Adds the fields of a table and of the tables that stand behind it.
local function of_table(known, value)
  while type(value) == "table" do
    for key in next, value do
      known[key] = true
    end
    local meta <const> = getmetatable(value)
    value = type(meta) == "table" and meta.__index or nil
  end
end

--- Adds the methods of a handle: its type is not told, but it has the very functions of one.
local function of_handle(known, value)
  for _, methods in pairs(host.types()) do
    for name, method in pairs(methods) do
      known[name] = known[name] or value[name] == method
    end
  end
end

local function members(known, value)
  if type(value) == "userdata" then
    of_handle(known, value)
  else
    of_table(known, type(value) == "string" and string or value)
  end
end

--- What `path`, "a.b.c", leads to.
local function follow(path, environment)
  local value = environment
  for name in path:gmatch("[%w_]+") do
    value = value[name]
  end
  return value
end

--- What could stand in place of the word, whose last part is what is completed.
---@param word string
---@param environment table
---@param first table<string, fun(): string[]>  whole words that go on from a certain beginning
---@return string[]
function complete.words(word, environment, first)
  local before <const>, path <const>, last <const> =
    word:match("^(.-)([%w_.:]-)([%w_]*)$")
  local known <const> = {}
  if first[path] then
    for _, name in ipairs(first[path]()) do
      known[name] = true
    end
  else
    members(known, follow(path, environment))
  end
  local out <const> = {}
  for name, has in pairs(known) do
    if has and show.is_name(name) and name:sub(1, #last) == last then
      table.insert(out, before .. path .. name)
    end
  end
  table.sort(out)
  return out
end

return complete
