-- documents.lua — random YAML, JSON and binary documents, the same for the same seed.
--
--   lua5.4 tests/interop/documents.lua FOLDER SEED yaml|json|binary COUNT [PREFIX]
--
-- Writes FOLDER/PREFIX0001.yaml and so on, and prints one line for each: its name, a tab, and
-- `exact` or `spelling`. `spelling` documents hold values that a sops file cannot carry as they
-- are written (0x1F, 1.50, dates, escapes, folded text); all else must survive byte for byte.
-- A plain interpreter runs this, so that nothing of ours judges itself.

local random <const> = math.random

local function pick(list)
  return list[random(#list)]
end

local function chance(percent)
  return random(100) <= percent
end

---Marks the document being made as one that comes back in another spelling.
local state <const> = { spelling = false }
local function respelled(text)
  state.spelling = true
  return text
end

local WORDS <const> = {
  "alpha", "bravo", "token", "db.internal", "user@example.org", "naïve", "größe", "Ω", "密码",
  "пароль", "🔑", "🚀 launch", "a-b_c", "x", "correct horse battery staple", "s3cr3t!", "C:\\temp",
  "https://example.org/?q=1&r=2", "100%", "it's", "say \"hi\"", "<b>", "tilde~", "=equal", "a,b",
  "p|q",
}

local AWKWARD <const> = {
  "true", "null", "~", "123", "1.5", "0x1F", "yes", "no", "on", "2001-12-14", ".inf", "-", "?", ":",
  "# no comment", "a: b", "a #b", "- item", "[x]", "{y: z}", "&anchor", "*alias", "!tag", "%dir",
  "@at", "`tick`", " leading", "trailing ", "", "'", "\"", "\\", "ENC[AES256_GCM,x]", "<<", "---",
  "1_000", "12:30:45", "0777", "+1", "1e3", "=", "|", ">", "ünï", "a'b", "sops",
}

local function words()
  local out = {}
  for i = 1, random(4) do out[i] = pick(WORDS) end
  return table.concat(out, " ")
end

-- ----------------------------------------------------------------- scalars of one line

local function single(text)
  return "'" .. text:gsub("'", "''") .. "'"
end

local function double(text)
  return '"' .. text:gsub("[\\\"]", "\\%0"):gsub("\t", "\\t") .. '"'
end

---Whether `text` may stand unquoted, in block context, as a string. Stricter than YAML.
local function is_plain(text)
  local letters <const> = text:match("^[%a_\xc2-\xf4][^#:]*$") and not text:match("%s$")
  local word <const> = text:lower():match("^[tfnyo][ruaeolsnf~]?")
  return letters and not text:match("[,%[%]{}]") and not word and true or false
end

local function any_string()
  local text = chance(35) and pick(AWKWARD) or words()
  if chance(3) then
    text = ("long " .. pick(WORDS) .. " "):rep(random(20, 120)) .. "end"
  end
  if chance(4) then text = text .. "\ttab" end
  return text
end

local function string_scalar()
  local text = any_string()
  local how = random(10)
  if how <= 4 and is_plain(text) and not text:find("\t") then return text end
  if how <= 7 then return single(text) end
  return double(text)
end

local ESCAPED <const> = {
  [["line\nbreak"]], [["tab\tend"]], [["\u00e9t\u00e9"]], [["\x41\x42"]], [["nul\0byte"]],
  [["\U0001F511"]], [["bell\a \b \e \f \v"]], [["nel\N nbsp\_ ls\L ps\P"]],
  [["two\n\nbreaks\n"]], [["cr\r\nlf"]],
}

local INTEGERS <const> = {
  "0", "1", "-1", "7", "42", "-273", "65535", "2147483647", "-2147483648", "4294967296",
  "9007199254740993", "9223372036854775807", "-9223372036854775808",
}
local INTEGERS_RESPELLED <const> = { "0x1F", "0o17", "017", "1_000", "+5", "0b101", "-0x10", "-0" }
local FLOATS <const> = { "1.5", "-0.25", "3.14159", "0.1", "123456.789", "-2.5", "0.5" }
local FLOATS_RESPELLED <const> = {
  "1.50", "1.0", "1e3", "1E-7", "6.02e23", "08", "1.", "-0.0", "1e21", "2.2250738585072014e-308",
  "1.7976931348623157e308", "5e-324", "0.30000000000000004", "123456789.123", "1000000.0",
}
local TIMES <const> = {
  "2001-12-14", "2001-12-14T21:59:43.10-05:00", "2001-12-14t21:59:43Z", "2001-12-14 21:59:43",
  "2024-02-29", "1969-7-4",
}

local function number_or_word()
  local kind = random(12)
  if kind <= 4 then
    return chance(60) and tostring(random(-100000, 100000)) or pick(INTEGERS)
  end
  if kind == 5 then return respelled(pick(INTEGERS_RESPELLED)) end
  if kind <= 7 then return pick(FLOATS) end
  if kind == 8 then return respelled(pick(FLOATS_RESPELLED)) end
  if kind <= 10 then return pick { "true", "false" } end
  if kind == 11 then
    return chance(50) and respelled(pick { "True", "FALSE", "TRUE" }) or pick { "null", "~" }
  end
  return respelled(pick(TIMES))
end

local function scalar()
  if chance(60) then return string_scalar() end
  if chance(8) then return respelled(pick(ESCAPED)) end
  return number_or_word()
end

-- ----------------------------------------------------------------- YAML

local Yaml <const> = {}
Yaml.__index = Yaml

local KEYS <const> = {
  "host", "port", "password", "api_key", "api-key", "db.url", "user", "token_unencrypted",
  "note_unencrypted", "secret", "key_secret", "public", "Templates", "data", "größe", "имя",
  "with space", "name", "list", "map", "enabled", "count", "ratio", "since", "cert_pem",
}

function Yaml:put(indent, text)
  self.lines[#self.lines + 1] = (" "):rep(indent) .. text
end

local COMMENTS <const> = {
  " a note", " keep in sync with the vault", "no space", " seal: this one", " clear: this one",
  " größe 🔑", " key: value", "", " 'quoted'", "# two marks", " trailing: [x]", " a\ttab",
}

function Yaml:comment(indent)
  self:put(indent, "#" .. pick(COMMENTS))
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
  return chance(10) and "  #" .. pick(COMMENTS) or ""
end

function Yaml:key(used)
  local key = pick(KEYS)
  if chance(6) then
    key = pick { "1", "true", "null", "a: b", "#x", "-", "", "12.5", "[k]", "it's", "2001-01-01" }
  end
  if used[key] then key = key .. "_" .. random(1, 1000000) end
  if used[key] then return self:key(used) end
  used[key] = true
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
  local folded = chance(25)
  local chomp = pick { "", "-", "" }
  local lines = {}
  for i = 1, random(1, 5) do
    local text = words()
    if i > 1 and chance(15) then text = "" end
    if i > 1 and not folded and chance(20) and text ~= "" then text = "  " .. text end
    lines[i] = text
  end
  if lines[#lines] == "" then lines[#lines] = "end" end
  if folded then respelled("") end
  local mark <const> = (folded and ">" or "|") .. chomp
  self:put(0, head .. " " .. mark .. (chance(5) and " #" .. pick(COMMENTS) or ""))
  for _, text in ipairs(lines) do
    if text == "" then self.lines[#self.lines + 1] = "" else self:put(indent + step, text) end
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

local function yaml()
  local self <const> = setmetatable({ lines = {}, step = chance(70) and 2 or 4 }, Yaml)
  if chance(10) then self:put(0, "---") end
  if chance(25) then
    self:comment(0)
    if chance(50) then self.lines[#self.lines + 1] = "" end
  end
  self:map(0, 1)
  local line_break = chance(6) and "\r\n" or "\n"
  local text = table.concat(self.lines, line_break)
  if chance(8) then
    -- a block scalar at the very end: with and without its last line break it reads the same
    for i = math.max(1, #self.lines - 8), #self.lines do
      state.spelling = state.spelling or self.lines[i]:match("[|>][-+%d]*%s*$") ~= nil
        or self.lines[i]:match("[|>][-+%d]*%s+#") ~= nil
    end
    return text
  end
  return text .. line_break
end

-- ----------------------------------------------------------------- JSON

local function json_string(text)
  local out = text:gsub("[%c\"\\]", function(c)
    local short = { ["\n"] = "\\n", ["\t"] = "\\t", ['"'] = '\\"', ["\\"] = "\\\\" }
    return short[c] or ("\\u%04x"):format(c:byte())
  end)
  return '"' .. out .. '"'
end

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
        local key = pick(KEYS)
        if used[key] then key = key .. i end
        used[key] = true
        items[i] = json_string(key) .. ": " .. value
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
    local text = any_string()
    if chance(10) then text = text .. "\nnext line\n" end
    return json_string(text)
  end
  if kind <= 85 then
    return chance(50) and tostring(random(-100000, 100000)) or pick(INTEGERS)
  end
  if kind <= 90 then return pick(FLOATS) end
  if kind <= 93 then return respelled(pick { "1.0", "1e3", "6.02e23", "1E-7", "1.50", "0.10" }) end
  return pick { "true", "false", "null" }
end

local function json()
  local unit = pick { "  ", "\t", "    ", "" }
  return json_value(0, "", unit) .. (chance(85) and "\n" or "")
end

-- ----------------------------------------------------------------- binary

local function binary()
  local kind = random(5)
  local out = {}
  for i = 1, kind == 1 and 0 or random(1, 3000) do
    out[i] = string.char(kind <= 3 and random(0, 255) or random(32, 126))
  end
  return table.concat(out)
end

-- ----------------------------------------------------------------- main

local makers <const> = { yaml = yaml, json = json, binary = binary }
local endings <const> = { yaml = ".yaml", json = ".json", binary = ".bin" }

local folder <const>, seed <const>, format <const> = arg[1], tonumber(arg[2]), arg[3]
local count <const>, prefix <const> = tonumber(arg[4]), arg[5] or ""
assert(folder and seed and makers[format] and count,
  "usage: documents.lua FOLDER SEED yaml|json|binary COUNT [PREFIX]")
math.randomseed(seed, #format)

for i = 1, count do
  state.spelling = false
  local text <const> = makers[format]()
  local name <const> = ("%s%04d%s"):format(prefix, i, endings[format])
  local file <close> = assert(io.open(folder .. "/" .. name, "wb"))
  assert(file:write(text))
  print(name .. "\t" .. (state.spelling and "spelling" or "exact"))
end
