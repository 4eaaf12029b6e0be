--- git — the index, old versions and settings of a repository, asked of git itself.
--
-- Nothing that a repository's settings could run takes part: neither a file system monitor nor
-- text conversions. Contents may hold values and are read as secrets.

local fail <const> = require "moonlatch.fail"
local fs   <const> = require "moonlatch.fs"
local proc <const> = require "moonlatch.proc"

---@class moonlatch.Git
---@field root moonlatch.Root?  the folder that git is asked in
---@field top string           absolute path of the work tree
local Git = {}
Git.__index = Git

local git = {}

local USER <const> = { "HOME", "PATH", "XDG_CONFIG_HOME" }
--- The same with what git hands over to hooks.
local HOOK <const> = { "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY",
  "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_QUARANTINE_PATH", table.unpack(USER) }
local SAFE <const> = { "--no-pager", "--no-optional-locks", "--literal-pathspecs",
  "-c", "core.fsmonitor=false" }
local LARGEST <const> = 64 * 1024 * 1024 -- as in every walk over a site
local MOST_CONFLICTS <const> = 128 -- beyond, the status of `git merge-file` is a failure
local LINK <const>, MODULE <const> = "120000", "160000"

local function run(self, words, more)
  more = more or {}
  local options <const> = table.move(SAFE, 1, #SAFE, 1, {})
  table.move(words, 1, #words, #options + 1, options)
  local result <const>, err <const> = proc.run { program = "git", options = options,
    operands = more.operands, separator = more.operands ~= nil or nil, stdin = more.stdin,
    stdout = more.stdout or "string", stderr = "string", limit = more.limit,
    pass = self.root and USER or HOOK, env = { LC_ALL = "C" }, cwd = self.root }
  if not result then
    return nil, err
  elseif result.status ~= 0 then
    local said <const> = result.stderr:match "[^\n]+" or "no reason given"
    return nil, fail.new("child", ("git %s: %s"):format(words[1], said), nil,
      { ended = result.status })
  end
  return result.stdout
end

--- The repository around a folder; without one, that which git works on in a hook, else the one
--- around the current folder.
---@param root moonlatch.Root?
---@return moonlatch.Git?
---@return moonlatch.Error? err  `missing`: there is none, or no git
function git.open(root)
  local self <const> = setmetatable({ root = root }, Git)
  local top <const>, err <const> = run(self, { "rev-parse", "--show-toplevel" })
  if not top then
    return nil, fail.is(err, "child") and fail.new("missing", "this is no git repository", nil,
      { path = (root or assert(fs.root ".")).path }) or err
  end
  self.top = top:gsub("\n$", "")
  return self
end

--- Splits output that ends each item with a zero byte.
local function items(text)
  return text:gmatch "([^%z]*)%z"
end

---@class moonlatch.Staged
---@field path string      from the top
---@field id string?       nil: it is removed
---@field before string?   its contents in the last commit; nil: it is new

--- What the next commit changes: regular files only.
---@return moonlatch.Staged[]?
---@return moonlatch.Error? err
function Git:staged()
  local text <const>, err <const> = run(self, { "diff", "--cached", "--raw", "-z", "--no-abbrev",
    "--no-renames", "--no-relative", "--no-ext-diff", "--no-textconv" })
  if not text then
    return nil, err
  end
  local list <const>, next_item <const> = {}, items(text)
  for head in next_item do
    local was <const>, mode <const>, before <const>, id <const> =
      head:match "^:(%d+) (%d+) (%x+) (%x+) "
    local path <const> = next_item()
    if mode ~= LINK and mode ~= MODULE then
      table.insert(list, { path = path, id = not id:match "^0+$" and id or nil,
        before = was ~= MODULE and not before:match "^0+$" and before or nil })
    end
  end
  return list
end

--- Entries of the index: path to id by stage; stage 0 is a merged file, 1 to 3 are base, ours and
--- theirs of one that is not.
---@param paths string[]?  from here, not from the top; default: all that is not merged
---@return table<string, table<integer, string>>?
---@return moonlatch.Error? err
function Git:index(paths)
  local text <const>, err <const> = run(self, { "ls-files", "-z", "--full-name",
    paths and "--stage" or "--unmerged" }, { operands = paths })
  if not text then
    return nil, err
  end
  local found <const> = {}
  for item in items(text) do
    local mode <const>, id <const>, stage <const>, path <const> =
      item:match "^(%d+) (%x+) (%d)\t(.*)$"
    if mode ~= LINK and mode ~= MODULE then
      found[path] = found[path] or {}
      found[path][math.tointeger(tonumber(stage))] = id
    end
  end
  return found
end

--- The sizes of contents by name; those that are not there are left out.
local function sizes(self, names)
  local text <const>, err <const> = run(self,
    { "cat-file", "--batch-check=%(objecttype) %(objectsize)" },
    { stdin = table.concat(names, "\n") .. "\n" })
  if not text then
    return nil, err
  end
  local found <const>, i = {}, 0
  for line in text:gmatch "([^\n]*)\n" do
    i = i + 1
    local size <const> = line:match "^blob (%d+)$"
    found[names[i]] = size and math.tointeger(tonumber(size))
  end
  return found
end

--- One batch of contents. Where each begins follows from the sizes, so that no byte of them need be
--- looked at.
local function read_batch(self, batch, into)
  local total = 0
  for _, one in ipairs(batch) do
    total = total + #one.head + one.size + 1
  end
  local names <const> = {}
  for i, one in ipairs(batch) do
    names[i] = one.name
  end
  local bytes <close>, err <const> = run(self, { "cat-file", "--batch=%(objectsize)" },
    { stdin = table.concat(names, "\n") .. "\n", stdout = "secret", limit = total + 1 })
  if not bytes then
    return nil, err
  end
  local at = 1
  for _, one in ipairs(batch) do
    at = at + #one.head
    into[one.name] = bytes:sub(at, at + one.size - 1)
    at = at + one.size + 1
  end
  return true
end

--- The contents of several versions of files; one that is not there, or too large, is left out.
---@param names string[]  ids, or REVISION:PATH
---@return table<string, moonlatch.Secret>?
---@return moonlatch.Error? err
function Git:read(names)
  if #names == 0 then
    return {}
  end
  for _, name in ipairs(names) do
    if name:find "\n" then
      return nil, fail.new("unsupported", "a line break in the name of a file", nil,
        { path = name })
    end
  end
  local known <const>, err <const> = sizes(self, names)
  if not known then
    return nil, err
  end
  local found <const>, batch, total = {}, {}, 0
  local function flush()
    local ok, bad = true, nil
    if #batch > 0 then
      ok, bad = read_batch(self, batch, found)
    end
    batch, total = {}, 0
    return ok, bad
  end
  for _, name in ipairs(names) do
    local size <const> = known[name]
    if size and size <= LARGEST then
      if total + size > LARGEST then
        local ok <const>, bad <const> = flush()
        if not ok then
          return nil, bad
        end
      end
      table.insert(batch, { name = name, size = size, head = ("%d\n"):format(size) })
      total = total + size
    end
  end
  local ok <const>, bad <const> = flush()
  return ok and found, bad
end

--- What git says in one line.
local function line(self, ...)
  local text <const>, err <const> = run(self, { ... })
  return text and text:gsub("\n$", ""), err
end

--- The folder of git's own, which all work trees share.
---@return string? path
---@return moonlatch.Error? err
function Git:folder()
  return line(self, "rev-parse", "--path-format=absolute", "--git-common-dir")
end

--- Merge three files in clear as git does, into the first; conflicts are marked there.
---@param ours string
---@param base string
---@param theirs string
---@return boolean? clean
---@return moonlatch.Error? err
function git.merge_files(ours, base, theirs)
  local done <const>, err <const> = run({}, { "merge-file", "--quiet", "-L", "ours", "-L", "base",
    "-L", "theirs" }, { operands = { ours, base, theirs } })
  if done then
    return true
  elseif err.ended and err.ended < MOST_CONFLICTS then
    return false
  end
  return nil, err
end

--- Where a file of git's own is, for instance `hooks/pre-commit`.
---@param name string
---@return string? path
---@return moonlatch.Error? err
function Git:path(name)
  return line(self, "rev-parse", "--path-format=absolute", "--git-path", name)
end

--- A setting of this repository alone; nil when there is none.
---@param name string
---@return string?
function Git:setting(name)
  return (line(self, "config", "--local", "--get", name))
end

--- Change a setting of this repository.
---@param name string
---@param value string
---@return boolean? ok
---@return moonlatch.Error? err
function Git:set(name, value)
  local ok <const>, err <const> = run(self, { "config", "--local", name, value })
  return ok and true, err
end

return git
