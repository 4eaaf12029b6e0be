--- editing.sealed — a sealed file in the editor: what `edit` does to one that is there.
--
-- The file may be changed by somebody else while it is edited. Then both changes are brought
-- together, value by value; where both changed the same the person decides, with the places named.

local apply   <const> = require "moonlatch.values.apply"
local editing <const> = require "moonlatch.editing"
local fail    <const> = require "moonlatch.fail"
local files   <const> = require "moonlatch.files"
local merge   <const> = require "moonlatch.values.merge"
local sealing <const> = require "moonlatch.sealing"
local values  <const> = require "moonlatch.values"

---@class moonlatch.EditSession
---@field ctx moonlatch.Context
---@field args table                 file, identity, format, clear, shared
---@field place moonlatch.Place
---@field file moonlatch.SopsFile    as it was read last, opened
---@field before string              its bytes then
---@field clear moonlatch.Secret     its text in clear then
local Session = {}
Session.__index = Session

local sealed = {}

--- Reads and opens the file as it is now.
local function open(self)
  local file <const>, err <const>, place <const> = files.decrypt(self.args.file,
    { identities = self.args.identity, format = self.args.format })
  if not file then
    error(err, 0)
  end
  self.file, self.place, self.before = file, place, file:text()
  self.clear = assert(file:clear_text())
end

local function tree_of(self, text)
  local tree <const>, document <const> = values.read(text, self.file.format, self.args.file)
  return tree or error(document, 0), document
end

--- The text with what `theirs` made of `base`, and where both changed something; nil where the
--- text cannot take it, for instance since an alias stands there.
local function bring_together(self, base, mine, theirs)
  local old <const>, before <const> = tree_of(self, base)
  local ours <const>, document <const> = tree_of(self, mine)
  local other <const>, after <const> = tree_of(self, theirs)
  local merged <const> = merge(old, ours, other)
  local merging <const> = require "moonlatch.merging"
  if merging.lost_comments({ document = before }, { document = document },
    { document = after }) then
    merging.tell_comments(self.ctx.report, self.args.file)
  end
  if not document or #merged.edits == 0 then
    return mine, merged.conflicts
  end
  local ok <const>, err <const> = pcall(apply, document, merged.edits)
  if not ok and not fail.is(err) then
    error(err, 0)
  end
  local whole <const> = ok and values.equal(values.of(document), merged.result)
  return whole and document:text() or nil, merged.conflicts
end

--- Somebody else wrote the file meanwhile: from here on theirs is the one that is changed.
local function meet(self, mine)
  local base <const> = self.clear
  open(self)
  local text <const>, conflicts <const> = bring_together(self, base, mine, self.clear)
  if not text then
    return nil, fail.new("changed", "somebody changed it meanwhile, and both changes cannot be put "
      .. "together in this text", "below is yours alone; what you save is written over theirs",
      { path = self.args.file })
  elseif #conflicts == 0 then
    self.ctx.report:say(self.args.file .. ": somebody changed it meanwhile; both changes are kept")
    return self:accept(text)
  end
  local places <const> = {}
  for i, conflict in ipairs(conflicts) do
    places[i] = conflict.path
  end
  return nil, fail.new("changed", "somebody changed the same values while you edited them",
    "below are yours, beside all else that they changed; what you save is written",
    { path = self.args.file, details = places }), text
end

--- Seals the text over the file and writes that. Beside an error the text to offer instead.
---@param text moonlatch.Secret
---@return integer? status
---@return moonlatch.Error? err
---@return moonlatch.Secret? instead
function Session:accept(text)
  local args <const> = self.args
  local ok <const>, err <const> = self.file:reseal(text, { clear = args.clear })
  if not ok then
    err.hint = fail.is(err, "conflict") and "--clear NAME if that is meant" or err.hint
    return nil, err
  end
  local written <const>, result <const> = pcall(files.write, self.ctx, self.file:text(),
    { in_place = self.place },
    { kind = "sealed", title = "edit " .. args.file, read = self.before })
  if fail.is(result, "changed") then
    return meet(self, text)
  elseif not written then
    error(result, 0)
  end
  return result
end

--- Edit a sealed file. Raises.
---@param args table  file, identity, format, clear, shared
---@param ctx moonlatch.Context
---@return integer status
function sealed.edit(args, ctx)
  local self <const> = setmetatable({ args = args, ctx = ctx }, Session)
  open(self)
  assert(files.stays(self.place))
  local status <const>, why <const> = editing.edit { text = self.clear, format = self.file.format,
    name = self.place.name, shared = args.shared,
    accept = function(text) return self:accept(text) end }
  return sealing.edited(ctx, args.file, status, why)
end

return sealed
