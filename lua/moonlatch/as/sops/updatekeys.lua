--- as.sops.updatekeys — `sops updatekeys`: files get the keys that their creation rule says.
--
-- The data key stays, as in sops; a key that stays keeps what was sealed to it.

local codes  <const> = require "moonlatch.as.sops.codes"
local config <const> = require "moonlatch.as.sops.config"
local host   <const> = require "moonlatch.host"
local keys   <const> = require "moonlatch.as.sops.keys"
local paths  <const> = require "moonlatch.paths"
local prompt <const> = require "moonlatch.as.sops.prompt"
local store  <const> = require "moonlatch.as.sops.store"
local unlock <const> = require "moonlatch.as.sops.unlock"

local key_groups <const> = require "moonlatch.key_groups"

local updatekeys = {}

local function say(text)
  host.err(os.date "%Y/%m/%d %H:%M:%S " .. text .. "\n")
end

local function names(group)
  local list <const> = {}
  for _, key in ipairs(group or {}) do
    list[key.recipient] = true
  end
  return list
end

--- Do two groups name different keys? And the lines that show how one becomes the other.
local function compare(was, wanted)
  local before <const>, after <const>, lines <const> = names(was), names(wanted), {}
  local differs = was == nil or wanted == nil
  for _, key in ipairs(was or {}) do
    if after[key.recipient] then
      table.insert(lines, "    " .. key.recipient)
    end
  end
  for _, key in ipairs(wanted or {}) do
    if not before[key.recipient] then
      table.insert(lines, "+++ " .. key.recipient)
      differs = true
    end
  end
  for _, key in ipairs(was or {}) do
    if not after[key.recipient] then
      table.insert(lines, "--- " .. key.recipient)
      differs = true
    end
  end
  return differs, lines
end

--- The threshold stays, unless there are not so many groups any more.
local function threshold_for(file, wanted)
  return file.threshold > 0 and math.min(file.threshold, #wanted) or nil
end

--- Does the threshold change? And the lines that show it.
local function compare_thresholds(file, wanted)
  local now <const> = threshold_for(file, wanted) or 0
  if now ~= file.threshold then
    return true, { ("+++ shamir_threshold: %d"):format(now), ("--- shamir_threshold: %d"):format(
      file.threshold) }
  end
  return false, now > 0 and { ("shamir_threshold: %d"):format(now) } or {}
end

--- The plan as sops prints it, or nil when there is nothing to do.
---@param file moonlatch.SopsFile
---@param wanted moonlatch.Key[][]
---@param what string?  what is changed
---@return string?
function updatekeys.plan(file, wanted, what)
  local text <const> = { ("The following changes will be made to the file's %s:"):format(
    what or "groups") }
  local was <const> = key_groups.of_file(file)
  local differs, lines_before <const> = compare_thresholds(file, wanted)
  table.move(lines_before, 1, #lines_before, #text + 1, text)
  for i = 1, math.max(#was, #wanted) do
    local other <const>, lines <const> = compare(was[i], wanted[i])
    differs = differs or other
    table.insert(text, ("Group %d"):format(i))
    table.move(lines, 1, #lines, #text + 1, text)
  end
  return differs and table.concat(text, "\n") .. "\n" or nil
end

local function update(flags, path, found)
  local shown <const>, kind <const> = paths.absolute(path), store.kind(path)
  if not kind then
    codes.leave(codes.generic, ("stat %s: no such file or directory"):format(shown))
  elseif kind == "folder" then
    codes.leave(codes.generic, "can't operate on a directory")
  end
  say("Syncing keys for file " .. shown)
  local file <close> = store.open(flags, path)
  local rule <const> = found:rule(path) or codes.leave(codes.generic,
    ("The config file %s does not contain any creation rule"):format(found.shown))
  local wanted <const> = found:groups(rule)
  local text <const> = updatekeys.plan(file, wanted)
  if not text then
    return say(("File %s already up to date"):format(shown))
  end
  host.out(text)
  if not flags.yes and not prompt.ask "Is this okay? (y/n):" then
    return say(("File %s left unchanged"):format(shown))
  end
  unlock.key(file, flags)
  local before <const> = file:text()
  local ok <const>, err <const> = file:update_keys(keys.envelope_of(file, wanted,
    threshold_for(file, wanted)))
  if not ok then
    codes.leave(codes.generic, "error updating master keys: " .. tostring(err))
  end
  store.replace(path, file:text(), before)
  say(("File %s synced with new keys"):format(shown))
end

---@param flags moonlatch.SopsFlags
---@param operands string[]
function updatekeys.run(flags, operands)
  store.named(operands)
  local found <const> = config.open(flags)
  if not found then
    codes.leave(codes.generic, "config file not found")
  end
  local failed = 0
  for _, path in ipairs(operands) do
    local ok <const>, err <const> = pcall(update, flags, path, found)
    if not ok and (#operands == 1 or type(err) ~= "table" or not err.said) then
      error(err, 0)
    elseif not ok then
      codes.log("error", err.said)
      failed = failed + 1
    end
  end
  if failed > 0 then
    codes.leave(codes.generic, ("failed updating %d key(s)"):format(failed))
  end
end

return updatekeys
