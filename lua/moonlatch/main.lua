--- main — from a command line to an exit status.
--
-- The path of one run: words → global options → recipe → its options → a context → run → report.
-- Errors end here: an error object is a message and a hint, anything else is a bug with a
-- traceback.

local cli    <const> = require "moonlatch.cli"
local fail   <const> = require "moonlatch.fail"
local host   <const> = require "moonlatch.host"
local lists  <const> = require "moonlatch.lists"
local secret <const> = require "moonlatch.secret"

local main = {}

local BROKEN_PIPE <const> = 32 -- EPIPE
local SIGPIPE <const> = 128 + 13

---@class moonlatch.Context
---@field site moonlatch.Site          opened at its first use; raises when there is none
---@field report moonlatch.Report
---@field global table
---@field recipe moonlatch.Recipe
---@field words string[]               what stood behind the recipe's name

--- The fields that are made when they are first used.
local LAZY <const> = {
  site = function(ctx)
    local global <const> = ctx.global
    return assert(require("moonlatch.site").open { file = global.site, none = global.no_site })
  end,
  report = function(ctx)
    return require("moonlatch.report").new(ctx.global)
  end,
}

local function context(recipe, global, words)
  return setmetatable({ recipe = recipe, global = global, words = words }, {
    __index = function(ctx, field)
      local make <const> = LAZY[field]
      if make then
        local value <const> = make(ctx)
        rawset(ctx, field, value)
        return value
      end
    end })
end

--- The site, or nil where there is none: for what works anywhere. Its own recipes are known only
--- once it is, so what says which it is counts already where it stands behind the recipe's name.
local function site_or_none(behind, global)
  local file = behind.site or global.site
  if behind.dir and file and file:sub(1, 1) ~= "/" then
    file = behind.dir .. "/" .. file
  end
  local site <const>, err <const> = require("moonlatch.site").open { dir = behind.dir, file = file,
    none = behind.no_site or global.no_site }
  if not site and not (fail.is(err, "missing") and not file) then
    error(err, 0)
  end
  return site
end

--- -C DIR: from here on every relative path means one below DIR.
local function enter(global)
  if global.dir then
    assert(host.chdir(global.dir))
    global.dir = nil
  end
end

--- The recipe of the site here that takes the -C behind its name as a word of its own, as in
--- `build make -C src`.
local function find_here(words, behind, global)
  local here <const> = require("moonlatch.recipes").all(
    site_or_none({ no_site = behind.no_site }, global))
  local name <const>, rest <const> = cli.find(lists.names(here), words)
  if name then
    local recipe <const> = here[name].load()
    local args <const>, said <const> = cli.parse(recipe, rest, global)
    if args and not said.dir then
      return recipe, rest
    end
  end
end

--- Finds the recipe: first among the shipped ones that no site can override, so that neither a
--- broken site file nor untrusted code stands in the way of `trust` or `recover`.
local function find(words, global)
  local recipes <const> = require "moonlatch.recipes"
  local first <const> = recipes.shipped()
  local name, rest = cli.find(lists.names(first), words)
  local found = first
  if not (name and recipes.fixed(name)) and not global.help then
    local behind <const> = cli.peek(words)
    found = recipes.all(site_or_none(behind, global))
    name, rest = cli.find(lists.names(found), words)
    if not name and behind.dir then
      local recipe <const>, operands <const> = find_here(words, behind, global)
      if recipe then
        return recipe, operands
      end
    end
  end
  if not name then
    error(rest, 0)
  end
  return found[name].load(), rest
end

local function run_recipe(recipe, words, before)
  local args <const>, global <const> = cli.parse(recipe, words, before)
  if not args then
    error(global, 0)
  end
  if global.help then
    local tty <const> = require "moonlatch.tty"
    assert(host.out(cli.help(recipe, tty.width())))
    return 0
  end
  enter(global)
  local ctx <const> = context(recipe, global, words)
  local writes <const> = recipe.writes
  if type(writes) == "function" and writes(args) or writes == true then
    require("moonlatch.plan").recover(ctx.report, global.dry_run)
  end
  local status
  if recipe.run then
    status = recipe.run(args, ctx)
  else
    ctx.args = args
    status = recipe.steps:run(ctx)
  end
  if recipe.name ~= "as" and not secret.locked() then -- callers of faces take any line for an error
    ctx.report:warn("not all memory for secrets could be locked, so that some may reach the disk: "
      .. "`ulimit -l` says how much may be")
  end
  return status or 0
end

local function wants(words, option)
  for _, word in ipairs(words) do
    if word == "--" then
      return false
    elseif word == option then
      return true
    end
  end
  return false
end

local function run(words)
  if words[1] == "--version" or words[1] == "-V" then
    words[1] = "version"
  end
  local global <const>, rest <const> = cli.split(words)
  if not global then
    error(rest, 0)
  end
  if global.trace then
    host.trace()
  end
  enter(global)
  if #rest == 0 then
    rest[1] = "help"
    rest[2] = not global.help and "--everyday" or nil
    global.help = nil
  end
  local recipe <const>, behind <const> = find(rest, global)
  return run_recipe(recipe, behind, global)
end

local function say_error(err, json)
  host.status(nil)
  if json then
    local function text(value) -- JSON holds UTF-8 only, file names any byte
      return value and host.escape(host.mask(value))
    end
    local line <const> = require("moonlatch.json").format({ error = { code = err.code,
      message = text(err.message), hint = text(err.hint), path = text(err.path), line = err.line,
      step = err.step } }, { indent = 2 })
    host.out(line .. "\n")
  end
  host.err("moonlatch: " .. fail.describe(err))
end

--- Where --debug is given the REPL opens where the error arose, while its locals are alive.
local function handler(words)
  if not wants(words, "--debug") then
    return host.traceback
  end
  return function(err)
    if fail.is(err) then
      say_error(err, wants(words, "--json"))
      err.told = true
    end
    require("moonlatch.repl").post_mortem(err)
    return host.traceback(err)
  end
end

--- Run the command line of this process.
---@return integer status
function main.main()
  local words <const> = host.arguments()
  local name <const> = (words[0] or "moonlatch"):match("[^/]*$")
  words[0] = nil
  if require("moonlatch.as")[name] then -- called through a link of that name
    table.insert(words, 1, "as")
    table.insert(words, 2, name)
  end
  local ok <const>, result <const> = xpcall(run, handler(words), words)
  if ok then
    host.status(nil)
    return result
  end
  if fail.is(result) and result.errno == BROKEN_PIPE then
    return SIGPIPE -- whoever read our output has had enough
  elseif fail.is(result) then
    if not result.told then -- a face has said it in its own words
      say_error(result, wants(words, "--json"))
    end
    return result.status or fail.status(result)
  end
  host.status(nil)
  host.err("moonlatch: a bug: " .. tostring(result) .. "\n")
  return 2
end

return main
