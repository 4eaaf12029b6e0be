-- ours.lua — our part of the comparison with the real sops, many documents in one process.
--
--   moonlatch run tests/interop/ours.lua STEP FORMAT      in the folder of the documents
--
-- `seal` seals each document of the list, opens what sops sealed, and changes it; `read` opens what
-- sops made of our files then. judge.lua tells what each file is. What fails leaves its message in
-- NAME.RESULT.failed and no result.

local fs      <const> = require "moonlatch.fs"
local keyring <const> = require "moonlatch.keyring"
local rules   <const> = require "moonlatch.rules"
local sops    <const> = require "moonlatch.sops"

local step <const>, format <const> = ...
local root <const> = assert(fs.root ".")
local tx <close> = assert(fs.transaction { roots = { root } })
local model <const> = assert(rules.open(assert(root:read ".sops.yaml"), ".sops.yaml"))
local ring <close> = keyring.open {}

--- Every how many documents a value is set as well.
local SET <const> = 4

---The bytes become a file of the document; an error becomes the file that says why there is none.
local function result(name, what, bytes, err)
  if not bytes then
    what, bytes = what .. ".failed", tostring(err) .. "\n"
  end
  assert(tx:write(root, name .. "." .. what, bytes, { kind = "clear" }))
  return not err
end

local function seal(name, clear)
  local rule <const> = assert(model:match(name))
  local groups <const>, threshold <const> = model:groups(rule)
  local approved <close> = assert(sops.approved { groups = groups, threshold = threshold })
  local selectors <const> = next(rule.selectors) and rule.selectors or nil
  return sops.encrypt(clear, { recipients = approved, selectors = selectors, path = name,
    format = format })
end

---An opened file, or nothing and why.
local function open(sealed)
  local file <const>, err <const> = sops.open(sealed, { format = format })
  if not file then return nil, err end
  local unlocked <const>, locked <const> = ring:unlock(file)
  if not unlocked then return nil, locked end
  local ok <const>, bad <const> = file:decrypt()
  return ok and file, bad
end

---An opened file in clear.
local function in_clear(name, what, sealed)
  local file <const>, err <const> = open(sealed)
  if not file then return result(name, what, nil, err) end
  result(name, what, file:clear_text())
  return file
end

---The first document of an opened file as JSON, which is all that sops gives.
local function as_json(name, what, file)
  local text <const>, refused <const> = file:value("", { format = "json" })
  result(name, what, text, not text and refused or nil)
end

local PLACES <const> = { ini = { "added/value", '["added"]["value"]' } }
local PLACE <const> = PLACES[format] or { "added", '["added"]' }

local function set(name, file)
  local ok <const>, err <const> = file:set(PLACE[1], "set by us", { clear = { "added", "value" } })
  if not ok then return result(name, "theirs.set", nil, err) end
  result(name, "theirs.set", file:text())
  assert(file:decrypt())
  as_json(name, "theirs.set.expected", file)
  result(name, "set.path", PLACE[2])
end

local STEPS <const> = {}

function STEPS.seal(name, number)
  local theirs <const> = root:read(name .. ".theirs")
  if not theirs then return end -- what sops does not take
  local sealed <const>, err <const> = seal(name, assert(root:read(name)))
  if result(name, "ours", sealed, not sealed and err or nil) then
    in_clear(name, "back", sealed)
  end
  local file <close> = in_clear(name, "opened", theirs)
  if file then
    if format ~= "binary" then as_json(name, "opened.json", file) end
    if format ~= "binary" and number % SET == 0 then set(name, file) end
  end
end

function STEPS.read(name)
  local again <const> = root:read(name .. ".again")
  if again then in_clear(name, "again.opened", again) end
  local changed <const> = root:exists(name .. ".set.path") and root:read(name .. ".ours.set")
  if not changed then return end
  local file <close>, err = open(changed)
  if file then
    as_json(name, "ours.set.expected", file)
  else
    result(name, "ours.set.expected", nil, err)
  end
end

local number = 0
for name in assert(fs.read_named "list"):publish():gmatch "([^\t\n]+)\t[^\n]*" do
  number = number + 1
  STEPS[step](name, number)
end
assert(tx:commit())
