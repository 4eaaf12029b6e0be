--- extract-keys — the public keys in the vault, and who they are in this repository.

local fail       <const> = require "moonlatch.fail"
local files      <const> = require "moonlatch.files"
local key_groups <const> = require "moonlatch.key_groups"
local rules      <const> = require "moonlatch.rules"
local site_file  <const> = require "moonlatch.identities.site_file"
local ssh        <const> = require "moonlatch.ssh"
local vault      <const> = require "moonlatch.vault"

--- What `.sops.yaml` calls a key.
local function names_in(site)
  local text <const> = site.has_rules and assert(site.root:read ".sops.yaml")
  local model <const> = text and assert(rules.open(text, ".sops.yaml"))
  return function(key)
    local names <const> = {}
    for _, anchor in ipairs(model and model.anchors or {}) do
      if anchor.value and key_groups.canonical(anchor.value) == key then
        table.insert(names, anchor.name)
      end
    end
    return table.concat(names, ", ")
  end
end

local function wanted(args, name)
  if #args.name == 0 then
    return true
  end
  for _, word in ipairs(args.name) do
    if name == word or name == ("sops-%s-ssh"):format(word) then
      return true
    end
  end
  return false
end

--- The items: all that the search finds, and those that only the site file names. Where an item
--- does not state its public half, or --verify asks, it comes from the private one.
local function items_of(site, args, report)
  local provider <const> = assert(vault.open(site, { report = report, sync = args.sync }))
  return assert(provider:list { names = site_file.vault_items(site), read = function(item)
    return wanted(args, item.name) and (args.verify or not item.public)
  end })
end

local function row_of(found, name_of)
  local public <const> = ssh.public(found.public)
  local key, err = found.recipient, nil
  if not key then
    key, err = ssh.to_age(found.public)
  end
  if not key then
    return nil, err
  end
  return { found.name, found.shape or "", public and public.fingerprint or "", key, name_of(key) }
end

local function from_vault(args, ctx, name_of)
  local rows <const> = {}
  for _, item in ipairs(items_of(ctx.site, args, ctx.report)) do
    if wanted(args, item.name) then
      local row, err = nil, item.problem
      if not err then
        row, err = row_of(item, name_of)
      end
      if row then
        table.insert(rows, row)
      else
        ctx.report:finding(err.stated and "pair-differs" or "vault-item", err.message,
          { name = item.name, hint = err.hint })
      end
    end
  end
  return rows
end

--- Public keys in a file, as authorized_keys has them: no vault is needed.
local function from_file(path, report, name_of)
  local rows <const>, number = {}, 0
  local bytes <close> = assert(files.read(path))
  for line in (bytes:publish() .. "\n"):gmatch "(.-)\r?\n" do
    number = number + 1
    local public <const> = ssh.public(line)
    local key <const>, err <const> = ssh.to_age(line)
    if key then
      table.insert(rows, { public.comment or "", "public", public.fingerprint, key, name_of(key) })
    elseif line:match "%S" and not line:match "^%s*#" then
      report:note("unsupported", err.message, { path = path, line = number })
    end
  end
  return rows
end

local function run(args, ctx)
  local name_of <const> = names_in(ctx.site)
  local rows <const> = args.from and from_file(args.from, ctx.report, name_of)
    or from_vault(args, ctx, name_of)
  ctx.report:table({ "ITEM", "SHAPE", "FINGERPRINT", "AGE KEY", "ANCHOR" }, rows, "keys")
  if #rows == 0 and #ctx.report.findings == 0 then
    fail("missing", "the vault has no such item", "items are named sops-NAME-ssh, or in "
      .. "moonlatch.lua")
  end
  return ctx.report:finish()
end

---@type moonlatch.Recipe
return {
  name     = "extract-keys",
  summary  = "list the public keys in the vault",
  about    = "Finds the items by their names and by what moonlatch.lua says, in one search. An "
    .. "item that cannot be used is reported; the others are listed all the same.",
  group    = "keys",
  takes    = { { "name", "only these: an item or an identity", many = true, optional = true } },
  options  = {
    { "--verify", "read private halves too, and compare them with the public ones" },
    { "--from FILE", "take public keys from a file such as authorized_keys instead",
      complete = "file" },
    { "--sync", "let the vault program fetch changes first" },
  },
  examples = { "moonlatch extract-keys", "moonlatch extract-keys --from ~/.ssh/authorized_keys" },
  run      = run,
}
