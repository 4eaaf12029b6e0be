--- as.age.keygen — `age-keygen`: a new key, and the public halves of those in a file.

local age     <const> = require "moonlatch.age"
local ending  <const> = require "moonlatch.as.ending"
local files   <const> = require "moonlatch.files"
local fs      <const> = require "moonlatch.fs"
local host    <const> = require "moonlatch.host"
local keyfile <const> = require "moonlatch.keyfile"
local modes   <const> = require "moonlatch.modes"
local program <const> = require "moonlatch.as.age.program"
local tty     <const> = require "moonlatch.tty"

local quoted <const> = ending.quoted

local keygen <const> = program.new {
  name = "age-keygen",
  usage = [[
Usage:
    age-keygen [-pq] [-o OUTPUT]
    age-keygen -y [-o OUTPUT] [INPUT]

Options:
    -pq                   Make a post-quantum key: ML-KEM-768 with X25519.
    -o, --output OUTPUT   Write to a new file, which only its owner can read.
    -y                    Print the public halves of the keys in INPUT.
    --version             Print the version.

A key goes to standard output if there is no OUTPUT, which is never overwritten.
Where that is no terminal, the public half goes to standard error, too.
]],
  flags = {
    { "output", "o", kind = "text" },
    { "pq", kind = "switch" },
    { "y", kind = "switch" },
  },
}

local READABLE_BY_ALL <const> = 4

--- Write to a new file or to standard output.
local function put(path, bytes)
  if not path then
    local ok <const>, err <const> = host.out(bytes)
    if not ok and not ending.is_silent(err) then
      keygen:fatal("failed to write output: " .. program.reason(err, "write", "/dev/stdout"))
    end
    return assert(ok, err)
  end
  local place, err = files.locate(path)
  if place and place.name:find "/" then -- no folder is made for it
    place, err = nil, select(2, fs.root((path:match "^.*/")))
  end
  local ok = false
  if place then
    ok, err = place.root:write(place.name, bytes, { mode = modes.PRIVATE, exclusive = true })
  end
  if not ok then
    keygen:fatal(("failed to open output file %s: %s"):format(quoted(path),
      program.reason(err, "open", path)))
  end
end

local function generate(found, path)
  local identity <const> = assert(age.generate { kind = found.pq and "hybrid" or "x25519" })
  local file <close> = keyfile.text(identity)
  local stream <const> = not path and fs.stat_stream "stdout"
  if stream and stream.kind == "file" and stream.mode & READABLE_BY_ALL ~= 0 then
    keygen:warn "writing secret key to a world-readable file"
  end
  put(path, file)
  if path or not tty.is_terminal() then
    host.err(("Public key: %s\n"):format(identity:recipient()))
  end
end

--- The public halves of a file of identities.
local function recipients_of(input)
  local bytes <close>, err <const> = fs.read_named(input)
  if not bytes and err.errno then
    keygen:fatal(("failed to open input file %s: %s"):format(quoted(input),
      program.reason(err, "open", input)))
  elseif not bytes then
    keygen:fatal("failed to parse input: failed to read identities file: "
      .. program.reason(err, "read", input))
  end
  local lines <const>, bad <const> = age.parse_key_file(bytes)
  if not lines then
    keygen:fatal(("failed to parse input: %s%s"):format(
      bad.line and ("error at line %d: "):format(bad.line) or "", bad.message))
  end
  local found <const> = {}
  for _, line in ipairs(lines) do
    if line.recipient then
      table.insert(found, line.recipient .. "\n")
    elseif line.kind ~= "comment" and line.kind ~= "blank" then
      keygen:fatal(("failed to parse input: error at line %d: the public half of a %s identity is "
        .. "not known"):format(line.line, line.kind))
    end
  end
  if #found == 0 then
    keygen:fatal "failed to parse input: no identities found"
  end
  return table.concat(found)
end

local function body(found, operands)
  local path <const> = found.output ~= "-" and found.output ~= "" and found.output or nil
  if #operands > (found.y and 1 or 0) then
    keygen:fatal "too many arguments"
  elseif found.y and found.pq then
    keygen:fatal "-pq cannot be used with -y"
  elseif found.y then
    return put(path, recipients_of(program.input(operands)))
  end
  return generate(found, path)
end

return { run = function(words) return keygen:run(words, body) end }
