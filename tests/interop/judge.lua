-- judge.lua — what came of the documents that went through sops and through ours.
--
--   lua5.4 tests/interop/judge.lua FORMAT DIFFERENCES COUNTS   in the folder of the documents
--
-- A plain interpreter runs this, so that nothing of ours judges itself. The files of one document:
--
--   NAME             in clear
--   NAME.theirs      sealed by sops            .values what sops opens it to; .json as JSON
--   NAME.ours        sealed by us              .ours.values what sops opens it to
--   NAME.back        ours, opened by us
--   NAME.opened      theirs, opened by us      .opened.json as JSON
--   NAME.again       .opened, sealed by sops   .again.opened opened by us
--   NAME.theirs.set  theirs, and one value set by us: .json as sops opens it, .expected as we do
--   NAME.ours.set    ours, and one value set by sops: likewise
--   NAME.X.failed    why there is no X
--
-- A check that fails is a failure, unless DIFFERENCES has a line for it: it is the only list of
-- exceptions. Each line of it is counted. Prints what failed, then the counts; the last line is
-- `N passed, N failed`. Counts of differences go to COUNTS, one `name<tab>count` in each line.

local format <const>, differences <const>, counts <const> = table.unpack(arg)

local function read(name)
  local file <const> = io.open(name, "rb")
  if not file then return nil end
  local text <const> = file:read "a"
  file:close()
  return text
end

-- ----------------------------------------------------------------- differences

local function read_differences()
  local out <const> = {}
  for line in io.lines(differences) do
    local name <const>, formats <const>, checks <const>, text <const>, reason <const> =
      line:match "^([^\t#][^\t]*)\t([^\t]+)\t([^\t]+)\t([^\t]+)\t([^\t]+)$"
    if name then
      table.insert(out, { name = name, formats = formats, checks = checks, text = text, count = 0 })
      assert(reason ~= "", "a difference without a reason: " .. name)
    else
      assert(line:match "^#" or line == "", "not a line of five columns: " .. line)
    end
  end
  return out
end

local known <const> = read_differences()

---The difference that explains a check that failed.
local function explained(check, message)
  for _, d in ipairs(known) do
    local here <const> = d.formats == "*" or d.formats:find(format, 1, true)
    if here and (" " .. d.checks .. " "):find(" " .. check .. " ", 1, true)
      and message:find(d.text, 1, true) then
      return d
    end
  end
end

-- ----------------------------------------------------------------- checks

---The comments of a text in alphabetical order, and what it is without them and all white space.
local function apart(text)
  local comments <const>, rest <const> = {}, {}
  for line in text:gmatch "[^\n]+" do
    local content, comment = line:match(format == "ini" and "^(%s*)[;#]%s*(.*)" or "^(%s*)#(.*)")
    if not content and format == "yaml" then
      content, comment = line:match "^(.-)%s#(.*)"
    end
    table.insert(comments, comment)
    table.insert(rest, ((content or line):gsub("%s+", "")))
  end
  table.sort(comments)
  return comments, table.concat(rest)
end

---Is each of these comments among the others?
local function among(some, others)
  local count <const> = {}
  for _, comment in ipairs(others) do count[comment] = (count[comment] or 0) + 1 end
  for _, comment in ipairs(some) do
    count[comment] = (count[comment] or 0) - 1
    if count[comment] < 0 then return false end
  end
  return true
end

---JSON with the spellings that sops chooses and others may not: `<` as an escape, the float -0.
local function respelled(json)
  json = json:gsub("\\(.)(%x?%x?%x?%x?)", function(c, digits)
    local code <const> = c == "u" and tonumber(digits, 16)
    local escaped <const> = code and (code == 0x3c or code == 0x3e or code == 0x26
      or code == 0x2028 or code == 0x2029)
    return escaped and utf8.char(code) or nil
  end)
  return (json:gsub("%-0%.0", "-0"))
end

local Document <const> = {}
Document.__index = Document

---Notes a check that failed.
function Document:fail(check, message)
  table.insert(self.failed, { check = check, message = message })
end

---The file `what`, or a note why there is none.
function Document:file(what)
  local text <const> = read(self.name .. "." .. what)
  if not text then
    self:fail(what, read(self.name .. "." .. what .. ".failed") or "it was not made")
  end
  return text
