--- vault.bitwarden.item — the shapes in which people keep a key in a Bitwarden item.
--
--     ssh-key     an item of the type "SSH key"
--     login       the public half as password, the private one in the notes
--     attachment  a file id_ed25519
--     note        a whole age key file in the notes

local fail     <const> = require "moonlatch.fail"
local ssh      <const> = require "moonlatch.ssh"
local ssh_keys <const> = require "moonlatch.ssh_keys"

local item = {}

--- The text at a path of member names; nil if there is none or it is empty.
---@param node moonlatch.Node?
---@param ... string
---@return moonlatch.Secret?
function item.text(node, ...)
  for _, name in ipairs { ... } do
    node = node and node.kind == "map" and node:get(name) or nil
  end
  if node and node.kind == "scalar" and node.type == "str" and #node:text() > 0 then
    return node:text()
  end
end

--- A public half as a string, if that is what stands there.
local function public_text(value)
  local public <const> = value and ssh.public(value)
  return public and public.line or nil
end

local function attachment_of(node)
  local list <const> = node:get "attachments"
  if not list or list.kind ~= "list" then
    return nil
  end
  for _, attachment in list:items() do
    local file <const> = item.text(attachment, "fileName")
    if file and file:equal "id_ed25519" then
      return item.text(attachment, "id")
    end
  end
end

local function read_ssh_key(node, key)
  local stated <const> = item.text(node, "sshKey", "publicKey")
  local found <const> = { shape = "ssh-key", public = public_text(stated), holder = key }
  if stated and not found.public then
    found.problem = fail.new("format", "its public half is no SSH public key",
      "one of the two was pasted wrongly; nothing was used")
  end
  return found
end

--- What an item holds. The secrets in it belong to the document.
---@param node moonlatch.Node  a map
---@return moonlatch.VaultItem item  and `holder`: the private half, or `attachment`: its id
function item.read(node)
  local key <const> = item.text(node, "sshKey", "privateKey")
  if key then
    return read_ssh_key(node, key)
  end
  local notes <const> = item.text(node, "notes")
  if notes and ssh_keys.is_private(notes) then
    return { shape = "login", public = public_text(item.text(node, "login", "password")),
      holder = notes }
  end
  local attachment <const> = attachment_of(node)
  if attachment then
    return { shape = "attachment", attachment = attachment:publish() }
  end
  return { shape = "note", holder = notes }
end

return item
