--- as.sops.flags — a command line of sops, read by the table of its command.
--
-- One dash or two, `--name value` or `--name=value`; unlike in sops a flag counts wherever it
-- stands.

local codes    <const> = require "moonlatch.as.sops.codes"
local go_flags <const> = require "moonlatch.as.go_flags"
local host     <const> = require "moonlatch.host"

local flags = {}

---@class moonlatch.SopsFlags
---@field all table<string, string[]>   every value given, of flags that may be given again

local HELP <const> = { name = "help", short = "h", kind = "switch" }

local function index(command)
  local by <const> = { help = HELP, h = HELP }
  for _, flag in ipairs(command.flags) do
    by[flag.name] = flag
    if flag.short then
      by[flag.short] = flag
    end
  end
  return by
end

--- The value that a text means for a flag; nil when it means none.
local function convert(flag, text)
  if flag.kind == "switch" then
    return go_flags.boolean(text)
  elseif flag.kind == "number" then
    return math.tointeger(tonumber(text))
  end
  return text
end

local function wrong_value(flag, name, text)
  return (flag.kind == "switch" and "invalid boolean value %q for -%s: parse error"
    or "invalid value %q for flag -%s: parse error"):format(text, name)
end

local function put(found, flag, value, text)
  found[flag.name] = value
  if flag.kind == "list" then
    found.all[flag.name] = found.all[flag.name] or {}
    table.insert(found.all[flag.name], text)
  end
end

--- Variables and defaults, for flags that were not given.
local function fill(command, found)
  for _, flag in ipairs(command.flags) do
    local text <const> = flag.env and host.env(flag.env)
    if found[flag.name] == nil and text and text ~= "" then
      local value <const> = convert(flag, text)
      if value == nil then
        return ("could not parse %s as value for flag %s"):format(text, flag.name)
      end
      put(found, flag, value, text)
    elseif found[flag.name] == nil then
      found[flag.name] = flag.value
    end
  end
end

--- A word that is a flag: its name and the value behind `=`.
local function split(word)
  local name, value = word:match "^%-%-?([^-=][^=]*)=(.*)$"
  if not name then
    name = word:match "^%-%-?([^-].*)$"
  end
  if name and name:match "^%d" then
    return nil -- a negative number is a value
  end
  return name, value
end

--- Read words. With `stop` the first operand ends the flags, and the rest is handed back.
---@param command moonlatch.SopsCommand
---@param words string[]
---@param stop (fun(word: string): boolean)?
---@return moonlatch.SopsFlags? found
---@return string[]|string operands  or what is wrong
function flags.parse(command, words, stop)
  local by <const>, found <const>, operands <const> = index(command), { all = {} }, {}
  local i = 1
  while i <= #words do
    local word <const> = words[i]
    local name <const>, given <const> = split(word)
    if word == "--" or not name and stop and stop(word) then
      table.move(words, word == "--" and i + 1 or i, #words, #operands + 1, operands)
      break
    elseif not name then
      table.insert(operands, word)
    else
      local flag <const> = by[name]
      if not flag then
        return nil, ("flag provided but not defined: -%s"):format(name)
      end
      local text = given
      if not text and flag.kind == "switch" then
        text = "true"
      elseif not text then
        i = i + 1
        text = words[i]
      end
      if not text then
        return nil, ("flag needs an argument: -%s"):format(name)
      end
      local value <const> = convert(flag, text)
      if value == nil then
        return nil, wrong_value(flag, name, text)
      end
      put(found, flag, value, text)
    end
    i = i + 1
  end
  local wrong <const> = fill(command, found)
  if wrong then
    return nil, wrong
  end
  for _, flag in ipairs(command.flags) do
    if found[flag.name] == "" then -- scripts pass variables that are empty
      found[flag.name] = nil
    end
  end
  return found, operands
end

--- Leave because a command line cannot be read: what is wrong, the usage, a line of the log.
---@param command moonlatch.SopsCommand
---@param message string
function flags.refuse(command, message)
  host.out(("Incorrect Usage%s %s\n\n"):format(command.name == "" and "." or ":", message))
  host.out(require("moonlatch.as.sops.usage").text(command))
  codes.fatal(message)
end

return flags
