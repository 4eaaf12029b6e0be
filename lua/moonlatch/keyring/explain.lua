--- keyring.explain — why a file did not open, who can help, and the exact next command.

local agent <const> = require "moonlatch.keyring.agent"
local fail  <const> = require "moonlatch.fail"
local names <const> = require "moonlatch.identities.names"
local shell <const> = require "moonlatch.shell"

local explain = {}

--- The first source that could not be made use of: why, and in a line.
local function first_problem(ring)
  for i, one in ipairs(ring:account()) do
    if ring.sources[i].problem then
      return ring.sources[i].problem, ("%s: %s"):format(one.name, one.state)
    end
  end
end

--- What each place of keys had.
local function tried(ring)
  local lines <const> = {}
  for i, one in ipairs(ring:account()) do
    local source <const> = ring.sources[i]
    lines[i] = ("%s: %s%s"):format(one.name, one.state, #source.plugins > 0
      and ", none of which opens it" or #source.entries > 0 and ", none of them a recipient" or "")
  end
  return lines
end

local function group_of(err, recipient)
  return err.groups and err.groups[recipient.group] or { keys = {} }
end

--- Why a key that a key source tries did not open it; nil: it was not tried.
---@param err moonlatch.Error  of code "key"
---@param recipient moonlatch.SopsRecipient
---@return string?
function explain.reason(err, recipient)
  for _, key in ipairs(group_of(err, recipient).keys) do
    if key.index == recipient.index and (key.kind ~= "age" or key.asked) then
      return key.error
    end
  end
end

--- What is there to know about a recipient that did not open the file.
local function remark(err, recipient, held)
  local why <const> = explain.reason(err, recipient)
  if why then
    return (" (%s)"):format(why)
  elseif held[recipient.recipient:match "^%S+ %S+" or recipient.recipient] then
    return " (your SSH agent has this key, but age needs its file: --identity FILE)"
  end
  return ""
end

--- Who could: the keys of all groups that are not open, each with a line.
local function helpers(err, file, who)
  local able <const>, lines <const>, held <const> = {}, {}, agent.recipients()
  for _, recipient in ipairs(file:recipients()) do
    local name <const> = who and who:name(recipient.recipient)
      or names.unnamed(recipient.recipient)
    local open <const> = group_of(err, recipient).open
    if not open then
      table.insert(able, name)
    end
    local named <const> = name ~= recipient.recipient and name .. ": " or ""
    table.insert(lines, ("%srecipient %s%s%s"):format(file.groups > 1
      and ("key group %d%s, "):format(recipient.group, open and " (open)" or "") or "", named,
      recipient.recipient, remark(err, recipient, held)))
  end
  return able, lines
end

local function add_command(me, file)
  return ("moonlatch recipient add %s %s"):format(shell.quote(me),
    file.path and shell.quote(file.path) or "FILE")
end

local function count_open(err)
  local open = 0
  for _, group in ipairs(err.groups or {}) do
    open = open + (group.open and 1 or 0)
  end
  return open
end

--- See `Keyring:explain`.
---@param ring moonlatch.Keyring
---@param err moonlatch.Error   of code "key"
---@param file moonlatch.SopsFile
---@param who moonlatch.Identities?
---@return moonlatch.Error
function explain.error(ring, err, file, who)
  local able <const>, lines <const> = helpers(err, file, who)
  local mine <const>, open <const> = ring:entries(), count_open(err)
  local count <const> = #mine + #ring:plugins()
  local message, hint
  local problem <const>, said <const> = first_problem(ring)
  if count == 0 and open == 0 then
    message = problem and "no private key can be used; " .. said or "no private key was found"
    hint = problem and problem.hint or "`moonlatch sync-keys` writes your key file from the vault, "
      .. "--identity FILE names a key"
  elseif file.groups > 1 then
    message = err.message
    hint = "each key group needs a key of its own: of those not open, "
      .. table.concat(able, " or ") .. " can help"
  else
    message = count == 1 and "your key does not open it"
      or ("none of your %d keys opens it"):format(count)
    local key <const> = mine[1] and mine[1].recipient or "RECIPIENT" -- a plugin's is not known
    local me <const> = who and who:find(key)
    hint = ("%s can: %s"):format(#able > 0 and table.concat(able, " or ") or "nobody",
      add_command(me and me.id or key, file))
  end
  local details <const> = tried(ring)
  table.move(lines, 1, #lines, #details + 1, details)
  return fail.new("key", message, hint, { path = err.path or file.path, details = details,
    tried = err.tried, groups = err.groups })
end

return explain
