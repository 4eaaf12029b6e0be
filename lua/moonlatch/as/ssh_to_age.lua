--- as.ssh_to_age — the command line of ssh-to-age: age keys that follow from Ed25519 SSH keys.
--
-- Where it differs from ssh-to-age, and why, is in docs/ssh-to-age-differences.md.

local ending   <const> = require "moonlatch.as.ending"
local fs       <const> = require "moonlatch.fs"
local go_flags <const> = require "moonlatch.as.go_flags"
local host     <const> = require "moonlatch.host"
local output   <const> = require "moonlatch.as.output"
local secret   <const> = require "moonlatch.secret"
local ssh      <const> = require "moonlatch.ssh"
local ssh_keys <const> = require "moonlatch.ssh_keys"

local face = {}

local NAME <const> = "ssh-to-age"

---@type moonlatch.GoFlag[]
local FLAGS <const> = {
  { "i", kind = "text" }, { "o", kind = "text" }, { "private-key", kind = "switch" },
  { "stdinpass", kind = "switch" }, { "version", kind = "switch" },
}

local USAGE <const> = [[
Usage of %s:
  -i string
        the SSH key, "-" for standard input (default "-")
  -o string
        where the age key goes, "-" for standard output (default "-")
  -private-key
        convert a private key; its passphrase is in SSH_TO_AGE_PASSPHRASE
  -stdinpass
        read the passphrase from standard input
  -version
        say the version
]]

--- The name that messages begin with: that of the link that was called, as the peer has it.
local function own_name()
  local called <const> = host.arguments()[0] or NAME
  return called:match "[^/]*$" == NAME and called or NAME
end

--- What is said when a run ends in an error.
local function message(text)
  return ("%s: %s"):format(own_name(), text)
end

local function leave(text)
  ending.leave(1, message(text))
end

--- What ends the message of an error that came from a key.
local PHRASES <const> = { passphrase = "ssh: this private key is passphrase protected",
  auth = "x509: decryption password incorrect" }

--- The words of an error, never with a byte of the key.
local function words_of(err)
  return PHRASES[err.code] or "ssh: " .. err.message
end

local function read(path)
  local bytes <const>, err <const> = fs.read_named(path)
  return bytes or leave(("error reading %s: open %s: %s"):format(path, path, output.why(err)))
end

--- The bytes without line ends behind them.
local function without_line_ends(bytes)
  local last = #bytes
  while last > 0 and (bytes:sub(last, last):equal "\n" or bytes:sub(last, last):equal "\r") do
    last = last - 1
  end
  return bytes:sub(1, last)
end

local function passphrase_of(flags)
  if not flags.stdinpass then
    return host.secret_env "SSH_TO_AGE_PASSPHRASE"
  elseif flags.i == "-" then
    leave "standard input can hold the key or its passphrase, not both: -stdinpass needs -i"
  end
  return without_line_ends(read "-")
end

--- The text of the private age key.
local function convert_private(bytes, flags)
  local passphrase <const> = passphrase_of(flags) or secret.new ""
  local key <const>, err <const> = ssh.private(bytes, { passphrase = passphrase })
  if not key then
    leave("failed to parse ssh private key: " .. words_of(err))
  elseif #passphrase > 0 and not ssh.is_encrypted(bytes) then
    leave "failed to parse ssh private key: ssh: key is not password protected"
  end
  return secret.concat { assert(assert(key:age_identity()):secret()), "\n" }
end

--- The recipient of one line; nil for a key that is passed over.
local function convert_line(line)
  local key <const>, err <const> = ssh.public(line)
  if not key then
    return nil, err
  elseif key.kind ~= "ed25519" then
    host.err(("skipped key: got %s key type, but only ed25519 keys are supported\n")
      :format(key.type))
  elseif key.marker == "@revoked" then
    host.err "skipped key: it is marked @revoked\n"
  else
    return ssh.to_age(line)
  end
end

--- The recipients of all lines, handed to `put` as they come.
local function convert_lines(bytes, put)
  if ssh_keys.is_private(bytes) then
    leave "failed to parse ssh public key: this is a private key, which -private-key converts"
  end
  local number = 0
  for line in (bytes:publish() .. "\n"):gmatch "(.-)\r?\n" do
    number = number + 1
    if line:match "^%s*[^%s#]" then
      local recipient <const>, err <const> = convert_line(line)
      if recipient then
        put(recipient .. "\n")
      elseif err then
        leave(("failed to convert line %d: failed to parse ssh public key: ssh: %s")
          :format(number, err.message))
      end
    end
  end
end

--- All of it is there before anything is written: a failure leaves no file behind.
local function write(path, bytes)
  local ok <const>, err <const> = output.put(path, bytes)
  if not ok then
    leave(("failed to create %s: open %s: %s"):format(path, path, output.why(err)))
  end
end

local function convert(flags)
  local to_stdout <const> = flags.o == "-"
  local bytes <close> = read(flags.i)
  if flags["private-key"] then
    local identity <const> = convert_private(bytes, flags)
    if to_stdout then
      assert(host.out(identity))
    else
      write(flags.o, identity)
    end
    return
  end
  local lines <const> = {}
  convert_lines(bytes, to_stdout and function(line) assert(host.out(line)) end
    or function(line) table.insert(lines, line) end)
  if not to_stdout then
    write(flags.o, table.concat(lines))
  end
end

local function run(words)
  local flags <const>, wrong <const> = go_flags.parse(FLAGS, words)
  if not flags then
    host.err((wrong == "help" and "" or wrong .. "\n") .. USAGE:format(own_name()))
    return wrong == "help" and 0 or 2
  elseif flags.version then
    assert(host.out(("%s of moonlatch %s\n"):format(NAME, host.version)))
    return 0
  end
  flags.i, flags.o = flags.i or "-", flags.o or "-"
  return convert(flags)
end

--- Run a command line of ssh-to-age.
---@param words string[]
---@return integer status
function face.run(words)
  return ending.run(run, words, function(err)
    return 1, message(err.message) .. "\n"
  end)
end

return face
