--- host-key sign — a certificate, so that a host, or a user, is known by the authority that signed.

local fail     <const> = require "moonlatch.fail"
local files    <const> = require "moonlatch.files"
local host     <const> = require "moonlatch.host"
local modes    <const> = require "moonlatch.modes"
local plan     <const> = require "moonlatch.plan"
local shell    <const> = require "moonlatch.shell"
local ssh      <const> = require "moonlatch.ssh"
local ssh_keys <const> = require "moonlatch.ssh_keys"

--- Clocks differ: a certificate is valid a little before it was made.
local SKEW <const> = 5 * 60
local UNITS <const> = { s = 1, m = 60, h = 3600, d = 86400, w = 7 * 86400 }
local LONGEST <const> = 1000 * 365 * 86400 -- in seconds; a slip of the finger is more

--- How many seconds a certificate is valid; nil: for ever.
local function lasts(word)
  if word == "forever" then
    return nil
  end
  local number <const>, unit <const> = word:match "^%+?(%d+)([smhdw])$"
  local seconds <const> = number and tonumber(number) * 1.0 * UNITS[unit] -- integers wrap around
  if not seconds or seconds == 0 or seconds > LONGEST then
    fail("usage", ("'%s' is no time that a certificate can be valid"):format(word),
      "for instance 52w, 90d, 12h, or forever")
  end
  return math.tointeger(seconds)
end

--- What users may do without being told otherwise, as with ssh-keygen.
local USUAL <const> = { "permit-X11-forwarding", "permit-agent-forwarding",
  "permit-port-forwarding", "permit-pty", "permit-user-rc" }
local WITH_VALUE <const> = { ["force-command"] = true, ["source-address"] = true }

--- Options of `ssh-keygen -O`: the critical ones, and the extensions.
local function read_options(words)
  local critical <const>, extensions <const> = {}, {}
  for _, name in ipairs(USUAL) do
    extensions[name] = true
  end
  for _, word in ipairs(words) do
    local name <const>, value <const> = word:match "^([^=]+)=(.+)$"
    local refused <const> = "permit-" .. (word:match "^no%-(.+)$" or "")
    if WITH_VALUE[name] then
      critical[name] = value
    elseif word == "verify-required" then
      critical[word] = true
    elseif word == "clear" then
      for extension in pairs(extensions) do
        extensions[extension] = nil
      end
    elseif fail.choose(USUAL, refused, "option") then
      extensions[refused] = nil
    else
      assert(fail.choose(USUAL, word, "option"))
      extensions[word] = true
    end
  end
  return critical, extensions
end

--- The key that is certified: its line, and where the certificate goes.
local function subject(path)
  local name <const> = path:gsub("%.pub$", "")
  local bytes <close> = assert(files.read(name .. ".pub"))
  local line <const> = bytes:publish()
  local key <const>, err <const> = ssh.public(line)
  if not key then
    err.path = name .. ".pub"
    error(err, 0)
  end
  return line, key, assert(files.locate(name .. "-cert.pub"))
end

local function certify(args, names, line)
  local critical, extensions
  if args.user then
    critical, extensions = read_options(args.option)
  elseif #args.option > 0 then
    fail("usage", "--option is for certificates of users", "--user makes one")
  end
  local seconds <const> = lasts(args.valid)
  local serial <const> = math.tointeger(tonumber(args.serial:match "^%d+$"))
  if not serial then
    fail("usage", ("'%s' is no serial number"):format(args.serial), "a number from 0 on")
  end
  local bytes <close> = assert(files.read(args.ca))
  local ca <close> = assert(ssh_keys.of_file(bytes, args.ca))
  local now <const> = math.floor(host.time())
  return ssh.sign { ca = ca, key = line, kind = args.user and "user" or "host",
    key_id = args.id or names[1], principals = names, serial = serial,
    valid_after = now - SKEW, valid_before = seconds and now + seconds,
    critical = critical, extensions = extensions }
end

--- What makes others take the certificate.
local function explain(certificate, place, report)
  if certificate.kind == "user" then
    report:say("servers take it with a file that TrustedUserCAKeys in sshd_config names; in it:")
    report:say("  " .. certificate.authority.line)
  else
    report:say("the host shows it with this line in sshd_config:")
    report:say("  HostCertificate " .. place.real)
    report:say("who has this line in known_hosts takes the host for known:")
    report:say(("  @cert-authority %s %s"):format(table.concat(certificate.principals, ","),
      certificate.authority.line))
  end
end

--- Whom the certificate names: hosts, whose names may be patterns, or accounts.
local function named(args)
  local names <const> = {}
  for _, word in ipairs(args.name) do
    for name in word:gmatch "[^,%s]+" do
      if name:match "^[*?]+$" and not args.user then
        fail("usage", ("a certificate for '%s' is good for every host"):format(name),
          "a pattern may be a part: --name '*.example.org'")
      end
      table.insert(names, name)
    end
  end
  return names
end

local function run(args, ctx)
  local names <const> = named(args)
  if not args.ca then
    fail("usage", "--ca FILE, the private key of the authority, is missing",
      "`moonlatch host-key generate FILE` makes one")
  elseif #names == 0 then
    fail("usage", "a certificate without a name is good for every host, or every user",
      args.user and "--name USER, as often as needed" or "--name HOST, as often as needed")
  end
  local line <const>, key <const>, place <const> = subject(args.key)
  assert(files.stays(place))
  local before
  if place.root:exists(place.name) then
    if not args.renew then
      fail("exists", "there is a certificate already, and it is not overwritten",
        "--renew puts a new one in its place", { path = place.shown })
    end
    before = assert(place.root:read(place.name))
  end
  local signed <const> = assert(certify(args, names, line))
  local certificate <const> = assert(ssh.certificate(signed))
  local p <close> = plan.new { roots = { place.root }, global = ctx.global, report = ctx.report,
    title = "host-key sign " .. args.key }
  assert(p.tx:input(place.root, place.name, before))
  assert(p:write(place.root, place.name, signed .. "\n", { kind = "public",
    mode = modes.PUBLIC, why = { "for " .. key.fingerprint } }))
  local status <const> = p:finish {
    next = "moonlatch host-key show " .. shell.quote(place.shown) }
  ctx.report:result("certificate", signed)
  if status == 0 then
    explain(certificate, place, ctx.report)
  end
  return ctx.report:finish(status)
end

---@type moonlatch.Recipe
return {
  name     = "host-key sign",
  summary  = "certify the key of a host, or of a user",
  about    = "The certificate is written beside the key, as KEY-cert.pub. Who trusts the authority "
    .. "then takes the host for known, or lets the user in, without a line for this key.",
  group    = "keys",
  writes   = true,
  takes    = { { "key", "the key, by its public or its private file", complete = "file" } },
  options  = {
    { "--ca FILE", "the private key of the authority", complete = "file" },
    { "--name NAME", "a name of the host, or of an account", many = true },
    { "--user", "a certificate of a user" },
    { "--valid TIME", "how long: 52w, 90d, 12h, forever", default = "52w" },
    { "--id TEXT", "what servers log; default is the first name" },
    { "--serial NUMBER", "the authority's number for it", default = "0" },
    { "--option OPTION", "as `ssh-keygen -O`: force-command=…, source-address=…, no-pty, clear",
      many = true },
    { "--renew", "in place of the certificate that is there" },
  },
  examples = { "moonlatch host-key sign --ca ca --name pyrite.example.org ssh_host_ed25519_key",
    "moonlatch host-key sign --ca ca --user --name root --valid 12h id_ed25519" },
  run      = run,
}
