--- age_file — age files of any size, from an input to an output.
--
-- Whom a file is for, and who may open it, is gathered by age_file.recipients and
-- age_file.identities; commands and faces differ in what they ask and say only.

local age        <const> = require "moonlatch.age"
local fail       <const> = require "moonlatch.fail"
local identities <const> = require "moonlatch.age_file.identities"

local age_file = {}

--- Seal what an input holds. A failure leaves nothing behind.
---@param input moonlatch.Input
---@param output moonlatch.Output  it is committed here
---@param to { recipients: table?, passphrase: moonlatch.Secret?, armor: boolean?, plugin: table? }
---@return true? ok
---@return moonlatch.Error? err
function age_file.seal(input, output, to)
  local seal <const>, err <const> = age.seal(to.recipients or {}, { passphrase = to.passphrase })
  if not seal then
    return nil, err
  end
  if #seal:open() > 0 then
    local ok <const>, bad <const> = require "moonlatch.age_plugin".wrap(seal, to.plugin)
    if not ok then
      return nil, bad
    end
  end
  local count <const>, failed <const> = seal:encrypt(input, output, { armor = to.armor })
  if not count then
    return nil, failed
  end
  return output:commit()
end

--- Does only a passphrase open this file?
---@param file moonlatch.AgeFile
---@return boolean
function age_file.has_passphrase(file)
  return file:stanzas()[1].type == "scrypt"
end

--- Find the key of a file: with its passphrase, or among identities.
---@param file moonlatch.AgeFile
---@param sources moonlatch.AgeSource[]
---@param ask moonlatch.AgeAsk
---@return true? ok
---@return moonlatch.Error? err  `key`, `auth`, …
function age_file.unlock(file, sources, ask)
  if #sources > 0 or not age_file.has_passphrase(file) then
    return identities.unlock(file, sources, ask)
  end
  local passphrase <close>, gone <const> = ask.passphrases:ask "Enter passphrase: "
  if not passphrase then
    return nil, gone
  end
  local ok <const>, err <const> = file:unlock_passphrase(passphrase)
  if fail.is(err, "auth") and err.part ~= "mac" then
    err.message = "incorrect passphrase"
  end
  return ok, err
end

--- A terminal gets text, and all of it or nothing: it acts on control characters.
local function show(file, output)
  local text <close>, err <const> = file:text()
  if not text then
    return nil, err
  elseif not text:is_text() then
    return nil, fail.new("unsupported", "refusing to output binary to the terminal",
      'force anyway with "-o -"')
  end
  return output:write(text)
end

--- Open an unlocked file. A failure leaves nothing behind, unless that is asked for.
---@param file moonlatch.AgeFile
---@param output moonlatch.Output  it is committed here
---@param options { binary: boolean?, keep_partial: boolean? }?
---  binary: also to a terminal;  keep_partial: what was authentic before a failure stays
---@return true? ok
---@return moonlatch.Error? err
function age_file.open(file, output, options)
  options = options or {}
  local ok, err
  if output.terminal and not options.binary then
    ok, err = show(file, output)
  else
    ok, err = file:decrypt(output)
  end
  if not ok then
    if options.keep_partial then
      output:commit()
    end
    return nil, err
  end
  return output:commit()
end

return age_file
