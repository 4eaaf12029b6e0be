-- Edits of many rules that were made up: each changes what it says and nothing else, or nothing.

local age   <const> = require "moonlatch.age"
local rules <const> = require "moonlatch.rules"
local test  <const> = require "moonlatch.test"

local random_rules <const> = test.helper "tests/lua/random_rules.lua"
local ROUNDS <const> = 60

local function new_recipient()
  return assert(age.generate()):recipient()
end

--- The keys of all groups of all rules, as a set of lines.
local function keys_of(model)
  local set <const> = {}
  for i, rule in ipairs(model.rules) do
    for j, group in ipairs(assert(model:groups(rule))) do
      for _, key in ipairs(group) do
        set[("%d %d %s %s"):format(i, j, key.kind, key.recipient)] = true
      end
    end
  end
  return set
end

--- One edit of a text. `line`: the key that it concerns, which it must have `added` or not.
local function try(text, line, added, edit)
  local model <const> = assert(rules.open(text))
  local wanted <const> = keys_of(model)
  local changed <const>, err <const> = edit(model)
  if changed then
    wanted[line] = added or nil
  elseif err then
    assert(err.hint, err.message)
    test.equal(model:text(), text, line)
  end
  test.equal(keys_of(assert(rules.open(model:text()))), wanted, line .. "\n" .. text)
  return changed
end

test.it("changes one group of one rule, or nothing", function()
  local ages <const> = { new_recipient(), new_recipient(), new_recipient() }
  local new <const> = new_recipient()
  local done = 0
  for seed = 1, ROUNDS do
    local text <const> = random_rules(seed, ages)
    local model <const> = assert(rules.open(text))
    for i, rule in ipairs(model.rules) do
      for j, group in ipairs(assert(model:groups(rule))) do
        local added <const> = try(text, ("%d %d age %s"):format(i, j, new), true, function(other)
          return other:add_recipient(i, new, { group = j })
        end)
        done = done + (added and 1 or 0)
        for _, key in ipairs(group) do
          local where <const> = { group = j, kind = key.kind }
          local removed <const> = try(text, ("%d %d %s %s"):format(i, j, key.kind, key.recipient),
            false, function(other) return other:remove_recipient(i, key.recipient, where) end)
          done = done + (removed and 1 or 0)
        end
      end
    end
  end
  assert(done > ROUNDS, "most edits were refused")
end)
