--- files — what recipes do with the file a person names.
--
-- A path is resolved once, to a folder held open and a name in it.

local fail    <const> = require "moonlatch.fail"
local fs      <const> = require "moonlatch.fs"
local host    <const> = require "moonlatch.host"
local keyring <const> = require "moonlatch.keyring"
local paths   <const> = require "moonlatch.paths"
local plan    <const> = require "moonlatch.plan"
local sops    <const> = require "moonlatch.sops"

---@class moonlatch.Place
---@field root moonlatch.Root   the real folder, held open
---@field name string           in it
---@field shown string          the path as the person wrote it
---@field real string           absolute, without links

local files = {}

--- What is at the top of a repository.
local MARKS <const> = { ".git", ".sops.yaml", "moonlatch.lua" }

--- Where a path leads. Folders on the way need not exist yet.
---@param path string
---@return moonlatch.Place?
---@return moonlatch.Error? err
function files.locate(path)
  local root <const>, name <const> = fs.resolve(path)
  if not root then
    return nil, name
  end
  if name == "." then
    return nil, fail.new("argument", "this is a folder, a file is expected", nil, { path = path })
  end
  return { root = root, name = name, shown = path,
    real = (root.path == "/" and "" or root.path) .. "/" .. name }
end

--- A pipe that somebody put into a repository would be waited for without end; those of a shell are
--- elsewhere.
---@param path string
---@return true? ok
---@return moonlatch.Error? err
function files.refuse_planted(path)
  local root <const>, name <const> = fs.resolve(path)
  local stat <const> = root and name ~= "." and root:stat(name)
  if stat and stat.kind == "other" and fs.search_up(root.path, MARKS) then
    return nil, fail.new("unsupported", "not a regular file", nil, { path = path })
  end
  return true
end

--- A file's bytes, or standard input for "-". What may hold values is read as a secret.
---@param path string
---@return moonlatch.Secret?
---@return moonlatch.Error? err
function files.read(path)
  local ok <const>, planted <const> = files.refuse_planted(path)
  if not ok then
    return nil, planted
  end
  local bytes <const>, err <const> = fs.read_named(path)
  if not bytes then
    err.path = err.path or path
  end
  return bytes, err
end

--- A link in a repository must not lead a write out of it: who can write to the repository would
--- choose what is overwritten.
---@param place moonlatch.Place
---@return boolean? ok
---@return moonlatch.Error? err
function files.stays(place)
  local at = "/"
  for part in paths.absolute(place.shown):gmatch "[^/]+" do
    local folder <const> = fs.root(at)
    local stat <const> = folder and folder:stat(part)
    local top <const> = stat and stat.kind == "link"
      and fs.search_up(folder.path, MARKS)
    if top and not paths.below(top, place.real) then
      return nil, fail.new("conflict", "a link leads this path out of the repository " .. top,
        "name the file itself: " .. place.real, { path = place.shown })
    end
    at = at .. part .. "/"
  end
  return true
end

--- All forms of a file, for an option.
files.FORMATS = { "yaml", "json", "dotenv", "ini", "binary" }

--- A sealed file, parsed. No key is needed.
---@param path string
---@param options { format: string? }?
---@return moonlatch.SopsFile? file
---@return moonlatch.Error? err
---@return moonlatch.Place? place   nil for standard input and for a pipe, which are in no folder
function files.open(path, options)
  local bytes <const>, err <const> = files.read(path)
  if not bytes then
    return nil, err
  end
  local format <const> = options and options.format or path == "-" and "yaml"
    or sops.format_of(path)
  local file <const>, bad <const> = sops.open(bytes, { path = path, format = format })
  local clear <const> = fail.is(bad, "missing") or not sops.has_sealed(bytes)
  bytes:wipe()
  if not file and clear then
    return nil, fail.new("format", "this file is not sealed", "`moonlatch encrypt` seals a file",
      { path = path })
  elseif not file then
    return nil, bad
  end
  return file, nil, path ~= "-" and files.locate(path) or nil
end

--- A sealed file, opened with the user's keys.
---@param path string
---@param options { format: string?, identities: string[]?, ignore_mac: boolean? }?
---@return moonlatch.SopsFile? file
---@return moonlatch.Error? err
---@return moonlatch.Place? place
function files.decrypt(path, options)
  options = options or {}
  local file <const>, err <const>, place <const> = files.open(path, options)
  if not file then
    return nil, err
  end
  local ring <close> = keyring.open { files = options.identities }
  local used <const>, locked <const> = ring:unlock(file)
  if not used then
    return nil, locked
  end
  local ok <const>, bad <const> = file:decrypt { ignore_mac = options.ignore_mac or false }
  if not ok then
    return nil, bad
  end
  return file, nil, place
end

--- Does a command line ask for a file, not for a result on stdout?
---@param args { in_place: boolean?, output: string? }
---@return boolean
function files.writes(args)
  return args.in_place or args.output ~= nil and args.output ~= "-"
end

--- Refuse a command line that names two places for its result, or one that is no file.
---@param args { file: string, in_place: boolean?, output: string? }
function files.check_target(args)
  if args.in_place and (args.file == "-" or args.output) then
    fail("usage", "-i writes into FILE itself, so it goes with neither - nor -o")
  elseif args.in_place then
    assert(files.locate(args.file))
  end
end

--- Write one result: into the file it came from, into a named one, or to standard output.
---@param ctx moonlatch.Context
---@param bytes moonlatch.Bytes
---@param where { in_place: moonlatch.Place?, output: string? }
---@param how table  kind, title, was_clear, next; read: the bytes that the result was made from
---  (false: there was no file), which must still be there when it is written
---@return integer status
function files.write(ctx, bytes, where, how)
  local place = where.in_place
  if not place and where.output and where.output ~= "-" then
    place = assert(files.locate(where.output))
  end
  if not place then
    assert(host.show(bytes))
    return 0
  end
  assert(files.stays(place))
  local p <close> = plan.new { roots = { place.root }, global = ctx.global, report = ctx.report,
    title = how.title }
  if how.read ~= nil then
    assert(p.tx:input(place.root, place.name, how.read or nil))
  end
  assert(p:write(place.root, place.name, bytes, { kind = how.kind, was_clear = how.was_clear }))
  return ctx.report:finish(p:finish { next = how.next })
end

return files
