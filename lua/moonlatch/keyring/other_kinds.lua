--- keyring.other_kinds — what age keys did not open, opened by the key sources of other kinds.

local key_source <const> = require "moonlatch.key_source"

local other_kinds = {}

--- Has a file keys that are not age keys?
---@param file moonlatch.SopsFile
---@return boolean
function other_kinds.has(file)
  for _, recipient in ipairs(file:recipients()) do
    if recipient.kind ~= "age" then
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
  local opened <const>, err <const> = key_source.unlock(file, identities,
    { order = options.order, any_address = options.any_address })
  if opened then
    return opened
  end
  local reasons <const> = {}
  for _, failure in ipairs(err.failures or {}) do
    reasons[failure.key.index] = failure.error.message
  end
  for _, group in ipairs(err.groups or {}) do
    for _, key in ipairs(group.keys) do
      key.error = key.error or reasons[key.index]
    end
  end
  return nil, err
end

return other_kinds
