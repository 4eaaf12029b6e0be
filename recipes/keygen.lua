--- keygen — a new key.

local age    <const> = require "moonlatch.age"
local fail   <const> = require "moonlatch.fail"
local files  <const> = require "moonlatch.files"
local fs     <const> = require "moonlatch.fs"
local host   <const> = require "moonlatch.host"
local secret <const> = require "moonlatch.secret"
local ssh    <const> = require "moonlatch.ssh"

--- The public halves of a key file or SSH key.
local function show_public(path)
  local bytes <close> = assert(files.read(path))
  if ssh.is_encrypted(bytes) ~= nil then
    assert(host.out(assert(ssh.private(bytes)):public() .. "\n"))
    return 0
  end
  local shown = 0
  for _, line in ipairs(assert(age.parse_key_file(bytes, { path = path }))) do
    if line.recipient then
      assert(host.out(line.recipient .. "\n"))
      shown = shown + 1
    end
  end
  if shown == 0 then
    fail("missing", "there is no key in this file", nil, { path = path })
  end
  return 0
end

--- A new file is never written over another one: its key might be needed.
local function write_new(path, private, public)
  local place <const> = assert(files.locate(path))
  assert(files.stays(place))
  local list <const> = { place.name, public and place.name .. ".pub" or nil }
  for _, name in ipairs(list) do
    if place.root:exists(name) then
      fail("exists", "there is a file already, and it is not overwritten", nil,
        { path = path .. name:sub(#place.name + 1) })
    end
  end
  local tx <close> = assert(fs.transaction { roots = { place.root } })
  assert(tx:write(place.root, place.name, private, { kind = "clear", mode = tonumber("600", 8) }))
  if public then
    assert(tx:write(place.root, place.name .. ".pub", public, { kind = "public" }))
  end
  assert(tx:commit())
end

local function run(args, ctx)
  if args.public then
    return show_public(args.public)
  elseif args.ssh and args.pq then
    fail("usage", "--ssh and --pq exclude each other", "SSH knows no post-quantum keys")
  end
  local private, public, shown
  if args.ssh then
    local key <const> = assert(ssh.generate { comment = args.comment or "" })
    private, public, shown = assert(key:text()), key:public() .. "\n", key:public()
  else
    local identity <const> = assert(age.generate { kind = args.pq and "hybrid" or "x25519" })
    shown = identity:recipient()
    local comment <const> = args.comment and "# " .. args.comment:gsub("%c", " ") .. "\n" or ""
    private = secret.concat { comment, "# public key: ", shown, "\n",
      assert(identity:secret()), "\n" }
  end
  if not args.output or args.output == "-" then
    assert(host.out(private))
  else
    write_new(args.output, private, public)
    ctx.report:say("public key: " .. shown)
  end
  return 0
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
    { "--ssh", "an Ed25519 SSH key, with FILE.pub" },
    { "--pq", "a post-quantum age key: X25519 together with ML-KEM-768" },
    { "--comment TEXT", "what to call it" },
    { "-Y, --public FILE", "show the public half of a key file or SSH key", complete = "file" },
  },
  examples = { "moonlatch keygen -o key.txt", "moonlatch keygen --public key.txt" },
  run      = run,
}
