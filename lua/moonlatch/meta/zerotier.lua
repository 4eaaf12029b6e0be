---@meta moonlatch.zerotier

---Identities of ZeroTier nodes: what `zerotier-idtool` makes and checks.
---@class moonlatch.zerotier
local zerotier = {}

---A new identity. Its address follows from its keys by a hash made to be slow: on one processor
---this takes some 0.2 s, at times 1 s. All processors are used.
---@param options? { threads: integer? }
---@return moonlatch.ZeroTierIdentity? identity
---@return moonlatch.Error? err
function zerotier.generate(options) end

---Read `ADDRESS:0:PUBLIC` or `ADDRESS:0:PUBLIC:SECRET`. Only the form is looked at: see
---`identity:check()`.
---@param text moonlatch.Bytes
---@return moonlatch.ZeroTierIdentity? identity
---@return moonlatch.Error? err  `format`
function zerotier.parse(text) end

---An identity, with its secret half or without.
---@class moonlatch.ZeroTierIdentity
local ZeroTierIdentity = {}

---The address of the node: ten hexadecimal digits.
---@return string
function ZeroTierIdentity:address() end

---Does the address belong to the public keys, and do these belong to the secret ones?
---@return true? valid
---@return moonlatch.Error? err  `conflict`
function ZeroTierIdentity:check() end

---Close it; harmless any number of times.
function ZeroTierIdentity:close() end

---The text of `identity.public`, without a line end.
---@return string
function ZeroTierIdentity:public() end

---The text of `identity.secret`, without a line end.
---@return moonlatch.Secret? text
---@return moonlatch.Error? err  `missing`: the identity is a public one
function ZeroTierIdentity:secret() end

return zerotier, { ["moonlatch.zerotier.identity"] = ZeroTierIdentity }
