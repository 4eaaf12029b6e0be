--- as.age — the command line of age: its flags, messages and exit codes.
--
-- Where it differs from age, and why, is in docs/age-differences.md.

local ending  <const> = require "moonlatch.as.ending"
local fail    <const> = require "moonlatch.fail"
local fs      <const> = require "moonlatch.fs"
local program <const> = require "moonlatch.as.age.program"

local has_private_key <const> = require "moonlatch.text".has_private_key

local quoted <const> = ending.quoted

local face <const> = program.new {
  name = "age",
  usage = [[
Usage:
    age [--encrypt] (-r RECIPIENT | -R PATH)... [--armor] [-o OUTPUT] [INPUT]
    age [--encrypt] --passphrase [--armor] [-o OUTPUT] [INPUT]
    age --decrypt [-i PATH]... [-o OUTPUT] [INPUT]

Options:
    -e, --encrypt               Seal INPUT; this is the default.
    -d, --decrypt               Open INPUT.
    -o, --output OUTPUT         Write to this file.
    -a, --armor                 Seal as text.
    -p, --passphrase            Seal with a passphrase.
    -r, --recipient RECIPIENT   Seal for this recipient. Can be repeated.
    -R, --recipients-file PATH  Seal for the recipients in this file. Can be repeated.
    -i, --identity PATH         Use the identities in this file. Can be repeated.
    -j PLUGIN                   Use this plugin with its default identity. Can be repeated.
        --passphrase-fd N       Read the passphrase from descriptor N.
        --keep-partial          Keep the part that was opened before a failure.
        --version               Print the version.

INPUT is standard input where it is absent or "-", OUTPUT likewise standard output.
A passphrase is also read from MOONLATCH_AGE_PASSPHRASE.

RECIPIENT is an age key ("age1..."), a key of a plugin ("age1name1...") or an SSH
public key ("ssh-ed25519 AAAA...", "ssh-rsa AAAA..."). A file of recipients has one
on each line; a file of identities likewise, or it is an SSH private key, or such
lines sealed with a passphrase.
]],
  flags = {
    { "encrypt", "e", kind = "switch" }, { "decrypt", "d", kind = "switch" },
    { "output", "o", kind = "text" }, { "armor", "a", kind = "switch" },
    { "passphrase", "p", kind = "switch" }, { "recipient", "r", kind = "list" },
    { "recipients-file", "R", kind = "list" }, { "identity", "i", kind = "list" },
    { "j", kind = "list" }, { "passphrase-fd", kind = "text" },
    { "keep-partial", kind = "switch" },
  },
}

