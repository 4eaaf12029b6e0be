--- vault.directory — a folder of key files: NAME is a private key, NAME.pub its public half.

local fail  <const> = require "moonlatch.fail"
local fs    <const> = require "moonlatch.fs"
local host  <const> = require "moonlatch.host"
local modes <const> = require "moonlatch.modes"
local shell <const> = require "moonlatch.shell"
local trim  <const> = require "moonlatch.text".trim

local Directory = { name = "directory" }
Directory.__index = Directory

local directory = {}

--- Who can write to a repository, or to the folder itself, could put their keys there and take
--- those that are stored. So a repository may name only a folder that lies in no repository and
--- that others cannot get at. The user's own environment may name any.
local function check_place(path, site)
  local root <const> = fs.root(path)
  if not root then
    return true -- said when the vault is used
  end
  local top <const>, name <const> = assert(fs.root "/"), root.path:sub(2)
  local inside <const> = (root.path .. "/"):sub(1, #site.path + 1) == site.path .. "/" and site.path
    or fs.search_up(root.path, { ".git", ".sops.yaml", "moonlatch.lua" })
  if inside then
    return nil, fail.new("site", ("vault.path: %s lies in the repository %s"):format(path, inside),
      "a repository does not decide that private keys are kept in one; MOONLATCH_VAULT_PATH does",
      { path = site.config_path })
  end
  local ok <const>, err <const> = top:trusted(name)
  if not ok then
    return nil, err
  elseif modes.is_open(top:stat(name)) then
    return nil, fail.new("permission", "others have access to the folder of the vault",
      "chmod 700 " .. shell.quote(root.path), { path = root.path })
  end
  return true
end

--- Open the folder that the site file, or MOONLATCH_VAULT_PATH, names.
---@param config table  `vault` of the site file
---@param _ table
---@param site moonlatch.Site
---@return moonlatch.VaultProvider?
---@return moonlatch.Error? err
function directory.open(config, _, site)
  local own <const> = host.env "MOONLATCH_VAULT_PATH"
  local path = own or config.path
  if not path then
    return nil, fail.new("missing", "the folder of the vault is not named",
      "vault = { provider = 'directory', path = … } in moonlatch.lua, or MOONLATCH_VAULT_PATH")
  end
  if path:sub(1, 2) == "~/" then
    path = fs.home() .. path:sub(2)
  elseif path:sub(1, 1) ~= "/" then
    path = site.path .. "/" .. path
  end
  if not own then
    local ok <const>, err <const> = check_place(path, site)
    if not ok then
      return nil, err
    end
  end
  return setmetatable({ path = path, search = config.search }, Directory)
end

function Directory:status()
  local err
  if not self.root then
    self.root, err = fs.root(self.path)
  end
  if self.root then
    return { state = "unlocked" }
  elseif fail.is(err, "missing") then
    return { state = "missing", message = "the folder of the vault is not there",
      hint = "make " .. shell.quote(self.path) }
  end
  return { state = "broken", message = err.message, hint = err.hint, err = err }
end

local function public_of(root, name)
  local line <const> = root:exists(name .. ".pub") and root:read(name .. ".pub")
  return line and trim(line) or nil
end

--- Reads a private half; one that others can read is no secret any more.
local function read_private(self, item, stat)
  if modes.is_open(stat) then
    local path <const> = self.path .. "/" .. item.name
    item.problem = fail.new("permission", "others have access to this private key",
      "chmod 600 " .. shell.quote(path), { path = path })
  else
    item.private, item.problem = self.root:read_secret(item.name)
  end
end

function Directory:items(request)
  local root <const> = self.root
  local names <const>, err <const> = root:list "."
  if not names then
    return nil, err
  end
  local items <const> = {}
  for _, name in ipairs(names) do
    local asked <const> = request.names[name]
      or request.search and name:find(request.search, 1, true)
    local stat <const> = asked and not name:match "%.pub$" and not name:match "^%."
      and root:stat(name)
    if stat and stat.kind == "file" then
      local item <const> = { name = name, shape = "file", public = public_of(root, name) }
      if request.wanted(item) then
        read_private(self, item, stat)
      end
      table.insert(items, item)
    end
  end
  return items
end

function Directory:create(name, private, public)
  if name:find("/", 1, true) or name:match "^%." or name:match "%.pub$" then
    return nil, fail.new("argument", ("'%s' cannot be the name of a key file"):format(name))
  end
  local tx <close> = assert(fs.transaction { roots = { self.root } })
  local ok, err = tx:write(self.root, name, private, { kind = "clear", mode = modes.PRIVATE })
  if ok then
    ok, err = tx:write(self.root, name .. ".pub", public .. "\n", { kind = "public" })
  end
  if ok then
    ok, err = tx:commit()
  end
  return ok, err
end

return directory
