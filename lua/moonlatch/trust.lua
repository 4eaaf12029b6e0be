--- trust — a site's own code runs only in the state in which the user trusted it.
--
-- Trust is a digest over every file below moonlatch/ that could be loaded. Each file is read once:
-- the bytes that were hashed are the bytes that run.

local diff   <const> = require "moonlatch.diff"
local encode <const> = require "moonlatch.encode"
local fail   <const> = require "moonlatch.fail"
local fs     <const> = require "moonlatch.fs"
local host   <const> = require "moonlatch.host"
local lists  <const> = require "moonlatch.lists"
local state  <const> = require "moonlatch.state"

---@class moonlatch.Trust
---@field digest string?   nil: the site has no code
---@field files table<string, { text: string, sha256: string }>  by path below the root
---@field state "none"|"new"|"changed"|"trusted"
local Trust = {}
Trust.__index = Trust

local trust = {}

local CODE <const> = "moonlatch"
local FOLDERS <const> = { "generators", "hooks", "recipes", "tests" }

local function refuse(path)
  return nil, fail.new("trust", "code must be plain files, not links or others",
    "put the files themselves there, or leave the code out with --no-site", { path = path })
end

--- Is there a folder of code? A link of its name is mostly one to this program, and harmless; one
--- to a folder is refused as all links are.
local function has_code(site)
  local stat <const> = site.root:stat(CODE)
  local link <const> = stat and stat.kind == "link"
  if link and fs.root(site.path .. "/" .. CODE) then
    return refuse(CODE)
  end
  return stat ~= nil and not link
end

--- Reads the code at a path, a file or what is below a folder, into `files`.
local function read(root, path, files)
  local stat <const>, err <const> = root:stat(path)
  if not stat then
    return fail.is(err, "missing") or nil, err
  elseif stat.kind == "file" then
    local ok <const>, why <const> = root:trusted(path)
    if not ok then
      return nil, why
    end
    local text <const>, unread <const> = root:read(path)
    files[path] = text and { text = text, sha256 = encode.sha256(text) }
    return text ~= nil or nil, unread
  elseif stat.kind ~= "folder" then
    return refuse(path)
  end
  local names <const>, unlisted <const> = root:list(path)
  if not names then
    return nil, unlisted
  end
  for _, name in ipairs(names) do
    local ok <const>, bad <const> = read(root, path .. "/" .. name, files)
    if not ok then
      return nil, bad
    end
  end
  return true
end

--- A line a file, name and length included, so that no two sets of files give the same text.
local function digest_of(files)
  local lines <const> = {}
  for _, path in ipairs(lists.names(files)) do
    table.insert(lines, ("%s %d %s\n"):format(files[path].sha256, #path, path))
  end
  return #lines > 0 and encode.sha256(table.concat(lines)) or nil
end

--- Read the code of a site and compare it with what was trusted.
---@param site moonlatch.Site
---@return moonlatch.Trust?
---@return moonlatch.Error? err
function trust.open(site)
  local self <const> = setmetatable({ root = site.root, files = {}, state = "none" }, Trust)
  if site.none then
    return self
  end
  local code <const>, link <const> = has_code(site)
  if code == nil then
    return nil, link
  end
  for _, folder in ipairs(code and FOLDERS or {}) do
    local ok <const>, err <const> = read(site.root, CODE .. "/" .. folder, self.files)
    if not ok then
      return nil, err
    end
  end
  self.digest = digest_of(self.files)
  if not self.digest then
    return self
  end
  local known <const>, err <const> = state.read("trust", site.root)
  if err then
    return nil, err
  end
  self.known = known
  if host.env "MOONLATCH_TRUST" == self.digest or known and known.digest == self.digest then
    self.state = "trusted"
  else
    self.state = known and "changed" or "new"
  end
  return self
end

--- Remember the present state as trusted.
---@return boolean? ok
---@return moonlatch.Error? err
function Trust:accept()
  if not self.digest then
    return true
  end
  local files <const> = {}
  for path, file in pairs(self.files) do
    files[path] = file.text
  end
  local ok <const>, err <const> = state.write("trust", self.root,
    { digest = self.digest, files = files })
  if not ok then
    return nil, err
  end
  self.state = "trusted"
  return true
end

--- Trust no state any more.
---@return boolean? ok
---@return moonlatch.Error? err
function Trust:revoke()
  local ok <const>, err <const> = state.forget("trust", self.root)
  if not ok then
    return nil, err
  end
  self.known, self.state = nil, self.digest and "new" or "none"
  return true
end

--- How the code differs from what was trusted last.
---@return { path: string, change: "new"|"changed"|"removed", lines: string[] }[]
function Trust:diff()
  local before <const>, out <const> = self.known and self.known.files or {}, {}
  local paths <const> = {}
  for path in pairs(before) do
    paths[path] = true
  end
  for path in pairs(self.files) do
    paths[path] = true
  end
  for _, path in ipairs(lists.names(paths)) do
    local old <const>, new <const> = before[path], self.files[path] and self.files[path].text
    if old ~= new then
      table.insert(out, { path = path, lines = diff.short(old or "", new or ""),
        change = not old and "new" or not new and "removed" or "changed" })
    end
  end
  return out
end

--- The text of a code file that may run. Stops the run when the code is not trusted.
---@param path string  below the root
---@return string? text
---@return moonlatch.Error? err
function Trust:require(path)
  if self.state == "new" or self.state == "changed" then
    local what <const> = self.state == "new" and "was never trusted"
      or "changed since you trusted it"
    return nil, fail.new("trust", "the code below moonlatch/ " .. what,
      "read it with `moonlatch trust`, or leave it out with --no-site", { path = path })
  end
  local file <const> = self.files[path]
  if not file then
    return nil, fail.new("missing", "there is no such code file", nil, { path = path })
  end
  return file.text
end

--- Paths of the code in one folder ("recipes", "hooks", …), sorted.
---@param folder string
---@return string[]
function Trust:list(folder)
  local prefix <const>, found <const> = ("%s/%s/"):format(CODE, folder), {}
  for _, path in ipairs(lists.names(self.files)) do
    if path:sub(1, #prefix) == prefix and path:match("%.lua$") then
      table.insert(found, path)
    end
  end
  return found
end

return trust
