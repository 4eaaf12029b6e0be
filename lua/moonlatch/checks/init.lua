--- checks — is a site in order? Asked by validate and status, and after keys were changed.
--
-- A finding needs a contradiction; what is merely absent or unwise is a note. All but the vault and
-- the user's own keys is public, so a checkout alone can be checked. What could not be looked at is
-- said, because silence would look like success.

local fail       <const> = require "moonlatch.fail"
local files      <const> = require "moonlatch.checks.files"
local fs         <const> = require "moonlatch.fs"
local identities <const> = require "moonlatch.identities"
local keyring    <const> = require "moonlatch.keyring"
local places     <const> = require "moonlatch.checks.places"
local repo       <const> = require "moonlatch.repo"
local site_file  <const> = require "moonlatch.identities.site_file"
local vault      <const> = require "moonlatch.vault"

---@class moonlatch.Survey
---@field site moonlatch.Site
---@field all moonlatch.Repo
---@field who moonlatch.Identities
---@field ring moonlatch.Keyring
---@field vault moonlatch.VaultItem[]?     nil: it was not looked at
---@field skipped table<"vault"|"keys", string?>  why a part was not looked at
---@field pending table[]                transactions that were cut short
---@field ssh_problems moonlatch.Error[]   SSH public keys that could not be read

local checks = {}

--- Parts that need more than a checkout; `--require` names them.
checks.PARTS = { "vault", "keys" }

local function why(err)
  return err.hint and ("%s (%s)"):format(err.message, err.hint) or err.message
end

--- The items of the vault, each with its halves compared.
local function ask_vault(site, report, options)
  if not options.vault then
    return nil, "not asked; `moonlatch validate --vault` asks it"
  end
  local provider <const>, err <const> = vault.open(site,
    { report = report, sync = options.sync or false })
  if not provider then
    return nil, why(err)
  end
  local items <const>, bad <const> = provider:list { names = site_file.vault_items(site),
    read = function() return true end }
  if not items then
    return nil, why(bad)
  end
  local there <const> = {}
  for _, item in ipairs(items) do
    table.insert(there, not fail.is(item.problem, "missing") and item or nil)
  end
  return there
end

--- Why none of this user's keys takes part; nil when one does. Nobody is asked for a passphrase,
--- and no plugin is run.
local function why_no_keys(ring)
  if #ring:entries() > 0 then
    return nil
  end
  for _, source in ipairs(ring.sources) do
    if source.waiting then
      return source.name .. " is under a passphrase, which no check asks for"
    elseif #source.plugins > 0 then
      return source.name .. " has keys of plugins only, and no check runs one"
    end
  end
  return "no private key was found"
end

--- Read everything once.
---@param ctx { site: moonlatch.Site, report: moonlatch.Report }
---@param options { vault: boolean?, sync: boolean?, identities: string[]? }?
---@return moonlatch.Survey
function checks.survey(ctx, options)
  options = options or {}
  local self <const> = { site = ctx.site, skipped = {}, pending = fs.pending() }
  self.all = assert(repo.open(ctx.site, { survey = true, progress = function(done, total)
    ctx.report:progress(done, total, "reading")
  end }))
  self.ring = keyring.open { files = options.identities }
  self.skipped.keys = why_no_keys(self.ring)
  self.vault, self.skipped.vault = ask_vault(ctx.site, ctx.report, options)
  local sound <const> = {}
  for _, item in ipairs(self.vault or {}) do
    table.insert(sound, not item.problem and item or nil)
  end
  local lines <const>, problems <const> = site_file.ssh_lines(ctx.site)
  self.ssh_problems = problems
  self.who = identities.new(ctx.site, self.all, { ring = self.ring, vault = sound, ssh = lines })
  return self
end

local function teller(report)
  return function(f, level)
    local fields <const> = {}
    for name, value in pairs(f) do
      fields[name] = value
    end
    fields.level = nil -- the report's to decide
    local say <const> = (f.level or level) == "finding" and report.finding or report.note
    say(report, f.code, f.message, fields)
  end
end

local function say_skipped(survey, report)
  if survey.skipped.vault then
    report:skipped("the vault", survey.skipped.vault)
  end
  if survey.skipped.keys then
    report:skipped("your keys", survey.skipped.keys)
  end
  for i, one in ipairs(survey.ring:account()) do
    if survey.ring.sources[i].problem then
      report:skipped(one.name, one.state)
    end
  end
  if survey.all.broken_rules then
    report:skipped("who may open the files that are not clan's", ".sops.yaml is not understood")
  end
end

local function count(n, what)
  return ("%d %s%s"):format(n, what, n == 1 and "" or "s")
end

-- What helps against a finding, the first that applies.
local REMEDIES <const> = {
  { "undefined-alias" }, { "bad-rule" }, { "bad-key-json" },
  { "recipients-differ", "moonlatch update-keys --dry-run" },
  { "clan-links", "moonlatch update-keys --dry-run" },
}

local function remedy(report)
  local codes <const> = {}
  for _, f in ipairs(report.findings) do
    codes[f.code] = true
  end
  for _, entry in ipairs(REMEDIES) do
    if codes[entry[1]] then
      return entry[2] or "moonlatch help " .. entry[1]
    end
  end
  return "moonlatch help " .. report.findings[1].code
end

local function verdict(survey, report)
  local people = 0
  for _, identity in ipairs(survey.who.list) do
    people = people + (identities.in_repository(identity) and 1 or 0)
  end
  local seen <const> = ("%s, %d %s"):format(count(#survey.all.files, "sealed file"), people,
    people == 1 and "identity" or "identities")
  local notes <const> = #report.notes > 0 and ", " .. count(#report.notes, "note") or ""
  if #report.findings == 0 then
    return report:summary(("in order: %s%s"):format(seen, notes))
  end
  report:summary(("not in order: %s%s; %s"):format(count(#report.findings, "finding"), notes,
    seen))
  report:next(remedy(report))
end

--- Make all checks; the report gets what they say, and how it ends.
---@param ctx { site: moonlatch.Site, report: moonlatch.Report }
---@param options { vault: boolean?, sync: boolean?, identities: string[]? }?
---@return moonlatch.Survey
function checks.run(ctx, options)
  local survey <const> = checks.survey(ctx, options)
  local tell <const> = teller(ctx.report)
  for _, check in ipairs(files) do
    check(survey, tell)
  end
  for _, check in ipairs(places) do
    check(survey, tell)
  end
  say_skipped(survey, ctx.report)
  verdict(survey, ctx.report)
  return survey
end

return checks
