--- age_plugin — age keys that only another program can use: age-plugin-NAME.
--
-- Which program it is stands in the key, and who chose the key has chosen the program. So it is
-- found as all programs are, in a PATH that others cannot write to; it works in an empty folder,
-- gets the variables that are listed for it, and as much time as a person with a token needs. What
-- it says to the person is escaped and stands behind its name.

local dialogue    <const> = require "moonlatch.age_dialogue"
local environment <const> = require "moonlatch.age_plugin.environment"
local fail        <const> = require "moonlatch.fail"
local fs          <const> = require "moonlatch.fs"
local host        <const> = require "moonlatch.host"
local person      <const> = require "moonlatch.age_plugin.person"
local proc        <const> = require "moonlatch.proc"

---@class moonlatch.PluginOptions
---@field report moonlatch.Report?    says that a plugin keeps us waiting
---@field ask moonlatch.PluginPerson? who is asked; default: the person at the terminal
---@field seconds integer?            for waiting in all; asking a person takes none of it

local plugin = {}

local SECONDS <const> = 180 -- a token has to be found, plugged in and touched
local PATIENCE <const> = 5  -- before it is said whom we wait for
local LAST_WORD <const> = 1

--- Start the program of a dialogue.
local function start(talk, folder, options)
  local name <const> = "age-plugin-" .. talk.name
  local variables <const>, passed <const> = environment.of(talk.name)
  local program <const>, err <const> = proc.converse {
    program = name, options = { "--age-plugin=" .. talk.machine }, cwd = folder.root,
    env = variables, pass = passed, hangup = true, timeout = options.seconds or SECONDS,
    stderr = host.env "AGEDEBUG" == "plugin" and "inherit" or "null",
  }
  if fail.is(err, "missing") then
    err.hint = ("install %s: the age key belongs to it; "
      .. "https://age-encryption.org/awesome#plugins lists plugins"):format(name)
  end
  return program, err
end

--- Send what is to be said, and wait for an answer.
local function listen(program, talk, options)
  local heard, err = program:exchange(talk:output(), PATIENCE)
  if heard and #heard == 0 then
    local note <const> = ("waiting for age-plugin-%s…"):format(talk.name)
    if options.report then
      options.report:say(note)
    else
      host.err(note .. "\n")
    end
    heard, err = program:exchange ""
  end
  if not heard then
    return nil, err
  end
  local ok <const>, bad <const> = talk:feed(heard)
  heard:wipe()
  return ok, bad
end

--- Ask the person, and reply. Nobody there is a reply, too; being interrupted is none.
local function ask(talk, event, whom)
  local value <const>, err <const> = whom[event.kind](talk.name, event.text, event.yes, event.no)
  if fail.is(err, "interrupted") then
    return nil, err
  elseif value == nil then
    return talk:refuse()
  elseif event.kind == "confirm" then
    return talk:accept(nil, value and "yes" or "no")
  end
  return talk:accept(event.kind ~= "message" and value or nil)
end

--- Deal with what the plugin wants. `take` gets the events that bring something.
local function deal(program, talk, event, options, take)
  if event.kind == "wait" then
    return listen(program, talk, options)
  elseif event.text then
    return ask(talk, event, options.ask or person)
  end
  take(event)
  return true
end

--- Hold a dialogue to its end.
---@return true?
---@return moonlatch.Error? err
local function hold(talk, options, take)
  local folder <close>, no_folder <const> = fs.private { shared = true }
  if not folder then
    return nil, no_folder
  end
  local program <close>, not_started <const> = start(talk, folder, options)
  if not program then
    return nil, not_started
  end
  while true do
    local event <const>, broken <const> = talk:next()
    if not event then
      return nil, broken
    elseif event.kind == "done" then
      return true
    elseif event.kind == "error" then
      program:exchange(talk:output(), LAST_WORD)
      return nil, fail.new("child", person.said(talk.name, event.text))
    end
    local ok <const>, err <const> = deal(program, talk, event, options, take)
    if not ok then
      return nil, err
    end
  end
end

--- One recipient of a file to be.
local function wrap_one(seal, item, options)
  local file_key <close> = seal:file_key()
  local key <const> = item.recipient or assert(item.identity:secret())
  local talk <close>, err <const> = dialogue.wrap(key, file_key)
  if not talk then
    return nil, err
  end
  local stanzas <const> = {}
  local labels = {}
  local ok <const>, bad <const> = hold(talk, options, function(event)
    table.insert(stanzas, event.stanza)
    labels = event.labels or labels
  end)
  if not ok then
    return nil, bad
  end
  return seal:give(item.index, stanzas, labels)
end

--- Wrap the file key for all recipients that need a plugin.
---@param seal moonlatch.AgeSeal
---@param options moonlatch.PluginOptions?
---@return true?
---@return moonlatch.Error? err  `missing`, `child`, `limit`, `interrupted`, …
function plugin.wrap(seal, options)
  for _, item in ipairs(seal:open()) do
    local ok <const>, err <const> = wrap_one(seal, item, options or {})
    if not ok then
      return nil, err
    end
  end
  return true
end

--- Find the file key with one identity.
---@return moonlatch.Secret|false|nil file_key  false: it does not fit
---@return moonlatch.Error? err
local function unwrap_one(stanzas, identity, options)
  local word <close> = assert(identity:secret())
  local talk <close>, err <const> = dialogue.unwrap(word, stanzas)
  if not talk then
    return nil, err
  end
  local file_key = false
  local ok <const>, bad <const> = hold(talk, options, function(event)
    file_key = event.file_key or file_key
  end)
  if not ok then
    return nil, bad
  end
  return file_key
end

--- Find the file key with the identities of plugins, one after the other.
---@param file moonlatch.AgeFile
---@param identities moonlatch.AgeIdentity[]  of kind `plugin`
---@param options moonlatch.PluginOptions?
---@return boolean? opened  false: none of them fits
---@return moonlatch.Error? err  `missing`, `child`, `limit`, `interrupted`, `auth`, …
function plugin.unwrap(file, identities, options)
  local stanzas <const> = file:stanzas()
  for _, identity in ipairs(identities) do
    local file_key <const>, err <const> = unwrap_one(stanzas, identity, options or {})
    if file_key then
      local taken <const>, bad <const> = file:offer(file_key)
      file_key:wipe()
      return taken, bad
    elseif file_key == nil then
      return nil, err
    end
  end
  return false
end

return plugin
