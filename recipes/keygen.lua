--- keygen — a new key.

local age      <const> = require "moonlatch.age"
local fail     <const> = require "moonlatch.fail"
local files    <const> = require "moonlatch.files"
local fs       <const> = require "moonlatch.fs"
local host     <const> = require "moonlatch.host"
local keyfile  <const> = require "moonlatch.keyfile"
local modes    <const> = require "moonlatch.modes"
local secret   <const> = require "moonlatch.secret"
local ssh_keys <const> = require "moonlatch.ssh_keys"

--- The public halves of a key file or SSH key.
local function public_halves(path)
  local bytes <close> = assert(files.read(path))
  if ssh_keys.is_private(bytes) then
    return { assert(ssh_keys.public_half(bytes, path)) }
  end
  local found <const> = {}
  for _, line in ipairs(assert(age.parse_key_file(bytes, { path = path }))) do
    table.insert(found, line.recipient)
  end
  if #found == 0 then
    fail("missing", "there is no key in this file", nil, { path = path })
  end
  return found
end

--- A new file is never written over another one: its key might be needed.
---@return integer status
local function write_new(ctx, path, private, public)
  local place <const> = assert(files.locate(path))
  assert(files.stays(place))
  local list <const> = { place.name, public and place.name .. ".pub" or nil }
  for _, name in ipairs(list) do
    if place.root:exists(name) then
      fail("exists", "there is a file already, and it is not overwritten", nil,
        { path = path .. name:sub(#place.name + 1) })
    end
  end
  if ctx.global.dry_run then
    for _, name in ipairs(list) do
      ctx.report:say(("+ %s%s"):format(path, name:sub(#place.name + 1)))
    end
    return 1
  end
  local tx <close> = assert(fs.transaction { roots = { place.root } })
  assert(tx:write(place.root, place.name, private, { kind = "clear", mode = modes.PRIVATE }))
  if public then
    assert(tx:write(place.root, place.name .. ".pub", public .. "\n", { kind = "public" }))
  end
  assert(tx:commit())
  return 0
end

--- A new SSH key: the private file, and the line of the public one.
local function make_ssh(args)
  local key <const> = ssh_keys.generate(args)
  return assert(key:text()), key:public()
end

--- A new age key: its file, and its public half.
local function make_age(args)
  local identity <const> = assert(age.generate { kind = args.pq and "hybrid" or "x25519" })
  local comment <const> = args.comment and "# " .. args.comment:gsub("%c", " ") .. "\n" or ""
  return secret.concat { comment, keyfile.text(identity) }, identity:recipient()
end

local function run(args, ctx)
  if args.public then
    ctx.report:lines("keys", public_halves(args.public))
    return ctx.report:finish()
  elseif args.ssh and args.pq then
    fail("usage", "there is no post-quantum SSH key that age knows")
  elseif not args.ssh and (args.bits or args.type ~= "ed25519") then
    fail("usage", "--type and --bits go with --ssh")
  end
  local to_stdout <const> = not args.output or args.output == "-"
  if to_stdout and ctx.global.json then
    fail("usage", "--json shows no private key", "-o FILE writes it to a file")
  end
  local private <close>, public <const> = (args.ssh and make_ssh or make_age)(args)
  if to_stdout then
    assert(host.out(private))
    return 0
  end
  local status <const> = write_new(ctx, args.output, private, args.ssh and public)
  if status == 0 then
    ctx.report:say("public key: " .. public)
    ctx.report:result("public", public)
  end
  return ctx.report:finish(status)
end

---@type moonlatch.Recipe
return {
  name     = "keygen",
  summary  = "make a new key",
  about    = "Prints an age key, or writes it to a new file that only you can read. What is "
    .. "sealed today for one of --pq stays sealed for whoever has a quantum computer tomorrow; its "
    .. "public half has 1,959 characters.",
  group    = "keys",
  writes   = true,
  takes    = {},
  options  = {
    { "-o, --output FILE", "write it here; never over a file", complete = "file" },
    { "--pq", "a post-quantum age key: ML-KEM-768 with X25519" },
    { "--ssh", "an SSH key, with FILE.pub" },
    { "--type WORD", "with --ssh: of this type", choices = { "ed25519", "rsa" },
      default = "ed25519" },
    { "--bits N", "with --type rsa: 2048 to 16384 [default: 3072]" },
    { "--comment TEXT", "what to call it" },
    { "-Y, --public FILE", "show the public half of a key file or SSH key", complete = "file" },
  },
  examples = { "moonlatch keygen -o key.txt", "moonlatch keygen --pq -o key.txt",
    "moonlatch keygen --ssh --type rsa -o id_rsa", "moonlatch keygen --public key.txt" },
  run      = run,
}
