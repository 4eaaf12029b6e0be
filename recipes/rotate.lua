--- rotate — one identity gets a new key, everywhere at once.
--
-- Nothing is written before the end: each step works on what the plan holds by then, and the new
-- key has to open every file, the old one none, before the one transaction is committed. With
-- --keep-old both open everything until a later --finish.

local checks     <const> = require "moonlatch.checks"
local clan       <const> = require "moonlatch.clan"
local copies     <const> = require "moonlatch.rotation.copies"
local fail       <const> = require "moonlatch.fail"
local host       <const> = require "moonlatch.host"
local identities <const> = require "moonlatch.identities"
local key_groups <const> = require "moonlatch.key_groups"
local keyring    <const> = require "moonlatch.keyring"
local keys       <const> = require "moonlatch.rotation.keys"
local names      <const> = require "moonlatch.identities.names"
local own        <const> = require "moonlatch.own"
local plan       <const> = require "moonlatch.plan"
local recipients <const> = require "moonlatch.recipients"
local rekey      <const> = require "moonlatch.rekey"
local repo       <const> = require "moonlatch.repo"
local shell      <const> = require "moonlatch.shell"
local sops       <const> = require "moonlatch.sops"
local steps      <const> = require "moonlatch.steps"

local function today()
  return os.date("!%Y-%m-%d", math.floor(host.time()))
end

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

--- Rules that name the key, each with how it stands there.
local function rules_with(model, key)
  local found <const> = {}
  for _, rule in ipairs(model.rules) do
    for _, entry in ipairs(rule.keys) do
      if key_groups.canonical(entry.key) == key_groups.canonical(key) then
        table.insert(found, { index = rule.index, alias = entry.anchor ~= nil, key = entry.key })
        break
      end
    end
  end
  return found
end

--- The old key moves to an anchor of its own, beside the new one.
local function keep_in_rules(ctx, model)
  local name <const> = keys.anchor_of(ctx.identity)
  local with <const> = rules_with(model, ctx.old)
  assert(model:replace_key(ctx.old, ctx.new.recipient))
  if name then
    assert(model:add_anchor(names.former(name), ctx.old, { after = name }))
  end
  for _, rule in ipairs(with) do
    assert(model:add_recipient(rule.index, ctx.old, { like = rule.alias and name
      or ctx.new.recipient, anchor = rule.alias and name and names.former(name) or nil }))
  end
end

local function drop_from_rules(ctx, model)
  local name <const> = keys.anchor_of(ctx.identity)
  for _, rule in ipairs(rules_with(model, ctx.old)) do
    assert(model:remove_recipient(rule.index, rule.key))
  end
  if name and model:anchor(names.former(name)) then
    assert(model:remove_anchor(names.former(name)))
  end
end

local function edit_rules(ctx)
  local model <const> = ctx.all.rules
  if not model then
    return
  end
  if ctx.args.finish then
    drop_from_rules(ctx, model)
  elseif ctx.args.keep_old then
    keep_in_rules(ctx, model)
  else
    assert(model:replace_key(ctx.old, ctx.new.recipient) ~= nil)
  end
  assert(ctx.plan:write(ctx.site.root, model.path, model:text(), { kind = "public" }))
end

local function edit_key_files(ctx)
  local change <const> = ctx.args.finish and { remove = { ctx.old } }
    or ctx.args.keep_old and { add = { ctx.new.recipient } }
    or { replace = { [ctx.old] = ctx.new.recipient } }
  for _, kind in ipairs { "users", "machines" } do
    for _, entry in pairs(ctx.all.clan[kind]) do
      if repo.has_key(entry, ctx.old) then
        local text <const> = assert(ctx.plan:current(ctx.site.root, entry.path))
        assert(ctx.plan:write(ctx.site.root, entry.path,
          assert(clan.edit_keys(text, change, entry.path)), { kind = "public" }))
      end
    end
  end
end

--- The key file gains the new key if it has the old one, or if there is no other place for it.
local function edit_own_key_file(ctx)
  local file <const> = ctx.place.file
  if ctx.new.identity and (file:has(ctx.old) or ctx.args.generate) then
    file:add(ctx.new.identity, { comment = ("%s, since %s"):format(ctx.identity.id, today()) })
  end
  if not ctx.args.keep_old then
    file:retire(ctx.old, ("%s, %s"):format(today(), ctx.identity.id))
  end
  own.write_key_file(ctx.plan, ctx.place, ctx.who)
end

