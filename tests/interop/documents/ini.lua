-- ini.lua — random INI files: sections, keys, values in each way of quoting, comments.

local random <const> = math.random
local words <const> = require "words"
local pick <const>, chance <const>, respelled <const> = words.pick, words.chance, words.respelled

local SECTIONS <const> = { "server", "client", "Templates", "data_unencrypted", "secret", "public",
  "größe", "with space", "a.b", "x:y", "a=b", "DEFAULT" }

-- Quoted, continued, with a comment behind them: what is back in another spelling.
local RESPELLED <const> = { '"quoted"', "'single'", "`back ; tick`", '"""three ; quotes"""',
  "value ; comment", "value # comment", "continued \\\nline", '"""two\nlines"""', "\"  padded  \"" }

local function value()
  if chance(12) then return respelled(RESPELLED, words.INTEGERS) end
  if chance(30) then return words.integer() end
  local text <const> = words.string()
  -- what begins a comment, a quotation or a continuation is for the list above
  return (text:gsub("[\n\t;#`'\"\\]", "_"):gsub("^%s+", ""):gsub("%s+$", ""))
end

local function key(used)
  return words.unused(used, (pick(words.KEYS):gsub("[^%w_.\x80-\xff -]", "_")))
end

local function comment(lines)
  if chance(20) then
    local text <const> = pick(words.COMMENTS):gsub("^[;#%s]+", ""):gsub("%s+$", "")
    lines[#lines + 1] = pick { "; ", "# " } .. (text ~= "" and text or "note")
  end
end

local function section(lines)
  local used <const> = {}
  for _ = 1, random(1, 5) do
    comment(lines)
    if chance(8) then lines[#lines + 1] = "" end
    local between <const> = pick { " = ", " = ", "=", ": ", "   =   " }
    lines[#lines + 1] = key(used) .. between .. value()
  end
end

local function ini()
  local lines <const>, used <const> = {}, {}
  if chance(40) then
    section(lines)
    used.DEFAULT = true -- its name; one section twice has no JSON
  end
  for _ = 1, random(1, 4) do
    if #lines > 0 and chance(80) then lines[#lines + 1] = "" end
    comment(lines)
    lines[#lines + 1] = "[" .. words.unused(used, pick(SECTIONS)) .. "]"
    section(lines)
  end
  lines[#lines + 1] = ";" .. words.LAST_COMMENT
  lines[#lines + 1] = words.LAST .. " = the last"
  local line_break <const> = chance(5) and "\r\n" or "\n"
  return (table.concat(lines, "\n"):gsub("\n", line_break)) .. (chance(90) and line_break or "")
end

return ini
