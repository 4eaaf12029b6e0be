--- version — which program this is.

local host <const> = require "moonlatch.host"

local function run(_, ctx)
  if ctx.global.json then
    ctx.report:result("version", host.version)
    ctx.report:result("sops", require("moonlatch.sops").version)
    ctx.report:result("lua", _VERSION)
    return ctx.report:finish()
  end
  assert(host.out(("moonlatch %s\n"):format(host.version)))
  if ctx.global.verbose then
    assert(host.out(("%s\nfiles of sops %s\n"):format(_VERSION, require("moonlatch.sops").version)))
  end
  return 0
end

---@type moonlatch.Recipe
return {
  name     = "version",
  summary  = "which version this is",
  group    = "host",
  takes    = {},
  examples = { "moonlatch version", "moonlatch version --json" },
  run      = run,
}
