--- rekey.choice — what the operands of `recipient add` and `remove` mean: a key, rules, files.

local fail       <const> = require "moonlatch.fail"
local governing  <const> = require "moonlatch.governing"
local key_groups <const> = require "moonlatch.key_groups"
local repo       <const> = require "moonlatch.repo"

local choice = {}

--- What both recipes take.
choice.TAKES = {
  { "who", "an anchor, an identity, or a public key", complete = "identity" },
  { "path", "a file: the rule that matches it", many = true, optional = true, complete = "file" },
}
choice.GROUP = { "--group N", "only in this key group, counted from 1" }
choice.RULE = { "--rule N", "this rule, counted from 1", many = true, complete = "rule" }

---@class moonlatch.KeyChoice
---@field key string
---@field kind string?     default: age
---@field name string?     what it is called; nil: the user gave a key that has no name yet
---@field literal boolean  the user gave the key itself

local function is_key(word)
  return word:match "^AGE%-" or key_groups.kind_of(word)
end

--- The one key of an identity; in `.sops.yaml` an anchor says which, if there are several.
local function only_key(identity)
  local anchor <const> = identity.contexts.anchors
  if #anchor == 1 then
    return anchor[1].key
  elseif #identity.keys == 1 then
    return identity.keys[1]
  elseif #identity.keys == 0 then
    return nil, fail.new("missing", ("no key of %s is known"):format(identity.id))
  end
  return nil, fail.new("conflict", ("%s has %d keys"):format(identity.id, #identity.keys),
    "name the key: " .. table.concat(identity.keys, ", "))
end

--- The key that a word means: an anchor, the key itself, or an identity with that name.
---@param all moonlatch.Repo
---@param who moonlatch.Identities
---@param word string
---@return moonlatch.KeyChoice?
---@return moonlatch.Error? err
function choice.key(all, who, word)
  local anchor <const> = all.rules:anchor(word)
  if anchor and anchor.value then
    return { key = anchor.value, name = word, literal = false }
  end
  if is_key(word) then
    local key <const>, err <const> = key_groups.parse(word)
    return key and { key = key.recipient, kind = key.kind, literal = true } or nil, err
  end
  for _, rule in ipairs(all.rules.rules) do
    for _, entry in ipairs(rule.keys) do
      if entry.key == word then
        return { key = word, literal = true }
      end
    end
  end
  local identity <const>, err <const> = who:find(word)
  if not identity then
    return nil, err
  end
  local key <const>, bad <const> = only_key(identity)
  return key and { key = key, name = word, literal = false } or nil, bad
end

--- How a rule spells a key: an SSH key may have a comment there.
---@param rule moonlatch.Rule
---@param key string
---@param group integer?  only there
---@return string[] texts
function choice.spellings(rule, key, group)
  local wanted <const>, texts <const>, seen <const> = key_groups.canonical(key), {}, {}
  for _, entry in ipairs(rule.keys) do
    if key_groups.canonical(entry.key) == wanted and not seen[entry.key]
      and (not group or entry.group == group) then
      seen[entry.key] = true
      table.insert(texts, entry.key)
    end
  end
  return texts
end

--- The key groups of a rule that name a key.
---@param rule moonlatch.Rule
---@param key string
---@return table<integer, true>
function choice.groups_with(rule, key)
  local groups <const> = {}
  for group = 1, rule.groups do
    groups[group] = #choice.spellings(rule, key, group) > 0 or nil
  end
  return groups
end

--- The number that --group gives.
---@param word string
---@return integer
function choice.group_number(word)
  local number <const> = math.tointeger(tonumber(word))
  if not number or number < 1 then
    fail("usage", ("'%s' is no number of a key group"):format(word), "they are counted from 1")
  end
  return number
end

--- The rules that name a key.
---@param model moonlatch.Rules
---@param key string
---@return table<integer, boolean>
function choice.rules_with(model, key)
  local chosen <const> = {}
  for _, rule in ipairs(model.rules) do
    chosen[rule.index] = #choice.spellings(rule, key) > 0 or nil
  end
  return chosen
end

local function rule_number(model, word)
  local index <const> = math.tointeger(tonumber(word))
  if not index or not model.rules[index] then
    fail("usage", ("there is no rule %s"):format(word),
      ("rules are numbered from 1 to %d"):format(#model.rules))
  end
  return index
end

--- The rules that --rule and the paths mean, by index; empty when neither was given.
---@param all moonlatch.Repo
---@param args { rule: string[], path: string[] }
---@return table<integer, boolean>
function choice.rules(all, args)
  local chosen <const> = {}
  for _, word in ipairs(args.rule) do
    chosen[rule_number(all.rules, word)] = true
  end
  for _, path in ipairs(args.path) do
    local rule <const>, err <const> = governing.rule(all, path)
    if err then
      error(err, 0)
    elseif not rule then
      fail("missing", "no rule matches this path", "add one to .sops.yaml", { path = path })
    elseif all.rules:catch_all(rule) then
      fail("conflict", ("only rule %d matches, which takes files at any path"):format(rule.index),
        ("--rule %d if that is meant"):format(rule.index), { path = path })
    end
    chosen[rule.index] = true
  end
  return chosen
end

--- The files that these rules cover, with the recipients that the rules now name. Files of clan
--- have their links, whatever rule matches their path too: that is said.
---@param ctx moonlatch.Context
---@param all moonlatch.Repo
---@param chosen table<integer, boolean>
---@return moonlatch.RekeyItem[]
function choice.covered(ctx, all, chosen)
  local list <const>, linked = {}, 0
  for _, file in ipairs(all.files) do
    if file.rule and chosen[file.rule.index] then
      local groups <const>, threshold <const> =
        all.rules:groups(all.rules.rules[file.rule.index])
      if not groups then
        error(threshold, 0)
      end
      table.insert(list, { file = file, groups = groups,
        threshold = key_groups.threshold(file.file, groups, threshold) })
    elseif file.links then
      local rule <const> = all.rules:match(file.path)
      linked = linked + (rule and chosen[rule.index] and 1 or 0)
    end
  end
  if linked > 0 then
    ctx.report:say(("%d file%s of clan match too, but links decide there: not touched")
      :format(linked, linked == 1 and "" or "s"))
  end
  return list
end

--- The walk over a site that has rules.
---@param ctx moonlatch.Context
---@return moonlatch.Repo
function choice.open(ctx)
  local all <const> = assert(repo.open(ctx.site))
  if not all.rules then
    fail("missing", "this site has no .sops.yaml", "`moonlatch init` makes one")
  end
  return all
end

return choice
