--- as.go_flags — a command line as the flag package of Go reads it.
--
-- One dash or two, `-name value` or `-name=value`, no bundling; the first operand, or `--`, ends
-- the flags. A switch takes a value only behind `=`.

local go_flags = {}

---@class moonlatch.GoFlag
---@field [integer] string          its names; the first is the field of the result
---@field kind "switch"|"text"|"list"

local BOOLEANS <const> = { ["1"] = true, t = true, T = true, ["true"] = true, TRUE = true,
  True = true, ["0"] = false, f = false, F = false, ["false"] = false, FALSE = false,
  False = false }

--- The boolean that a text means in Go; nil when it means none.
---@param text string
---@return boolean?
function go_flags.boolean(text)
  return BOOLEANS[text]
end

local function index(declared)
  local by <const> = {}
  for _, flag in ipairs(declared) do
    for _, name in ipairs(flag) do
      by[name] = flag
    end
  end
  return by
end

--- A word that is a flag: its name and the value behind `=`. Three results say what is wrong.
local function split(word)
  local body <const> = word:match "^%-%-?(.*)$"
  if body:match "^[-=]" or body == "" then
    return nil, nil, "bad flag syntax: " .. word
  end
  local name <const>, value <const> = body:match "^(.-)=(.*)$"
  return name or body, value
end

--- Read words.
---@param declared moonlatch.GoFlag[]
---@param words string[]
---@return table? found   switches as booleans, texts, lists in the order given; in the array part
---  { name =, value = } of all, in the order given
---@return string[]|string operands  or what is wrong; with "help" somebody asks for help
function go_flags.parse(declared, words)
  local by <const>, found <const>, i = index(declared), {}, 1
  while words[i] and words[i]:match "^%-." and words[i] ~= "--" do
    local name <const>, given <const>, malformed <const> = split(words[i])
    local flag <const> = by[name]
    local value = given
    if malformed then
      return nil, malformed
    elseif not flag and (name == "h" or name == "help") then
      return nil, "help"
    elseif not flag then
      return nil, "flag provided but not defined: -" .. name
    elseif flag.kind == "switch" then
      value = go_flags.boolean(given or "true")
      if value == nil then
        return nil, ("invalid boolean value %q for -%s: parse error"):format(given, name)
      end
    elseif not given then
      i = i + 1
      value = words[i]
      if not value then
        return nil, "flag needs an argument: -" .. name
      end
    end
    table.insert(found, { name = flag[1], value = value })
    if flag.kind == "list" then
      found[flag[1]] = found[flag[1]] or {}
      table.insert(found[flag[1]], value)
    else
      found[flag[1]] = value
    end
    i = i + 1
  end
  i = words[i] == "--" and i + 1 or i
  return found, table.move(words, i, #words, 1, {})
end

return go_flags