--- More words than INPUT: mostly flags in the wrong place.
local function refuse_operands(operands, words)
  local shown <const> = {}
  for i, word in ipairs(operands) do
    shown[i] = quoted(word)
  end
  local hints <const> = { "only a single input file may be specified at a time" }
  if operands[2]:sub(1, 1) == "-" then
    local before <const> = table.move(words, 1, #words - #operands, 2, { face.name })
    table.move(operands, 2, #operands, #before + 1, before)
    table.insert(before, operands[1])
    local line <const> = table.concat(before, " ")
    hints[1] = "the input file must be specified after all flags"
    local needs_quotes <const> = table.concat(words):find "[^%w_@%%+=:,./-]"
    if not needs_quotes and not has_private_key(line) then
      hints[2], hints[3] = "did you mean:", "    " .. line
    end
  end
  face:fatal("too many INPUT arguments: " .. table.concat(shown, " "), table.unpack(hints))
end

--- What can stand on a command line only once.
local function warn_of_duplicates(found)
  local WHAT <const> = { { "recipient", "recipient" }, { "recipients-file", "recipients file" },
    { "identity", "identity file" } }
  for _, known in ipairs(WHAT) do
    local times <const> = {}
    for _, value in ipairs(found[known[1]] or {}) do
      times[value] = (times[value] or 0) + 1
      if times[value] == 2 and not has_private_key(value) then
        face:warn(("duplicate %s %s"):format(known[2], quoted(value)))
      end
    end
  end
end

--- What cannot stand with -d, each with a hint.
local NOT_DECRYPTING <const> = {
  { "encrypt", "-e/--encrypt" },
  { "armor", "-a/--armor",
    "note that armored files are detected automatically, try again without -a/--armor" },
  { "passphrase", "-p/--passphrase",
    "note that password protected files are detected automatically" },
  { "recipient", "-r/--recipient", "did you mean to use -i/--identity to specify a private key?" },
  { "recipients-file", "-R/--recipients-file",
    "did you mean to use -i/--identity to specify a private key?" },
}
--- What cannot stand with -p.
local NOT_PASSPHRASE <const> = { { "recipient", "-r/--recipient" },
  { "recipients-file", "-R/--recipients-file" }, { "identity", "-i/--identity and -j" },
  { "j", "-i/--identity and -j" } }

local function check_encrypting(found)
  local keys <const> = found.identity or found.j
  if keys and not found.encrypt then
    face:fatal("-i/--identity and -j can't be used in encryption mode unless symmetric encryption "
      .. "is explicitly selected with -e/--encrypt", "did you forget to specify -d/--decrypt?")
  elseif not (found.recipient or found["recipients-file"] or found.passphrase or keys) then
    face:fatal("missing recipients", "did you forget to specify -r/--recipient, "
      .. "-R/--recipients-file or -p/--passphrase?")
  end
  for _, other in ipairs(found.passphrase and NOT_PASSPHRASE or {}) do
    if found[other[1]] then
      face:fatal(("-p/--passphrase can't be combined with %s"):format(other[2]))
    end
  end
end

local function check_flags(found)
  for _, other in ipairs(found.decrypt and NOT_DECRYPTING or {}) do
    if found[other[1]] then
      face:fatal(("%s can't be used with -d/--decrypt"):format(other[2]), other[3])
    end
  end
  if not found.decrypt then
    check_encrypting(found)
  end
end

--- The file that a path leads to; nil where there is none yet.
local function target_of(path)
  local root <const>, name <const> = fs.resolve(path)
  local there <const> = root and root:stat(name)
  return there and there.id
end

--- An output would replace what it is made from.
local function check_output(found, input)
  local names <const> = { input ~= "-" and input or nil }
  for _, flag in ipairs { "recipients-file", "identity" } do
    local list <const> = found[flag] or {}
    table.move(list, 1, #list, #names + 1, names)
  end
  local target <const> = target_of(found.output)
  for _, name in ipairs(names) do
    if target and name ~= "-" and target_of(name) == target then
      face:fatal("input and output file are the same: " .. quoted(found.output))
    end
  end
end

local function passphrase_descriptor(found)
  local text <const> = found["passphrase-fd"]
  local number <const> = text and require "moonlatch.passphrase".descriptor(text)
  if text and not number then
    face:fatal(("--passphrase-fd takes the number of a descriptor, not %s"):format(quoted(text)))
  end
  return number
end

--- Who reads standard input, which one thing can.
local function streams()
  local taken = false
  return function()
    local first <const> = not taken
    taken = true
    return first
  end
end

local function open_input(path)
  local input <const>, err <const> = fs.input(path)
  if not input and fail.is(err, "unsupported") then -- a folder
    face:fatal(program.reason(err, "read", path))
  end
  return input or face:fatal(("failed to open input file %s: %s"):format(quoted(path),
    program.reason(err, "open", path)))
end

local function body(found, operands, words)
  if #words == 0 then
    ending.leave(1, (face.usage:gsub("\n$", "")))
  elseif #operands > 1 then
    refuse_operands(operands, words)
  end
  check_flags(found)
  warn_of_duplicates(found)
  local input <const>, descriptor <const> = program.input(operands), passphrase_descriptor(found)
  local take <const> = streams()
  if found.output == "" then
    found.output = nil
  elseif found.output and found.output ~= "-" then
    check_output(found, input)
  end
  if input == "-" then
    take()
  end
  if descriptor == 0 and not take() then
    face:fatal "--passphrase-fd: standard input is used for multiple purposes"
  end
  local run <const> = require("moonlatch.as.age." .. (found.decrypt and "decrypt" or "encrypt"))
  return run(face, found, { input = open_input(input), take = take, descriptor = descriptor })
end

return { run = function(words) return face:run(words, body) end }
