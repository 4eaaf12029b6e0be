--- cli.text — what a recipe's table says to people: usage, help, overview.

local options <const> = require "moonlatch.cli.options"

local columns_of <const> = require "moonlatch.text".columns

local text = {}

--- How an operand is written: `[FILE…]`.
---@param take table
---@return string
function text.operand(take)
  local word = take[1]:upper()
  if take.many or take.rest then
    word = word .. "…"
  end
  return take.optional and "[" .. word .. "]" or word
end

--- One line: `moonlatch get [options] FILE [PATH]`.
---@param recipe moonlatch.Recipe
---@return string
function text.usage(recipe)
  local words <const> = { "moonlatch", recipe.name, "[options]" }
  for _, take in ipairs(recipe.takes or {}) do
    local mark <const> = take.rest == "--" and "-- " or take.rest and "[--] " or ""
    table.insert(words, mark .. text.operand(take))
  end
  return table.concat(words, " ")
end

--- Breaks `prose` into lines of at most `width` columns.
---@param prose string
---@param width integer
---@return string[]
function text.wrap(prose, width)
  local lines <const>, line, columns = {}, {}, 0
  for word in prose:gmatch("%S+") do
    local length <const> = columns_of(word)
    if columns > 0 and columns + 1 + length > width then
      table.insert(lines, table.concat(line, " "))
      line, columns = {}, 0
    end
    table.insert(line, word)
    columns = columns + length + (columns > 0 and 1 or 0)
  end
  table.insert(lines, table.concat(line, " "))
  return lines
end

local function entry(out, left, right, width)
  local LEFT <const> = 26
  local lines <const> = text.wrap(right, math.max(20, width - LEFT - 2))
  if columns_of(left) > LEFT - 2 then
    table.insert(out, "  " .. left)
    left = ""
  end
  for i, line in ipairs(lines) do
    local start <const> = i == 1 and left or ""
    table.insert(out, ("  %s%s%s"):format(start, (" "):rep(LEFT - columns_of(start)), line))
  end
end

--- How an option is written, and what is said about it.
---@param o moonlatch.Option
---@return string words  `-t, --type WORD`
---@return string said
function text.option(o)
  local words <const> = table.concat(options.spellings(o), ", ")
  local said <const> = { o.text }
  if o.choices then
    table.insert(said, "(" .. table.concat(o.choices, ", ") .. ")")
  end
  if o.default ~= nil then
    table.insert(said, ("[default: %s]"):format(tostring(o.default)))
  end
  if o.many then
    table.insert(said, "(may be repeated)")
  end
  return words .. (o.value and " " .. o.value or ""), table.concat(said, " ")
end

--- The paragraphs of a text: what empty lines part, each on one line.
---@param prose string
---@return string[]
function text.paragraphs(prose)
  local list <const> = {}
  for paragraph in (prose .. "\n\n"):gmatch("(.-)\n%s*\n") do
    table.insert(list, paragraph:find "%S" and paragraph:gsub("%s+", " ") or nil)
  end
  return list
end

--- The whole page of `moonlatch help RECIPE`.
---@param recipe moonlatch.Recipe
---@param width integer?  columns, default 80
---@return string
function text.help(recipe, width)
  width = math.max(40, math.min(width or 80, 100))
  local out <const> = { text.usage(recipe), "" }
  table.insert(out, (recipe.summary:gsub("^%l", string.upper)
    .. (recipe.summary:match "%p$" and "" or ".")))
  for _, paragraph in ipairs(text.paragraphs(recipe.about or "")) do
    table.insert(out, "")
    for _, line in ipairs(text.wrap(paragraph, width)) do
      table.insert(out, line)
    end
  end
  if recipe.takes and #recipe.takes > 0 then
    table.insert(out, "")
    for _, take in ipairs(recipe.takes) do
      entry(out, text.operand(take), take[2] or "", width)
    end
  end
  local list <const> = options.of(recipe)
  local heading = nil
  for _, o in ipairs(list) do
    local wanted <const> = o.own and "Options" or "Options of all recipes"
    if heading ~= wanted then
      heading = wanted
      table.insert(out, "\n" .. heading .. ":")
    end
    local words <const>, said <const> = text.option(o)
    entry(out, words, said, width)
  end
  if recipe.examples then
    table.insert(out, "\nExamples:")
    for _, example in ipairs(recipe.examples) do
      table.insert(out, "  " .. example)
    end
  end
  return table.concat(out, "\n") .. "\n"
end

--- Ten tasks of every day, for the bare command.
local EVERYDAY <const> = {
  { "status", "what is here, and is it in order?" },
  { "edit FILE", "change a file in your editor" },
  { "get FILE PATH", "one value" },
  { "set FILE PATH", "change one value" },
  { "list NAME", "find a value by its name" },
  { "why FILE", "why a file opens here, or does not" },
  { "recipient add NAME", "let somebody open files" },
  { "recipient remove NAME", "stop letting somebody open files" },
  { "rotate NAME", "a new key for one identity" },
  { "sync-keys", "write this machine's key file" },
}

--- What the bare `moonlatch` shows.
---@param next_step { text: string, command: string }?  what this repository needs
---@return string
function text.overview(next_step)
  local out <const> = { "moonlatch [options] RECIPE [args]", "" }
  for _, task in ipairs(EVERYDAY) do
    entry(out, task[1], task[2], 80)
  end
  table.insert(out, "\nmoonlatch help lists all recipes, moonlatch help RECIPE explains one.")
  if next_step then
    table.insert(out, ("\nHere: %s\nnext: %s"):format(next_step.text, next_step.command))
  end
  return table.concat(out, "\n") .. "\n"
end

--- Recipes by group, in the order in which a person meets them.
---@param recipes moonlatch.Recipe[]
---@return string
function text.index(recipes)
  local groups <const>, order <const> = {}, { "set up", "keys", "files", "host" }
  for _, group in ipairs(order) do
    groups[group] = {}
  end
  for _, recipe in ipairs(recipes) do
    local group <const> = recipe.group or "other"
    if not groups[group] then
      groups[group] = {}
      table.insert(order, group)
    end
    table.insert(groups[group], recipe)
  end
  local out <const> = { "moonlatch [options] RECIPE [args]" }
  for _, group in ipairs(order) do
    table.sort(groups[group], function(a, b) return a.name < b.name end)
    if #groups[group] > 0 then
      table.insert(out, "\n" .. (group:gsub("^%l", string.upper)) .. ":")
    end
    for _, recipe in ipairs(groups[group]) do
      entry(out, recipe.name, recipe.summary, 80)
    end
  end
  return table.concat(out, "\n") .. "\n"
end

return text
