--- shell — words as a shell would understand them, without one.
--
-- A name that a repository chose may hold `$(…)`: what stands in a hint must be inert in a shell.

local fail <const> = require "moonlatch.fail"
local fs   <const> = require "moonlatch.fs"
local proc <const> = require "moonlatch.proc"

local shell = {}

--- A word as a shell takes it for itself, in quotes only where they are needed.
---@param word string
---@return string
function shell.quote(word)
  if word:match "^[%w%-_./=:@+,]+$" then
    return word
  end
  return "'" .. word:gsub("'", "'\\''") .. "'"
end

--- Splits a command as a shell would, without one: quotes and backslashes, nothing else.
---@param line string
---@return string[]? words
---@return moonlatch.Error? err
function shell.words(line)
  local words <const>, word, quote, i = {}, nil, nil, 1
  while i <= #line do
    local c <const> = line:sub(i, i)
    if quote == "'" or quote == '"' and c ~= "\\" or quote and c == quote then
      if c == quote then
        quote = nil
      else
        word = word .. c
      end
    elseif c == "\\" then
      i = i + 1
      local escaped <const> = line:sub(i, i)
      if escaped == "" then
        return nil, fail.new("format", "the command ends in a backslash")
      end
      local kept <const> = quote and not escaped:match '[\\"$`]'
      word = (word or "") .. (kept and "\\" or "") .. escaped
    elseif c == "'" or c == '"' then
      quote, word = c, word or ""
    elseif c:match "%s" then
      if word then
        table.insert(words, word)
      end
      word = nil
    else
      word = (word or "") .. c
    end
    i = i + 1
  end
  if quote then
    return nil, fail.new("format", "the command has an open quote")
  end
  if word then
    table.insert(words, word)
  end
  return words
end

--- The program that the first word of a command means.
---@param word string  a bare name, or a path
---@return string? program  for proc.run
---@return string|moonlatch.Error real  where it really is
function shell.program(word)
  local program = word
  if word:find("/", 1, true) and word:sub(1, 1) ~= "/" then
    program = fs.cwd() .. "/" .. word
  end
  local real <const>, err <const> = proc.find(program)
  return real and program, real or err
end

--- The words with the path in the place of each {}.
---@param words string[]
---@param path string
---@return string[]
function shell.with_path(words, path)
  local put <const> = {}
  for i, word in ipairs(words) do
    put[i] = word:gsub("{}", (path:gsub("%%", "%%%%")))
  end
  return put
end

return shell
