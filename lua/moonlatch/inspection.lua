--- inspection — what is wrong with one sealed file, as far as no key is needed.

local shell <const> = require "moonlatch.shell"
local sops  <const> = require "moonlatch.sops"
local text  <const> = require "moonlatch.text"

local inspection = {}

--- What configures a repository is in clear, whatever rules match it.
local UNSEALED <const> = { [".sops.yaml"] = true, ["moonlatch.lua"] = true }

--- What the structure of a sealed file tells.
---@param file moonlatch.SopsFile
---@param path string
---@return table[] findings
function inspection.structure(file, path)
  local found <const>, err <const> = file:verify()
  local list <const> = {}
  for i, one in ipairs(found or { err }) do
    local plain <const> = one.code == "sops.plain-value"
    list[i] = { code = plain and "clear-value" or "bad-metadata", path = path, line = one.line,
      message = one.message, name = plain and one.message:match "^(.*): the value" or nil,
      hint = plain and ("`moonlatch repair %s` seals it"):format(shell.quote(path)) or nil }
  end
  return list
end

--- The finding that a sealed file is which cannot be read.
---@param bytes moonlatch.Secret
---@param path string
---@param err moonlatch.Error  of the reader
---@return table finding
function inspection.broken(bytes, path, err)
  if text.has_conflict_marks(bytes) then
    return { code = "conflict-marks", path = path, line = err.line,
      message = "git's conflict marks are in this sealed file",
      hint = ("`moonlatch merge %s` merges the versions"):format(shell.quote(path)) }
  end
  return { code = "bad-metadata", path = path, line = err.line, message = err.message,
    hint = err.hint }
end

--- The finding that no rule can be told for a path, which never means that there is none.
---@param path string
---@param err moonlatch.Error  of Rules:match
---@return table finding
function inspection.unmatched(path, err)
  return { code = err.path and "bad-rule" or err.code, path = err.path or path, line = err.line,
    message = err.message, hint = err.hint }
end

--- The finding that a file in clear is whose first rule is not a catch-all; nil for other files.
---@param model moonlatch.Rules
---@param path string  as the rules see it
---@param shown string?  as the finding calls it
---@return table? finding
function inspection.clear(model, path, shown)
  if UNSEALED[path] then
    return nil
  end
  local rule <const>, err <const> = model:match(path)
  if err then
    return inspection.unmatched(shown or path, err)
  elseif rule and not model:catch_all(rule) then
    return { code = "clear-file", path = shown or path,
      message = ("rule %d covers this file, and it is not encrypted"):format(rule.index),
      hint = ("`moonlatch encrypt -i %s`"):format(shell.quote(shown or path)) }
  end
  return nil
end

--- Look at bytes that should be a sealed file.
---@param bytes moonlatch.Secret
---@param path string
---@param format string
---@return moonlatch.SopsFile? file  nil: it cannot be read as one
---@return table[] findings
function inspection.of(bytes, path, format)
  local file <const>, err <const> = sops.open(bytes, { path = path, format = format })
  if file then
    return file, inspection.structure(file, path)
  elseif not sops.has_sealed(bytes) then
    return nil, { { code = "clear-file", path = path, message = "this file is not sealed",
      hint = ("`moonlatch encrypt -i %s`"):format(shell.quote(path)) } }
  end
  return nil, { inspection.broken(bytes, path, err) }
end

return inspection
