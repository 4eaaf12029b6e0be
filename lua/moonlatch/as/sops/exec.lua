--- as.sops.exec — `sops exec-env` and `sops exec-file`: a shell command that gets the values of a
--- file as variables, or the path of its clear text in the place of {}.

local codes   <const> = require "moonlatch.as.sops.codes"
local config  <const> = require "moonlatch.as.sops.config"
local decrypt <const> = require "moonlatch.as.sops.decrypt"
local fail    <const> = require "moonlatch.fail"
local host    <const> = require "moonlatch.host"
local index   <const> = require "moonlatch.as.sops.index"
local running <const> = require "moonlatch.running"
local shell   <const> = require "moonlatch.shell"
local store   <const> = require "moonlatch.as.sops.store"
local unlock  <const> = require "moonlatch.as.sops.unlock"

local exec = {}

local FILE_NAME <const> = "tmp-file"

--- The decrypted file of a command line, and the command.
local function open(flags, operands, name)
  if #operands ~= 2 then
    codes.leave(codes.generic, "error: missing file to decrypt")
  elseif flags.background then
    codes.log("warning", ("%s's --background option is deprecated and will be removed in a future "
      .. "version of sops"):format(name))
  end
  if flags.user and not host.user(flags.user) then
    codes.fatal("user: unknown user " .. flags.user, "EXEC")
  end
  unlock.order(flags)
  local found <const> = config.open(flags)
  local file <const> = store.open(flags, operands[1])
  unlock.values(file, flags)
  return file, operands[2], found
end

--- Runs the command; its exit status is ours, and told as sops does.
local function run(flags, command, with)
  with.words, with.shell = { command }, true
  with.user, with.background = flags.user, flags.background
  local status <const>, err <const> = running.run(with)
  if not status then
    error(err, 0)
  elseif status ~= 0 then
    codes.leave(status, ("exit status %d"):format(status))
  end
  return status
end

--- The values at the top of a file by name, as sops hands them over: any name, whatever it means.
local function variables(file)
  if file.format == "binary" then
    return { data = assert(file:clear_text()) }
  end
  local list <const>, err <const> = running.variables(file,
    { allow = true, any_name = true, null = "<nil>", first = true })
  for name in pairs(list or {}) do -- what is no text is written as in a dotenv file
    local bytes <const>, kind <const> = file:value(index.path({ name }, 1), { format = "dotenv" })
    list[name] = kind ~= "str" and bytes or list[name]
  end
  if list then
    return list
  elseif fail.is(err, "format") then
    codes.leave(codes.generic, err.name
      and "cannot use complex value in environment; offending key " .. err.name or err.message)
  end
  error(err, 0)
end

---@param flags moonlatch.SopsFlags
---@param operands string[]
---@return integer status
function exec.env(flags, operands)
  local file <close>, command <const> = open(flags, operands, "exec-env")
  return run(flags, command, { variables = variables(file), pristine = flags.pristine,
    same_process = flags["same-process"] })
end

---@param flags moonlatch.SopsFlags
---@param operands string[]
---@return integer status
function exec.file(flags, operands)
  local name <const> = flags.filename or FILE_NAME
  if name:find "/" or name == ".." or name == "." then
    codes.leave(codes.generic, "The provided filename is not a local path.")
  end
  local file <const>, command <const>, found <const> = open(flags, operands, "exec-file")
  local text <close> = decrypt.clear(file, flags, found, operands[1])
  file:close()
  -- a command may hand the name to sudo, which ends in a namespace of users, or to a daemon
  local folder <const>, path <const> = running.file(text, name,
    { user = flags.user, shared = true })
  local kept <close> = folder or error(path, 0)
  return run(flags, shell.with_path({ command }, path)[1], { folder = kept })
end

return exec
