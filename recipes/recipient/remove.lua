--- recipient remove — a key can no longer open what a rule covers.

local choice     <const> = require "moonlatch.rekey.choice"
local doc        <const> = require "moonlatch.doc"
local fail       <const> = require "moonlatch.fail"
local identities <const> = require "moonlatch.identities"
local key_groups <const> = require "moonlatch.key_groups"
local rekey      <const> = require "moonlatch.rekey"

local function chosen_rules(all, args, who)
  local chosen = choice.rules(all, args)
  local having <const> = choice.rules_with(all.rules, who.key)
  if args.everywhere and next(chosen) then
    fail("usage", "--everywhere goes with neither --rule nor a path")
  elseif not next(having) then
    fail("missing", ("no rule names %s"):format(args.who))
  elseif not next(chosen) then
    chosen = having
  end
  if not args.everywhere and chosen == having and next(having, next(having)) then
    local numbers <const> = {}
    for index = 1, #all.rules.rules do
      table.insert(numbers, having[index] and index or nil)
    end
    fail("usage", ("rules %s name %s"):format(table.concat(numbers, ", "), args.who),
      "--everywhere, --rule N, or a path")
  end
  return chosen
end

--- Takes the key out of the rules; everywhere: its anchors too. The last rule comes first, since an
--- anchor may be defined in a rule and named by later ones.
local function edit(model, chosen, key, everywhere, group)
  for index = #model.rules, 1, -1 do
    local rule <const> = chosen[index] and model.rules[index]
    for _, text in ipairs(rule and choice.spellings(rule, key, group) or {}) do
      assert(model:remove_recipient(index, text, { group = group }))
    end
  end
  for _, anchor in ipairs(everywhere and model:anchors_of(key) or {}) do
    if anchor.used == 0 then
      assert(model:remove_anchor(anchor.name))
    end
  end
end

local function has(list, key)
  for _, other in ipairs(list) do
    if key_groups.canonical(other.key.recipient) == key_groups.canonical(key) then
      return true
    end
  end
  return false
end

--- The values that the removed one could read, by path. What stands in clear is no secret.
local function add_values(rows, work)
  local parsed <const> = assert(doc.parse(work.text,
    { format = work.format == "yaml" and "yaml" or "json", path = work.path }))
  for _, path in ipairs(work.file:paths()) do
    local node <const> = parsed:find(path)
    if node and node.kind == "scalar" and node:text():find("^ENC%[") then
      table.insert(rows, { work.path, path })
    end
  end
end

--- What still has the key, and why.
local function tell_rest(ctx, all, done, key)
  local left <const> = require("moonlatch.json").array {}
  for _, file in ipairs(all:with(key)) do
    table.insert(left, not done[file.path] and file.path or nil)
  end
  ctx.report:result("left", left)
  if #left > 0 then
    local more <const> = #left > 5 and ", …" or ""
    ctx.report:say(("%d file%s still open%s with it, by other rules or by links: %s%s")
      :format(#left, #left == 1 and "" or "s", #left == 1 and "s" or "",
      table.concat(left, ", ", 1, math.min(5, #left)), more))
  end
end

local function run(args, ctx)
  local all <const> = choice.open(ctx)
  local names <const> = identities.new(ctx.site, all)
  local who <const> = assert(choice.key(all, names, args.who))
  local chosen <const> = chosen_rules(all, args, who)
  edit(all.rules, chosen, who.key, args.everywhere, args.group and choice.group_number(args.group))
  local status <const>, changed <const> = rekey.run(ctx, all, choice.covered(ctx, all, chosen), {
    title = "recipient remove " .. args.who, identities = args.identity,
    keep_going = args.keep_going, rules = all.rules:text(), who = names, keep_mine = true,
    renew = not args.keep_data_key and "removed" or nil, whole = true,
    next = "moonlatch validate" })
  local rows <const>, done <const> = {}, {}
  for _, work in ipairs(changed) do
    if has(work.removed, who.key) then
      done[work.path] = true
      add_values(rows, work)
    end
  end
  if #rows > 0 then
    ctx.report:say("Who could open them may know these values. New data keys do not change that, "
      .. "and git keeps the old files: change them.")
    ctx.report:table({ "FILE", "VALUE" }, rows, "to_change")
  end
  if status ~= 2 then
    tell_rest(ctx, all, done, who.key)
  end
  return ctx.report:finish(status)
end

---@type moonlatch.Recipe
return {
  name     = "recipient remove",
  summary  = "stop a key from opening files",
  about    = "Takes the key out of rules in .sops.yaml, and out of every file they cover: those "
    .. "files get exactly the recipients of their rule, and a new data key. The values that must "
    .. "be changed, because the removed one may know them, are listed.\n\nThe last recipient of a "
    .. "rule stays, and so does your own last way into a file.",
  group    = "keys",
  writes   = true,
  takes    = choice.TAKES,
  options  = {
    { "--everywhere", "out of every rule, and its anchor too" },
    { "--keep-data-key", "do not renew the data keys" },
    choice.RULE, choice.GROUP,
    table.unpack(rekey.OPTIONS),
  },
  examples = { "moonlatch recipient remove tara --everywhere",
    "moonlatch recipient remove tara secrets/shared.yaml" },
  run      = run,
}
