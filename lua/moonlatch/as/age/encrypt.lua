--- as.age.encrypt — `age`, and `age -e`.

local age_file   <const> = require "moonlatch.age_file"
local fs         <const> = require "moonlatch.fs"
local identities <const> = require "moonlatch.age_file.identities"
local keys       <const> = require "moonlatch.as.age.keys"
local program    <const> = require "moonlatch.as.age.program"
local tty        <const> = require "moonlatch.tty"

--- For whom it is sealed.
local function targets(face, found, where)
  local ask <const> = keys.ask(face, where.descriptor)
  if found.passphrase then
    return { passphrase = assert(ask.passphrases:choose()) }
  end
  local list <const> = keys.recipients(face, found, where.take)
  local more <const> = assert(identities.recipients(keys.identities(face, found, where.take), ask))
  return { recipients = table.move(more, 1, #more, #list + 1, list), plugin = ask.plugin }
end

---@param face moonlatch.AgeProgram
---@param found table
---@param where { input: moonlatch.Input, take: (fun(): boolean), descriptor: integer? }
return function(face, found, where)
  if not found.output and not found.armor and tty.is_terminal() then
    face:fatal("refusing to output binary to the terminal", "did you mean to use -a/--armor?",
      'force anyway with "-o -"')
  end
  local to <const> = targets(face, found, where)
  to.armor = found.armor
  local path <const> = found.output or "-"
  local output <close>, err <const> = fs.output(path)
  if not output then
    face:fatal("failed to write header: " .. program.reason(err, "open", path))
  end
  local ok <const>, bad <const> = age_file.seal(where.input, output, to)
  if not ok then
    face:unfinished(bad, path)
  end
end
