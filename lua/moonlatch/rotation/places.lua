--- rotation.places — where the public half of a key stands, and the key file: the new key comes in,
--- the old one goes or stays beside it.

local clan       <const> = require "moonlatch.clan"
local host       <const> = require "moonlatch.host"
local key_groups <const> = require "moonlatch.key_groups"
local keys       <const> = require "moonlatch.rotation.keys"
local names      <const> = require "moonlatch.identities.names"
local own        <const> = require "moonlatch.own"
local repo       <const> = require "moonlatch.repo"

local places = {}

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

local function today()
  return os.date("!%Y-%m-%d", math.floor(host.time()))
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

--- Write into the plan what rules, key.json files and the key file say from now on.
---@param ctx table  of `rotate`
function places.edit(ctx)
  edit_rules(ctx)
  edit_key_files(ctx)
  edit_own_key_file(ctx)
end

return places
