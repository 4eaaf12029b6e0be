--- trust — look at the site's own code, and let it run or not.
--
-- Trusted code has all the power of its user. Therefore --yes does not agree to it: a terminal asks
-- after showing what changed, or the digest is named, as CI does.

local fail  <const> = require "moonlatch.fail"
local json  <const> = require "moonlatch.json"
local trust <const> = require "moonlatch.trust"
local tty   <const> = require "moonlatch.tty"

local WORDS <const> = { none = "the site has no code of its own", trusted = "trusted",
  new = "never trusted", changed = "changed since you trusted it" }
local GLYPHS <const> = { new = "add", changed = "change", removed = "remove" }

--- What changed since it was trusted, line by line.
local function show(known, report)
  local rows <const> = {}
  for _, file in ipairs(known:diff()) do
    local code <const> = known.files[file.path]
    table.insert(rows, { { glyph = GLYPHS[file.change], text = file.change },
      code and code.sha256 or "", file.path })
  end
  report:table({ "CHANGE", "SHA256", "FILE" }, rows, "changes")
  for _, file in ipairs(known:diff()) do
    report:say ""
    report:say(("%s (%s)"):format(file.path, file.change))
    for _, line in ipairs(file.lines) do
      report:say("  " .. line)
    end
  end
end

--- Consent of its own kind. Raises "consent", "declined" or "conflict".
local function agree(known, accepted)
  if accepted == known.digest then
    return
  elseif accepted then
    fail("conflict", "the code is not in the state whose digest was given",
      "look at what changed: moonlatch trust")
  elseif not tty.available() then
    fail("consent", "trusting code needs your consent",
      ("read the code, then: moonlatch trust --accept %s"):format(known.digest))
  elseif tty.confirm "Let this code run with all your rights? [y/N] " ~= true then
    fail("declined", "the code is not trusted")
  end
end

local function say_state(known, report)
  report:result("state", known.state)
  report:result("digest", known.digest or json.null)
  report:summary(known.digest and ("%s: MOONLATCH_TRUST=%s"):format(WORDS[known.state],
    known.digest) or WORDS[known.state])
end

local function run(args, ctx)
  local report <const> = ctx.report
  if args.check and (args.revoke or args.accept) or args.revoke and args.accept then
    fail("usage", "--check, --accept and --revoke exclude each other")
  end
  local known <const> = assert(trust.open(ctx.site))
  local open <const> = known.state == "new" or known.state == "changed"
  if args.revoke then
    if not ctx.global.dry_run then
      assert(known:revoke())
    end
  elseif args.check and open then
    report:finding("trust", "the code below moonlatch/ is " .. WORDS[known.state])
    report:next "moonlatch trust"
  elseif open then
    show(known, report)
    if ctx.global.dry_run then
      say_state(known, report)
      return report:finish(1)
    end
    agree(known, args.accept)
    assert(known:accept())
  end
  say_state(known, report)
  return report:finish()
end

---@type moonlatch.Recipe
return {
  name     = "trust",
  summary  = "look at the site's own code, and let it run",
  about    = "Shows what is below moonlatch/ and how it differs from what you trusted last, and "
    .. "asks. Code that is not trusted in its present state stops any run that would load it. The "
    .. "last line holds the digest: CI trusts that one state with MOONLATCH_TRUST.",
  group    = "set up",
  takes    = {},
  options  = {
    { "--accept SHA256", "trust the state with this digest, without being asked" },
    { "--check", "only tell: status 1 when the code is not trusted" },
    { "--revoke", "trust none of it any more" },
  },
  examples = { "moonlatch trust", "moonlatch trust --check" },
  run      = run,
}
