--- as.age.decrypt — `age -d`.

local age      <const> = require "moonlatch.age"
local age_file <const> = require "moonlatch.age_file"
local fail     <const> = require "moonlatch.fail"
local fs       <const> = require "moonlatch.fs"
local keys     <const> = require "moonlatch.as.age.keys"
local modes    <const> = require "moonlatch.modes"
local program  <const> = require "moonlatch.as.age.program"

--- What age says when the wrong kind of key was offered.
local function refuse(face, file, sources, err)
  if fail.is(err, "key") and #sources == 0 then
    face:fatal("the file is not passphrase-encrypted, identities are required",
      "specify identities with -i/--identity or -j to decrypt this file")
  elseif fail.is(err, "key") and age_file.has_passphrase(file) then
    face:fatal("file is passphrase-encrypted but identities were specified with -i/--identity "
      .. "or -j", "remove all -i/--identity/-j flags to decrypt passphrase-encrypted files")
  elseif err.part == "mac" then
    face:fatal "bad header MAC"
  end
  error(err, 0)
end

---@param face moonlatch.AgeProgram
---@param found table
---@param where { input: moonlatch.Input, take: (fun(): boolean), descriptor: integer? }
return function(face, found, where)
  local sources <const> = keys.identities(face, found, where.take)
  local ask <const> = keys.ask(face, where.descriptor)
  local file <close>, unread <const> = age.open(where.input)
  if not file then
    face:fatal("failed to read header: " .. unread.message, unread.hint)
  end
  local ok <const>, err <const> = age_file.unlock(file, sources, ask)
  if not ok then
    refuse(face, file, sources, err)
  end
  local path <const> = found.output or "-"
  local output <close>, closed <const> = fs.output(path, { mode = modes.PRIVATE })
  if not output then
    face:fatal(program.reason(closed, "open", path))
  end
  local done <const>, bad <const> = age_file.open(file, output,
    { binary = found.output == "-", keep_partial = found["keep-partial"] })
  if not done then
    face:unfinished(bad, path)
  end
end
