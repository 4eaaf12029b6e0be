--- shell — words for command lines that people copy.
--
-- A name that a repository chose may hold `$(…)`: what stands in a hint must be inert in a shell.

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

return shell
