--- diff — which values of a sealed file changed; and the text conversion of `git diff`.
--
-- It only reads: no journal is recovered, no code of the site is run, and no key is asked of
-- anybody.

local doc        <const> = require "moonlatch.doc"
local fail       <const> = require "moonlatch.fail"
local files      <const> = require "moonlatch.files"
local host       <const> = require "moonlatch.host"
local json       <const> = require "moonlatch.json"
local key_groups <const> = require "moonlatch.key_groups"
local keyring    <const> = require "moonlatch.keyring"
local secret     <const> = require "moonlatch.secret"
local sops       <const> = require "moonlatch.sops"
local values     <const> = require "moonlatch.values"

--- For git: what the file says, or, where no key opens it, the bytes as they are. git shows nothing
--- at all when a conversion fails, so this one does not.
local function convert(args)
  local bytes <close> = assert(files.read(args.file))
  local format <const> = sops.format_of(args.file)
  local file <const> = sops.has_sealed(bytes)
    and sops.open(bytes, { path = args.file, format = format })
  local clear
  if file then
    local ring <close> = keyring.open { files = args.identity }
    local whole <const> = file:unlock(ring:identities()) and file:decrypt()
    clear = whole and file:clear_text()
  end
  assert(host.show(clear or bytes))
  return 0
end

---@class moonlatch.DiffSide
---@field name string
---@field bytes moonlatch.Secret
---@field file moonlatch.SopsFile?  nil: it is in clear
---@field format string

local function side(name, bytes, path)
  local format <const> = sops.format_of(path)
  local one <const> = { name = name, bytes = bytes, format = format }
  if sops.has_sealed(bytes) then
    one.file = assert(sops.open(bytes, { path = name, format = format }))
  end
  return one
end

--- An old version of a file from git.
local function committed(path, revision)
  local place <const> = assert(files.locate(path))
  local repository <const> = assert(require("moonlatch.git").open(place.root))
  local name <const> = ("%s:./%s"):format(revision, place.name)
  local bytes <const> = assert(repository:read { name })[name]
  if not bytes then
    fail("missing", ("%s has no %s"):format(revision, path),
      "the second operand is a revision of git, or another file")
  end
  return side(("%s in %s"):format(path, revision), bytes, path)
end

local function named(path, like)
  return side(path, assert(files.read(path)), like or path)
end

--- Standard input has the form of the file that it is compared with.
local function sides(args)
  local path <const>, other <const> = args.file, args.other
  local place <const> = other and files.locate(other) -- none for a folder
  if place and place.root:exists(place.name) then
    return named(path, path == "-" and other or nil), named(other)
  elseif path == "-" then
    fail("usage", "standard input is compared with a file", "moonlatch diff - FILE")
  end
  return committed(path, other or "HEAD"), named(path)
end

--- Metadata are no values.
local function without_metadata(tree, format)
  for i = #(tree.keys or {}), 1, -1 do
    local key <const> = tree.keys[i]
    if key == "sops" or format == "dotenv" and key:match "^sops_" then
      tree.of[key] = nil
      table.remove(tree.keys, i)
    end
  end
  return tree
end

--- The values of a side: opened, or as they are sealed.
local function tree_of(one, sealed)
  if one.file and sealed then
    local form <const> = one.format == "binary" and "json" or one.format
    return without_metadata(values.of(assert(doc.parse(one.file:text(), { format = form }))), form)
  elseif not one.file then
    return assert(values.read(one.bytes, one.format, one.name))
  end
  return assert(values.read(assert(one.file:clear_text()), one.format, one.name))
end

--- Opens a side; false where no key does.
local function open(one, identities)
  if not one.file then
    return true
  end
  local used <const>, closed <const> = one.file:unlock(identities)
  if not used and (fail.is(closed, "key") or fail.is(closed, "unsupported")) then
    return false
  elseif not used then
    error(closed, 0)
  end
  assert(one.file:decrypt())
  return true
end

