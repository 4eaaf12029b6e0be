--- as.sops.prompt — questions as sops asks them: on standard output, answered on standard input.

local codes <const> = require "moonlatch.as.sops.codes"
local fs    <const> = require "moonlatch.fs"
local host  <const> = require "moonlatch.host"

local prompt = {}

local LONGEST <const> = 1024

--- Asks until the answer is y or n.
---@param question string
---@return boolean yes
function prompt.ask(question)
  while true do
    host.out(question)
    local answer <const>, err <const> = fs.read_line { limit = LONGEST }
    if err then
      error(err, 0)
    elseif not answer or answer == "" then
      codes.leave(codes.generic, "EOF")
    elseif answer == "y" or answer == "n" then
      return answer == "y"
    end
  end
end

return prompt
