--- keyring.agent — which recipients the SSH agent of the user has the key of. An agent signs and no
-- more, so that it opens no file, but it tells whose key that is.

local ssh <const> = require "moonlatch.ssh"

local agent = {}

--- The recipients that stand for a key of the agent: the key itself, and the age key that follows
--- from it. None without an agent.
---@return table<string, true>
function agent.recipients()
  local held <const> = {}
  for _, key in ipairs(ssh.agent_keys() or {}) do
    held[key.line] = true
    local derived <const> = ssh.to_age(key.line)
    if derived then
      held[derived] = true
    end
  end
  return held
end

return agent
