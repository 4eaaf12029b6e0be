--- bootstrap — one identity from the vault into its three contexts: key file, anchor, key.json.
--
-- Equal entries stay as they are. A different key under the same name is never replaced here: that
-- is a rotation. No rule gains a recipient: who may read is somebody else's decision.

local checks     <const> = require "moonlatch.checks"
local clan       <const> = require "moonlatch.clan"
local fail       <const> = require "moonlatch.fail"
local host       <const> = require "moonlatch.host"
local identities <const> = require "moonlatch.identities"
local key_groups <const> = require "moonlatch.key_groups"
local own        <const> = require "moonlatch.own"
local plan       <const> = require "moonlatch.plan"
local repo       <const> = require "moonlatch.repo"
local shell      <const> = require "moonlatch.shell"
local site_file  <const> = require "moonlatch.identities.site_file"
local steps      <const> = require "moonlatch.steps"
local vault      <const> = require "moonlatch.vault"

--- Which identity, and its key. A vault that is closed says so before anything else happens.
local function fetch(ctx)
  local args <const> = ctx.args
  if not ctx.site.has_rules then
    fail("missing", "there is no .sops.yaml yet", "`moonlatch init` makes it")
  end
  if args.id then
    ctx.wanted = assert(own.identity(ctx.site, args.id))
  else
    local list <const> = assert(own.identities(ctx.site))
    ctx.wanted = list[1]
    for _, one in ipairs(list) do -- what everybody has comes after what is only this login's
      if one.said.keyfile ~= "always" then
        ctx.wanted = one
        break
      end
    end
  end
  local provider <const> = assert(vault.open(ctx.site,
    { report = ctx.report, sync = args.sync }))
  ctx.key = assert(own.fetch(provider, { ctx.wanted }))[ctx.wanted.id]
end

--- What the repository says so far. The key itself was derived, and its halves compared, when the
--- vault gave it.
local function read_site(ctx)
  ctx.all = assert(repo.open(ctx.site))
  ctx.who = identities.new(ctx.site, ctx.all, {})
  ctx.plan = plan.new { roots = { ctx.site.root }, global = ctx.global, report = ctx.report,
    title = "bootstrap " .. ctx.wanted.id }
end

local function add_to_key_file(ctx)
  if ctx.wanted.said.keyfile == "never" then
    return
  end
  local place <const> = assert(own.key_file(ctx.site, ctx.args.keyfile))
  place.file:add(ctx.key.identity, { comment = ctx.wanted.id })
  own.write_key_file(ctx.plan, place, ctx.who)
end

local function refuse_other_key(ctx, what, path, line)
  fail("conflict", ("%s has another key than the vault"):format(what),
    ("`moonlatch rotate %s` changes a key"):format(shell.quote(ctx.wanted.id)),
    { path = path, line = line })
end

--- The anchor of that name, or any other with the same key, is enough.
local function add_anchor(ctx)
  local rules <const>, key <const> = ctx.all.rules, ctx.key.recipient
  local name <const> = site_file.anchor(ctx.wanted.id, ctx.wanted.said)
  if not name then
    return
  end
  local anchor <const> = rules:anchor(name)
  if anchor and key_groups.canonical(anchor.value or "") ~= key then
    refuse_other_key(ctx, "anchor " .. name, rules.path, anchor.line)
  elseif anchor or #rules:anchors_of(key) > 0 then
    return
  end
  assert(rules:add_anchor(name, key))
  ctx.plan:key_change()
  assert(ctx.plan:write(ctx.site.root, rules.path, rules:text(), { kind = "public" }))
end

--- The clan users that must have the key: as the site file says, else one that has it already, else
--- one named like the identity if the repository has clan users at all.
local function users_of(ctx)
  if ctx.wanted.said.clan_users then
    return ctx.wanted.said.clan_users
  end
  for _, entry in pairs(ctx.all.clan.users) do
    if repo.has_key(entry, ctx.key.recipient) then
      return {}
    end
  end
  return next(ctx.all.clan.users) and { ctx.wanted.id } or {}
end

local function add_key_json(ctx)
  for _, user in ipairs(users_of(ctx)) do
    local entry <const> = ctx.all.clan.users[user]
    if entry and not repo.has_key(entry, ctx.key.recipient) then
      refuse_other_key(ctx, "clan user " .. user, entry.path)
    elseif not entry then
      local path <const> = ("sops/users/%s/key.json"):format(user)
      local text <const> = ctx.site.root:exists(path) and assert(ctx.site.root:read(path)) or nil
      ctx.plan:key_change()
      assert(ctx.plan:write(ctx.site.root, path,
        assert(clan.edit_keys(text, { add = { ctx.key.recipient } }, path)), { kind = "public" }))
    end
  end
end

--- One transaction over all contexts, once the plan is agreed to.
local function commit(ctx)
  local p <close> = ctx.plan
  ctx.status = p:finish()
  if p.committed and host.secret_env "BW_SESSION" then
    ctx.report:say "the vault is still unlocked in this shell: `bw lock`"
  end
end

--- Does anything open with this key yet? A colleague has to let it in.
local function opens_nothing(ctx)
  for _, rule in ipairs(ctx.all.rules.rules) do
    for _, key in ipairs(ctx.all.rules:keys(rule, "age")) do
      if key_groups.canonical(key) == ctx.key.recipient then
        return false
      end
    end
  end
  return #ctx.all:with(ctx.key.recipient) == 0
end

local function validate(ctx)
  if ctx.status ~= 0 then
    return ctx.report:finish(ctx.status)
  end
  checks.run(ctx)
  if opens_nothing(ctx) then
    ctx.report:say("no file opens with this key yet: a colleague runs what is below")
    ctx.report:next(("moonlatch recipient add %s --rule N"):format(shell.quote(ctx.wanted.id)))
  else
    ctx.report:next "moonlatch status"
  end
  return ctx.report:finish()
end

---@type moonlatch.Recipe
return {
  name     = "bootstrap",
  summary  = "set up one identity from the vault",
  about    = "Derives the age key from the SSH key in the vault and puts it into the key file, the "
    .. "anchors of .sops.yaml and the clan user's key.json, all together. Without ID it is the "
    .. "identity of this login. A different key that is there already is refused: see `rotate`.",
  group    = "set up",
  writes   = true,
  takes    = { { "id", "an identity", optional = true, complete = "identity" } },
  options  = {
    { "--keyfile FILE", "the key file, if not the usual one", complete = "file" },
    { "--sync", "let the vault program fetch changes first" },
  },
  examples = { "moonlatch bootstrap", "moonlatch bootstrap tara --dry-run" },
  steps    = steps.new("bootstrap", {
    { "vault", fetch }, { "site", read_site }, { "key-file", add_to_key_file },
    { "anchor", add_anchor }, { "key-json", add_key_json }, { "commit", commit },
    { "validate", validate },
  }),
}
