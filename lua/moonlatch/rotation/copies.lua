--- rotation.copies — where else a key that goes is still found: what a rotation leaves to people.

local sops <const> = require "moonlatch.sops"
local ssh  <const> = require "moonlatch.ssh"

local copies = {}

local LARGEST <const> = 1024 * 1024

--- Lines of an SSH public key that is the old one.
local function names_ssh_key(text, old)
  for blob in text:gmatch "ssh%-ed25519 (AAAA[%w+/=]+)" do
    if ssh.to_age("ssh-ed25519 " .. blob) == old then
      return true
    end
  end
  return false
end

--- Files in clear that name the old key, as an age key or as the SSH key it follows from.
---@param all moonlatch.Repo
---@param plan moonlatch.Plan
---@param old string
---@return string[] paths
function copies.public(all, plan, old)
  local root <const>, found <const> = all.site.root, {}
  for _, path in ipairs(all.clear) do
    local bytes <const> = plan:current(root, path, { secret = true })
    if bytes and #bytes <= LARGEST then
      -- only a file that shows a public key is looked at as text
      if bytes:has(old) or bytes:has "ssh-ed25519 AAAA" and names_ssh_key(bytes:publish(), old) then
        table.insert(found, path)
      end
    end
  end
  return found
end

--- Sealed files that hold the old private key itself, for other machines to use: bridges. Only what
--- this ring opens can be looked into, and the old key may be all it has: so as they were before.
---@param all moonlatch.Repo
---@param ring moonlatch.Keyring
---@param private moonlatch.Secret
---@return string[] paths
function copies.private(all, ring, private)
  local identities <const>, found <const> = ring:identities(), {}
  for _, f in ipairs(all.files) do
    local file <close> = assert(sops.open(f.text, { path = f.path, format = f.format }))
    if file:unlock(identities) and file:decrypt() then
      local clear <close> = assert(file:clear_text())
      if clear:has(private) then
        table.insert(found, f.path)
      end
    end
  end
  return found
end

--- Bridge files that the site file or their names tell of: also those that cannot be opened here.
---@param site moonlatch.Site
---@param all moonlatch.Repo
---@param identity moonlatch.Identity
---@return string[] paths
function copies.bridges(site, all, identity)
  local said <const> = (site.config.identities or {})[identity.id] or {}
  local found <const> = {}
  for _, f in ipairs(all.files) do
    local name <const> = f.path:match "bridge/(.+)%-age%-key%.enc$"
    local by_name = false
    for _, other in ipairs(identity.names) do
      by_name = by_name or name == other
    end
    if f.path == said.bridge or by_name then
      table.insert(found, f.path)
    end
  end
  return found
end

--- One list, each once, sorted.
---@param ... string[]
---@return string[]
function copies.join(...)
  local seen <const>, all <const> = {}, {}
  for _, list in ipairs { ... } do
    for _, path in ipairs(list) do
      if not seen[path] then
        seen[path] = true
        table.insert(all, path)
      end
    end
  end
  table.sort(all)
  return all
end

return copies
