--- cli.parse — words of a command line become the arguments of a recipe.
--
-- Options stand anywhere, `--` ends them, `--x=y` and `--x y` are the same. Nothing is guessed: no
-- abbreviated options, no option given twice unless it says so, no value that looks like an option.

local fail    <const> = require "moonlatch.fail"
local options <const> = require "moonlatch.cli.options"

--- The state of one parse.
---@class moonlatch.Parse
---@field words string[]
---@field next integer      the word to read
---@field by table<string, moonlatch.Option>
---@field given table<moonlatch.Option, any>

local function usage(message, hint)
  return nil, fail.new("usage", message, hint)
end

local function check_choice(choices, value, what)
  if not choices then
    return value
  end
  local known <const> = fail.choose(choices, value, what)
  if known then
    return known
  end
  local near <const> = fail.nearest(value, choices)
  return usage(("%s cannot be '%s'"):format(what, value),
    near and ("did you mean '%s'?"):format(near) or "one of: " .. table.concat(choices, ", "))
end

local function store(p, o, value)
  if value ~= true then
    local good <const>, err <const> = check_choice(o.choices, value, options.spell(o))
    if not good then
      return nil, err
    end
  end
  if o.many then
    p.given[o] = p.given[o] or {}
    table.insert(p.given[o], value)
    return true
  end
  if p.given[o] ~= nil then
    return usage(("%s is given twice"):format(options.spell(o)))
  end
  p.given[o] = value
  return true
end

--- The word behind an option as its value.
local function take_value(p, o)
  local word <const> = p.words[p.next]
  local spelled <const> = options.spell(o)
  if word == nil then
    return usage(("%s needs %s behind it"):format(spelled, o.value))
  end
  if word:sub(1, 1) == "-" and word ~= "-" then
    return usage(("%s needs %s, and an option stands there"):format(spelled, o.value),
      o.long and ("if it is the value, write %s=%s"):format(spelled, o.value) or nil)
  end
  p.next = p.next + 1
  return word
end

local function read_long(p, word)
  local spelled <const>, attached <const> = word:match("^(%-%-[^=]+)=(.*)$")
  local o <const>, err <const> = options.find(p.by, spelled or word)
  if not o then
    return nil, err
  end
  if not o.value then
    if attached then
      return usage(("%s takes no value"):format(spelled))
    end
    return store(p, o, true)
  end
  if attached then
    return store(p, o, attached)
  end
  local value <const>, missing <const> = take_value(p, o)
  if not value then
    return nil, missing
  end
  return store(p, o, value)
end

--- `-nv`, `-C DIR`, `-CDIR`.
local function read_short(p, word)
  for i = 2, #word do
    local o <const>, err <const> = options.find(p.by, "-" .. word:sub(i, i))
    if not o then
      return nil, err
    end
    local value, missing = true, nil
    if o.value then
      value = i < #word and word:sub(i + 1) or nil
      if not value then
        value, missing = take_value(p, o)
      end
    end
    if not value then
      return nil, missing
    end
    local stored <const>, bad <const> = store(p, o, value)
    if not stored then
      return nil, bad
    end
    if o.value then
      break
    end
  end
  return true
end

local function read_option(p, word)
  return (word:sub(1, 2) == "--" and read_long or read_short)(p, word)
end

