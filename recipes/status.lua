--- status — who is here, what they can open, and is it in order?

local checks     <const> = require "moonlatch.checks"
local json       <const> = require "moonlatch.json"
local key_groups <const> = require "moonlatch.key_groups"

local function mark(list)
  local names <const> = {}
  for _, c in ipairs(list) do
    table.insert(names, c.name)
  end
  return #list > 0 and { glyph = "ok", text = #names > 0 and table.concat(names, ", ") or "yes" }
    or ""
end

--- How many files of each tier have one of these keys, and how many this key ring opens.
local function count_files(survey)
  local by_key <const>, total <const> = {}, { 0, 0 }
  for _, f in ipairs(survey.all.files) do
    total[f.tier] = total[f.tier] + 1
    local seen <const> = {}
    for _, recipient in ipairs(f.recipients) do
      local key <const> = key_groups.canonical(recipient.recipient)
      by_key[key] = by_key[key] or { 0, 0 }
      if not seen[key] then
        by_key[key][f.tier] = by_key[key][f.tier] + 1
      end
      seen[key] = true
    end
  end
  return by_key, total
end

--- An identity has several keys where one is being replaced: each is a line.
local function identity_rows(survey, by_key)
  local rows <const>, named <const> = {}, {}
  local function add(id, kind, key, places)
    named[key] = true
    local files <const> = by_key[key] or { 0, 0 }
    table.insert(rows, { id, kind or "", mark(places.anchors), mark(places.users),
      mark(places.machines), mark(places.keyfile), mark(places.vault), files[1], files[2], key })
  end
  for _, group in ipairs(survey.who.list) do
    for _, key in ipairs(group.keys) do
      local places <const> = {}
      for place, list in pairs(group.contexts) do
        places[place] = {}
        for _, c in ipairs(list) do
          table.insert(places[place], c.key == key and c or nil)
        end
      end
      add(group.id ~= key and group.id or "?", group.kind, key, places)
    end
  end
  local strangers <const> = {}
  for key in pairs(by_key) do
    table.insert(strangers, not named[key] and key or nil)
  end
  table.sort(strangers)
  for _, key in ipairs(strangers) do
    add("?", nil, key, { anchors = {}, users = {}, machines = {}, keyfile = {}, vault = {} })
  end
  return rows
end

--- The files that the key ring opens, proved by opening their data keys.
local function open_files(survey, report)
  local identities <const>, count <const> = survey.ring:identities(), { 0, 0 }
  local opened <const>, closed <const> = json.array {}, json.array {}
  for _, f in ipairs(survey.all.files) do
    local yes <const> = f.file:unlock(identities) ~= nil
    count[f.tier] = count[f.tier] + (yes and 1 or 0)
    table.insert(yes and opened or closed, f.path)
    report:detail(("%s %s"):format(yes and "you open" or "closed to you", f.path))
  end
  report:result("opened", opened)
  report:result("closed", closed)
  return count
end

local function tier_rows(survey, total, report)
  local count <const> = not survey.skipped.keys and open_files(survey, report) or {}
  return { { "1, clan", total[1], count[1] or "skipped" },
    { "2, rules", total[2], count[2] or "skipped" } }
end

local function run(args, ctx)
  local report <const> = ctx.report
  report.brief = true
  local survey <const> = checks.run(ctx, { vault = args.vault, sync = args.sync,
    identities = args.identity })
  local by_key <const>, total <const> = count_files(survey)
  report:table({ "IDENTITY", "KIND", "ANCHOR", "USER", "MACHINE", "YOURS", "VAULT", "TIER 1",
    "TIER 2", "KEY" }, identity_rows(survey, by_key), "identities")
  report:table({ "TIER", "FILES", "YOU OPEN" }, tier_rows(survey, total, report), "tiers")
  report:result("pending", #survey.pending)
  if #survey.pending > 0 then
    report:warn "an earlier run was cut short: `moonlatch recover`"
  end
  if #report.findings > 0 then
    report:next "moonlatch validate"
  end
  return report:finish()
end

---@type moonlatch.Recipe
return {
  name     = "status",
  summary  = "who is here, what opens what, and is it in order?",
  about    = "One page: each identity with the places that know its key and the number of files it "
    .. "opens in both tiers; how many files your keys open; and the last line of validate, with "
    .. "its exit status. -v names the files.",
  group    = "files",
  takes    = {},
  options  = {
    { "--vault", "look into the vault too" },
    { "--sync", "let the vault program fetch what changed elsewhere, first" },
    { "--identity FILE", "a file of private keys to try too", many = true, complete = "file" },
  },
  examples = { "moonlatch status", "moonlatch status --json" },
  run      = run,
}
