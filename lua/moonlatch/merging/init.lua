--- merging — three versions of one sealed file become one, which is sealed and has a valid MAC.
--
-- Values are merged in clear, in memory. The text, with its comments, is that of ours, except where
-- ours is what the base was.

local apply    <const> = require "moonlatch.values.apply"
local fail     <const> = require "moonlatch.fail"
local merge    <const> = require "moonlatch.values.merge"
local secret   <const> = require "moonlatch.secret"
local shell    <const> = require "moonlatch.shell"
local sops     <const> = require "moonlatch.sops"
local metadata <const> = require "moonlatch.merging.metadata"
local values   <const> = require "moonlatch.values"

---@class moonlatch.MergeSide
---@field file moonlatch.SopsFile?     nil: it is in clear
---@field text moonlatch.Secret        in clear
---@field tree moonlatch.ValueTree
---@field document moonlatch.Document?

---@class moonlatch.Merged
---@field text string?                 the sealed file; nil: ours is as it should be
---@field conflicts moonlatch.ValueConflict[]
---@field comments boolean             comments that theirs changed are not in it

local merging = {}

--- One version, opened. The base may be in clear: it is only compared with.
---@param name string
---@param bytes moonlatch.Secret
---@param how { path: string, format: string, ring: moonlatch.Keyring }
---@return moonlatch.MergeSide
function merging.side(name, bytes, how)
  local side <const> = { text = bytes }
  local as <const> = { path = ("%s (%s)"):format(how.path, name), format = how.format }
  if sops.has_sealed(bytes) then
    side.file = assert(sops.open(bytes, as))
    assert(side.file:unlock(how.ring:identities())) -- asks nobody: git may call for many files
    assert(side.file:decrypt())
    side.text = assert(side.file:clear_text())
  end
  local tree <const>, parsed <const> = values.read(side.text, how.format, as.path)
  if not tree then
    error(parsed, 0)
  end
  side.tree, side.document = tree, parsed
  return side
end

--- What a file has in clear and what it has sealed, by path: text, or true.
local function choice_of(file)
  local found <const> = {}
  for _, path in ipairs(file:paths()) do
    local value <const> = file:value(path)
    found[path] = secret.is(value) or value
  end
  return found
end

--- Where the sides pick values differently: what is in clear now must have been so on one of them.
local function check_sealed(result, one, other)
  for path, value in pairs(choice_of(result)) do
    if value ~= true and value ~= one[path] and value ~= other[path]
      and (one[path] == true or other[path] == true) then
      fail("conflict", ("%s is sealed on one side and would be in clear"):format(path),
        "take one side whole, then make the other changes again", { path = result.path })
    end
  end
end

--- Comments that theirs changed cannot follow their values into the text of ours.
local function comments_of(side)
  local list <const> = {}
  local function walk(node)
    for child in node:children() do
      if child.kind == "comment" then
        table.insert(list, child:text())
      elseif child.kind == "map" or child.kind == "list" then
        walk(child)
      end
    end
  end
  for i = 1, side and side.document and side.document:roots() or 0 do
    local root <const> = side.document:root(i)
    if root.kind ~= "scalar" then
      walk(root)
    end
  end
  return secret.concat(list, "\n")
end

--- Does the text of ours lack comments that theirs has changed?
---@param base moonlatch.MergeSide?
---@param ours moonlatch.MergeSide
---@param theirs moonlatch.MergeSide
---@return boolean
function merging.lost_comments(base, ours, theirs)
  local text <const> = comments_of(theirs)
  return not text:equal(comments_of(base)) and not text:equal(comments_of(ours))
end

