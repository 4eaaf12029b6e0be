--- files — what recipes do with the file a person names.
--
-- A path is resolved once, to a folder held open and a name in it; the rules that govern it are
-- those of the `.sops.yaml` found upward from there.

local fail       <const> = require "moonlatch.fail"
local fs         <const> = require "moonlatch.fs"
local host       <const> = require "moonlatch.host"
local key_groups <const> = require "moonlatch.key_groups"
local keyring    <const> = require "moonlatch.keyring"
local paths      <const> = require "moonlatch.paths"
local plan       <const> = require "moonlatch.plan"
local recipients <const> = require "moonlatch.recipients"
local rules      <const> = require "moonlatch.rules"
local site       <const> = require "moonlatch.site"
local sops       <const> = require "moonlatch.sops"
local trim       <const> = require "moonlatch.text".trim

---@class moonlatch.Place
---@field root moonlatch.Root   the real folder, held open
---@field name string           in it
---@field shown string          the path as the person wrote it
---@field real string           absolute, without links

---@class moonlatch.Governing
---@field site moonlatch.Site?      nil: no .sops.yaml is here or above
---@field rules moonlatch.Rules?
---@field rule moonlatch.Rule?
---@field path string?              the file's path as rules see it

local files = {}

local RULES <const> = ".sops.yaml"
--- What is at the top of a repository.
local MARKS <const> = { ".git", RULES, "moonlatch.lua" }

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

--- A link on the way must not lead a file under another rule than the one a reader would expect.
local function check_both(model, folder, place, rule)
  local given <const> = paths.below(folder, paths.absolute(place.shown))
  if not given or given == paths.below(folder, place.real) then
    return true
  end
  local other <const> = model:match(given)
  if other and rule and other.index ~= rule.index then
    return nil, fail.new("conflict",
      ("rule %d covers this path, rule %d the file it leads to"):format(other.index, rule.index),
      "name the file itself: " .. place.real, { path = place.shown })
  end
  return true
end

--- The rule that governs a place.
---@param place moonlatch.Place
---@param global table
---@return moonlatch.Governing?
---@return moonlatch.Error? err
function files.governing(place, global)
  local folder <const> = fs.search_up(place.root.path, { RULES })
  if not folder then
    return {}
  end
  local where <const>, err <const> = site.open { dir = folder, file = global.site,
    none = global.no_site }
  if not where then
    return nil, err
  end
  local text <const>, unread <const> = assert(fs.root(folder)):read(RULES)
  if not text then
    return nil, unread
  end
  local model <const>, bad <const> = rules.open(text, RULES)
  if not model then
    return nil, bad
  end
  local path <const> = paths.below(folder, place.real)
  local rule <const>, broken <const> = model:match(path)
  if broken then
    return nil, broken
  end
  local ok <const>, differs <const> = check_both(model, folder, place, rule)
  if not ok then
    return nil, differs
  end
  return { site = where, rules = model, rule = rule or nil, path = path }
end

--- The approved recipients of a rule.
---@param governing moonlatch.Governing
---@param global table
---@return moonlatch.Approved? approved
---@return moonlatch.Error? err
function files.approve_rule(governing, global)
  local model <const>, rule <const> = governing.rules, governing.rule
  local named <const>, threshold <const> = model:groups(rule)
  if not named then
    return nil, threshold
  elseif #rule.keys == 0 then
    return nil, fail.new("format", ("rule %d names no recipient: nobody could open the file")
      :format(rule.index), nil, { path = model.path, line = rule.line })
  end
  local groups <const>, incomplete <const> = key_groups.complete(named)
  if not groups then
    return nil, incomplete
  end
  local approval <const>, err <const> = recipients.open(governing.site.root, global)
  if not approval then
    return nil, err
  end
  return approval:approve(recipients.of_groups(model, rule, groups),
    { known = recipients.of_rules(model), groups = groups, threshold = threshold })
end

--- The path of a site's file that the user names, as the site's rules see it.
---@param where moonlatch.Site
---@param path string
---@return string? name
---@return moonlatch.Error|moonlatch.Place|nil err  else the place
function files.in_site(where, path)
  local place <const>, err <const> = files.locate(path)
  if not place then
    return nil, err
  end
  local name <const> = paths.below(where.path, place.real)
  if not name then
    return nil, fail.new("missing", "this is not below " .. where.path,
      "-C DIR names another repository", { path = path })
  end
  return name, place
