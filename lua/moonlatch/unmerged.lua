--- unmerged — files that git could not merge, merged by hand from the versions in its index.

local fail     <const> = require "moonlatch.fail"
local fs       <const> = require "moonlatch.fs"
local git      <const> = require "moonlatch.git"
local keyring  <const> = require "moonlatch.keyring"
local merging  <const> = require "moonlatch.merging"
local plan     <const> = require "moonlatch.plan"
local secret   <const> = require "moonlatch.secret"
local shell    <const> = require "moonlatch.shell"
local sops     <const> = require "moonlatch.sops"
local metadata <const> = require "moonlatch.merging.metadata"
local apply    <const> = require "moonlatch.values.apply"
local values   <const> = require "moonlatch.values"

local unmerged = {}

--- The sealed files that git could not merge: those that are named, else all.
local function find(repository, names)
  local index <const> = assert(repository:index(#names > 0 and names or nil))
  local ids <const>, list <const> = {}, {}
  for _, stages in pairs(index) do
    for _, id in pairs(stages) do
      table.insert(ids, id)
    end
  end
  local found <const> = assert(repository:read(ids))
  for path, stages in pairs(index) do
    local ours <const>, theirs <const> = found[stages[2]], found[stages[3]]
    if ours and sops.has_sealed(ours) or theirs and sops.has_sealed(theirs) then
      table.insert(list, { path = path, base = found[stages[1]], ours = ours, theirs = theirs,
        large = stages[2] and not ours or stages[3] and not theirs })
    end
  end
  if #list == 0 then
    fail("missing", "git has no conflict in a sealed file" .. (#names > 0 and " of that name"
      or ""))
  end
  table.sort(list, function(a, b) return a.path < b.path end)
  return list
end

--- The file as it lies in the work tree, if it can be read.
local function current(top, one, how)
  local bytes <const> = top:read_secret(one.path)
  local ok <const>, side <const> = pcall(merging.side, "work tree", bytes or secret.new "", how)
  if not ok and not fail.is(side) then
    error(side, 0)
  end
  return ok and side.file and side or nil
end

--- Whoever has edited the file since the merge stopped would lose that.
local function check_edited(one, now, ours, result)
  if now and not values.equal(now.tree, ours.tree) and not values.equal(now.tree, result.tree) then
    local path <const> = shell.quote(one.path)
    fail("changed", "it was changed since the merge stopped", ("`git add %s` takes it as it is; "
      .. "`git checkout --ours %s` begins again"):format(path, path), { path = one.path })
  end
end

--- One place becomes what it is on the chosen side.
local function choose(edits, path, side, target)
  local from <const>, to <const> = side.document:find(path), target.document:find(path)
  if from and to then
    table.insert(edits, { op = "set", path = path, value = { node = from } })
  elseif to then
    table.insert(edits, { op = "remove", path = path })
  elseif from then
    local parent <const>, key <const> = path:match "^(.*)/([^/]*)$"
    table.insert(edits, { op = "insert", path = parent or "",
      key = ((key or path):gsub("~1", "/"):gsub("~0", "~")), value = { node = from } })
  else
    fail("missing", ("neither side has %s"):format(path), "`moonlatch merge` lists the conflicts",
      { path = target.file.path })
  end
end

--- The file with the chosen values.
local function settle(args, target, ours, theirs)
  if not target.document then
    fail("unsupported", "a binary file is one value",
      "`git checkout --ours` or `--theirs` takes one side", { path = target.file.path })
  end
  local edits <const> = {}
  for side, paths in pairs { [ours] = args.ours, [theirs] = args.theirs } do
    for _, path in ipairs(paths) do
      choose(edits, path, side, target)
    end
  end
  apply(target.document, edits)
  return merging.seal(target, target.document:text(), ours, theirs)
end

--- What becomes of one file; nil when it is so already.
local function merge(one, args, ctx, top, ring)
  if one.large then -- what was not read is not removed
    ctx.report:finding("limit", "a version of it is too large to be merged", { path = one.path })
    return
  elseif not (one.ours and one.theirs) then
    local path <const> = shell.quote(one.path)
    ctx.report:finding("conflict", ("removed in %s, changed in %s"):format(
      one.ours and "theirs" or "ours", one.ours and "ours" or "theirs"), { path = one.path,
      hint = ("`git rm %s` or `git add %s`"):format(path, path) })
    return
  end
  local how <const> = { path = one.path, format = sops.format_of(one.path), ring = ring }
  local approve <const> = metadata.approver(top, one.path, ctx.global, true)
  local merged <const>, ours <const>, theirs <const> = merging.merge(one, how, approve)
  local result <const> = merged.text and merging.side("merged", secret.new(merged.text), how)
    or ours
  local now <const> = current(top, one, how)
  if #args.ours + #args.theirs > 0 then
    local target <const> = now or result -- the file that lies there may be anybody's
    metadata.approve_newcomers(target, ours, approve)
    return settle(args, target, ours, theirs)
  end
  check_edited(one, now, ours, result)
  merging.tell(ctx, one.path, merged)
  if not (now and metadata.same(now, result)) then
    return result.file:text()
  end
end

--- Merge them, and write what comes out of it.
---@param args table  of the recipe
---@param ctx moonlatch.Context
---@return integer status
function unmerged.run(args, ctx)
  local repository <const> = assert(git.open(assert(fs.root ".")))
  local top <const> = assert(fs.root(repository.top))
  local ring <close> = keyring.open { files = args.identity }
  local p <close> = plan.new { roots = { top }, global = ctx.global, report = ctx.report,
    title = "merge" }
  local paths <const> = {}
  for i, one in ipairs(find(repository, args.file)) do
    paths[i] = shell.quote(one.path)
    local text <const> = merge(one, args, ctx, top, ring)
    if text then
      assert(p:write(top, one.path, text, { kind = "sealed" }))
    end
  end
  local settled <const> = #ctx.report.findings == 0
  local status <const> = p:finish { next = settled and "git add " .. table.concat(paths, " ") }
  return ctx.report:finish(status)
end

return unmerged
