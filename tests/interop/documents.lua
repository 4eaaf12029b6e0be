-- documents.lua — random documents of every format of sops, the same for the same seed.
--
--   lua5.4 tests/interop/documents.lua FOLDER SEED yaml|json|dotenv|ini|binary COUNT [RULES]
--
-- Writes FOLDER/0001.yaml and so on, and prints one line for each: its name, a tab, and `exact` or
-- `spelling`. `spelling` documents hold values that a sops file cannot carry as they are written
-- (0x1F, 1.50, dates, escapes, folded text); all else must survive byte for byte. RULES is
-- a file with names of creation rules, one in each line: a document's name then begins with that of
-- a rule and a dash, and the rules take turns. In every second round all documents are exact.
-- A plain interpreter runs this, so that nothing of ours judges itself.

local here <const> = arg[0]:match("^(.*)/[^/]*$") or "."
package.path = here .. "/documents/?.lua;" .. package.path

local words <const> = require "words"

local ENDINGS <const> = { yaml = ".yaml", json = ".json", dotenv = ".env", ini = ".ini",
  binary = ".bin" }

local folder <const>, seed <const>, format <const> = arg[1], tonumber(arg[2]), arg[3]
local count <const> = tonumber(arg[4])
assert(folder and seed and ENDINGS[format] and count,
  "usage: documents.lua FOLDER SEED yaml|json|dotenv|ini|binary COUNT [RULES]")
local make <const> = require(format)

local prefixes <const> = {}
for rule in arg[5] and io.lines(arg[5]) or function() end do
  table.insert(prefixes, rule .. "-")
end

math.randomseed(seed, #format)
for i = 1, count do
  words.exact, words.spelling = (i - 1) // math.max(#prefixes, 1) % 2 == 1, false
  local text <const> = make()
  local prefix <const> = prefixes[prefixes[1] and (i - 1) % #prefixes + 1] or ""
  local name <const> = ("%s%04d%s"):format(prefix, i, ENDINGS[format])
  local file <close> = assert(io.open(folder .. "/" .. name, "wb"))
  assert(file:write(text))
  print(name .. "\t" .. (words.spelling and "spelling" or "exact"))
end
