-- dotenv.lua — random dotenv files as sops reads them: a line is a comment, or a key, `=` and what
-- stands behind it to the end of the line, nothing trimmed or unquoted. `\n` means a line break.

local random <const> = math.random
local words <const> = require "words"
local pick <const>, chance <const> = words.pick, words.chance

local KEYS <const> = { "HOST", "PORT", "API_KEY", "TOKEN_unencrypted", "PASSWORD", "Templates",
  "public", "secret", "größe", "with space", "trailing ", " leading", "export NAME", "a.b", "data",
  "dash-ed", "x", "sopsy", "'quoted'", "tab\tkey", "" }

local LINES <const> = { [[first\nsecond]], [[\n]], [[\\n]], "cr at the end\r", "'single'",
  '"double"', "a=b=c", "value # no comment", "\1\2\127", "\u{FEFF}bom", "\u{2028}", "\u{85}", "\0",
  [[-----BEGIN KEY-----\nabc\n-----END KEY-----\n]], "-1", "0x1F", "\xff not UTF-8" }

local function value()
  if chance(20) then return (pick(LINES)) end
  if chance(20) then return words.integer() end
  return (words.string():gsub("\n", "\\n"))
end

local function dotenv()
  local lines, used = {}, {}
  for i = 1, random(1, 12) do
    local kind = random(100)
    if kind <= 15 then
      lines[i] = "#" .. pick(words.COMMENTS)
    elseif kind <= 22 then
      lines[i] = ""
    else
      lines[i] = words.unused(used, pick(KEYS)) .. "=" .. value()
    end
  end
  lines[#lines + 1] = "#" .. words.LAST_COMMENT
  lines[#lines + 1] = words.LAST .. "=the last " .. value()
  if chance(10) then lines[#lines + 1] = "# at the end" end
  return table.concat(lines, "\n") .. (chance(85) and "\n" or "")
end

return dotenv
