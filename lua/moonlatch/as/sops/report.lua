--- as.sops.report — sops' own report about a file that none of the user's keys opens.

local fail    <const> = require "moonlatch.fail"
local keyring <const> = require "moonlatch.keyring"

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
  return (source.found and "failed to parse '%s' age identities: %s" or "%s: %s"):format(
    location(source), err.message)
end

--- Why no age key opened a file, in sops' words.
local function age_error(ring)
  local unused <const>, empty <const>, problems <const>, found = {}, {}, {}, false
  local count <const> = #ring:entries() + #ring:plugins()
  for _, source in ipairs(ring.sources) do
    local usual <const> = source.path == keyring.default_path()
    if source.problem then
      table.insert(problems, problem(source))
    elseif not source.found and not (usual and found) then -- the usual place is the last
      table.insert(unused, location(source))
    elseif source.found and #source.entries + #source.plugins == 0 and not source.waiting then
      table.insert(empty, location(source))
    end
    found = found or source.found
  end
  table.move(empty, 1, #empty, #unused + 1, unused)
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

--- The lines about one key of a group.
local function key_lines(name, text)
  local lines <const> = { ("  %s: FAILED"):format(name) }
  for i, line in ipairs(wrap(text, ERROR_WIDTH)) do
    table.insert(lines, ("    %s| %s"):format(i == 1 and "- " or "  ", line))
  end
  return lines
end

--- The lines about one group. Of one that was opened only that is said.
local function group_lines(number, group, ring)
  local lines <const> = { ("Group %d: %s"):format(number, group.open and "SUCCESS" or "FAILED") }
  for i, key in ipairs(group.open and {} or group.keys) do
    table.insert(lines, i > 1 and "  " or nil)
    local more <const> = key_lines(key.name, key.kind == "age" and not key.asked
      and age_error(ring) or key.error or "it was not tried")
    table.move(more, 1, #more, #lines + 1, lines)
  end
  return lines
end

local function trailer(file, open)
  if file.threshold == 0 then
    return "Recovery failed because no master key was able to decrypt the file. In order for SOPS "
      .. "to recover the file, at least one key has to be successful, but none were."
  end
  return ("Recovery failed because the file was encrypted with a Shamir threshold of %d, but only "
    .. "%d part(s) were successfully recovered, one for each successful key group. In order for "
    .. "SOPS to recover the file, at least %d groups have to be successful. In order for a group "
    .. "to be successful, decryption has to succeed with any of the keys in that key group.")
    :format(file.threshold, open, file.threshold)
end

--- Sops' report about a data key that could not be found.
---@param file moonlatch.SopsFile
---@param ring moonlatch.Keyring
---@param groups { open: boolean, keys: moonlatch.TriedKey[] }[]
---@return string
return function(file, ring, groups)
  local lines <const>, open = { "Failed to get the data key required to decrypt the SOPS file." }, 0
  for i, group in ipairs(groups) do
    open = open + (group.open and 1 or 0)
    table.insert(lines, "")
    local more <const> = group_lines(i - 1, group, ring)
    table.move(more, 1, #more, #lines + 1, lines)
  end
  table.insert(lines, "")
  local last <const> = wrap(trailer(file, open), TRAILER_WIDTH)
  table.move(last, 1, #last, #lines + 1, lines)
  return table.concat(lines, "\n")
end
