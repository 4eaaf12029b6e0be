--- host-key install — a key pair becomes that of this host.
--
-- For hosts whose keys are kept in the vault, or made elsewhere. Whether it is the right host is
-- checked, the old pair is kept, and the new one is there whole or not at all.

local fail     <const> = require "moonlatch.fail"
local files    <const> = require "moonlatch.files"
local host     <const> = require "moonlatch.host"
local modes    <const> = require "moonlatch.modes"
local plan     <const> = require "moonlatch.plan"
local ssh      <const> = require "moonlatch.ssh"
local ssh_keys <const> = require "moonlatch.ssh_keys"

--- A key is for one host; on another one it would be two hosts with one identity.
local function check_host(name)
  local here <const> = host.hostname()
  if name ~= here and name ~= here:match "^[^.]+" then
    fail("conflict", ("this host is %s, not %s"):format(here, name),
      "run it on the host that the key is for")
  end
end

--- The key of an item of the vault, or of a file.
local function read_key(args, ctx)
  if not args.vault then
    local bytes <close> = assert(files.read(args.key))
    return assert(ssh_keys.of_file(bytes, args.key))
  end
  local vault <const> = assert(require "moonlatch.vault".open(ctx.site, { report = ctx.report }))
  local item <const> = assert(vault:get(args.key))
  return item.key or fail("format", args.key .. ": its key is an age key, a host needs an SSH key")
end

--- A name for the pair that is kept, which no file has yet.
local function free_name(root, name)
  local number, kept = 1, name .. ".old"
  while root:exists(kept) or root:exists(kept .. ".pub") do
    number = number + 1
    kept = ("%s.old%d"):format(name, number)
  end
  return kept
end

--- Plans the copies of the files that are there.
local function keep_old(p, place)
  local kept <const> = free_name(place.root, place.name)
  for _, file in ipairs { { "", "clear", modes.PRIVATE },
    { ".pub", "public", modes.PUBLIC } } do
    local name <const> = place.name .. file[1]
    if place.root:exists(name) then
      local bytes <const> = assert(p.tx:read(place.root, name, { secret = file[2] == "clear" }))
      assert(p:write(place.root, kept .. file[1], bytes, { kind = file[2], mode = file[3],
        why = "the pair that is there is kept" }))
    else
      assert(p.tx:input(place.root, name, nil))
    end
  end
end

--- Is this very pair there already?
local function is_installed(place, key)
  local private <const> = place.root:exists(place.name)
    and ssh.inspect(assert(place.root:read_secret(place.name)))
  local public <const> = place.root:exists(place.name .. ".pub")
    and ssh.public(assert(place.root:read(place.name .. ".pub")))
  local fingerprint <const> = key:fingerprint()
  return private and public and not private.encrypted and private.fingerprint == fingerprint
    and public.fingerprint == fingerprint
end

local function run(args, ctx)
  if not args.host then
    fail("usage", "--host NAME is missing: which host is this key for?",
      "this one is " .. host.hostname())
  end
  check_host(args.host)
  local key <close> = read_key(args, ctx)
  local line <const> = key:public()
  local kind <const> = assert(ssh.public(line)).kind
  local path <const> = args.at or ("/etc/ssh/ssh_host_%s_key"):format(kind)
  local place <const> = assert(files.locate(path))
  assert(files.stays(place))
  local p <close> = plan.new { roots = { place.root }, global = ctx.global, report = ctx.report,
    title = "host-key install " .. path }
  if not is_installed(place, key) then
    keep_old(p, place)
    assert(p:write(place.root, place.name, assert(key:text()), { kind = "clear",
      mode = modes.PRIVATE, why = key:fingerprint() }))
    assert(p:write(place.root, place.name .. ".pub", line .. "\n", { kind = "public",
      mode = modes.PUBLIC }))
  end
  ctx.report:result("fingerprint", key:fingerprint())
  return ctx.report:finish(p:finish { next = "sshd -t && systemctl reload ssh" })
end

---@type moonlatch.Recipe
return {
  name     = "host-key install",
  summary  = "make a key pair that of this host",
  about    = "The key comes from a file, or with --vault from an item of the vault; its public "
    .. "half is made from it. The pair that is there is kept beside it, as FILE.old. A passphrase "
    .. "is asked for and taken off, since sshd has nobody to ask.",
  group    = "keys",
  writes   = true,
  takes    = { { "key", "a private key", complete = "file" } },
  options  = {
    { "--host NAME", "the host that the key is for, which this one must be" },
    { "--vault", "KEY is an item of the vault" },
    { "--at FILE", "where it goes; default is /etc/ssh/ssh_host_TYPE_key", complete = "file" },
  },
  examples = { "moonlatch host-key install --vault --host pyrite sops-pyrite-ssh" },
  run      = run,
}
