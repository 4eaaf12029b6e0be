--- vault.directory — a folder of key files: NAME is a private key, NAME.pub its public half.

local check <const> = require "moonlatch.vault.check"
local fail  <const> = require "moonlatch.fail"
local fs    <const> = require "moonlatch.fs"

local Directory = { name = "directory" }
Directory.__index = Directory

local directory = {}

--- Open the folder that the site file, or MOONLATCH_VAULT_PATH, names.
---@param config table  of the site file
---@param _ table
---@param site moonlatch.Site
---@return moonlatch.Vault?
---@return moonlatch.Error? err
function directory.open(config, _, site)
  local host <const> = require "moonlatch.host"
  local path = host.env "MOONLATCH_VAULT_PATH" or config.path
  if not path then
    return nil, fail.new("missing", "the folder of the vault is not named",
      "vault = { provider = 'directory', path = … } in moonlatch.lua, or MOONLATCH_VAULT_PATH")
  end
  if path:sub(1, 2) == "~/" then
    path = fs.home() .. path:sub(2)
  elseif path:sub(1, 1) ~= "/" then
    path = site.path .. "/" .. path
  end
  return setmetatable({ path = path }, Directory)
end

local function folder(self)
  self.root = self.root or fs.root(self.path)
  if not self.root then
    return nil, fail.new("missing", "the folder of the vault is not there", nil,
      { path = self.path })
  end
  return self.root
end

function Directory:status()
  local root <const>, err <const> = folder(self)
  if not root then
    return { state = "missing", message = err.message, hint = "make " .. self.path }
  end
  return { state = "unlocked" }
end

local function public_of(root, name)
  local line <const> = root:exists(name .. ".pub") and root:read(name .. ".pub")
  return line and line:match("^%s*(.-)%s*$") or nil
end

function Directory:list(search)
  local root <const>, err <const> = folder(self)
  if not root then
    return nil, err
  end
  local names <const>, unread <const> = root:list "."
  if not names then
    return nil, unread
  end
  local items <const> = {}
  for _, name in ipairs(names) do
    local stat <const> = root:stat(name)
    local wanted <const> = not search or name:find(search, 1, true)
    if stat and stat.kind == "file" and not name:match("%.pub$") and wanted
      and name:sub(1, 1) ~= "." then
      table.insert(items, { name = name, shape = "file", public = public_of(root, name) })
    end
  end
  return items
end

local function read(self, name, compare)
  if name:find("/", 1, true) or name:sub(1, 1) == "." then
    return nil, fail.new("argument", ("'%s' is not the name of a key file"):format(name))
  end
  local root <const>, err <const> = folder(self)
  if not root then
    return nil, err
  end
  local stat <const>, missing <const> = root:stat(name)
  if not stat then
    return nil, missing
  elseif stat.mode & 63 ~= 0 then
    return nil, fail.new("permission", "others have access to this private key",
      ("chmod 600 %s/%s"):format(self.path, name), { path = self.path .. "/" .. name })
  end
  local private <const>, unread <const> = root:read_secret(name)
  if not private then
    return nil, unread
  end
  return compare { name = name, shape = "file", private = private,
    public = public_of(root, name) }
end

function Directory:get(name)
  return read(self, name, check.key)
end

function Directory:inspect(search)
  local items <const>, err <const> = self:list(search)
  if not items then
    return nil, err
  end
  for _, item in ipairs(items) do
    local key <const>, problem <const> = read(self, item.name, check.halves)
    item.problem = problem
    if key then
      item.public, item.recipient = key.public, key.recipient
      key.private:wipe()
    end
  end
  return items
end

function Directory:fetch(names)
  local found <const> = {}
  for _, name in ipairs(names) do
    local item <const>, err <const> = self:get(name)
    if item then
      found[name] = item
    elseif not fail.is(err, "missing") then
      return nil, err
    end
  end
  return found
end

--- Store a new key. An existing one is never overwritten.
function Directory:put(name, private, public)
  local root <const>, err <const> = folder(self)
  if not root then
    return nil, err
  elseif root:exists(name) then
    return nil, fail.new("exists", ("the vault has a key named %s"):format(name),
      "move it away first: it may be needed for git history")
  end
  local tx <const> = assert(fs.transaction { roots = { root } })
  local ok, bad = tx:write(root, name, private, { kind = "clear", mode = tonumber("600", 8) })
  if ok then
    ok, bad = tx:write(root, name .. ".pub", public .. "\n", { kind = "public" })
  end
  if ok then
    return tx:commit()
  end
  tx:close()
  return nil, bad
end

return directory
