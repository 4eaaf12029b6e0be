--- host-key generate — a new key pair for a host.

local fail     <const> = require "moonlatch.fail"
local files    <const> = require "moonlatch.files"
local modes    <const> = require "moonlatch.modes"
local plan     <const> = require "moonlatch.plan"
local shell    <const> = require "moonlatch.shell"
local ssh_keys <const> = require "moonlatch.ssh_keys"

local function run(args, ctx)
  local place <const> = assert(files.locate(args.file))
  assert(files.stays(place))
  local key <const> = ssh_keys.generate(args)
  local line <const> = key:public()
  local recipient <const> = ssh_keys.recipient(line)
  local p <close> = plan.new { roots = { place.root }, global = ctx.global, report = ctx.report,
    title = "host-key generate " .. args.file }
  local function write(ending, bytes, options)
    local name <const> = place.name .. ending
    if place.root:exists(name) then
      fail("exists", "there is a file already, and it is not overwritten", nil,
        { path = args.file .. ending })
    end
    assert(p.tx:input(place.root, name, nil))
    assert(p:write(place.root, name, bytes, options))
  end
  write("", assert(key:text()), { kind = "clear", mode = modes.PRIVATE,
    why = { key:fingerprint(), recipient and "as an age recipient: " .. recipient or nil } })
  write(".pub", line .. "\n", { kind = "public", mode = modes.PUBLIC })
  if ctx.global.dry_run then
    ctx.report:say "this key is forgotten; another one is made when it is written"
  end
  ctx.report:result("fingerprint", key:fingerprint())
  ctx.report:result("public", line)
  ctx.report:result("recipient", recipient)
  return ctx.report:finish(p:finish { next = "moonlatch host-key show " .. shell.quote(args.file) })
end

---@type moonlatch.Recipe
return {
  name     = "host-key generate",
  summary  = "make a key pair for a host",
  about    = "FILE gets the private key and only its owner can read it, FILE.pub the public one. "
    .. "Nothing is ever overwritten. The age recipient that follows from an Ed25519 key is shown, "
    .. "for rules: what is sealed to it opens on the host.",
  group    = "keys",
  writes   = true,
  takes    = { { "file", "where the private key goes", complete = "file" } },
  options  = {
    { "--type WORD", "kind of key", choices = { "ed25519", "rsa" }, default = "ed25519" },
    { "--bits NUMBER", "size of an RSA key; default is 3072" },
    { "--comment TEXT", "what to call it, mostly root@HOST" },
  },
  examples = { "moonlatch host-key generate ssh_host_ed25519_key --comment root@pyrite" },
  run      = run,
}
