--- rotate — one identity gets a new key, everywhere at once.
--
-- Nothing is written before the end: each step works on what the plan holds by then, and the new
-- key has to open every file, the old one none, before the one transaction is committed. With
-- --keep-old both open everything until a later --finish.

local checks     <const> = require "moonlatch.checks"
local copies     <const> = require "moonlatch.rotation.copies"
local fail       <const> = require "moonlatch.fail"
local files      <const> = require "moonlatch.rotation.files"
local identities <const> = require "moonlatch.identities"
local key_groups <const> = require "moonlatch.key_groups"
local keyring    <const> = require "moonlatch.keyring"
local keys       <const> = require "moonlatch.rotation.keys"
local own        <const> = require "moonlatch.own"
local places     <const> = require "moonlatch.rotation.places"
local plan       <const> = require "moonlatch.plan"
local recipients <const> = require "moonlatch.recipients"
local repo       <const> = require "moonlatch.repo"
local shell      <const> = require "moonlatch.shell"
local steps      <const> = require "moonlatch.steps"

--- Files whose recipients are not what they should be: a rotation would carry the fault on.
local function refuse_drift(ctx)
  for _, f in ipairs(ctx.files) do
    local missing <const>, extra <const> = ctx.all:drift(f)
    if (#missing > 0 or #extra > 0) and not ctx.args.force then
      fail("conflict", "its recipients differ from what governs it", "`moonlatch validate` says "
        .. "how, `moonlatch update-keys` mends it; --force rotates all the same",
        { path = f.path })
    end
  end
end

--- A file that cannot be read or opened keeps its recipients, which only --keep-old allows.
local function leave_alone(ctx, path, err)
  if not ctx.keeps then
    err.path, err.hint = err.path or path, (err.hint and err.hint .. "; " or "")
      .. "--keep-old rotates the others"
    error(err, 0)
  end
  ctx.report:finding(err.code, err.message, { path = path, line = err.line,
    hint = "it keeps its recipients as they are" })
end

--- Every file must open now.
local function sort_openable(ctx)
  local openable <const> = {}
  for _, broken in ipairs(ctx.all.broken) do
    leave_alone(ctx, broken.path, broken.error)
  end
  for _, f in ipairs(ctx.files) do
    local used <const>, err <const> = ctx.ring:unlock(f.file, ctx.who)
    local ok, bad = used ~= nil, err
    if used then
      ok, bad = f.file:decrypt()
    end
    if ok then
      table.insert(openable, f)
    else
      leave_alone(ctx, f.path, bad)
    end
  end
  ctx.files = openable
end

--- The identity that was named. Whoever names a file wants one of three other things.
local function find_identity(ctx)
  local word <const> = ctx.args.identity
  local found <const>, err <const> = ctx.who:find(word)
  if not found and ctx.site.root:exists(word) then
    fail("usage", ("%s is a file; rotate takes an identity"):format(word),
      "`renew` gives a file a new data key, `set` a value, `update-keys` other recipients")
  end
  return found or error(err, 0)
end

local function preflight(ctx)
  local args <const> = ctx.args
  if args.keep_old and args.finish then
    fail("usage", "--keep-old and --finish exclude each other")
  end
  ctx.keeps = args.keep_old
  ctx.all = assert(repo.open(ctx.site))
  ctx.place = assert(own.key_file(ctx.site, args.keyfile))
  ctx.who = identities.new(ctx.site, ctx.all, { keyfile = ctx.place.before })
  ctx.identity = find_identity(ctx)
  if args.forget_old then
    return
  end
  ctx.ring = keyring.open { files = args.identity_file }
  if args.finish then
    local old <const>, new <const> = keys.under_way(ctx.all, ctx.identity, args.old)
    ctx.old = old or error(new, 0)
    ctx.new = { recipient = new, identity = ctx.ring:identity(new), named = true }
  else
    ctx.old = args.old or assert(keys.in_use(ctx.all, ctx.identity))
  end
  ctx.old_identity = ctx.ring:identity(ctx.old)
  if not ctx.old_identity and not args.finish then
    fail("key", ("the private half of %s's present key is not here, so its files cannot be opened")
      :format(ctx.identity.id), "`moonlatch sync-keys` fetches it, --identity FILE names it",
      { details = { ctx.old } })
  end
  ctx.files = ctx.all:with(ctx.old)
  refuse_drift(ctx)
  sort_openable(ctx)
end

local function new_key(ctx)
  if not ctx.new then
    ctx.new, ctx.put = keys.new(ctx)
  end
  if not ctx.new.identity and not ctx.args.keep_old then
    fail("key", "the private half of the new key is not here, so it cannot be shown that it opens "
      .. "the files", ctx.args.finish and "`moonlatch sync-keys` fetches it"
      or "--keep-old lets both keys open them until its owner runs --finish",
      { details = { ctx.new.recipient } })
  elseif key_groups.canonical(ctx.new.recipient) == key_groups.canonical(ctx.old) then
    fail("conflict", "the new key is the one that is in use")
  end
end

local function make_plan(ctx)
  ctx.plan = plan.new { roots = { ctx.site.root }, global = ctx.global, report = ctx.report,
    title = ("rotate %s: %s -> %s"):format(ctx.identity.id, ctx.old, ctx.new.recipient) }
  ctx.plan:key_change()
  ctx.approval = assert(recipients.open(ctx.site.root, ctx.global))
  places.edit(ctx)
end

--- A generated key must be safe before anything is sealed with it alone.
local function store(ctx)
  local put <const>, new <const> = ctx.put, ctx.new
  if not put or not new.key then
    return
  end
  local ok, err = put.provider:put(put.item, new.key:text(), new.key:public())
  if fail.is(err, "exists") then -- the old key stays under its name: git history needs it
    put.stored = put.item .. "-new"
    ok, err = put.provider:put(put.stored, new.key:text(), new.key:public())
  end
  if not ok then
    err.hint = ("the new key was not stored, and nothing was changed%s"):format(err.hint
      and "; " .. err.hint or "")
    error(err, 0)
  end
end

local function commit(ctx)
  local old <const> = ctx.old_identity
  local written <const> = old and not old.kind:match "^ssh%-" -- an SSH key has no text of age
  ctx.copies = copies.join(copies.bridges(ctx.site, ctx.all, ctx.identity),
    written and copies.private(ctx.all, ctx.ring, assert(old:secret())) or {})
  ctx.mentions = ctx.keeps and {} or copies.public(ctx.all, ctx.plan, ctx.old)
  local p <close> = ctx.plan
  ctx.status = p:finish { before_commit = function() store(ctx) end }
  if p.committed then
    assert(ctx.approval:remember())
  end
end

local function left_to_do(ctx)
  local id <const>, todo <const> = ctx.identity.id, {}
  local function add_line(...)
    table.insert(todo, (...):format(select(2, ...)))
  end
  if ctx.put and ctx.put.stored then
    add_line("vault: rename %s to keep the old key, then %s to %s", ctx.put.item, ctx.put.stored,
      ctx.put.item)
  elseif ctx.args.generate and not ctx.put then
    add_line("vault: store the new private key, which is in %s only", ctx.place.path)
  end
  for _, path in ipairs(ctx.copies) do
    add_line("%s holds the old private key: make it again with the new one", path)
  end
  for _, path in ipairs(ctx.mentions) do
    add_line("%s names the old public key", path)
  end
  add_line("other workstations: `moonlatch sync-keys`; a CI secret with this key: replace it")
  if ctx.keeps then
    add_line("when the new key is everywhere: `moonlatch rotate %s --finish`", shell.quote(id))
  else
    add_line("whoever had the old key may have read these files: after a leak change the values "
      .. "too")
  end
  return todo
end

local function after(ctx)
  if ctx.status == 0 then
    checks.run(ctx)
  end
  local todo <const> = left_to_do(ctx)
  ctx.report:result("left_to_do", require("moonlatch.json").array(todo))
  ctx.report:result("old", ctx.old)
  ctx.report:result("new", ctx.new.recipient)
  ctx.report:say "left to do:"
  for _, line in ipairs(todo) do
    ctx.report:say("  " .. line)
  end
  if ctx.status == 0 then
    ctx.report:next(ctx.keeps
      and ("moonlatch rotate %s --finish"):format(shell.quote(ctx.identity.id))
      or "git diff --stat")
  end
  return ctx.report:finish(ctx.status)
end

--- --forget-old: a retired key leaves the key file, unless a file here still needs it.
local function forget_old(ctx)
  if not ctx.args.forget_old then
    return
  end
  local place <const>, id <const> = ctx.place, ctx.identity.id
  for _, key in ipairs(place.before:keys()) do
    local why <const> = place.before:retired(key)
    if why and why:match ", (.+)$" == id then
      place.file:remove(key)
    end
  end
  local _, removed <const> = place.file:diff(place.before)
  local lost <const> = own.lost_without(ctx.all, keyring.open {}, removed)
  if #lost > 0 then
    fail("conflict", "only the old key opens this file", nil, { path = lost[1].path })
  end
  local p <close> = plan.new { roots = { place.root }, global = ctx.global, report = ctx.report,
    title = "forget the old keys of " .. id }
  own.write_key_file(p, place, ctx.who)
  return steps.STOP, ctx.report:finish(p:finish())
end

---@type moonlatch.Recipe
return {
  name     = "rotate",
  summary  = "give one identity a new key",
  about    = "Changes the anchor, every key.json, every sealed file and the key file in one "
    .. "transaction, and renews the data keys. The new key is the one the vault holds by now, or "
    .. "comes with --new-key or --generate. The old private key is needed, and stays in the key "
    .. "file, marked, because git history needs it.\n\nA file gets a new data key with `renew`, a "
    .. "value with `set`, recipients with `update-keys`.",
  group    = "keys",
  writes   = true,
  takes    = { { "identity", "a name or a key", complete = "identity" } },
  excess   = "rotate takes one identity; `renew FILE` gives a file a new data key",
  options  = {
    { "--new-key FILE", "the new private key; with --keep-old also a public one",
      complete = "file" },
    { "--generate", "make a new key and store it in the vault" },
    { "--keep-old", "let both keys open everything for now" },
    { "--finish", "end a rotation that was begun with --keep-old" },
    { "--forget-old", "only take retired keys of this identity out of the key file" },
    { "--old KEY", "which key goes, where the identity has several" },
    { "--force", "also when recipients differ from the rules" },
    { "--identity FILE", "a key file or SSH key with the old key", many = true, complete = "file",
      name = "identity_file" },
    { "--keyfile FILE", "the key file, if not the usual one", complete = "file" },
    { "--sync", "let the vault program fetch changes first" },
  },
  examples = { "moonlatch rotate ben-user --dry-run", "moonlatch rotate ben-user --generate" },
  steps    = steps.new("rotate", {
    { "preflight", preflight }, { "forget", forget_old }, { "new-key", new_key },
    { "plan", make_plan }, { "add", files.add }, { "prove", files.prove }, { "drop", files.drop },
    { "renew", files.renew }, { "prove-out", files.prove_out }, { "commit", commit },
    { "after", after },
  }),
}
