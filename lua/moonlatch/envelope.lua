--- envelope — a data key wrapped for keys of every kind.
--
-- The core wraps for age keys. Where others are wanted too, their key sources do the rest, each
-- through the program that stands for its service.

local sops <const> = require "moonlatch.sops"

local envelope = {}

local function fill(made, err, options)
  if not made then
    return nil, err
  end
  if #made:open() > 0 then
    local ok <const>, bad <const> = require("moonlatch.key_source").fill(made, options)
    if not ok then
      return nil, bad
    end
  end
  return made
end

--- A new data key, for `sops.encrypt` or `file:renew`.
---@param approved moonlatch.Approved
---@param options moonlatch.SourceOptions?
---@return moonlatch.Envelope?
---@return moonlatch.Error? err
function envelope.new(approved, options)
  local made <const>, err <const> = sops.envelope(approved)
  return fill(made, err, options)
end

--- The data key of a file, for `file:update_keys`.
---@param file moonlatch.SopsFile
---@param approved moonlatch.Approved
---@param options { rewrap: boolean?, sources: moonlatch.SourceOptions? }?
---@return moonlatch.Envelope?
---@return moonlatch.Error? err
function envelope.of(file, approved, options)
  local made <const>, err <const> = file:envelope(approved,
    { rewrap = options and options.rewrap or false })
  return fill(made, err, options and options.sources)
end

return envelope
