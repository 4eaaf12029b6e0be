--- site — where the repository begins, and what its `moonlatch.lua` says.
--
-- `moonlatch.lua` is data: one table, run in an empty environment on a budget. It needs no trust,
-- because it cannot do anything and names no program. A repository without one is the usual case.

local fail   <const> = require "moonlatch.fail"
local fs     <const> = require "moonlatch.fs"
local host   <const> = require "moonlatch.host"
local lists  <const> = require "moonlatch.lists"
local schema <const> = require "moonlatch.schema"

---@class moonlatch.SiteIdentity
---@field kind "user"|"host"|"machine"|"shared"|"offline"|nil
---@field anchor string|false|nil
---@field vault string|table|false|nil
---@field clan_users string[]?
---@field clan_machines string[]?
---@field login string[]?
---@field hosts string[]?
---@field keyfile "login"|"always"|"never"|nil
---@field ssh string?
---@field bridge string?

---@class moonlatch.Site
---@field root moonlatch.Root      the folder, held open; no path below leaves it
---@field path string
---@field config table             checked; {} without a moonlatch.lua
---@field config_path string?      name of the site file below the root
---@field has_rules boolean        there is a .sops.yaml
---@field none boolean             --no-site: neither moonlatch.lua nor the site's code
local Site = {}
Site.__index = Site

local site = {}

local CONFIG <const> = "moonlatch.lua"
local RULES <const> = ".sops.yaml"

local text <const> = schema.text()
local texts <const> = schema.list(text)
local template <const> = schema.text("^[^/].*{file}", "a relative path with {file} in it")

--- Assignments of generators to machines; the generators themselves are code, under moonlatch/.
local assignment <const> = schema.fields {
  machines = texts, users = texts, groups = texts, share = schema.flag, settings = schema.map(
    function(value, where)
      if type(value) == "table" then
        fail("site", where .. ": a single value is expected", "settings are not nested")
      end
    end),
}

local check <const> = schema.fields {
  version = schema.exactly(1),
  identities = schema.map(schema.fields {
    kind = schema.word { "user", "host", "machine", "shared", "offline" },
    anchor = schema.or_false(text),
    vault = schema.or_false(schema.table_or(schema.fields {
      item = text, id = text, organisation = text,
      shape = schema.word { "ssh-key", "login", "attachment", "note" },
    }, text)),
    clan_users = texts, clan_machines = texts, login = texts, hosts = texts,
    keyfile = schema.word { "login", "always", "never" },
    ssh = text, bridge = text,
  }),
  vault = schema.fields {
    provider = schema.word { "bitwarden", "directory" },
    path = text, search = text, organisation = text,
  },
  keyfile = text,
  ignore = texts,
  vars = schema.fields {
    layout = schema.table_or(schema.fields { secret = template, public = template },
      schema.word { "clan" }),
  },
  generators = schema.map(assignment),
  machines = schema.map(schema.fields {
    class = schema.word { "nixos", "darwin", "other" }, address = text, groups = texts,
    deploy = schema.flag,
  }),
}

local function refuse_double(identities, field)
  local taken <const> = {}
  for _, id in ipairs(lists.names(identities)) do
    local value <const> = identities[id][field]
    for _, name in ipairs(type(value) == "table" and value or { value or nil }) do
      if taken[name] then
        fail("site", ("identities %s and %s both claim %s '%s'")
          :format(taken[name], id, field, name))
      end
      taken[name] = id
    end
  end
end

--- Check the table of a site file.
---@param value any
---@param path string?
---@return table? config
---@return moonlatch.Error? err
function site.check(value, path)
  local ok <const>, err <const> = pcall(function()
    check(value, "")
    for _, field in ipairs { "anchor", "clan_users", "clan_machines" } do
      refuse_double(value.identities, field)
    end
  end)
  if ok then
    return value
  end
  if not fail.is(err) then
    error(err, 0)
  end
  err.path = path
  err.message = err.message:gsub("^: ", "")
  return nil, err
end

local function read_config(root, name)
  local trusted <const>, why <const> = root:trusted(name)
  if not trusted then
    return nil, why
  end
  local source <const>, err <const> = root:read(name)
  if not source then
    return nil, err
  end
  local value <const>, bad <const> = host.load_data(source, name)
  if not value then
    return nil, fail.new("site", bad.message, "it must be one table of data: return { … }",
      { path = name, line = bad.line })
  end
  return site.check(value, name)
end

--- The folder of the site: where moonlatch.lua is, else where .sops.yaml is. Nothing is read.
---@param dir string
---@param none boolean?  --no-site: as if there were no moonlatch.lua
---@return string? folder
---@return string|moonlatch.Error name  which of the two is there
function site.find(dir, none)
  local wanted <const> = none and { RULES } or { CONFIG, RULES }
  for _, name in ipairs(wanted) do
    local folder <const> = fs.search_up(dir, { name }, { stop_at_git = true })
    if folder then
      return folder, name
    end
  end
  return nil, fail.new("missing", ("neither %s nor %s is here or above"):format(RULES, CONFIG),
    "`moonlatch init` makes them; -C DIR names the repository")
end

--- Find and read the site.
---@param options { dir: string?, file: string?, none: boolean? }?  from -C, --site, --no-site
---@return moonlatch.Site?
---@return moonlatch.Error? err
function site.open(options)
  options = options or {}
  local root, name, err
  if options.file and options.none then
    return nil, fail.new("usage", "--site and --no-site exclude each other")
  elseif options.file then
    root, name = fs.resolve(options.file)
    err = name
  else
    local folder
    folder, name = site.find(options.dir or fs.cwd(), options.none)
    if not folder then
      return nil, name
    end
    root, err = fs.root(folder)
  end
  if not root then
    return nil, err
  end
  local self <const> = setmetatable({ root = root, path = root.path, config = {},
    none = options.none or false, has_rules = root:exists(RULES) }, Site)
  if options.file or not options.none and name == CONFIG then
    self.config, err = read_config(root, name)
    self.config_path = name
    if not self.config then
      return nil, err
    end
  end
  if self.has_rules then
    local trusted <const>, why <const> = root:trusted(RULES)
    if not trusted then
      return nil, why
    end
  end
  return self
end

return site
