--- host-key show — what a key of a host is: fingerprint, age recipient, certificate.

local files    <const> = require "moonlatch.files"
local json     <const> = require "moonlatch.json"
local modes    <const> = require "moonlatch.modes"
local shell    <const> = require "moonlatch.shell"
local ssh      <const> = require "moonlatch.ssh"
local ssh_keys <const> = require "moonlatch.ssh_keys"

--- The file beside a key, as a line; nil when there is none.
local function beside(place, ending)
  local name <const> = place.name:gsub("%.pub$", "") .. ending
  if name ~= place.name and place.root:exists(name) then
    return assert(place.root:read(name)), name
  end
end

--- The public half that lies beside a private key, and who can read the private one.
local function check_private(place, args, key, report)
  if modes.is_open(place.root:stat(place.name)) then
    report:finding("key-file-open", "others can read this private key",
      { path = args.file, hint = "chmod 600 " .. shell.quote(args.file) })
  end
  local line <const>, name <const> = beside(place, ".pub")
  local other <const> = line and assert(ssh.public(line))
  if other and other.fingerprint ~= key.fingerprint then
    report:finding("pair-differs", ("%s is the public half of another key, %s")
      :format(name, other.fingerprint), { path = args.file })
  end
end

--- The same for programs.
local function report_data(report, key, recipient, certificate)
  for _, field in ipairs { "fingerprint", "type", "bits" } do
    report:result(field, key[field])
  end
  report:result("public", key.line)
  report:result("recipient", recipient)
  if certificate then
    certificate.principals = json.array(certificate.principals)
    report:result("certificate", certificate)
  end
end

local function run(args, ctx)
  local bytes <close> = assert(files.read(args.file))
  local place <const> = args.file ~= "-" and files.locate(args.file) or nil
  local private <const> = ssh_keys.is_private(bytes)
  local line <const> = private and assert(ssh_keys.public_half(bytes, args.file))
    or bytes:publish()
  local key <const> = assert(ssh.public(line))
  local certificate, path = key.kind == "certificate" and assert(ssh.certificate(line)), args.file
  local plain <const> = certificate and certificate.key or key
  if private and place then
    check_private(place, args, key, ctx.report)
  end
  if not certificate and place then
    local signed <const>, name <const> = beside(place, "-cert.pub")
    certificate, path = signed and assert(ssh.certificate(signed)), name
  end
  local recipient <const> = ssh_keys.recipient(plain.line)
  local rows <const> = {
    { "fingerprint", ssh_keys.name(plain) },
    { "public", plain.line .. (key.comment and " " .. key.comment or "") },
    { "recipient", recipient or "none: it is no Ed25519 key" },
  }
  if certificate then
    local said <const> = ssh_keys.describe(certificate)
    table.move(said, 1, #said, #rows + 1, rows)
    local fault <const> = ssh_keys.fault(certificate, plain)
    if fault then
      ctx.report:finding("bad-certificate", fault, { path = path,
        hint = "`moonlatch host-key sign --renew` makes another" })
    end
  end
  if ctx.global.json then
    report_data(ctx.report, plain, recipient, certificate)
  else
    ctx.report:table({ "WHAT", "VALUE" }, rows)
  end
  return ctx.report:finish()
end

---@type moonlatch.Recipe
return {
  name     = "host-key show",
  summary  = "what a key of a host is: fingerprint, age recipient, certificate",
  about    = "Of a private key the public half beside it (FILE.pub) must be its own, and the "
    .. "certificate (FILE-cert.pub) must be for this key and valid now.",
  group    = "keys",
  takes    = { { "file", "a private key, a public one or a certificate", complete = "file" } },
  examples = { "moonlatch host-key show /etc/ssh/ssh_host_ed25519_key",
    "ssh-keyscan -t ed25519 pyrite | moonlatch host-key show -" },
  run      = run,
}