--- Recipients that only one of the files has.
local function recipients(old, new)
  local list <const> = {}
  local function only_in(a, b, change)
    local there <const> = {}
    for _, recipient in ipairs(b:recipients()) do
      there[key_groups.canonical(recipient.recipient)] = true
    end
    for _, recipient in ipairs(a:recipients()) do
      if not there[key_groups.canonical(recipient.recipient)] then
        table.insert(list, { change = change, key = recipient.recipient })
      end
    end
  end
  if old.file and new.file then
    only_in(old.file, new.file, "removed")
    only_in(new.file, old.file, "added")
  end
  return list
end

--- Gives them names, which takes a look at the whole site.
local function name(list, path, global)
  if #list > 0 then
    local folder <const> = assert(files.locate(path)).root.path
    local around <const> = require("moonlatch.access").surroundings(folder, global)
    for _, one in ipairs(list) do
      one.name = around.name(one.key)
    end
  end
end

local function say(line)
  assert(host.out(host.escape(line) .. "\n"))
end

--- A value behind its mark; nothing of it becomes a string.
local function show_value(mark, tree)
  if tree and tree.kind == "scalar" then
    assert(host.show(secret.concat { ("    %s "):format(mark), tree.bytes, "\n" }))
  elseif tree then
    say(("    %s a %s"):format(mark, tree.kind))
  end
end

local function show(args, ctx, changes, keys)
  local list <const> = json.array {}
  for i, one in ipairs(changes) do
    list[i] = { path = one.path, change = one.change }
  end
  ctx.report:result("values", list)
  ctx.report:result("recipients", json.array(keys))
  if ctx.global.json then
    return
  end
  for _, one in ipairs(keys) do
    say(("%s recipient %s %s"):format(values.MARKS[one.change], one.name, one.key))
  end
  for _, one in ipairs(changes) do
    say(("%s %s%s"):format(values.MARKS[one.change],
      one.path == "" and "the whole file" or one.path,
      one.change == "changed" and "" or ": " .. one.change))
    if args.values then
      show_value("-", one.old)
      show_value("+", one.new)
    end
  end
end

local function compare(args, ctx)
  local old <const>, new <const> = sides(args)
  if not old.file and not new.file then
    fail("format", "neither version is sealed", "`git diff` shows files in clear",
      { path = args.file })
  end
  local ring <close> = keyring.open { files = args.identity }
  local identities <const> = ring:identities()
  local opened <const> = open(old, identities) and open(new, identities)
  if not opened and args.values then
    fail("key", "none of your keys opens both versions", ("`moonlatch why %s` says more")
      :format(require("moonlatch.shell").quote(args.file)), { path = args.file })
  elseif not opened then
    ctx.report:skipped("values", "no key opens both versions; sealed texts are compared, which "
      .. "differ for equal values where the data key was renewed")
  end
  local changes <const> = values.compare(tree_of(old, not opened), tree_of(new, not opened))
  local keys <const> = recipients(old, new)
  name(keys, args.file == "-" and args.other or args.file, ctx.global)
  show(args, ctx, changes, keys)
  return ctx.report:finish(#changes + #keys > 0 and 1 or 0)
end

local function run(args, ctx)
  if args.textconv and (args.other or args.values) then
    fail("usage", "--textconv takes one file and nothing else")
  end
  return (args.textconv and convert or compare)(args, ctx)
end

---@type moonlatch.Recipe
return {
  name     = "diff",
  summary  = "which values changed",
  about    = "Compares a sealed file with its last commit, with another revision of git, or with "
    .. "another file: names of values that came, went or changed, and recipients. Values are shown "
    .. "with --values only. Without a key the sealed texts are compared. Exit status 1: they "
    .. "differ.\n\nWith --textconv it prints the file in clear, or, where no key opens it, as it "
    .. "is: `moonlatch init --git` makes `git diff` use it. It never asks for a passphrase.",
  group    = "files",
  takes    = {
    { "file", "a sealed file, or -", complete = "file" },
    { "other", "a revision, or the file to compare with; default: HEAD", optional = true,
      complete = "file" },
  },
  options  = {
    { "--values", "show the values too" },
    { "--textconv", "for git: the file in clear, on standard output" },
    { "--identity FILE", "a key file or SSH key to open it with", many = true, complete = "file" },
  },
  examples = { "moonlatch diff secrets/shared.yaml", "moonlatch diff secrets/shared.yaml HEAD~3",
    "moonlatch diff secrets/shared.yaml backup/shared.yaml --values" },
  run      = run,
}