local function make_plan(ctx)
  ctx.plan = plan.new { roots = { ctx.site.root }, global = ctx.global, report = ctx.report,
    title = ("rotate %s: %s -> %s"):format(ctx.identity.id, ctx.old, ctx.new.recipient) }
  ctx.plan:key_change()
  ctx.approval = assert(recipients.open(ctx.site.root, ctx.global))
  edit_rules(ctx)
  edit_key_files(ctx)
  edit_own_key_file(ctx)
end

--- Stage new recipients for all files; every one of them must succeed.
local function stage(ctx, ring, groups_of, renew)
  local list <const> = {}
  for _, f in ipairs(ctx.files) do
    table.insert(list, { file = f, groups = groups_of(f) })
  end
  local changed <const>, failures <const> = rekey.stage(ctx.plan, ctx.all, list, { ring = ring,
    approval = ctx.approval, who = ctx.who, renew = renew,
    named = ctx.new.named and { ctx.new.recipient } or nil })
  if not changed then
    error(failures, 0)
  elseif #failures > 0 then
    error(failures[1].error, 0)
  end
end

--- A group with the new key where the old one was, and with the old one only if `both`.
local function with_new(ctx, group, both)
  local list <const>, new <const>, old <const> = {}, key_groups.canonical(ctx.new.recipient),
    key_groups.canonical(ctx.old)
  local has_new, has_old = false, false
  for _, key in ipairs(group) do
    local text <const> = key_groups.canonical(key.recipient)
    has_new, has_old = has_new or text == new, has_old or text == old
    if both or text ~= old then
      table.insert(list, key)
    end
  end
  if has_old and not has_new then
    table.insert(list, 1, { kind = "age", recipient = ctx.new.recipient })
  end
  return list
end

--- A file's key groups with the new key in all of them that have the old one.
local function groups_with_new(ctx, both)
  return function(f)
    local groups <const> = key_groups.of_file(f.file)
    for i, group in ipairs(groups) do
      groups[i] = with_new(ctx, group, both)
    end
    return groups
  end
end

local function add(ctx)
  stage(ctx, ctx.ring, groups_with_new(ctx, true))
end

--- What a file is opened with to show what one identity can do: nothing else, but for keys of other
--- key groups where a file needs several.
local function with_only(ctx, f, identity)
  local list <const> = { identity }
  for _, entry in ipairs(f.file.groups > 1 and ctx.ring:entries() or {}) do
    if key_groups.canonical(entry.recipient) ~= key_groups.canonical(ctx.old) then
      table.insert(list, entry.identity)
    end
  end
  return list
end

--- The staged bytes, opened with one identity.
local function open_staged(ctx, f, identity)
  local text <const> = assert(ctx.plan:current(ctx.site.root, f.path))
  local file <const> = assert(sops.open(text, { path = f.path, format = f.format }))
  local ok, err = file:unlock(with_only(ctx, f, identity))
  if ok then
    ok, err = file:decrypt()
  end
  return ok ~= nil, err
end

local function prove_new_opens(ctx)
  for i, f in ipairs(ctx.files) do
    local ok <const>, err <const> = open_staged(ctx, f, ctx.new.identity)
    if not ok then
      err.path = err.path or f.path
      error(err, 0)
    end
    ctx.report:progress(i, #ctx.files, "prove")
  end
end

local function prove(ctx)
  if ctx.new.identity then
    prove_new_opens(ctx)
  else
    ctx.report:skipped("proof that the new key opens the files", "its private half is not here")
  end
end

--- The new key, and keys of other groups where a file needs them.
local function ring_without_old(ctx)
  for _, f in ipairs(ctx.files) do
    if f.file.groups > 1 then
      return with_only(ctx, f, ctx.new.identity)
    end
  end
  return { ctx.new.identity }
end

--- From here on the old key is not used: what cannot be done without it stops the run.
local function drop(ctx)
  if not ctx.keeps then
    ctx.new_ring = keyring.of("the new key", ring_without_old(ctx))
    stage(ctx, ctx.new_ring, groups_with_new(ctx, false))
  end
end

local function renew(ctx)
  if not ctx.keeps then
    stage(ctx, ctx.new_ring, groups_with_new(ctx, false), "all")
  end
end

local function prove_out(ctx)
  if ctx.keeps then
    return
  end
  prove_new_opens(ctx)
  for _, f in ipairs(ctx.old_identity and ctx.files or {}) do
    if open_staged(ctx, f, ctx.old_identity) then
      fail("bug", "the old key still opens a file that was sealed anew", nil, { path = f.path })
    end
  end
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
    written and copies.private(ctx.all, ctx.plan, ctx.ring, assert(old:secret())) or {})
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
    { "plan", make_plan }, { "add", add }, { "prove", prove }, { "drop", drop },
    { "renew", renew }, { "prove-out", prove_out }, { "commit", commit }, { "after", after },
  }),
}
