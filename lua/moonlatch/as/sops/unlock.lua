--- as.sops.unlock — a sealed file opened with whatever key this user has, and sops' own report when
--- there is none.

local codes   <const> = require "moonlatch.as.sops.codes"
local fail    <const> = require "moonlatch.fail"
local keyring <const> = require "moonlatch.keyring"

local unlock = {}

local ERROR_WIDTH <const>, TRAILER_WIDTH <const> = 60, 75

--- Text in lines of at most `width` bytes; a longer word stands alone.
local function wrap(text, width)
  local lines <const>, line = {}, nil
  for word in text:gmatch "%S+" do
    if not line then
      line = word
    elseif #line + 1 + #word <= width then
      line = line .. " " .. word
    else
      table.insert(lines, line)
      line = word
    end
  end
  table.insert(lines, line)
  return lines
end

--- Names as sops lists them: 'A', 'B', and 'C'.
local function listed(names)
  local quoted <const> = {}
  for i, name in ipairs(names) do
    quoted[i] = ("'%s'"):format(name)
  end
  if #quoted < 3 then
    return table.concat(quoted, " and ")
  end
  return table.concat(quoted, ", ", 1, #quoted - 1) .. ", and " .. quoted[#quoted]
end

local function location(source)
  return source.name:match "^SOPS_" and source.name or source.path or source.name
end

local function problem(source)
  local err <const> = source.problem
  if source.path and fail.is(err, "missing") then
    return ("failed to open %s file: open %s: no such file or directory"):format(source.name,
      source.path)
  end
  return ("%s: %s"):format(location(source), err.message)
end

--- Why no age key opened a file, in sops' words.
local function age_error(ring)
  local unused <const>, problems <const>, count <const> = {}, {}, #ring:entries()
  for _, source in ipairs(ring.sources) do
    local usual <const> = source.path == keyring.default_path()
    if source.problem then
      table.insert(problems, problem(source))
    elseif not source.found and not (usual and count > 0) then
      table.insert(unused, location(source))
    end
  end
  local text = count == 0 and "failed to load age identities"
    or "failed to create reader for decrypting sops data key with age: " .. (count == 1
      and "identity did not match any of the recipients: incorrect identity for recipient block"
      or "no identity matched any of the recipients")
  if #problems > 0 then
    text = ("%s. Errors while loading age identities: %s"):format(text,
      table.concat(problems, "; "))
  end
  if #unused > 0 then
    text = ("%s. Did not find keys in location%s %s."):format(text, #unused > 1 and "s" or "",
      listed(unused))
  end
  return text
end

local function add_key(lines, key, text)
  table.insert(lines, ("  %s: FAILED"):format(key.recipient))
  for i, line in ipairs(wrap(text, ERROR_WIDTH)) do
    table.insert(lines, ("    %s| %s"):format(i == 1 and "- " or "  ", line))
  end
end

--- Sops' report about a data key that could not be found.
---@param file moonlatch.SopsFile
---@param ring moonlatch.Keyring
---@return string
local function report(file, ring)
  local lines <const> = { "Failed to get the data key required to decrypt the SOPS file." }
  local group
  for _, key in ipairs(file:recipients()) do
    if key.group ~= group then
      group = key.group
      table.insert(lines, "")
      table.insert(lines, ("Group %d: FAILED"):format(group - 1))
    else
      table.insert(lines, "  ")
    end
    add_key(lines, key, age_error(ring))
  end
  table.insert(lines, "")
  local trailer <const> = wrap("Recovery failed because no master key was able to decrypt the "
    .. "file. In order for SOPS to recover the file, at least one key has to be successful, but "
    .. "none were.", TRAILER_WIDTH)
  table.move(trailer, 1, #trailer, #lines + 1, lines)
  return table.concat(lines, "\n")
end

local KINDS <const> = { age = true, pgp = true, kms = true, gcp_kms = true, azure_kv = true,
  hc_vault = true, hckms = true }

--- The order in which kinds of keys are tried.
---@param flags moonlatch.SopsFlags
---@return string[]?
function unlock.order(flags)
  local text <const> = flags["decryption-order"]
  if not text or text == "" then
    return nil
  end
  local order <const>, seen <const> = {}, {}
  for kind in text:gmatch "[^,]+" do
    if seen[kind] then
      codes.leave(codes.order, "Duplicate decryption key type: " .. kind)
    end
    seen[kind] = true
    table.insert(order, KINDS[kind] and kind or nil)
  end
  return order
end

--- Refuse what needs a key service.
---@param flags moonlatch.SopsFlags
function unlock.check_services(flags)
  if flags.all.keyservice then
    codes.leave(codes.generic, "key services are not supported: keys are used on this machine only")
  elseif flags["enable-local-keyservice"] == false then
    codes.leave(codes.generic, "without the local key service there is no way to a key")
  end
end

--- Find the data key of a file.
---@param file moonlatch.SopsFile
---@param flags moonlatch.SopsFlags
function unlock.key(file, flags)
  unlock.check_services(flags)
  unlock.order(flags)
  local ring <close> = keyring.open {}
  local used <const>, err <const> = ring:unlock(file)
  if used then
    return
  elseif fail.is(err, "key") then
    codes.leave(codes.no_key, report(file, ring))
  end
  codes.leave(codes.generic, tostring(err))
end

--- Open every value of a file.
---@param file moonlatch.SopsFile
---@param flags moonlatch.SopsFlags
function unlock.values(file, flags)
  unlock.key(file, flags)
  local ok <const>, err <const> = file:decrypt { ignore_mac = flags["ignore-mac"] or false }
  if ok then
    return
  elseif fail.is(err, "mac") then
    codes.leave(codes.mac, "MAC mismatch. " .. err.message)
  end
  codes.leave(codes.decrypting, "Error decrypting tree: " .. tostring(err))
end

return unlock
