-- binary.lua — random bytes: none, any, text, and text of another format of sops.

local random <const> = math.random
local words <const> = require "words"

local OTHERS <const> = { "{\"a\": 1}\n", "a: 1\n", "\u{FEFF}text\r\n", "\0", "\xff\xfe", "\n" }

local function binary()
  local kind = random(6)
  if kind == 6 then return words.pick(OTHERS) end
  local out = {}
  for i = 1, kind == 1 and 0 or random(1, words.chance(2) and 200000 or 3000) do
    out[i] = string.char(kind <= 3 and random(0, 255) or random(32, 126))
  end
  return table.concat(out)
end

return binary
