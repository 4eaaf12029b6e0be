--- identities.names — how identities are called.

local names = {}

--- `sops-NAME-ssh` of the guide; the name without the usual ends.
function names.base(name)
  name = name:match("^sops%-(.+)%-ssh$") or name
  return name:match("^(.+)%-user$") or name
end

--- A key as it is named in a message.
function names.short(key)
  return #key > 16 and key:sub(1, 12) .. "…" or key
end

--- A key that nobody has a name for: itself, but for post-quantum ones, which fill a screen.
function names.unnamed(key)
  return #key > 100 and names.short(key) or key
end

--- The anchor that holds the key an identity had before, as long as both open files.
---@param anchor string
---@return string
function names.former(anchor)
  return anchor .. "-old"
end

return names