end

--- The rule for a path that the user names; the file need not exist yet.
---@param all moonlatch.Repo  with rules
---@param path string
---@return moonlatch.Rule|false|nil rule  false: none matches
---@return moonlatch.Error? err
function files.rule_for(all, path)
  local name <const>, place <const> = files.in_site(all.site, path)
  if not name then
    return nil, place
  elseif all.clan.by_path[name] then
    return nil, fail.new("conflict", "the links beside this file say who can open it, not rules",
      nil, { path = path })
  end
  local rule <const>, err <const> = all.rules:match(name)
  if rule == nil then
    return nil, err
  end
  local ok <const>, differs <const> = check_both(all.rules, all.site.path, place, rule)
  if not ok then
    return nil, differs
  end
  return rule
end

--- The sealed file of a site that the user names.
---@param all moonlatch.Repo
---@param path string
---@return moonlatch.SealedFile?
---@return moonlatch.Error? err
function files.sealed(all, path)
  local name <const>, place <const> = files.in_site(all.site, path)
  if not name then
    return nil, place
  end
  local file <const> = all:file(name)
  if file and file.rule then
    local ok <const>, differs <const> = check_both(all.rules, all.site.path, place, file.rule)
    if not ok then
      return nil, differs
    end
  end
  if file then
    return file
  end
  for _, finding in ipairs(all.findings) do
    if finding.path == name then
      return nil, fail.new("format", finding.message, finding.hint,
        { path = path, line = finding.line })
    end
  end
  if not all.site.root:exists(name) then
    return nil, fail.new("missing", "there is no such file", nil, { path = path })
  end
  return nil, fail.new("format", "this is no sealed file of the site",
    "`moonlatch encrypt` seals a file", { path = path })
end

--- The approved set of recipients that were named on the command line.
---@param keys string[]
---@param place moonlatch.Place?
---@param global table
---@return userdata? approved
---@return moonlatch.Error? err
function files.approve_named(keys, place, global)
  local claims <const>, words <const>, group <const> = {}, {}, {}
  for _, word in ipairs(keys) do
    for text in word:gmatch("[^,]+") do
      local key <const>, malformed <const> = key_groups.parse((trim(text)))
      if not key then
        return nil, malformed
      end
      table.insert(group, key)
      table.insert(words, key.recipient)
      table.insert(claims, { key = key.recipient, kind = key.kind })
    end
  end
  local root <const> = place and place.root or assert(fs.root ".")
  local approval <const>, err <const> = recipients.open(root, global)
  if not approval then
    return nil, err
  end
  return approval:approve(claims, { named = words, groups = { group } })
end

--- All forms of a file, for an option.
files.FORMATS = { "yaml", "json", "dotenv", "ini", "binary" }

--- The form of a file, by its name.
---@param path string
---@return string format
function files.format_of(path)
  return sops.format_of(path)
end

--- A sealed file, parsed. No key is needed.
---@param path string
---@param options { format: string? }?
---@return moonlatch.SopsFile? file
---@return moonlatch.Error? err
---@return moonlatch.Place? place   nil for standard input
function files.open(path, options)
  local bytes <const>, err <const> = files.read(path)
  if not bytes then
    return nil, err
  end
  local format <const> = options and options.format or path == "-" and "yaml"
    or files.format_of(path)
  local file <const>, bad <const> = sops.open(bytes, { path = path, format = format })
  local clear <const> = fail.is(bad, "missing") or not sops.has_sealed(bytes)
  bytes:wipe()
  if not file and clear then
    return nil, fail.new("format", "this file is not sealed", "`moonlatch encrypt` seals a file",
      { path = path })
  elseif not file then
    return nil, bad
  end
  return file, nil, path ~= "-" and assert(files.locate(path)) or nil
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

--- Refuse a command line that names two places for its result.
---@param args { file: string, in_place: boolean?, output: string? }
function files.check_target(args)
  if args.in_place and (args.file == "-" or args.output) then
    fail("usage", "-i writes into FILE itself, so it goes with neither - nor -o")
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
