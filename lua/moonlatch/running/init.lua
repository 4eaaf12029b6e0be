--- running — a command that gets values of sealed files, in its environment or as a file.
--
-- The values are secrets all the way: they are copied from locked memory into the child, or into a
-- folder in memory that the child sees, and become no string of ours.

local doc   <const> = require "moonlatch.doc"
local fail  <const> = require "moonlatch.fail"
local fs    <const> = require "moonlatch.fs"
local has   <const> = require "moonlatch.lists".has
local host  <const> = require "moonlatch.host"
local names <const> = require "moonlatch.running.names"
local proc  <const> = require "moonlatch.proc"
local shell <const> = require "moonlatch.shell"

local running = {}

local AS_FILE <const> = "--as-file gives the command the file"

--- What shells say of a command that a signal ended.
local SIGNALLED <const> = 128

---@class moonlatch.Variables
---@field flatten boolean?       values within maps and lists too: `a: { b: … }` as a_b
---@field allow string[]|true    names that decide what code runs and are passed on all the same
---@field any_name boolean?      also names that no shell can use
---@field null string?           what stands for null; default: nothing at all
---@field first boolean?         of several documents take the first

--- May the value be given under that name?
local function check(name, path, options)
  if name == "" or name:find "[=%z]" or not options.any_name and not names.is_name(name) then
    return nil, fail.new("format", ("'%s' cannot be the name of a variable"):format(name),
      "rename the key; or " .. AS_FILE, { path = path })
  end
  local allow <const> = options.allow or {}
  if allow == true or not names.is_risky(name) or has(allow, name) then
    return true
  end
  return nil, fail.new("conflict", ("'%s' decides what code runs"):format(name),
    ("--allow-env %s if that is meant"):format(name), { path = path })
end

--- Puts a node's value, or with `flatten` those below it, into `variables`.
local function add(variables, name, node, path, options)
  node = node:resolve()
  if node.kind == "scalar" then
    local ok <const>, err <const> = check(name, path, options)
    if not ok then
      return nil, err
    elseif variables[name] then
      return nil, fail.new("conflict", ("two values would be '%s'"):format(name), nil,
        { path = path })
    end
    variables[name] = node.type == "null" and (options.null or "") or node:text()
    return true
  elseif not options.flatten then
    return nil, fail.new("format", ("'%s' is a %s, and a variable holds one value"):format(name,
      node.kind), "--flatten takes the values in it; or " .. AS_FILE, { path = path, name = name })
  end
  for key, child in (node.kind == "map" and node.pairs or node.items)(node) do
    local ok <const>, err <const> = add(variables, name .. "_" .. key, child, path, options)
    if not ok then
      return nil, err
    end
  end
  return true
end

--- The values at the top of a decrypted file, by name.
---@param file moonlatch.SopsFile
---@param options moonlatch.Variables?
---@return table<string, moonlatch.Bytes>?
---@return moonlatch.Error? err
function running.variables(file, options)
  options = options or {}
  local clear <close>, err <const> = file:clear_text()
  if not clear then
    return nil, err
  elseif file.format == "binary" then
    return nil, fail.new("format", "a file of bytes has no names", AS_FILE,
      { path = file.path })
  end
  local parsed <close>, bad <const> = doc.parse(clear, { format = file.format, path = file.path })
  if not parsed then
    return nil, bad
  end
  if parsed:roots() > 1 and not options.first then
    return nil, fail.new("unsupported", "several documents are in it, and one could hide another's "
      .. "values", AS_FILE, { path = file.path })
  end
  local root <const> = parsed:root()
  if not root or root.kind ~= "map" then
    return nil, fail.new("format", "this file has no names at its top", AS_FILE,
      { path = file.path })
  end
  local variables <const> = {}
  for name, node in root:pairs() do
    local ok <const>, wrong <const> = add(variables, name, node, file.path, options)
    if not ok then
      return nil, wrong
    end
  end
  return variables
end

---@class moonlatch.Run
---@field words string[]         the command; with `shell` one line
---@field shell boolean?         a shell reads it
---@field variables table<string, moonlatch.Bytes>?
---@field pristine boolean?      it gets these variables and no others
---@field folder moonlatch.Private?  it sees this folder
---@field user string?           it works for this user; for root
---@field same_process boolean?  we become the command
---@field background boolean?    it is not waited for; not where it sees a folder, which would go

--- The environment besides what we have ourselves.
local function environment(run)
  local env <const> = {}
  local user <const> = run.user and host.user(run.user)
  if user then
    env.HOME, env.USER, env.LOGNAME = user.home, user.name, user.name
  end
  for name, value in pairs(run.variables or {}) do
    env[name] = value
  end
  return env
end

--- Run a command.
---@param run moonlatch.Run
---@return integer? status  as a shell tells it
---@return moonlatch.Error? err
function running.run(run)
  local background <const> = run.background and not run.folder
  local outputs <const> = background and "null" or "inherit"
  local words <const> = run.shell and { "/bin/sh", "-c", table.concat(run.words, " ") } or run.words
  local program <const>, unknown <const> = shell.program(words[1])
  if not program then
    return nil, unknown
  end
  local command <const> = { program = program, name = words[1],
    options = table.move(words, 2, #words, 1, {}), env = environment(run),
    pass = not run.pristine and host.variables() or {}, private = run.folder, user = run.user,
    stdout = outputs, stderr = outputs, terminal = not background, forward = not background }
  if run.same_process then
    return proc.replace(command)
  elseif background then
    local ok <const>, err <const> = proc.start(command)
    return ok and 0 or nil, err
  end
  local result <const>, err <const> = proc.run(command)
  if not result then
    return nil, err
  end
  return result.status or SIGNALLED + result.signal
end

--- A text as a file that only the command will see.
---@param text moonlatch.Bytes
---@param name string
---@param options { user: string?, shared: boolean? }?
---  user: whom the command works for;  shared: it need not enter a namespace to see the file
---@return moonlatch.Private? folder  to be given to `run` and closed then
---@return string|moonlatch.Error path
function running.file(text, name, options)
  local folder <const>, err <const> = fs.private(options)
  if not folder then
    return nil, err
  end
  -- the folder lets nobody else in, so the file may be open to whom it is given
  local mode <const> = tonumber(options and options.user and "444" or "600", 8)
  local ok <const>, bad <const> = folder.root:write(name, text, { mode = mode })
  if not ok then
    folder:close()
    return nil, bad
  end
  return folder, folder.path .. "/" .. name
end

return running
