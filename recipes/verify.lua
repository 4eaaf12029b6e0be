--- verify — are sealed files whole? Structure without a key, the MAC with one.

local fail       <const> = require "moonlatch.fail"
local files      <const> = require "moonlatch.files"
local inspection <const> = require "moonlatch.inspection"
local keyring    <const> = require "moonlatch.keyring"
local sops       <const> = require "moonlatch.sops"

--- Names that editors and people give to copies of a file; the capture is the file's own.
local COPIES <const> = { "^(.+)~$", "^(.+)%.bak$", "^(.+)%.orig$", "^(.+)%.old$", "^(.+)%.save$",
  "^(.+)%.backup[%-.].*$", "^(.+)%.dec$", "^(.+)%.decrypted$" }
local SWAP <const> = { "^(.-)%.([^/]+)%.sw%l$", "^(.-)#([^/]+)#$" }

local function tell(report, found)
  report:finding(found.code, found.message, { path = found.path, line = found.line,
    hint = found.hint })
end

--- The MAC needs the data key. Nobody is asked for a passphrase, and nothing is contacted.
local function prove(v, file, path)
  local used <const>, closed <const> = file:unlock(v.identities)
  if not used then
    v.locked = v.locked + 1
    v.report:detail(("%s: MAC not checked: %s"):format(path, closed.message))
    return
  end
  local ok <const>, err <const> = file:decrypt()
  if ok then
    v.proved = v.proved + 1
  else
    tell(v.report, { code = err.code, message = err.message, path = path, line = err.line,
      hint = ("`moonlatch why %s` says more"):format(require("moonlatch.shell").quote(path)) })
  end
end

local function check(v, path, file, findings)
  v.files = v.files + (file and 1 or 0)
  for _, found in ipairs(findings) do
    tell(v.report, found)
  end
  if file and #findings == 0 then
    prove(v, file, path)
  end
end

local function named(v, paths)
  for _, path in ipairs(paths) do
    local bytes <close> = assert(files.read(path))
    check(v, path, inspection.of(bytes, path, sops.format_of(path)))
  end
end

local function staged(v)
  local list <const>, findings <const> = require("moonlatch.staged").all()
  for _, found in ipairs(findings) do
    tell(v.report, found)
  end
  for _, one in ipairs(list) do
    if one.file or #one.findings > 0 then
      check(v, one.path, one.file, one.findings)
    end
  end
end

--- The sealed file that a file in clear is most likely a copy of.
local function original(all, path)
  for _, pattern in ipairs(COPIES) do
    local name <const> = path:match(pattern)
    if name and all:file(name) then
      return name
    end
  end
  for _, pattern in ipairs(SWAP) do
    local folder <const>, name <const> = path:match(pattern)
    if folder and all:file(folder .. name) then
      return folder .. name
    end
  end
end

local function whole_site(v, ctx)
  local all <const> = assert(require("moonlatch.repo").open(ctx.site, { survey = true,
    progress = function(done, total)
      ctx.report:progress(done, total, "reading")
    end }))
  for _, found in ipairs(all.findings) do
    tell(v.report, found)
  end
  for _, said in ipairs(all.notes) do
    v.report:note(said.code, said.message, { path = said.path })
  end
  for _, f in ipairs(all.files) do
    check(v, f.path, f.file, inspection.structure(f.file, f.path))
  end
  for _, path in ipairs(all.clear) do
    local name <const> = original(all, path)
    if name then
      tell(v.report, { code = "clear-file", path = path,
        message = "not sealed, and by its name a copy of " .. name })
    end
  end
end

local function verdict(v)
  local report <const> = v.report
  if v.locked > 0 then
    report:skipped("the MAC", ("%d of %d files are not for your keys"):format(v.locked, v.files))
  end
  report:result("files", v.files)
  report:result("proved", v.proved)
  report:summary(("%s: %d sealed file%s, %d with %s MAC"):format(
    #report.findings == 0 and "in order" or "not in order", v.files, v.files == 1 and "" or "s",
    v.proved, v.proved == 1 and "its" or "their"))
end

local function run(args, ctx)
  if args.staged and #args.file > 0 then
    fail("usage", "--staged looks at all that git would commit, so no file is named")
  end
  local ring <close> = keyring.open { files = args.identity }
  local v <const> = { report = ctx.report, identities = ring:identities(), files = 0, proved = 0,
    locked = 0 }
  if args.staged then
    staged(v)
  elseif #args.file > 0 then
    named(v, args.file)
  else
    whole_site(v, ctx)
  end
  verdict(v)
  return ctx.report:finish()
end

---@type moonlatch.Recipe
return {
  name     = "verify",
  summary  = "are sealed files whole?",
  about    = "Checks that a file's metadata is sane and that every value is sealed that should be; "
    .. "with a key that opens it also its MAC, and says what it skipped. Without FILE it looks at "
    .. "the whole site, and at copies in clear that lie beside sealed files.\n\nWith --staged it "
    .. "reads what git would commit, and stops files in clear where a rule that is not a catch-all "
    .. "wants them sealed, or that were sealed in the last commit, and git's conflict marks: fit "
    .. "for a pre-commit hook.",
  group    = "files",
  takes    = { { "file", "sealed files; default: those of the site", many = true, optional = true,
    complete = "file" } },
  options  = {
    { "--staged", "what git would commit, read from its index" },
    { "--identity FILE", "a key file or SSH key to open files with", many = true,
      complete = "file" },
  },
  examples = { "moonlatch verify", "moonlatch verify secrets/shared.yaml",
    "moonlatch verify --staged -q" },
  run      = run,
}
