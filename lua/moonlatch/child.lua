--- child — how a program that was called ended, in words.

local child = {}

--- For the end of a message that begins with the program.
---@param result moonlatch.CommandResult
---@return string
function child.ended(result)
  if result.timed_out then
    return "took too long"
  elseif result.overflow then
    return "wrote more than can be read"
  elseif result.signal then
    return ("was ended by signal %d"):format(result.signal)
  end
  return ("ended with status %d"):format(result.status)
end

return child
