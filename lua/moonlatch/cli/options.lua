--- cli.options — what the table of a recipe says about its options, read once.

local fail  <const> = require "moonlatch.fail"
local lists <const> = require "moonlatch.lists"

---@class moonlatch.Option
---@field name string       the field of `args` it fills
---@field short string?     one letter
---@field long string?      without dashes
---@field value string?     what its value is called; nil = a flag
---@field text string
---@field many boolean?     may be repeated; `args` holds a list
---@field choices string[]?
---@field default any
---@field complete string|string[]|nil

local options = {}

local function read_spelling(spelling)
  local o <const> = {}
  for part in spelling:gmatch("[^,]+") do
    local word <const>, value <const> = part:match("^%s*(%-%-?[%w-]+)%s*(%S*)%s*$")
    if not word then
      error(("'%s' is not how an option is declared"):format(spelling), 0)
    end
    if word:sub(1, 2) == "--" then
      o.long = word:sub(3)
    elseif #word == 2 then
      o.short = word:sub(2)
    else
      error(("'%s': a short option is one letter"):format(spelling), 0)
    end
    if value ~= "" then
      o.value = value
    end
  end
  return o
end

--- Read `{ "-a, --recipient KEY", "text", many = true, … }`.
---@param declared table
---@return moonlatch.Option
function options.read(declared)
  local o <const> = read_spelling(declared[1])
  o.text = declared[2]
  o.name = declared.name or (o.long or o.short):gsub("%-", "_")
  for _, field in ipairs { "many", "choices", "default", "complete" } do
    o[field] = declared[field]
  end
  return o
end

--- How it is written, for messages: `--recipient`.
---@param o moonlatch.Option
---@return string
function options.spell(o)
  return o.long and "--" .. o.long or "-" .. o.short
end

--- All ways to write it: `{ "-a", "--recipient" }`.
---@param o moonlatch.Option
---@return string[]
function options.spellings(o)
  local words <const> = {}
  if o.short then
    table.insert(words, "-" .. o.short)
  end
  if o.long then
    table.insert(words, "--" .. o.long)
  end
  return words
end

--- Options that every recipe has.
options.global = {}
for i, declared in ipairs {
  { "-n, --dry-run", "show what would change, write nothing; exit 1 if anything would" },
  { "-y, --yes", "agree to the plan as shown, and to nothing else" },
  { "--json", "results for programs" },
  { "-q, --quiet", "say only what went wrong" },
  { "-v, --verbose", "say more" },
  { "--trace", "log each primitive that is called, secrets masked" },
  { "--debug", "stop in the REPL where an error arises" },
  { "--color WHEN", "colours", choices = { "auto", "always", "never" },
    default = "auto" },
  { "-C DIR", "work as if started in DIR", name = "dir", complete = "folder" },
  { "--site FILE", "the site file to use", complete = "file" },
  { "--no-site", "use neither moonlatch.lua nor the site's own code" },
  { "--accept-recipient KEY", "approve this recipient", many = true },
  { "--accept-recipients WHEN", "approve all at the first use of a repository",
    choices = { "first-use" } },
  { "-h, --help", "how to use this recipe" },
} do
  options.global[i] = options.read(declared)
end

--- The options of a recipe with the global ones behind them, and an index by spelling.
---@param recipe table
---@return moonlatch.Option[] list
---@return table<string, moonlatch.Option> by   "-a", "--recipient"
function options.of(recipe)
  local list <const>, by <const> = {}, {}
  local function add(o)
    for _, word in ipairs(options.spellings(o)) do
      if by[word] then
        error(("%s declares %s, which is taken"):format(recipe.name, word), 0)
      end
      by[word] = o
    end
    table.insert(list, o)
  end
  for _, declared in ipairs(recipe.options or {}) do
    local o <const> = options.read(declared)
    o.own = true
    add(o)
  end
  for _, o in ipairs(options.global) do
    add(o)
  end
  return list, by
end

--- The option that `word` spells, or a usage error that names the nearest.
---@param by table<string, moonlatch.Option>
---@param word string
---@return moonlatch.Option? option
---@return moonlatch.Error? err
function options.find(by, word)
  if by[word] then
    return by[word]
  end
  local words <const> = lists.names(by)
  local near = #word > 2 and fail.nearest(word, words) -- of one letter all others are as near
  for _, spelling in ipairs(words) do
    if not near and #word > 3 and spelling:sub(1, #word) == word then
      near = spelling -- options are not abbreviated, but we know what was meant
    end
  end
  return nil, fail.new("usage", ("there is no option %s"):format(word),
    near and ("did you mean %s?"):format(near) or nil)
end

return options
