--- rotation.keys — which key goes and which one comes, when an identity gets a new key.

local age        <const> = require "moonlatch.age"
local check      <const> = require "moonlatch.vault.check"
local fail       <const> = require "moonlatch.fail"
local files      <const> = require "moonlatch.files"
local key_groups <const> = require "moonlatch.key_groups"
local names      <const> = require "moonlatch.identities.names"
local own        <const> = require "moonlatch.own"
local shell      <const> = require "moonlatch.shell"
local ssh        <const> = require "moonlatch.ssh"
local vault      <const> = require "moonlatch.vault"

local keys = {}

---@class moonlatch.NewKey
---@field recipient string
---@field identity moonlatch.AgeIdentity?  nil: its private half is not here
---@field key moonlatch.SshKey?         where it follows from an SSH key
---@field named boolean                 the user named it, so it needs no further approval

--- The name of the identity's anchor, if it has one.
---@param identity moonlatch.Identity
---@return string?
function keys.anchor_of(identity)
  local anchor <const> = identity.contexts.anchors[1]
  return anchor and anchor.name
end

--- Keys that the repository itself gives to the identity: not those of vault or key file.
local function public_keys(identity)
  local list <const>, seen <const> = {}, {}
  for _, place in ipairs { "anchors", "users", "machines" } do
    for _, context in ipairs(identity.contexts[place]) do
      if not seen[context.key] then
        seen[context.key] = true
        table.insert(list, context.key)
      end
    end
  end
  return list
end

local function only(list, id, hint)
  if #list > 1 then
    return nil, fail.new("conflict", ("%s has %d keys in this repository"):format(id, #list), hint)
  end
  return list[1]
end

--- The key in use, that a rotation replaces.
---@param all moonlatch.Repo
---@param identity moonlatch.Identity
---@return string? key
---@return moonlatch.Error? err
function keys.in_use(all, identity)
  local anchor <const> = keys.anchor_of(identity)
  if anchor and all.rules:anchor(names.former(anchor)) then
    return nil, fail.new("conflict",
      ("a rotation of %s is under way: its old key still opens files"):format(identity.id),
      ("`moonlatch rotate %s --finish` ends it"):format(shell.quote(identity.id)))
  end
  local list <const>, opening <const> = public_keys(identity), {}
  for _, key in ipairs(list) do
    if #all:with(key) > 0 then
      table.insert(opening, key)
    end
  end
  if #list == 0 then
    return nil, fail.new("missing", ("%s has no key in this repository"):format(identity.id),
      ("`moonlatch bootstrap %s` gives it one"):format(shell.quote(identity.id)))
  end
  return only(#opening > 0 and opening or list, identity.id,
    "--old KEY says which one goes: " .. table.concat(list, ", "))
end

--- The two keys of a rotation under way.
---@param all moonlatch.Repo
---@param identity moonlatch.Identity
---@param old string?  --old
---@return string? old
---@return string|moonlatch.Error new
function keys.under_way(all, identity, old)
  local name <const> = keys.anchor_of(identity)
  local former <const> = name and all.rules:anchor(names.former(name))
  old = old or former and former.value
  if not old then
    return nil, fail.new("missing", ("no rotation of %s is under way"):format(identity.id),
      "`--keep-old` begins one; --old KEY names the key that shall go")
  end
  local others <const> = {}
  for _, key in ipairs(public_keys(identity)) do
    if key ~= key_groups.canonical(old) then
      table.insert(others, key)
    end
  end
  if #others == 0 then
    return nil, fail.new("missing", ("%s has no other key than the one that shall go")
      :format(identity.id), ("`moonlatch rotate %s` gives it one"):format(shell.quote(identity.id)))
  end
  local new <const>, err <const> = only(others, identity.id)
  return new and old, new or err
end

--- A public key on the command line: somebody else's rotation.
local function from_text(word)
  local key <const> = word:match "^ssh%-" and assert(ssh.to_age(word)) or word
  return { recipient = assert(age.recipient(key)).text, named = true }
end

local function from_file(path)
  local item <const> = assert(check.key { name = path, private = assert(files.read(path)) })
  return { recipient = item.recipient, identity = item.identity, key = item.key, named = true }
end

--- A new key of the kind of the old one: post-quantum stays so, and what follows from an SSH key
--- in the vault does.
local function generate(identity, old, vault_has_it)
  local hybrid <const> = assert(age.recipient(old)).kind == "hybrid"
  if hybrid or not vault_has_it then
    local made <const> = assert(age.generate { kind = hybrid and "hybrid" or "x25519" })
    return { recipient = made:recipient(), identity = made, named = true }
  end
  local key <const> = assert(ssh.generate { comment = identity.id })
  local derived <const> = assert(key:age_identity())
  return { recipient = derived:recipient(), identity = derived, key = key, named = true }
end

local function from_vault(provider, one, old)
  local found <const> = assert(own.fetch(provider, { one }))[one.id]
  if key_groups.canonical(found.recipient) == key_groups.canonical(old) then
    fail("conflict", ("the vault item %s still holds the key that is in use"):format(one.item),
      "change it there first; or --generate makes a new key, --new-key FILE takes one")
  end
  return { recipient = found.recipient, identity = found.identity, key = found.key, named = false }
end

--- The provider, if this identity is kept in it and it can be used.
local function provider_of(ctx, one)
  if not one then
    return nil
  end
  local provider <const> = assert(vault.open(ctx.site,
    { report = ctx.report, sync = ctx.args.sync }))
  local usable <const>, err <const> = vault.usable(provider:status())
  return usable and provider or nil, err
end

--- The new key: of --new-key, generated, or what the vault holds by now.
---@param ctx table   args, site, report, identity, old
---@return moonlatch.NewKey
---@return { provider: moonlatch.Vault, item: string }? put  where a generated key is to be stored
function keys.new(ctx)
  local args <const> = ctx.args
  if args.new_key and args.generate then
    fail("usage", "--new-key and --generate exclude each other")
  elseif args.new_key then
    local public <const> = args.new_key:match "^age1" or args.new_key:match "^ssh%-"
    return (public and from_text or from_file)(args.new_key)
  end
  local one <const>, no_item <const> = own.identity(ctx.site, ctx.identity.id)
  local provider <const>, locked <const> = provider_of(ctx, one)
  if args.generate then
    local made <const> = generate(ctx.identity, ctx.old, provider ~= nil)
    return made, made.key and { provider = provider, item = one.item }
  elseif not provider then
    local err <const> = locked or no_item
    err.hint = (err.hint and err.hint .. "; or " or "") .. "--generate, or --new-key FILE"
    error(err, 0)
  end
  return from_vault(provider, one, ctx.old)
end

return keys
