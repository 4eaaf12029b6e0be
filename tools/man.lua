--- man.lua — the sources of all manual pages: `moonlatch run tools/man.lua MAN OUT`.
--
-- Pages in the folder MAN are prose by hand with lines such as @OPTIONS@, which become lists made
-- from the program's own tables. Each shipped recipe gets a page of its own. OUT then holds one
-- file for each page, in the language of scdoc.

local fail    <const> = require "moonlatch.fail"
local fs      <const> = require "moonlatch.fs"
local lists   <const> = require "moonlatch.lists"
local man     <const> = require "moonlatch.cli.man"
local options <const> = require "moonlatch.cli.options"
local recipes <const> = require "moonlatch.recipes"

local from, out = ...

local shipped <const> = recipes.shipped()
local loaded <const> = {}
for _, name in ipairs(lists.names(shipped)) do
  table.insert(loaded, shipped[name].load())
end

local LISTS <const> = {}

function LISTS.OPTIONS()
  return man.options(options.global)
end

function LISTS.RECIPES()
  local terms <const> = {}
  for i, recipe in ipairs(loaded) do
    terms[i] = { man.title(recipe) .. "(1)", recipe.summary }
  end
  return man.terms(terms)
end

function LISTS.CODES()
  local terms <const> = {}
  for code, known in pairs(fail.codes) do
    table.insert(terms, { ("%s (%d)"):format(code, known.status), known.text })
  end
  table.sort(terms, function(a, b) return a[1] < b[1] end)
  return man.terms(terms)
end

--- The table of limits is in C; each line says what it limits.
function LISTS.LIMITS()
  local terms <const> = {}
  local header <const> = assert(assert(fs.root "src/base"):read "limits.h")
  for value, what in header:gmatch("ML_LIMIT_[%u_]+%s*=%s*([%d* ]+),?%s*/%*%s*(.-)%s*%*/") do
    local number = 1
    for factor in value:gmatch("%d+") do
      number = number * math.tointeger(factor)
    end
    table.insert(terms, { tostring(number), what })
  end
  return man.terms(terms)
end

local pages <const>, made <const> = assert(fs.root(from)), assert(fs.root(out))
for _, name in ipairs(assert(pages:list())) do
  if name:match("%.scd$") then
    local text <const> = assert(pages:read(name)):gsub("\n@(%u+)@\n", function(list)
      return "\n" .. LISTS[list]():gsub("\n+$", "") .. "\n"
    end)
    assert(made:write(name, text))
  end
end
for _, recipe in ipairs(loaded) do
  assert(made:write(man.title(recipe) .. ".1.scd", man.page(recipe)))
end
