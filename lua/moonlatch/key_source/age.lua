--- key_source.age — age keys of plugins, through the program that has them. All other age keys need
--- no source.
--
-- A recipient is approved before it gets here, which is what lets its program run; an identity
-- comes from the user's own key files.

local age    <const> = require "moonlatch.age"
local fail   <const> = require "moonlatch.fail"
local plugin <const> = require "moonlatch.age_plugin"

local source = {}

--- Does a key look like one of these plugins' own? Keys age1tag1… could be of any of them.
---@param key moonlatch.Key
---@param plugins moonlatch.AgeIdentity[]
---@return boolean
function source.suits(key, plugins)
  for _, identity in ipairs(plugins) do
    local prefix <const> = ("age1%s1"):format(identity.name)
    if key.recipient:sub(1, #prefix) == prefix then
      return true
    end
  end
  return key.recipient:find "^age1tag" ~= nil
end

--- The data key, or the share of its group, as an armored age file for this recipient.
---@param key moonlatch.Key
---@param share moonlatch.Secret
---@param options moonlatch.SourceOptions
---@return string? enc
---@return moonlatch.Error? err
function source.wrap(key, share, options)
  local seal <close>, err <const> = age.seal { key.recipient }
  if not seal then
    return nil, err
  end
  local ok <const>, bad <const> = plugin.wrap(seal, options)
  if not ok then
    return nil, bad
  end
  return seal:encrypt(share, { armor = true })
end

--- What is in the file, with the user's identities of plugins.
---@param _ moonlatch.Key
---@param enc string
---@param options moonlatch.SourceOptions
---@return moonlatch.Secret? share
---@return moonlatch.Error? err
function source.unwrap(_, enc, options)
  local file <close>, err <const> = age.open(enc)
  if not file then
    return nil, err
  end
  local problem
  for _, identity in ipairs(options.plugins) do
    local opened <const>, bad <const> = plugin.unwrap(file, { identity }, options)
    if opened then
      return file:text()
    elseif fail.is(bad, "interrupted") then
      return nil, bad
    end
    problem = problem or bad
  end
  return nil, problem or fail.new("key", "none of your plugins opens it")
end

return source
