-- json.lua — random JSON: every layout, depth, escape and number.

local random <const> = math.random
local words <const> = require "words"
local pick <const>, chance <const>, respelled <const> = words.pick, words.chance, words.respelled

-- As sops writes them, so that they come back.
local SHORT <const> = { ["\n"] = "\\n", ["\t"] = "\\t", ["\r"] = "\\r", ["\b"] = "\\b",
  ["\f"] = "\\f", ['"'] = '\\"', ["\\"] = "\\\\" }

local function json_string(text)
  return '"' .. text:gsub("[%c\"\\]", function(c)
    return SHORT[c] or c ~= "\x7F" and ("\\u%04x"):format(c:byte())
  end) .. '"'
end

local RESPELLED <const> = { [["\u00e9"]], [["a\/b"]], [["\ud83d\udd11"]], [["\u2028"]],
  [["\u003c"]], [["\uFEFF"]], [["\u0041\u0000"]] }
local CONTROLS <const> = { "\1\2\31", "\127", "\r", "\b\f", "\0", "line\u{2028}separator\u{2029}",
  "next\u{85}line" }

local function json_value(depth, indent, unit)
  local kind = random(100)
  if depth < 4 and kind <= 30 or depth == 0 then
    local list = depth > 0 and kind <= 14
    local count = depth == 0 and random(1, 8) or random(0, 4)
    local items, used = {}, {}
    for i = 1, count do
      local value = json_value(depth + 1, indent .. unit, unit)
      if list then
        items[i] = value
      else
        local key = chance(5) and words.string() or pick(words.KEYS)
        if depth == 0 and i == count then key = words.LAST end
        items[i] = json_string(words.unused(used, key)) .. ": " .. value
      end
    end
    local open, close = list and "[" or "{", list and "]" or "}"
    if count == 0 then return open .. close end
    if unit == "" then
      return open .. table.concat(items, ", ") .. close
    end
    local line <const> = "\n" .. indent .. unit
    return open .. line .. table.concat(items, "," .. line) .. "\n" .. indent .. close
  end
  if kind <= 70 then
    local text = words.string()
    if chance(10) then text = text .. "\nnext line\n" end
    if chance(5) then text = text .. pick(CONTROLS) end
    if chance(3) then return respelled(RESPELLED, { "\"\"" }) end
    return json_string(text)
  end
  if kind <= 85 then return words.integer() end
  if kind <= 90 then return pick(words.FLOATS) end
  if kind <= 94 then return respelled(words.FLOATS_RESPELLED, words.FLOATS) end
  return pick { "true", "false", "null" }
end

local function json()
  local unit = pick { "  ", "\t", "    ", "" }
  return json_value(0, "", unit) .. (chance(85) and "\n" or "")
end

return json
