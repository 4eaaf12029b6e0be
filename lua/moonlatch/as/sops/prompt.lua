--- as.sops.prompt — questions as sops asks them: on standard output, answered on standard input.

local codes <const> = require "moonlatch.as.sops.codes"
local host  <const> = require "moonlatch.host"
local store <const> = require "moonlatch.as.sops.store"

local prompt = {}

--- A function that asks until the answer is y or n. Standard input is read when it is first needed.
---@return fun(question: string): boolean yes
function prompt.new()
  local lines
  return function(question)
    lines = lines or store.read(nil):publish():gmatch "([^\n]*)\n?"
    while true do
      host.out(question)
      local answer <const> = lines()
      if not answer or answer == "" then
        codes.leave(codes.generic, "EOF")
      elseif answer == "y" or answer == "n" then
        return answer == "y"
      end
    end
  end
end

return prompt
