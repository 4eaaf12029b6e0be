-- yaml.lua — random YAML: comments everywhere, every style, block and flow, several documents.

local random <const> = math.random
local words <const> = require "words"
local pick <const>, chance <const>, respelled <const> = words.pick, words.chance, words.respelled

local function single(text)
  return "'" .. text:gsub("'", "''") .. "'"
end

local function double(text)
  if text:find("\u{FEFF}", 1, true) then return single(text) end -- back as an escape
  return '"' .. text:gsub("[\\\"]", "\\%0"):gsub("\t", "\\t") .. '"'
end

---Whether `text` may stand unquoted, in block context, as a string. Stricter than YAML.
local function is_plain(text)
  local letters <const> = text:match("^[%a_\xc2-\xf4][^#:]*$") and not text:match("%s$")
  local word <const> = text:lower():match("^[tfnyo][ruaeolsnf~]?")
  return letters and not text:match("[,%[%]{}]") and not word and true or false
end

local function string_scalar()
  local text = words.string()
  local how = random(10)
  if how <= 4 and is_plain(text) and not text:find("\t") then return text end
  if how <= 7 then return single(text) end
  return double(text)
end

-- A line break of YAML 1.1 within quotes is folded; escapes come back as what they mean.
local RESPELLED <const> = {
  [["line\nbreak"]], [["tab\tend"]], [["\u00e9t\u00e9"]], [["\x41\x42"]], [["nul\0byte"]],
  [["\U0001F511"]], [["bell\a \b \e \f \v"]], [["nel\N nbsp\_ ls\L ps\P"]],
  [["two\n\nbreaks\n"]], [["cr\r\nlf"]], [["\ttab first"]], [["\ttab first\nthen a line"]],
  [[" blank first\nthen a line"]], [["blank before \nbreak"]], [["del\x7F"]], [["\uFEFFbom"]],
  "'line\u{2028}separator'", '"next\u{85}line"', "!!str 12", "!!binary aGVsbG8=", "!mine tagged",
  [["\x01\x02"]], [["\n"]], [["\n\n text"]], [["ends \n"]], [["# no comment\nat all"]],
}

local INTEGERS_RESPELLED <const> = {
  "0x1F", "0o17", "017", "1_000", "+5", "0b101", "-0x10", "-0", "0x7fffffffffffffff",
  "-9_223_372_036_854_775_808", "0o777777777777777777777",
}
local FLOATS_RESPELLED <const> = {
  "08", "1.", ".5", "+1.5", "1E5", "-.25", "1_0.5", ".inf", "-.Inf", "+.INF", ".nan", ".NaN",
  "1e400x", "1.e3",
}
local TIMES <const> = {
  "2001-12-14", "2001-12-14T21:59:43.10-05:00", "2001-12-14t21:59:43Z", "2001-12-14 21:59:43",
  "2024-02-29", "1969-7-4", "0001-01-01", "9999-12-31T23:59:59.999999999Z",
  "2001-12-14T21:59:43+14:00", "2001-12-14 21:59:43.5",
}

local function float()
  local kind = random(3)
  if kind == 1 then return pick(words.FLOATS) end
  return respelled(kind == 2 and words.FLOATS_RESPELLED or FLOATS_RESPELLED, words.FLOATS)
end

local function number_or_word()
  local kind = random(12)
  if kind <= 4 then return words.integer() end
  if kind == 5 then return respelled(INTEGERS_RESPELLED, words.INTEGERS) end
  if kind <= 8 then return float() end
  if kind <= 10 then return pick { "true", "false" } end
  if kind == 11 then
    return chance(50) and respelled({ "True", "FALSE", "TRUE" }, { "true" }) or pick { "null", "~" }
  end
  return respelled(TIMES, words.FLOATS)
end

local function scalar()
  if chance(60) then return string_scalar() end
  if chance(8) then return respelled(RESPELLED, words.INTEGERS) end
  return number_or_word()
end

local Yaml <const> = {}
Yaml.__index = Yaml