end

---The same data as JSON, where sops has a JSON of it.
function Document:equal_json(check, what, expected)
  local text <const> = expected and self:file(what)
  if not text or respelled(text) == respelled(expected) then return end
  local once <const> = expected:gsub('\n\t"DEFAULT": {},', "", 1)
  self:fail(check, respelled(text) == respelled(once) and "DEFAULT twice" or "they differ")
end

---The same text; where it differs in comments alone, that is another check.
function Document:equal_text(check, theirs, ours)
  if not theirs or not ours or theirs == ours then return end
  local their_comments <const>, their_rest <const> = apart(theirs)
  local our_comments <const>, our_rest <const> = apart(ours)
  if format == "json" or their_rest ~= our_rest then
    local same <const> = their_rest:gsub('%-""', "") == our_rest:gsub('%-""', "")
    return self:fail(check, same and "an empty text in a list" or "they differ")
  end
  self:fail("comments", self.values:find("#ENC[", 1, true) and "sops leaves one sealed"
    or not among(their_comments, our_comments) and "ours: sops loses one"
    or #their_comments < #our_comments and "sops loses one of its own" or "ours: one is elsewhere")
end

function Document:equal(check, a, b)
  if a and b and a ~= b then self:fail(check, "they differ") end
end

---sops seals, we open.
function Document:check_theirs()
  local opened <const> = self:file "opened"
  if not opened then return end
  if format == "binary" then
    return self:equal("opened", opened, self.values)
  end
  self:equal_json("opened.json", "opened.json", self.json)
  self:equal_text("again", self:file "again" and self:file "again.opened", opened)
end

---We seal, sops opens.
function Document:check_ours()
  if not self:file "ours" then return end
  self:equal_text("ours.values", self.values, self:file "ours.values")
  local back <const> = self:file "back"
  if self.exact then self:equal("back", back, self.clear) end
end

---A value set by the one, read by the other.
function Document:check_set(who)
  local why <const> = read(("%s.%s.set.json.failed"):format(self.name, who))
  if why and why:find("unsupported value", 1, true) then return end -- opened, and no JSON
  self:equal_json(who .. ".set", who .. ".set.expected", self:file(who .. ".set.json"))
end

function Document:check()
  self:check_ours()
  if not self.values then -- sops cannot open its own file; ours it can
    return self:fail("values", read(self.name .. ".values.failed"))
  end
  self:check_theirs()
  if read(self.name .. ".set.path") then
    self:check_set "theirs"
    if read(self.name .. ".ours") then self:check_set "ours" end
  end
end

-- ----------------------------------------------------------------- all documents

local total <const> = { good = 0, refused = 0, different = 0, failed = 0 }

local function judge(name, kind)
  local theirs <const> = read(name .. ".theirs")
  if not theirs then
    total.refused = total.refused + 1
    return
  end
  local document <const> = setmetatable({ name = name, exact = kind == "exact", failed = {},
    clear = read(name), values = read(name .. ".values") }, Document)
  document.json = format == "json" and document.values or read(name .. ".json")
  document:check()
  local verdict = #document.failed == 0 and "good" or "different"
  for _, failure in ipairs(document.failed) do
    local difference <const> = explained(failure.check, failure.message)
    if difference then
      difference.count = difference.count + 1
    else
      verdict = "failed"
      print(("FAILED: %s: %s: %s"):format(name, failure.check,
        failure.message:gsub("%s+$", ""):gsub("\n", "\n    ")))
    end
  end
  total[verdict] = total[verdict] + 1
end

for line in io.lines "list" do
  judge(line:match "^([^\t]+)\t(%a+)$")
end
local out <close> = assert(io.open(counts, "a"))
for _, d in ipairs(known) do
  if d.count > 0 then assert(out:write(d.name, "\t", d.count, "\n")) end
end
print(("  %s: %d documents both ways, %d more with a difference that is listed, %d that sops "
  .. "does not take, %d failed"):format(format, total.good, total.different, total.refused,
  total.failed))
print(("%d passed, %d failed"):format(total.good + total.different, total.failed))
