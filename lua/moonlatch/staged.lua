--- staged — what the next commit would hold: read from git's index, not from the work tree.
--
-- The rules are those of the index too, since they are what is committed beside the files.

local clan       <const> = require "moonlatch.clan"
local fs         <const> = require "moonlatch.fs"
local git        <const> = require "moonlatch.git"
local inspection <const> = require "moonlatch.inspection"
local rules      <const> = require "moonlatch.rules"
local sops       <const> = require "moonlatch.sops"
local text       <const> = require "moonlatch.text"

local staged = {}

local RULES <const> = ".sops.yaml"

--- The folders from that of a file up to the top, as prefixes: "a/b/", "a/", "".
local function folders_above(path)
  local list, folder = {}, path:match "^(.*/)" or ""
  while folder ~= "" do
    table.insert(list, folder)
    folder = folder:match "^(.*/)[^/]+/$" or ""
  end
  table.insert(list, "")
  return list
end

--- What git calls a file of the index. With the stage: a path may begin as if it had one.
local function in_index(path)
  return ":0:" .. path
end

--- Every file of rules above the staged files: folder to model.
local function read_rules(repository, files, findings)
  local names <const>, seen <const> = {}, {}
  for _, file in ipairs(files) do
    for _, folder in ipairs(folders_above(file.path)) do
      if not seen[folder] then
        seen[folder] = true
        table.insert(names, in_index(folder .. RULES))
      end
    end
  end
  local found <const> = assert(repository:read(names))
  local top <const>, models <const> = assert(fs.root(repository.top)), {}
  for folder in pairs(seen) do
    local path <const> = folder .. RULES
    local bytes <const> = found[in_index(path)]
    local source <const> = bytes and bytes:publish() or top:read(path) -- not added to git yet
    local model, err
    if source then
      model, err = rules.open(source, path)
    end
    models[folder] = model
    table.insert(findings, err and rules.diagnose(source, err))
  end
  return models
end

--- The nearest rules above a file, as sops looks for them; and the file's path as they see it.
local function governing(path, models)
  for _, folder in ipairs(folders_above(path)) do
    if models[folder] then
      return models[folder], path:sub(#folder + 1)
    end
  end
end

--- The finding that this file must be sealed, should it be in clear.
local function must_be_sealed(file, before, models)
  local model <const>, path <const> = governing(file.path, models)
  local found <const> = model and inspection.clear(model, path, file.path)
  if found and found.code == "clear-file" then
    return found
  elseif before and sops.has_sealed(before)
    and sops.is_encrypted(before, { path = file.path }) then
    return { code = "clear-file", path = file.path,
      message = "sealed in the last commit, and staged in clear" }
  elseif clan.is_secret(file.path) then
    return { code = "clear-file", path = file.path,
      message = "this file must be sealed, and is not" }
  end
  return found -- or none: no rule can be told for it
end

---@class moonlatch.StagedFile
---@field path string
---@field file moonlatch.SopsFile?  of a sealed one
---@field findings table[]

--- Look at one staged file; without its bytes, which are too many, it may be in clear.
local function inspect(file, bytes, before, models)
  local found <const> = must_be_sealed(file, before, models)
  if not bytes then
    return { path = file.path, findings = { found and { code = "limit", path = file.path,
      message = "larger than 64 MiB, so nobody knows whether it is sealed as it must be" } } }
  elseif sops.has_sealed(bytes) then
    local format <const> = sops.format_of(file.path)
    local sealed <const>, findings <const> = inspection.of(bytes, file.path, format)
    -- else a text about sealed files, at a place where nobody expects one
    return { path = file.path, file = sealed, findings = (sealed or found) and findings or {} }
  elseif found and found.code == "clear-file" and text.has_conflict_marks(bytes) then
    found.code, found.message = "conflict-marks", "in clear, with git's conflict marks"
  end
  return { path = file.path, findings = { #bytes > 0 and found or nil } }
end

--- All files that the next commit adds or changes.
---@return moonlatch.StagedFile[] files
---@return table[] findings  about the rules
function staged.all()
  local repository <const> = assert(git.open())
  local files <const>, names <const>, findings <const> = {}, {}, {}
  for _, file in ipairs(assert(repository:staged())) do
    if file.id then
      table.insert(files, file)
      table.insert(names, file.id)
      table.insert(names, file.before)
    end
  end
  local contents <const> = assert(repository:read(names))
  local models <const> = read_rules(repository, files, findings)
  local list <const> = {}
  for _, file in ipairs(files) do
    table.insert(list, inspect(file, contents[file.id], contents[file.before], models))
  end
  return list, findings
end

return staged
