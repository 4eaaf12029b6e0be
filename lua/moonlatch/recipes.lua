--- recipes — where recipes are found, and which one a name means.
--
-- Search order: the site's moonlatch/recipes/, the user's, /etc/moonlatch/recipes/, the shipped
-- ones. A site's code is loaded only in the state that the user trusted; some recipes can not be
-- overridden, because they are what one needs when a site's code is wrong.

local fail  <const> = require "moonlatch.fail"
local fs    <const> = require "moonlatch.fs"
local host  <const> = require "moonlatch.host"
local lists <const> = require "moonlatch.lists"

local recipes = {}

---@class moonlatch.RecipePlace
---@field name string    "recipient add"
---@field origin "site"|"user"|"system"|"shipped"
---@field path string    of the file
---@field load fun(): moonlatch.Recipe

local FIXED <const> = { trust = true, recover = true, recipe = true, as = true, run = true,
  repl = true, test = true, help = true, completion = true, version = true }

--- "recipient/add.lua" is the file of `recipient add`.
local function name_of(path)
  return (path:sub(1, -#".lua" - 1):gsub("[/_]", { ["/"] = " ", _ = "-" }))
end

local function module_of(path)
  return "recipes.shipped." .. path:gsub("%.lua$", ""):gsub("/", ".")
end

local function check(recipe, name, path)
  if type(recipe) ~= "table" or type(recipe.run) ~= "function" and not recipe.steps
    or type(recipe.summary) ~= "string" then
    fail("format", "a recipe file returns a table with name, summary and run", nil,
      { path = path })
  end
  recipe.name = recipe.name or name
  return recipe
end

local function run_text(text, path)
  local chunk <const> = assert(host.load_text(text, path, setmetatable({}, { __index = _G })))
  return chunk()
end

--- Recipe files below a folder that must be in order: owned by root or us, closed to others.
local function in_folder(found, root, origin)
  if not root then
    return
  end
  local folder <const> = root.path
  for entry in root:walk() do
    local path <const> = entry.path
    if entry.kind == "file" and path:match("%.lua$") then
      local name <const> = name_of(path)
      found[name] = found[name] or { name = name, origin = origin, path = folder .. "/" .. path,
        load = function()
          assert(root:trusted(path))
          return check(run_text(assert(root:read(path)), folder .. "/" .. path), name, path)
        end }
    end
  end
end

local function in_site(found, site)
  local trust <const> = assert(require("moonlatch.trust").open(site))
  for _, path in ipairs(trust:list("recipes")) do
    local name <const> = name_of(path:gsub("^moonlatch/recipes/", ""))
    found[name] = { name = name, origin = "site", path = path, load = function()
      return check(run_text(assert(trust:require(path)), path), name, path)
    end }
  end
end

local function shipped(found)
  for _, file in ipairs(host.files "recipes/") do
    local path <const> = file:sub(#"recipes/" + 1)
    local name <const> = name_of(path)
    if not found[name] or FIXED[name:match("^%S+")] then
      found[name] = { name = name, origin = "shipped", path = "$/" .. file, load = function()
        return check(require(module_of(path)), name, path)
      end }
    end
  end
end

--- The shipped recipes by name.
---@return table<string, moonlatch.RecipePlace>
function recipes.shipped()
  local found <const> = {}
  shipped(found)
  return found
end

--- All recipes by name. In a privileged run code that is not root's own stops it, by the same
--- checks that everywhere refuse what others can change.
---@param site moonlatch.Site?
---@return table<string, moonlatch.RecipePlace>
function recipes.all(site)
  local found <const> = {}
  if site and not site.none then
    in_site(found, site)
  end
  in_folder(found, fs.root(fs.config_dir() .. "/recipes"), "user")
  in_folder(found, fs.root "/etc/moonlatch/recipes", "system")
  shipped(found)
  return found
end

--- The recipe files of the site, the user and the system, without loading any.
---@return moonlatch.RecipePlace[]
function recipes.own()
  local list <const> = {}
  local top <const> = require("moonlatch.site").find "."
  local folders <const> = {
    site = top and assert(fs.root(top)):open "moonlatch/recipes", -- below the site, through no link
    user = fs.root(fs.config_dir() .. "/recipes"), system = fs.root "/etc/moonlatch/recipes" }
  for _, origin in ipairs { "site", "user", "system" } do
    local found <const> = {}
    in_folder(found, folders[origin], origin)
    for _, name in ipairs(lists.names(found)) do
      table.insert(list, found[name])
    end
  end
  return list
end

--- Is it one of those that a site cannot override?
---@param name string
---@return boolean
function recipes.fixed(name)
  return FIXED[name:match("^%S+")] == true
end

return recipes