function Yaml:put(indent, text)
  self.lines[#self.lines + 1] = (" "):rep(indent) .. text
end

function Yaml:comment(indent)
  self:put(indent, "#" .. (chance(30) and " seal: what follows" or pick(words.COMMENTS)))
end

---Comment lines and blank lines that may stand before an entry.
function Yaml:gap(indent)
  if chance(10) then self.lines[#self.lines + 1] = "" end
  if chance(15) then
    for _ = 1, random(2) do self:comment(indent) end
    if chance(15) then self.lines[#self.lines + 1] = "" end
  end
end

function Yaml:trailer()
  return chance(10) and "  #" .. pick(words.COMMENTS) or ""
end

function Yaml:key(used)
  local key = pick(words.KEYS)
  if chance(6) then
    key = pick { "1", "true", "null", "a: b", "#x", "-", "", "12.5", "[k]", "it's", "2001-01-01" }
  end
  key = words.unused(used, key)
  if key == "" or not is_plain(key) then return chance(50) and single(key) or double(key) end
  return chance(10) and single(key) or key
end

function Yaml:flow(depth)
  local out = {}
  local list = chance(50)
  local used = {}
  for i = 1, random(0, 4) do
    local value = depth < 2 and chance(20) and self:flow(depth + 1) or scalar()
    if value:match("^[^'\"%[{]") and value:match("[,%[%]{}?:]") then value = double(value) end
    if list then
      out[i] = value
    else
      out[i] = self:key(used) .. ": " .. value
    end
  end
  local inner = table.concat(out, chance(80) and ", " or " , ")
  local pad = inner ~= "" and chance(40) and " " or ""
  return (list and "[" or "{") .. pad .. inner .. pad .. (list and "]" or "}")
end

---A literal or folded scalar whose header was begun by the caller's line.
function Yaml:block(head, indent)
  local step = self.step
  local folded = not words.exact and chance(25)
  local chomp = pick { "", "-", "" }
  local lines = {}
  for i = 1, random(1, 5) do
    local text = words.some()
    if i > 1 and chance(15) then text = "" end
    if i > 1 and not folded and chance(20) and text ~= "" then text = "  " .. text end
    lines[i] = text
  end
  if lines[#lines] == "" then lines[#lines] = "end" end
  words.spelling = words.spelling or folded
  local mark <const> = (folded and ">" or "|") .. chomp
  self:put(0, head .. " " .. mark .. (chance(5) and " #" .. pick(words.COMMENTS) or ""))
  for _, text in ipairs(lines) do
    if text == "" then self.lines[#self.lines + 1] = "" else self:put(indent + step, text) end
  end
end

---A value with an anchor, or an alias of one before it.
function Yaml:shared(head)
  if self.anchors > 0 and not words.exact and chance(70) then
    self:put(0, head .. " *a" .. random(self.anchors))
    words.spelling = true
    return
  end
  self.anchors = self.anchors + 1
  self:put(0, ("%s &a%d %s"):format(head, self.anchors, chance(40) and self:flow(1) or scalar()))
end

---`- - item`, with more items below.
function Yaml:list_of_list(head, indent, depth)
  self:value(head .. " -", indent + 2, depth + 1, true)
  for _ = 1, random(0, 2) do
    self:gap(indent + 2)
    self:value((" "):rep(indent + 2) .. "-", indent + 2, depth + 1, true)
  end
end

---One value after `head`: a key with its colon, or the dash of an item.
function Yaml:value(head, indent, depth, in_list)
  local kind = random(100)
  if depth < 4 and kind <= 16 then
    if in_list then
      self:put(0, head .. " " .. self:key({}) .. ": " .. scalar())
      if chance(50) then self:put(indent + 2, "extra: " .. scalar()) end
      return
    end
    self:put(0, head .. self:trailer())
    self:map(indent + self.step, depth + 1)
  elseif depth < 4 and kind <= 27 and not in_list then
    self:put(0, head .. self:trailer())
    self:list(indent + (chance(60) and self.step or 0), depth + 1)
  elseif kind <= 36 then
    self:block(head, indent)
  elseif kind <= 43 then
    self:put(0, head .. " " .. self:flow(1) .. self:trailer())
  elseif kind <= 46 and not in_list then
    self:put(0, head)
  elseif kind <= 48 then
    self:shared(head)
  elseif depth < 4 and kind <= 52 and in_list then
    self:list_of_list(head, indent, depth)
  else
    self:put(0, head .. " " .. scalar() .. self:trailer())
  end
end

function Yaml:map(indent, depth)
  local used = {}
  for _ = 1, random(1, depth == 1 and 8 or 4) do
    self:gap(indent)
    self:value((" "):rep(indent) .. self:key(used) .. ":", indent, depth, false)
  end
  if chance(8) then self:comment(indent) end
end

function Yaml:list(indent, depth)
  for _ = 1, random(1, 4) do
    self:gap(indent)
    self:value((" "):rep(indent) .. "-", indent, depth, true)
  end
end

function Yaml:last()
  self.ended = true
  self:put(0, "#" .. words.LAST_COMMENT)
  self:put(0, words.LAST .. ": the last")
end

local function one_document(step)
  local self <const> = setmetatable({ lines = {}, step = step, anchors = 0 }, Yaml)
  if chance(25) then
    self:comment(0)
    if chance(50) then self.lines[#self.lines + 1] = "" end
  end
  if chance(50) then self:last() end
  self:map(0, 1)
  if not self.ended then self:last() end
  return self.lines
end

-- How documents are parted, and what may begin the first.
local PARTS <const> = { "---", "---", "--- # begins", "...\n---" }

local function yaml()
  local step <const> = chance(70) and 2 or 4
  local lines <const> = chance(10) and { "---" } or {}
  for i = 1, chance(8) and random(2, 4) or 1 do
    if i > 1 then lines[#lines + 1] = pick(PARTS) end
    for _, line in ipairs(one_document(step)) do lines[#lines + 1] = line end
  end
  local line_break = chance(6) and "\r\n" or "\n"
  local text = table.concat(lines, "\n"):gsub("\n", line_break)
  if chance(8) and not words.exact then
    -- a block scalar at the very end: with and without its last line break it reads the same
    for i = math.max(1, #lines - 8), #lines do
      words.spelling = words.spelling or lines[i]:match("[|>][-+%d]*%s*$") ~= nil
        or lines[i]:match("[|>][-+%d]*%s+#") ~= nil
    end
    return text
  end
  return text .. line_break
end

return yaml
