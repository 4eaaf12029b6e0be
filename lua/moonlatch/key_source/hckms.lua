--- key_source.hckms — HuaweiCloud KMS: no program of the service works on bytes from a pipe.

local fail <const> = require "moonlatch.fail"

local hckms = {}

local function refuse(key)
  return nil, fail.new("unsupported", ("keys of HuaweiCloud KMS cannot be used: %s")
    :format(key.recipient), "the key stays in the file; another of its keys must open it")
end

hckms.check, hckms.wrap, hckms.unwrap = refuse, refuse, refuse

return hckms