--- The merged text in clear, what came of its values, and whether comments of theirs are lost.
local function merge_text(base, ours, theirs)
  if base and base.text:equal(ours.text) then
    return theirs.text, { conflicts = {} }, false
  elseif base and base.text:equal(theirs.text) then
    return ours.text, { conflicts = {} }, false
  end
  local merged <const> = merge(base and base.tree, ours.tree, theirs.tree)
  local lost <const> = merging.lost_comments(base, ours, theirs)
  if #merged.edits == 0 then
    return ours.text, merged, lost
  elseif not (ours.document and ours.tree.kind == "map") then
    return theirs.text, merged, false
  end
  apply(ours.document, merged.edits)
  if not values.equal(values.of(ours.document), merged.result) then
    fail("unsupported", "the values cannot be put together in this text",
      "take one side whole, then make the other changes again", { path = ours.file.path })
  end
  return ours.document:text(), merged, lost
end

--- Give a side's file another text in clear.
---@param side moonlatch.MergeSide
---@param clear moonlatch.Secret
---@param ours moonlatch.MergeSide
---@param theirs moonlatch.MergeSide
---@return string sealed
function merging.seal(side, clear, ours, theirs)
  local differ <const> = not metadata.same_choice(ours, theirs)
  local one <const>, other <const> = differ and choice_of(ours.file),
    differ and choice_of(theirs.file)
  local ok <const>, err <const> = side.file:reseal(clear, { clear = true })
  if not ok then
    error(err, 0)
  end
  if differ then
    check_sealed(side.file, one, other)
  end
  return side.file:text()
end

local function merge_sides(base, ours, theirs, approve)
  local from <const>, both <const> = metadata.carrier(base, ours, theirs)
  local clear <const>, merged <const>, comments <const> = merge_text(base, ours, theirs)
  local changed <const> = metadata.settle(from, both, base, ours, theirs, approve)
  local text = changed and from.file:text() or nil
  if not clear:equal(from.text) then
    text = merging.seal(from, clear, ours, theirs)
  end
  return { text = text, conflicts = merged.conflicts, comments = comments }
end

--- Say that comments of theirs are not in the result.
---@param report moonlatch.Report
---@param path string
function merging.tell_comments(report, path)
  report:warn(path .. ": comments that theirs changed are not taken over")
end

--- Say where both sides changed something, how that is settled, and what is lost.
---@param ctx moonlatch.Context
---@param path string
---@param merged moonlatch.Merged
function merging.tell(ctx, path, merged)
  for _, one in ipairs(merged.conflicts) do
    local name <const> = one.path == "" and "the whole file" or one.path
    ctx.report:finding("conflict", ("%s: %s in ours, %s in theirs; ours stays"):format(name,
      one.ours, one.theirs), { path = path, name = one.path })
  end
  if #merged.conflicts > 0 then
    ctx.report:next(("moonlatch merge %s --theirs NAME, or moonlatch edit %s; then git add %s")
      :format(shell.quote(path), shell.quote(path), shell.quote(path)))
  end
  if merged.comments then
    merging.tell_comments(ctx.report, path)
  end
end

--- Merge. Raises where a version does not open, or nothing safe comes out of it.
---@param versions { base: moonlatch.Secret?, ours: moonlatch.Secret, theirs: moonlatch.Secret }
---@param how { path: string, format: string, ring: moonlatch.Keyring }
---@param approve fun(list: moonlatch.SopsRecipient[]): moonlatch.Approved?, moonlatch.Error?
---  an approved set of them
---@return moonlatch.Merged
---@return moonlatch.MergeSide ours    as it was
---@return moonlatch.MergeSide theirs
function merging.merge(versions, how, approve)
  for name, other in pairs { ours = "theirs", theirs = "ours" } do
    if not sops.has_sealed(versions[name]) then
      fail("conflict", ("sealed in %s, in clear in %s"):format(other, name),
        ("take %s, then make the other changes again"):format(other), { path = how.path })
    end
  end
  local base
  if versions.base and #versions.base > 0 then
    base = merging.side("base", versions.base, how)
  end
  local ours <const>, theirs <const> = merging.side("ours", versions.ours, how),
    merging.side("theirs", versions.theirs, how)
  return merge_sides(base, ours, theirs, approve), ours, theirs
end

return merging
