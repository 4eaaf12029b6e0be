--- governing — what governs a file that a person names: its rule, or the links beside it.
--
-- The rules are those of the `.sops.yaml` found upward from the file itself. Where the path that
-- was written and the one it leads to have different rules, neither is guessed.

local fail  <const> = require "moonlatch.fail"
local files <const> = require "moonlatch.files"
local fs    <const> = require "moonlatch.fs"
local paths <const> = require "moonlatch.paths"
local rules <const> = require "moonlatch.rules"
local site  <const> = require "moonlatch.site"

---@class moonlatch.Governing
---@field site moonlatch.Site?      nil: no .sops.yaml is here or above
---@field rules moonlatch.Rules?
---@field rule moonlatch.Rule?
---@field path string?              the file's path as rules see it

local governing = {}

local RULES <const> = ".sops.yaml"

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
function governing.of(place, global)
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
    broken.path = broken.path or place.shown
    return nil, broken
  end
  local ok <const>, differs <const> = check_both(model, folder, place, rule)
  if not ok then
    return nil, differs
  end
  return { site = where, rules = model, rule = rule or nil, path = path }
end

--- The path of a site's file that the user names, as the site's rules see it.
---@param where moonlatch.Site
---@param path string
---@return string? name
---@return moonlatch.Error|moonlatch.Place|nil err  else the place
function governing.in_site(where, path)
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
function governing.rule(all, path)
  local name <const>, place <const> = governing.in_site(all.site, path)
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
function governing.sealed(all, path)
  local name <const>, place <const> = governing.in_site(all.site, path)
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

return governing
