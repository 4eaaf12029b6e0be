--- as.age.keys — what -r, -R, -i and -j name, in the words of age where it cannot be used.

local age        <const> = require "moonlatch.age"
local ending     <const> = require "moonlatch.as.ending"
local fail       <const> = require "moonlatch.fail"
local fs         <const> = require "moonlatch.fs"
local identities <const> = require "moonlatch.age_file.identities"
local passphrase <const> = require "moonlatch.passphrase"
local program    <const> = require "moonlatch.as.age.program"
local recipients <const> = require "moonlatch.age_file.recipients"

local has_private_key <const> = require "moonlatch.text".has_private_key

local keys = {}

local quoted <const> = ending.quoted

--- The word of -r.
local function recipient_of(face, word)
  local recipient <const>, err <const> = recipients.parse(word)
  if recipient then
    return recipient
  elseif has_private_key(word) then -- which no message may show
    face:fatal(err.message, err.hint)
  elseif word:match "^github:" then
    local user <const> = word:match ":(.*)"
    face:fatal('"github:" recipients were removed from the design',
      "instead, use recipient files like", ("    curl -O https://github.com/%s.keys"):format(user),
      ("    age -R %s.keys"):format(user))
  elseif word:match "^ssh%-" then
    face:fatal(("malformed SSH recipient: %s: %s"):format(quoted(word), err.message))
  elseif word:match "^age1" then
    face:fatal(("malformed recipient %s: %s"):format(quoted(word), err.message))
  end
  face:fatal("unknown recipient type: " .. quoted(word))
end

--- The bytes of a file of keys.
local function read(face, path, take, prefix, opening)
  if path == "-" and not take() then
    face:fatal(prefix .. "standard input is used for multiple purposes")
  end
  local bytes <const>, err <const> = fs.read_named(path)
  if not bytes and err.errno then
    face:fatal(("%s%s: %s"):format(prefix, opening, program.reason(err, "open", path)))
  elseif not bytes then
    return nil, program.reason(err, "read", path)
  end
  return bytes
end

--- The recipients of a file of -R.
local function recipients_of(face, path, take)
  local name <const> = quoted(path)
  local prefix <const> = ("failed to parse recipient file %s: "):format(name)
  local bytes <close>, unread <const> = read(face, path, take, prefix,
    "failed to open recipient file")
  if not bytes then
    face:fatal(("%s%s: failed to read recipients file: %s"):format(prefix, name, unread))
  end
  local list <const>, err <const> = recipients.lines(bytes, function(line, type)
    face:warn(("recipients file %s: ignoring unsupported SSH key of type %s at line %d")
      :format(name, quoted(type), line))
  end)
  if not list then
    face:fatal(("%s%s: %s%s"):format(prefix, name, err.message,
      err.line and (" at line %d"):format(err.line) or ""))
  end
  return list
end

--- The recipients of -r and -R, in this order.
---@param face moonlatch.AgeProgram
---@param found table
---@param take fun(): boolean
---@return moonlatch.Recipient[]
function keys.recipients(face, found, take)
  local list <const> = {}
  for _, word in ipairs(found.recipient or {}) do
    table.insert(list, recipient_of(face, word))
  end
  for _, path in ipairs(found["recipients-file"] or {}) do
    local more <const> = recipients_of(face, path, take)
    table.move(more, 1, #more, #list + 1, list)
  end
  return list
end

--- What a file of -i holds.
local function source_of(face, path, take)
  local name <const> = quoted(path)
  local prefix <const> = ("reading %s: "):format(name)
  local bytes <close>, unread <const> = read(face, path, take, prefix, "failed to open file")
  if not bytes then
    face:fatal(("%sfailed to read %s: failed to read identities file: %s"):format(prefix, name,
      unread))
  end
  local source <const>, err <const> = identities.read(path, bytes)
  if source then
    return source
  elseif age.key_file_form(bytes) == "pem" and not fail.is(err, "limit") then
    face:fatal(("%smalformed SSH identity in %s: %s"):format(prefix, name, err.message), err.hint)
  end
  face:fatal(("%sfailed to read %s: %s%s"):format(prefix, name,
    err.line and ("error at line %d: "):format(err.line) or "", err.message), err.hint)
end

--- The default identity of a plugin.
local function default_of(face, name)
  local text <const>, err <const> = require "moonlatch.age_dialogue".default_identity(name)
  if not text then
    face:fatal(("initializing %s: %s"):format(quoted(name), err.message))
  end
  return identities.of("-j " .. name, assert(age.identity(text)))
end

--- The identities of -i and -j, in the order given.
---@param face moonlatch.AgeProgram
---@param found table
---@param take fun(): boolean
---@return moonlatch.AgeSource[]
function keys.identities(face, found, take)
  local list <const> = {}
  for _, flag in ipairs(found) do
    if flag.name == "identity" then
      table.insert(list, source_of(face, flag.value, take))
    elseif flag.name == "j" then
      table.insert(list, default_of(face, flag.value))
    end
  end
  return list
end

--- How the user is asked, and told.
---@param face moonlatch.AgeProgram
---@param descriptor integer?
---@return moonlatch.AgeAsk
function keys.ask(face, descriptor)
  local function warn(message)
    face:warn(message)
  end
  return { passphrases = assert(passphrase.open { name = face.name, descriptor = descriptor }),
    warn = warn }
end

return keys