--- Reads options and operands. `enough(n)` says that from operand n + 1 on all is literal. With
--- `apart` what stands behind `--` is kept for itself, in p.behind.
local function read(p, enough, apart)
  local operands <const> = {}
  while p.next <= #p.words do
    local word <const> = p.words[p.next]
    p.next = p.next + 1
    local ok, err = true, nil
    if word == "--" and apart then
      p.behind = table.move(p.words, p.next, #p.words, 1, {})
      break
    elseif word == "--" then
      table.move(p.words, p.next, #p.words, #operands + 1, operands)
      break
    elseif word:sub(1, 1) == "-" and word ~= "-" then
      ok, err = read_option(p, word)
    else
      table.insert(operands, word)
      if enough(#operands) then
        table.move(p.words, p.next, #p.words, #operands + 1, operands)
        break
      end
    end
    if not ok then
      return nil, err
    end
  end
  return operands
end

--- Puts the operands under the names of `takes`. What is too much is not quoted: people write
--- secrets there (`set FILE PATH VALUE`). What stood behind `--` is the last operand's alone.
local function fill(recipe, operands, args, apart)
  local takes, used = recipe.takes or {}, 0
  if apart then
    local last <const> = takes[#takes]
    args[last[1]] = apart
    takes = table.move(takes, 1, #takes - 1, 1, {})
    if #apart == 0 and not last.optional then
      return usage(("%s is missing, behind --"):format(last[1]:upper()))
    end
  end
  for i, take in ipairs(takes) do
    local name <const> = take[1]:gsub("%-", "_")
    if take.many or take.rest then
      local behind <const> = #takes - i -- operands that later names need
      local last <const> = math.max(used, #operands - behind)
      args[name] = table.move(operands, used + 1, last, 1, {})
      used = last
      if #args[name] == 0 and not take.optional then
        return usage(("%s is missing"):format(take[1]:upper()))
      end
    else
      used = used + 1
      args[name] = operands[used]
      if args[name] == nil and not take.optional then
        return usage(("%s is missing"):format(take[1]:upper()))
      end
    end
    local words <const> = type(args[name]) == "table" and args[name] or { args[name] }
    for _, word in ipairs(words) do
      local good <const>, err <const> = check_choice(take.choices, word, take[1]:upper())
      if not good then
        return nil, err
      end
    end
  end
  if #operands > used then
    return usage(("%s takes %d operand%s, not %d"):format(recipe.name, #takes,
      #takes == 1 and "" or "s", #operands),
      recipe.excess)
  end
  return true
end

--- Sorts what was given, and the defaults, into `args` and `global`; the latter may hold what stood
--- before the recipe's name.
local function collect(list, given, args, global)
  for _, o in ipairs(list) do
    local value = given[o]
    local before <const> = not o.own and global[o.name] or nil
    if value ~= nil and type(before) == "table" then
      value = table.move(value, 1, #value, #before + 1, table.move(before, 1, #before, 1, {}))
    elseif value ~= nil and before ~= nil and before ~= value then
      return usage(("%s is given twice"):format(options.spell(o)))
    end
    if value == nil then
      value = o.default
    end
    if value == nil and o.many then
      value = {}
    end
    local into <const> = o.own and args or global
    if into[o.name] == nil or given[o] ~= nil then
      into[o.name] = value
    end
  end
  return true
end

local parse = {}

--- Read what stands behind a recipe's name.
---@param recipe moonlatch.Recipe
---@param words string[]
---@param before table?  global options already read by `split`
---@return table? args
---@return table global  on failure the error object
function parse.parse(recipe, words, before)
  local list <const>, by <const> = options.of(recipe)
  local takes <const> = recipe.takes or {}
  local p <const> = { words = words, next = 1, by = by, given = {} }
  local apart <const> = #takes > 0 and takes[#takes].rest == "--"
  local operands, err = read(p, function(n)
    local this <const>, behind <const> = takes[n], takes[n + 1]
    return this ~= nil and this.rest == true or behind ~= nil and behind.rest == "literal"
  end, apart)
  local args <const>, global <const> = {}, {}
  for name, value in pairs(before or {}) do
    global[name] = value
  end
  if operands then
    local ok
    ok, err = collect(list, p.given, args, global)
    if ok and not global.help then -- who asks for help need not be complete
      ok, err = fill(recipe, operands, args, apart and (p.behind or {}))
    end
    if ok then
      return args, global
    end
  end
  err.hint = err.hint or ("see `moonlatch %s --help`"):format(recipe.name)
  return nil, err
end

local function of_global_options(words)
  local by <const> = {}
  for _, o in ipairs(options.global) do
    for _, word in ipairs(options.spellings(o)) do
      by[word] = o
    end
  end
  return { words = words, next = 1, by = by, given = {} }
end

local function by_name(given, global)
  for o, value in pairs(given) do
    global[o.name] = value
  end
  return global
end

--- Read the global options that stand before the recipe's name.
---@param words string[]
---@return table? global  with defaults left out, so that later ones are not overruled
---@return string[] rest  the name and all behind it; on failure the error object
function parse.split(words)
  local p <const> = of_global_options(words)
  while p.next <= #words do
    local word <const> = words[p.next]
    if word:sub(1, 1) ~= "-" or word == "-" then
      break
    end
    p.next = p.next + 1
    if word == "--" then
      break
    end
    local ok <const>, err <const> = read_option(p, word)
    if not ok then
      return nil, err
    end
  end
  return by_name(p.given, {}), table.move(words, p.next, #words, 1, {})
end

--- The global options among words whose recipe is not known yet, up to `--`. What is wrong about
--- them is for `parse` to say.
---@param words string[]
---@return table global
function parse.peek(words)
  local p <const> = of_global_options(words)
  while p.next <= #words and words[p.next] ~= "--" do
    local word <const> = words[p.next]
    p.next = p.next + 1
    if word:sub(1, 1) == "-" then
      read_option(p, word)
    end
  end
  return by_name(p.given, {})
end

return parse
