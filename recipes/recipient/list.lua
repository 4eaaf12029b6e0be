--- recipient list — who can open what, and who of them was approved.

local identities <const> = require "moonlatch.identities"
local key_groups <const> = require "moonlatch.key_groups"
local recipients <const> = require "moonlatch.recipients"
local repo       <const> = require "moonlatch.repo"

--- Every recipient that a rule, a link or a file names, in that order.
local function gather(all)
  local list <const>, by_key <const> = {}, {}
  local function entry(key, kind)
    local id <const> = key_groups.id { kind = kind, recipient = key }
    if not by_key[id] then
      by_key[id] = { key = key, kind = kind, rules = {}, files = 0 }
      table.insert(list, by_key[id])
    end
    return by_key[id]
  end
  for _, rule in ipairs(all.rules and all.rules.rules or {}) do
    for _, key in ipairs(rule.keys) do
      local numbers <const> = entry(key.key, key.kind).rules
      local number <const> = rule.groups == 1 and tostring(rule.index)
        or ("%d (key group %d)"):format(rule.index, key.group)
      if numbers[#numbers] ~= number then
        table.insert(numbers, number)
      end
    end
  end
  for _, file in ipairs(all.files) do
    local seen <const> = {}
    for _, recipient in ipairs(file.recipients) do
      local one <const> = entry(recipient.recipient, recipient.kind)
      one.files = one.files + (seen[one] and 0 or 1)
      seen[one] = true
    end
  end
  return list
end

local function run(_, ctx)
  local all <const> = assert(repo.open(ctx.site))
  local who <const> = identities.new(ctx.site, all)
  local approval <const> = assert(recipients.open(ctx.site.root, ctx.global))
  local rows <const> = {}
  for i, one in ipairs(gather(all)) do
    rows[i] = { who:name(one.key), one.key, one.kind, table.concat(one.rules, ","), one.files,
      approval:has(one.key, one.kind) and { glyph = "ok", text = "approved" }
        or { glyph = "note", text = "not yet" } }
  end
  ctx.report:table({ "IDENTITY", "KEY", "KIND", "RULES", "FILES", "APPROVED" }, rows, "recipients")
  return ctx.report:finish()
end

---@type moonlatch.Recipe
return {
  name     = "recipient list",
  summary  = "who can open what",
  about    = "Every recipient of rules and files: the rules that name it, how many files it opens, "
    .. "and whether you approved it. No key is needed.",
  group    = "keys",
  takes    = {},
  examples = { "moonlatch recipient list --json" },
  run      = run,
}
