--- keyfile — edits of a keys.txt that keep every line they do not own.
--
-- Other programs and people write here too: plugin identities, keys added by hand, comments. A line
-- we did not write stays where it is, byte for byte. The whole file is secret.

local age    <const> = require "moonlatch.age"
local fail   <const> = require "moonlatch.fail"
local secret <const> = require "moonlatch.secret"

---@class moonlatch.KeyFile
---@field path string?
---@field entries table[]   as age.parse_key_file, in the order of the lines
local KeyFile = {}
KeyFile.__index = KeyFile

local keyfile = {}

local PUBLIC <const> = "# public key: "
local OURS <const> = "# moonlatch: "
local RETIRED <const> = OURS .. "retired "

--- Read a key file.
---@param bytes moonlatch.Bytes
---@param path string?
---@param words boolean?  it is the value of a variable, where blanks stand between identities, too
---@return moonlatch.KeyFile?
---@return moonlatch.Error? err
function keyfile.parse(bytes, path, words)
  if age.key_file_form(bytes) == "sealed" then
    return nil, fail.new("unsupported", "the key file is protected by a passphrase",
      "open it with age first, or name another key file", { path = path })
  end
  local entries <const>, err <const> = age.parse_key_file(bytes, { path = path, words = words })
  if not entries then
    return nil, err
  end
  return setmetatable({ path = path, entries = entries }, KeyFile)
end

--- An empty key file.
---@param path string?
---@return moonlatch.KeyFile
function keyfile.new(path)
  return setmetatable({ path = path, entries = {} }, KeyFile)
end

--- RFC 3339, in local time.
local function now()
  local zone <const> = os.date "%z" --[[@as string]]
  return os.date "%Y-%m-%dT%H:%M:%S" .. (zone == "+0000" and "Z" or zone:gsub("(%d%d)$", ":%1"))
end

--- The file of a new identity, as age-keygen writes it.
---@param identity moonlatch.AgeIdentity
---@return moonlatch.Secret
function keyfile.text(identity)
  return secret.concat({ "# created: " .. now(), PUBLIC .. identity:recipient(),
    assert(identity:secret()), "" }, "\n")
end

local function find(self, key)
  for i, entry in ipairs(self.entries) do
    if entry.recipient == key then
      return i
    end
  end
end

--- Public halves of the identities in it, in order; plugins have none that we know.
---@return string[]
function KeyFile:keys()
  local keys <const> = {}
  for _, entry in ipairs(self.entries) do
    if entry.recipient then
      table.insert(keys, entry.recipient)
    end
  end
  return keys
end

---@param key string
---@return boolean
function KeyFile:has(key)
  return find(self, key) ~= nil
end

local function comment(text)
  -- One line, whatever a vault item is called: a newline would begin a line of its own.
  local line <const> = text:gsub("[%c]", " ")
  return { kind = "comment", comment = line, text = secret.new(line) }
end

--- Append an identity.
---@param identity moonlatch.AgeIdentity
---@param options { comment: string? }?
---@return boolean added  false when it is there already
function KeyFile:add(identity, options)
  local key <const> = identity:recipient()
  if find(self, key) then
    return false
  end
  local entries <const> = self.entries
  if options and options.comment then
    table.insert(entries, comment(OURS .. options.comment))
  end
  table.insert(entries, comment(PUBLIC .. key))
  table.insert(entries, { kind = identity.kind, text = identity:secret(), recipient = key,
    identity = identity })
  return true
end

--- Is this comment one that we wrote about `key`?
local function owned(entry, key)
  local text <const> = entry and entry.kind == "comment" and entry.comment
  return text and (text == PUBLIC .. key or text:sub(1, #OURS) == OURS)
end

--- First line of what belongs to the identity in line `at`.
local function first_of(self, at)
  local key <const> = self.entries[at].recipient
  local first = at
  while owned(self.entries[first - 1], key) do
    first = first - 1
  end
  return first
end

--- Drop an identity with the comments we wrote about it.
---@param key string
---@return boolean removed
function KeyFile:remove(key)
  local removed = false
  while true do
    local at <const> = find(self, key)
    if not at then
      return removed
    end
    for i = at, first_of(self, at), -1 do
      table.remove(self.entries, i)
    end
    removed = true
  end
end

--- Mark an identity as no longer in use. It stays: git history may need it.
---@param key string
---@param why string  for instance "2025-01-31, rotated"
---@return boolean changed
function KeyFile:retire(key, why)
  local at <const> = find(self, key)
  if not at or self:retired(key) then
    return false
  end
  table.insert(self.entries, at, comment(RETIRED .. why))
  return true
end

--- Why an identity was marked as no longer in use; nil when it was not.
---@param key string
---@return string?
function KeyFile:retired(key)
  local at <const> = find(self, key)
  for i = at and first_of(self, at) or 1, (at or 1) - 1 do
    local text <const> = self.entries[i].comment
    if text:sub(1, #RETIRED) == RETIRED then
      return text:sub(#RETIRED + 1)
    end
  end
end

--- Keep only what is wanted (`--exact`): identities that are not and plugins go, with the
--- comments.
---@param keys string[]
function KeyFile:keep_only(keys)
  local wanted <const>, kept <const> = {}, {}
  for _, key in ipairs(keys) do
    wanted[key] = true
  end
  for i, entry in ipairs(self.entries) do
    if entry.recipient and wanted[entry.recipient] then
      table.move(self.entries, first_of(self, i), i, #kept + 1, kept)
    end
  end
  self.entries = kept
end

--- The file to write. Every line ends with a newline.
---@return moonlatch.Secret
function KeyFile:bytes()
  local lines <const> = {}
  for i, entry in ipairs(self.entries) do
    lines[i] = entry.text
  end
  table.insert(lines, "")
  return secret.concat(lines, "\n")
end

--- How the public keys differ from those of another state of the file.
---@param before moonlatch.KeyFile
---@return string[] added
---@return string[] removed
function KeyFile:diff(before)
  local added <const>, removed <const> = {}, {}
  for _, key in ipairs(self:keys()) do
    if not before:has(key) then
      table.insert(added, key)
    end
  end
  for _, key in ipairs(before:keys()) do
    if not self:has(key) then
      table.insert(removed, key)
    end
  end
  return added, removed
end

return keyfile
