--- cli.man — manual pages in the language of scdoc, from the tables that also make help.

local options <const> = require "moonlatch.cli.options"
local text    <const> = require "moonlatch.cli.text"

local man = {}

--- Text that scdoc takes as it is: a backslash makes the next character stand for itself. Not for
--- a full stop or an apostrophe, which scdoc alone knows how to keep from troff.
---@param words string
---@return string
function man.escape(words)
  return (words:gsub("[\\_*#%[%]|+`;-]", "\\%0"))
end

--- A list of terms, each with what is said about it.
---@param list { [1]: string, [2]: string }[]
---@return string
function man.terms(list)
  local out <const> = {}
  for i, term in ipairs(list) do
    out[i] = ("*%s*\n\t%s\n"):format(man.escape(term[1]), man.escape(term[2]))
  end
  return table.concat(out, "\n")
end

--- Options as such a list.
---@param list moonlatch.Option[]
---@return string
function man.options(list)
  local terms <const> = {}
  for i, o in ipairs(list) do
    terms[i] = { text.option(o) }
  end
  return man.terms(terms)
end

--- The name of a recipe's page, without its section.
---@param recipe moonlatch.Recipe
---@return string
function man.title(recipe)
  return "moonlatch-" .. recipe.name:gsub(" ", "-")
end

local function own_options(recipe)
  local own <const> = {}
  for _, o in ipairs(options.of(recipe)) do
    if o.own then
      table.insert(own, o)
    end
  end
  return own
end

local function operands(recipe)
  local terms <const> = {}
  for _, take in ipairs(recipe.takes or {}) do
    if take[2] then
      table.insert(terms, { text.operand(take), take[2] })
    end
  end
  return man.terms(terms)
end

--- The page of one recipe.
---@param recipe moonlatch.Recipe
---@return string
function man.page(recipe)
  local out <const> = { man.title(recipe) .. "(1)\n" }
  local function section(name, body)
    if body ~= "" then
      table.insert(out, ("# %s\n\n%s\n"):format(name, (body:gsub("\n+$", ""))))
    end
  end
  local about <const> = text.paragraphs(recipe.about or "")
  section("NAME", man.title(recipe) .. " - " .. man.escape(recipe.summary))
  section("SYNOPSIS", man.escape(text.usage(recipe)))
  section("DESCRIPTION", man.escape(table.concat(about, "\n\n")))
  section("OPERANDS", operands(recipe))
  section("OPTIONS", man.options(own_options(recipe)))
  if recipe.examples then
    section("EXAMPLES", "```\n" .. table.concat(recipe.examples, "\n") .. "\n```")
  end
  section("SEE ALSO", "*moonlatch*(1), for the options of all recipes; *moonlatch-config*(5)")
  return table.concat(out, "\n")
end

return man
