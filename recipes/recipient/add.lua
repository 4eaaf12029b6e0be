--- recipient add — one more key can open what a rule covers.

local choice     <const> = require "moonlatch.rekey.choice"
local fail       <const> = require "moonlatch.fail"
local identities <const> = require "moonlatch.identities"
local recipients <const> = require "moonlatch.recipients"
local rekey      <const> = require "moonlatch.rekey"
local shell      <const> = require "moonlatch.shell"

--- Where the new one goes: the rules given, else those that name the one it is like.
local function chosen_rules(all, args, like)
  local chosen = choice.rules(all, args)
  if not next(chosen) and like then
    chosen = choice.rules_with(all.rules, like.key)
  end
  if not next(chosen) then
    fail("usage", like and ("no rule names %s"):format(args.like) or "which rule?",
      "a path, --rule N, or --like NAME for every rule that names NAME")
  end
  return chosen
end

--- A key gets a name where keys have names: the one given, or the one it has elsewhere.
local function define_anchor(model, who, args, like)
  local known <const> = model:anchors_of(who.key)[1]
  if known and args.name and known.name ~= args.name then
    fail("exists", ("this key is called %s already"):format(known.name), nil,
      { path = model.path, line = known.line })
  end
  local name <const> = args.name or #model.anchors > 0 and who.name
  if known or not name then
    return
  end
  local after <const> = like and model:anchors_of(like.key)[1]
  local listed <const> = after and after.line < model.rules[1].line
  assert(model:add_anchor(name, who.key, { after = listed and after.name or nil }))
end

--- The key groups that are meant: the one given, else those of the one it is like.
local function chosen_groups(model, rule, like, number)
  if rule.groups == 1 or number then
    return { [number or 1] = true }
  elseif not like then
    fail("usage", ("rule %d has %d key groups"):format(rule.index, rule.groups),
      "--group N, or --like NAME for the groups that NAME is in",
      { path = model.path, line = rule.line })
  end
  return choice.groups_with(rule, like.key)
end

local function add_to_rule(model, index, who, like, number)
  local chosen <const> = chosen_groups(model, model.rules[index], like, number)
  for group in pairs(chosen) do
    local rule <const> = model.rules[index]
    if not choice.groups_with(rule, who.key)[group] then
      local beside <const> = like and choice.spellings(rule, like.key, group)[1]
      assert(model:add_recipient(index, who.key,
        { like = beside, group = group, kind = who.kind }))
    end
  end
end

--- Whom WHO means; somebody new is given by their key.
local function find(all, names, args)
  local who <const>, err <const> = choice.key(all, names, args.who)
  if fail.is(err, "missing") then
    err.hint = ("%ssomebody new is given by their key: moonlatch recipient add age1… --name %s")
      :format(err.hint and err.hint .. "; " or "", shell.quote(args.who))
  end
  return who or error(err, 0)
end

local function run(args, ctx)
  local all <const> = choice.open(ctx)
  local names <const> = identities.new(ctx.site, all)
  local who <const> = find(all, names, args)
  local like <const> = args.like and assert(choice.key(all, names, args.like))
  local chosen <const> = chosen_rules(all, args, like)
  local known <const> = recipients.of_repo(all) -- who was named before the edits that follow
  define_anchor(all.rules, who, args, like)
  for index = 1, #all.rules.rules do
    if chosen[index] then
      add_to_rule(all.rules, index, who, like, args.group and choice.group_number(args.group))
    end
  end
  local status <const> = rekey.run(ctx, all, choice.covered(ctx, all, chosen), {
    title = "recipient add " .. (args.name or args.who), identities = args.identity,
    keep_going = args.keep_going, named = who.literal and { who.key } or nil,
    known = known, rules = all.rules:text(), who = identities.new(ctx.site, all),
    whole = true, next = "moonlatch validate" })
  return ctx.report:finish(status)
end

---@type moonlatch.Recipe
return {
  name     = "recipient add",
  summary  = "let one more key open files",
  about    = "Adds the key to rules in .sops.yaml, and to every file they cover: those files get "
    .. "exactly the recipients of their rule.\n\nA key given as such is approved by being given. "
    .. "A name is what the repository calls a key, so a key that is new to you is shown first.",
  group    = "keys",
  writes   = true,
  takes    = choice.TAKES,
  options  = {
    { "--like NAME", "put it behind NAME; without rule or path, in every rule that names NAME",
      complete = "identity" },
    { "--name ANCHOR", "what to call the key in .sops.yaml" },
    choice.RULE, choice.GROUP,
    table.unpack(rekey.OPTIONS),
  },
  examples = { "moonlatch recipient add tara secrets/users/tara.sops.yaml",
    "moonlatch recipient add age1… --name tara --rule 3 --rule 4",
    "moonlatch recipient add tara --like admin",
    "moonlatch recipient add tara --rule 2 --group 1" },
  run      = run,
}
