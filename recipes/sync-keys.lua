--- sync-keys — the key file of this login, brought up to date from the vault.
--
-- The new file is complete in memory before anything is written; lines that we did not write stay.

local fail       <const> = require "moonlatch.fail"
local identities <const> = require "moonlatch.identities"
local key_groups <const> = require "moonlatch.key_groups"
local keyring    <const> = require "moonlatch.keyring"
local own        <const> = require "moonlatch.own"
local plan       <const> = require "moonlatch.plan"
local repo       <const> = require "moonlatch.repo"
local shell      <const> = require "moonlatch.shell"
local site_file  <const> = require "moonlatch.identities.site_file"
local vault      <const> = require "moonlatch.vault"

--- A key that differs from the repository's is said, and changes nothing there.
local function compare(report, all, one, key)
  local name <const> = site_file.anchor(one.id, one.said)
  local anchor <const> = all.rules and name and all.rules:anchor(name)
  if anchor and anchor.value and key_groups.canonical(anchor.value) ~= key.recipient then
    report:finding("vault-differs", ("the vault has another key for %s than anchor %s")
      :format(one.id, name), { path = all.rules.path, line = anchor.line, name = one.id,
      hint = ("`moonlatch rotate %s`, if the key was changed on purpose")
        :format(shell.quote(one.id)) })
  end
end

--- With --exact a key may go whose loss would lock files.
local function guard(args, all, ring, place)
  local _, removed <const> = place.file:diff(place.before)
  local lost <const> = own.lost_without(all, ring, removed)
  if #lost > 0 and not args.force then
    fail("conflict", ("%d files could no longer be opened here, for one %s"):format(#lost,
      lost[1].path), "--force if that is meant")
  end
end

local function run(args, ctx)
  local site <const>, report <const> = ctx.site, ctx.report
  local list <const> = assert(own.identities(site))
  local provider <const> = assert(vault.open(site, { report = report, sync = args.sync }))
  local keys <const> = assert(own.fetch(provider, list))
  local place <const> = assert(own.key_file(site, args.keyfile))
  local all <const> = assert(repo.open(site))
  local wanted <const> = {}
  for _, one in ipairs(list) do
    local key <const> = keys[one.id]
    compare(report, all, one, key)
    place.file:add(key.identity, { comment = one.id })
    table.insert(wanted, key.recipient)
  end
  if args.exact then
    place.file:keep_only(wanted)
    guard(args, all, keyring.open(), place)
  end
  local p <close> = plan.new { roots = { place.root }, global = ctx.global, report = report,
    title = "sync-keys" }
  own.write_key_file(p, place, identities.new(site, all, { keyfile = place.file }))
  return report:finish(p:finish { next = "moonlatch validate" })
end

---@type moonlatch.Recipe
return {
  name     = "sync-keys",
  summary  = "write your private keys from the vault into your key file",
  about    = "The identities are those whose login or host in moonlatch.lua is this one, and those "
    .. "marked `keyfile = 'always'`; without a site file the vault item sops-LOGIN-ssh. Every "
    .. "line that is not ours stays where it is.",
  group    = "keys",
  writes   = true,
  takes    = {},
  options  = {
    { "--exact", "drop all other keys from the file" },
    { "--force", "with --exact: also keys that some file needs" },
    { "--keyfile FILE", "the key file, if not the usual one", complete = "file" },
    { "--sync", "let the vault program fetch changes first" },
  },
  examples = { "moonlatch sync-keys" },
  run      = run,
}
