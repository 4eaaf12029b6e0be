--- keyring.other_kinds — what our own age keys did not open, opened by key sources: with keys of
--- other kinds, and with age keys of plugins.

local fail       <const> = require "moonlatch.fail"
local key_source <const> = require "moonlatch.key_source"

local other_kinds = {}

--- Is there anything that a key source could try on a file?
---@param file moonlatch.SopsFile
---@param plugins moonlatch.AgeIdentity[]
---@return boolean
function other_kinds.has(file, plugins)
  for _, recipient in ipairs(file:recipients()) do
    if recipient.kind ~= "age" or #plugins > 0 then
      return true
    end
  end
  return false
end

--- Unlock with the key sources too.
---@param file moonlatch.SopsFile
---@param identities moonlatch.AgeIdentity[]
---@param options moonlatch.SourceOptions
---@return { identity: integer?, recipient: string? }? opened
---@return moonlatch.Error? err  of code "key": its `groups` say what each source said
function other_kinds.unlock(file, identities, options)
  local opened <const>, err <const> = key_source.unlock(file, identities, options)
  if opened then
    return opened
  end
  local reasons <const> = {}
  for _, failure in ipairs(err.failures or {}) do
    reasons[failure.key.index] = not fail.is(failure.error, "key") and failure.error.message or nil
  end
  for _, group in ipairs(err.groups or {}) do
    for _, key in ipairs(group.keys) do
      key.asked = reasons[key.index] ~= nil
      key.error = reasons[key.index] or key.error
    end
  end
  return nil, err
end

return other_kinds
