--- why — does a file open here, with which key, and if not, why not?
--
-- What a file's recipients say and what its rule says are told apart: they can differ.

local access     <const> = require "moonlatch.access"
local explain    <const> = require "moonlatch.keyring.explain"
local fail       <const> = require "moonlatch.fail"
local files      <const> = require "moonlatch.files"
local git        <const> = require "moonlatch.git"
local inspection <const> = require "moonlatch.inspection"
local key_groups <const> = require "moonlatch.key_groups"
local keyring    <const> = require "moonlatch.keyring"
local shell      <const> = require "moonlatch.shell"
local sops       <const> = require "moonlatch.sops"

local function tell(report, found, note)
  local say <const> = note and report.note or report.finding
  say(report, found.code, found.message, { path = found.path, line = found.line,
    hint = found.hint })
end

local function same(a, b)
  return key_groups.canonical(a) == key_groups.canonical(b)
end

--- The source with the protected key behind this recipient.
local function protected(ring, recipient)
  for _, source in ipairs(ring.sources) do
    for _, key in ipairs(source.waits_for or {}) do
      if same(key, recipient.recipient) then
        return source
      end
    end
  end
end

--- What one recipient has to do with this user. `found`: what unlocking gave, or its error.
local function here(ring, recipient, found)
  local group <const> = found.groups[recipient.group]
  local identity <const>, source <const> = ring:identity(recipient.recipient)
  local behind <const> = protected(ring, recipient)
  if group.by == recipient.index then
    return { glyph = "ok", text = (#found.groups > 1 and "opens this group" or "opens it")
      .. (group.source and ": your key from " .. group.source.name or "") }
  elseif identity and group.open then
    return { glyph = "ok", text = "yours too, from " .. source.name }
  elseif identity then
    return { glyph = "finding", text = ("your key from %s does not open what is sealed for it: the "
      .. "file is damaged"):format(source.name) }
  elseif behind then
    return { glyph = "note", text = ("its key is in %s, behind a passphrase"):format(behind.name) }
  elseif recipient.kind ~= "age" then
    return { glyph = "skipped", text = explain.reason(found, recipient)
      or "not an age key, not tried" }
  end
  return { glyph = "skipped", text = "its private key is not here" }
end

local function show_recipients(ctx, file, around, ring, found)
  local rows <const> = {}
  for i, recipient in ipairs(file:recipients()) do
    rows[i] = { around.name(recipient.recipient), recipient.kind, recipient.group,
      here(ring, recipient, found), recipient.recipient }
  end
  ctx.report:table({ "RECIPIENT", "KIND", "GROUP", "HERE", "KEY" }, rows, "recipients")
end

local function show_sources(ctx, ring)
  local rows <const> = {}
  for i, one in ipairs(ring:account()) do
    rows[i] = { one.name, one.state }
  end
  ctx.report:table({ "LOOKED FOR KEYS IN", "FOUND" }, rows, "sources")
end

local function any_of(keys, ring)
  for _, key in ipairs(keys) do
    if ring:has(key) then
      return true
    end
  end
  return false
end

--- Does the rule, or do the links, want one of this user's keys, while the file has none?
local function should_open(sealed, ring)
  local has <const> = {}
  for i, recipient in ipairs(sealed and sealed.recipients or {}) do
    has[i] = recipient.recipient
  end
  return sealed ~= nil and any_of(sealed.expected, ring) and not any_of(has, ring)
end

--- None of the keys opens it: who can help, and how.
local function explain_closed(ctx, err, file, sealed, ring, around)
  local hint = err.hint
  if sealed and sealed.links and #ring:entries() > 0 and not should_open(sealed, ring) then
    hint = ("%s can: a link to sops/users/NAME in %s/users, then moonlatch update-keys %s")
      :format(access.sentence(access.of_file(file.path, file), around.name),
        shell.quote(sealed.links.name), shell.quote(file.path))
  elseif should_open(sealed, ring) then
    hint = ("its %s names you already; somebody who can open it: moonlatch update-keys %s")
      :format(sealed.rule and "rule" or "links", shell.quote(file.path))
  end
  ctx.report:finding(err.code, err.message, { path = file.path, hint = hint })
  ctx.report:summary(("%s: does not open here"):format(file.path))
end

--- A key opens it; do its values open too?
local function explain_values(ctx, file)
  local ok <const>, err <const> = file:decrypt()
  if not ok then
    local path <const> = shell.quote(file.path)
    ctx.report:finding(err.code, err.message, { path = file.path, line = err.line,
      hint = ("`moonlatch repair %s --dry-run` shows what changed since the last commit, without "
        .. "--dry-run it seals what it says now"):format(path) })
  end
  return ok
end

--- A file that git does not know is not in a clone, nor does a flake see it.
local function note_untracked(ctx, place)
  local repository <const> = git.open(place.root)
  local index <const> = repository and repository:index { place.name }
  if index and not next(index) then
    ctx.report:note("missing", "git does not track this file: clones and flakes do not see it",
      { path = place.shown, hint = "git add " .. shell.quote(place.shown) })
  end
end

--- With which key of each group, and from where.
local function by_what(used, file, around)
  local keys <const>, recipients <const> = {}, file:recipients()
  for _, group in ipairs(used.groups) do
    if group.by then
      local key <const> = recipients[group.by].recipient
      table.insert(keys, ("%s, %s%s"):format(around.name(key), key,
        group.source and ", from " .. group.source.name or ""))
    end
  end
  return "with " .. table.concat(keys, "; and with ")
end

local function tell_why(ctx, file, path, ring, clear)
  local place <const> = assert(files.locate(path))
  local around <const> = access.surroundings(place.root.path, ctx.global)
  local sealed <const> = access.governed(path, around)
  local used <const>, err <const> = ring:unlock(file, around.who)
  if not used and not fail.is(err, "key") then
    error(err, 0)
  end
  show_recipients(ctx, file, around, ring, used or err)
  ctx.report:result("opens", used ~= nil)
  if used then
    local whole <const> = not clear and explain_values(ctx, file)
    ctx.report:result("identity", used.recipient)
    ctx.report:result("source", used.source and used.source.name)
    ctx.report:summary(("%s: %s %s"):format(path, whole and "opens"
      or "its data key opens, its values do not,", by_what(used, file, around)))
  else
    explain_closed(ctx, err, file, sealed, ring, around)
  end
  if not used or ctx.global.json or ctx.global.verbose then
    show_sources(ctx, ring)
  end
  access.tell(around, ctx.report)
  note_untracked(ctx, place)
  local drift <const> = sealed and access.drift(around.all, around.who, sealed)
  if drift then
    drift.hint = ("`moonlatch update-keys %s` follows it"):format(shell.quote(path))
    tell(ctx.report, drift, true)
  end
end

local function run(args, ctx)
  local path <const> = args.file
  local bytes <close> = assert(files.read(path))
  local file <const>, findings <const> = inspection.of(bytes, path, sops.format_of(path))
  local broken = not file
  local clear = false
  for _, found in ipairs(findings) do
    broken = broken or found.code == "bad-metadata"
    clear = clear or found.code == "clear-value"
    tell(ctx.report, found)
  end
  if broken then
    ctx.report:result("opens", false)
    return ctx.report:finish()
  end
  local ring <close> = keyring.open { files = args.identity }
  for _, found in ipairs(ring:findings()) do
    if found.code == "key-file-open" then
      tell(ctx.report, found, true)
    end
  end
  tell_why(ctx, file, path, ring, clear)
  return ctx.report:finish()
end

---@type moonlatch.Recipe
return {
  name     = "why",
  summary  = "why a file opens here, or does not",
  about    = "Tries your keys and says which opens the file and where it came from; or, for each "
    .. "recipient, why not, who can help, and the next command. Values are opened to check the "
    .. "MAC, and none is shown. Exit status 0: it opens.",
  group    = "files",
  takes    = { { "file", "a sealed file", complete = "file" } },
  options  = {
    { "--identity FILE", "a key file or SSH key to try", many = true, complete = "file" },
  },
  examples = { "moonlatch why secrets/shared.yaml" },
  run      = run,
}
