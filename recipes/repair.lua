--- repair — a file that was changed without its key becomes whole again, once somebody has looked.
--
-- The only way to give a file a MAC that had none: what changed is shown first, and agreed to by an
-- option of its own or by typing. Values that were typed in clear are sealed.

local access     <const> = require "moonlatch.access"
local doc        <const> = require "moonlatch.doc"
local encode     <const> = require "moonlatch.encode"
local fail       <const> = require "moonlatch.fail"
local files      <const> = require "moonlatch.files"
local fs         <const> = require "moonlatch.fs"
local git        <const> = require "moonlatch.git"
local inspection <const> = require "moonlatch.inspection"
local json       <const> = require "moonlatch.json"
local keyring    <const> = require "moonlatch.keyring"
local sops       <const> = require "moonlatch.sops"
local tree       <const> = require "moonlatch.tree"
local tty        <const> = require "moonlatch.tty"
local values     <const> = require "moonlatch.values"

--- Reads the file, or says what it is that cannot be repaired.
local function read(path)
  local bytes <const> = assert(files.read(path))
  local file <const>, findings <const> = inspection.of(bytes, path, sops.format_of(path))
  local plain <const> = {}
  for _, found in ipairs(findings) do
    if found.code ~= "clear-value" then
      fail("format", found.message, found.hint or "take it from the last commit that had it whole",
        { path = path, line = found.line })
    end
    table.insert(plain, found.name)
  end
  return bytes, file, plain
end

--- Takes the values that stand in clear out, so that the rest opens: a value without text is never
--- sealed.
---@return moonlatch.SopsFile file
---@return table<string, moonlatch.Value> taken  by path
local function take_out(bytes, file, plain)
  if #plain == 0 then
    return file, {}
  end
  local format <const> = file.format == "binary" and "json" or file.format
  local parsed <const> = assert(doc.parse(bytes, { format = format, path = file.path }))
  local taken <const> = {}
  for _, path in ipairs(plain) do
    taken[path] = tree.of(assert(parsed:find(path)))
    assert(parsed:set(path, ""))
  end
  return assert(sops.open(parsed:text(), { path = file.path, format = file.format })), taken
end

--- Opens it without its MAC. Each sealed value proves itself all the same.
---@return boolean whole  the MAC was right
local function open(file)
  local ok <const>, err <const> = file:decrypt()
  if ok then
    return true
  elseif not fail.is(err, "mac") then
    err.hint = "what is sealed there was changed itself, and is lost; take the file from the last "
      .. "commit that had it whole"
    error(err, 0)
  end
  assert(file:decrypt { ignore_mac = true })
  return false
end

--- The last commit's values; nil where there is none that opens.
local function committed(place, format, identities)
  local repository <const> = git.open(place.root)
  local name <const> = "HEAD:./" .. place.name
  local bytes <const> = repository and (repository:read { name } or {})[name]
  local file <const> = bytes and sops.open(bytes, { path = place.shown, format = format })
  if file and file:unlock(identities) and file:decrypt() then
    return (values.read(assert(file:clear_text()), format, place.shown))
  end
end

--- Shows what is affected: against the last commit, or, without one, what is known.
local function show(ctx, path, plain, before, now)
  local list <const> = json.array {}
  for i, name in ipairs(plain) do
    list[i] = { path = name, change = "in clear" }
    ctx.report:say(("~ %s: in clear, will be sealed"):format(name))
  end
  for _, one in ipairs(before and values.compare(before, now) or {}) do
    table.insert(list, { path = one.path, change = one.change })
    ctx.report:say(("%s %s: %s since the last commit"):format(values.MARKS[one.change], one.path,
      one.change))
  end
  ctx.report:result("values", list)
  if not before then
    ctx.report:say(path .. ": no last commit to compare with. Every sealed value is one that was "
      .. "sealed for its place; values in clear, and values that are missing or older, cannot be "
      .. "told")
  end
end

local function agree(args, ctx)
  if args.ignore_mac or ctx.global.dry_run then
    return
  elseif not tty.available() then
    fail("consent", "this file was changed without its key, and would be sealed as it is now",
      "look at what changed, then --ignore-mac", { path = args.file })
  elseif tty.line "Type yes to seal it as it is: " ~= "yes" then
    fail("declined", "nothing was written")
  end
end

--- Keeps the file as it was, where nobody else can read it.
local function keep(ctx, place, bytes)
  local name <const> = ("repaired/%s-%s"):format(place.name:gsub("[^%w._-]", "_"),
    encode.sha256(bytes):sub(1, 12))
  assert(fs.state_write(name, bytes))
  ctx.report:say(("the file as it was: %s/%s"):format(fs.state_dir(), name))
end

local function run(args, ctx)
  local bytes <close>, sealed <const>, plain <const> = read(args.file)
  local place <const> = assert(files.locate(args.file))
  local ring <close> = keyring.open { files = args.identity }
  local file <const>, taken <const> = take_out(bytes, sealed, plain)
  local who <const> = access.surroundings(place.root.path, ctx.global).who
  assert(ring:unlock(file, who))
  if open(file) and #plain == 0 then
    ctx.report:summary(args.file .. ": nothing to repair")
    return ctx.report:finish()
  end
  local now <const> = assert(values.read(assert(file:clear_text()), file.format, args.file))
  show(ctx, args.file, plain, committed(place, file.format, ring:identities()), now)
  agree(args, ctx)
  assert(file:repair())
  for path, value in pairs(taken) do
    assert(file:set(path, value))
  end
  if not ctx.global.dry_run then
    keep(ctx, place, bytes)
  end
  return files.write(ctx, file:text(), { in_place = place },
    { kind = "sealed", was_clear = #plain > 0, read = bytes, title = "repair " .. args.file,
      next = "moonlatch verify " .. require("moonlatch.shell").quote(args.file) })
end

---@type moonlatch.Recipe
return {
  name     = "repair",
  summary  = "seal a file as it is, though it was changed without its key",
  about    = "For a file whose MAC does not match, after a merge or an edit by hand. Shows the "
    .. "names of the values that changed since the last commit, asks, gives the file a new MAC, "
    .. "seals values that were typed in clear, and keeps a copy of the file as it was in the "
    .. "state folder. A sealed value that does not open by itself cannot be repaired.\n\nNothing "
    .. "else seals what was opened without its MAC.",
  group    = "files",
  writes   = true,
  takes    = { { "file", "a sealed file", complete = "file" } },
  options  = {
    { "--ignore-mac", "agree to what it says now, without being asked" },
    { "--identity FILE", "a key file or SSH key to open it with", many = true, complete = "file" },
  },
  examples = { "moonlatch repair secrets/shared.yaml",
    "moonlatch repair secrets/shared.yaml --dry-run" },
  run      = run,
}
