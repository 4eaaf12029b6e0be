--- merge — three versions of a sealed file become one: for git, and for what git left unmerged.
--
-- A file in conflict stays sealed and valid: it has what could be merged, and at each conflict the
-- value of ours. Conflict marks never stand in it.

local fail     <const> = require "moonlatch.fail"
local files    <const> = require "moonlatch.files"
local fs       <const> = require "moonlatch.fs"
local git      <const> = require "moonlatch.git"
local keyring  <const> = require "moonlatch.keyring"
local merging  <const> = require "moonlatch.merging"
local sops     <const> = require "moonlatch.sops"
local metadata <const> = require "moonlatch.merging.metadata"

--- What git hands over: the three versions as files, of which that of ours takes the result.
local function drive(args, ctx)
  if #args.file ~= 4 then
    fail("usage", "--driver takes what git gives: %O %A %B %P")
  end
  local old <const>, mine <const>, other <const>, path <const> = table.unpack(args.file)
  local versions <const> = { base = assert(files.read(old)), ours = assert(files.read(mine)),
    theirs = assert(files.read(other)) }
  if not (sops.has_sealed(versions.ours) or sops.has_sealed(versions.theirs)) then
    local clean <const>, err <const> = git.merge_files(mine, old, other)
    return err and error(err, 0) or clean and 0 or 1
  end
  local ring <close> = keyring.open { files = args.identity }
  local merged <const> = merging.merge(versions,
    { path = path, format = sops.format_of(path), ring = ring },
    metadata.approver(assert(fs.root "."), path, ctx.global, false))
  if merged.text then
    local place <const> = assert(files.locate(mine))
    assert(place.root:write(place.name, merged.text))
  end
  merging.tell(ctx, path, merged)
  return ctx.report:finish()
end

local function run(args, ctx)
  local chosen <const> = #args.ours + #args.theirs
  if args.driver and chosen > 0 or chosen > 0 and #args.file ~= 1 then
    fail("usage", "--ours and --theirs settle conflicts of one file")
  end
  return (args.driver and drive or require("moonlatch.unmerged").run)(args, ctx)
end

---@type moonlatch.Recipe
return {
  name     = "merge",
  summary  = "merge sealed files by their values",
  about    = "Merges again what git left unmerged: maps by key, lists element by element, from the "
    .. "three versions in git's index. What both sides changed is a conflict; the file stays "
    .. "sealed, has everything else merged, and keeps the value of ours there. --theirs NAME takes "
    .. "that of theirs, --ours NAME goes back; `git add` says that it is settled.\n\n"
    .. "Recipients are merged too. Data key and settings are those of the side that changed them; "
    .. "where both did, those of ours. Whoever could newly read what ours says must be approved. "
    .. "Comments are those of ours.\n\n"
    .. "With --driver it is what `moonlatch init --git` makes git call: it asks nobody, and leaves "
    .. "the file as it was when a version does not open.",
  group    = "files",
  writes   = function(args) return not args.driver end,
  takes    = { { "file", "unmerged files; default: all", many = true, optional = true,
    complete = "file" } },
  options  = {
    { "--theirs NAME", "take this value from theirs", many = true },
    { "--ours NAME", "take this value from ours", many = true },
    { "--driver", "for git: %O %A %B %P" },
    { "--identity FILE", "a key file or SSH key to open files with", many = true,
      complete = "file" },
  },
  examples = { "moonlatch merge", "moonlatch merge secrets/shared.yaml --theirs github/token" },
  run      = run,
}
