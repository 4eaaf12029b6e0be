--- age_file.recipients — files of recipients: one a line, with comments.

local age  <const> = require "moonlatch.age"
local fail <const> = require "moonlatch.fail"
local ssh  <const> = require "moonlatch.ssh"

local has_private_key <const> = require "moonlatch.text".has_private_key

local recipients = {}

local LONGEST_FILE <const>, LONGEST_LINE <const> = 16 * 1024 * 1024, 8 * 1024

--- One recipient.
---@param word string
---@return moonlatch.Recipient?
---@return moonlatch.Error? err  it never quotes a private key
function recipients.parse(word)
  if has_private_key(word) then
    return nil, fail.new("argument", "a private key stands where its public half belongs",
      "`moonlatch keygen --public FILE` shows the public half")
  end
  return age.recipient(word)
end

--- The type of an SSH key that is whole, but of a kind or size that age has no use for.
local function foreign_type(line)
  local key <const> = ssh.public(line)
  return key and key.kind ~= "ed25519" and not key.hosts and not key.marker and key.type or nil
end

--- The recipient of a line; false for a key that is passed over, nil for what is none.
local function read_line(line, number, skip)
  if #line > LONGEST_LINE or not utf8.len(line) then
    return nil
  end
  local recipient <const>, err <const> = recipients.parse(line)
  local foreign <const> = not recipient and foreign_type(line)
  if foreign then
    skip(number, foreign)
    return false
  end
  return recipient, err
end

--- What a file holds: blank lines and lines that begin with # aside, a recipient each.
---@param bytes moonlatch.Secret
---@param skip fun(line: integer, type: string)  told of SSH keys of other types than age knows
---@return moonlatch.Recipient[]?
---@return moonlatch.Error? err  with the line; never with what stands there
function recipients.lines(bytes, skip)
  if #bytes > LONGEST_FILE then
    return nil, fail.new("limit", "a file of recipients has at most 16 MiB")
  elseif bytes:has "AGE-SECRET-KEY-" or bytes:has "PRIVATE KEY-----" then
    return nil, fail.new("format", "apparent identity found in recipients file")
  end
  local text <const> = bytes:publish()
  local list <const>, number = {}, 0
  for line in (text .. "\n"):gmatch "([^\n]*)\n" do
    number = number + 1
    line = line:gsub("\r$", "")
    if line ~= "" and line:sub(1, 1) ~= "#" then
      local recipient <const>, err <const> = read_line(line, number, skip)
      if recipient == nil then
        return nil, fail.new("format", "malformed recipient", err and err.hint, { line = number })
      end
      table.insert(list, recipient or nil)
    end
  end
  if #list == 0 then
    return nil, fail.new("missing", "no recipients found")
  end
  return list
end

return recipients
