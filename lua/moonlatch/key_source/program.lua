--- key_source.program — running the program that stands for a key service.
--
-- It gets the variables that are listed for it and nothing else; secrets go in and out through
-- pipes. What it says on stderr is shown when it fails: no such program repeats its input there.

local child <const> = require "moonlatch.child"
local fail  <const> = require "moonlatch.fail"
local host  <const> = require "moonlatch.host"
local proc  <const> = require "moonlatch.proc"

local program = {}

local SECONDS <const> = 120
local EVERYWHERE <const> = { "HOME", "PATH", "USER", "LOGNAME", "LANG", "LC_ALL", "TMPDIR" }
local LINES_SHOWN <const> = 3
local SIGINT <const> = 2

--- Where the services are reached through.
program.PROXY = { "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "https_proxy", "http_proxy", "no_proxy",
  "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE" }

local function last_lines(text)
  local lines <const> = {}
  for line in (text or ""):gmatch "[^\r\n]+" do
    table.insert(lines, line:find "%S" and line or nil)
  end
  return table.move(lines, math.max(1, #lines - LINES_SHOWN + 1), #lines, 1, {})
end

---@class moonlatch.SourceCall
---@field program string
---@field options string[]
---@field operands string[]?
---@field stdin moonlatch.Bytes?
---@field stdout "string"|"secret"
---@field pass string[][]        lists of variables
---@field secrets string[]?      variables that hold a secret
---@field env table<string, moonlatch.Bytes>?
---@field terminal boolean?      a person may be asked: there is no time limit
---@field needed_by string       the key, for the message when the program is not there

local function environment(call)
  local env <const> = {}
  for _, name in ipairs(call.secrets or {}) do
    env[name] = host.secret_env(name)
  end
  for name, value in pairs(call.env or {}) do
    env[name] = value
  end
  return env
end

local function passed(call)
  local list <const> = table.move(EVERYWHERE, 1, #EVERYWHERE, 1, {})
  for _, names in ipairs(call.pass) do
    table.move(names, 1, #names, #list + 1, list)
  end
  return list
end

--- Run a program to its end.
---@param call moonlatch.SourceCall
---@return moonlatch.Bytes? output
---@return moonlatch.Error? err  `missing`, `child`, …; `details`: what it said
function program.run(call)
  local result <const>, err <const> = proc.run {
    program = call.program, options = call.options, operands = call.operands, stdin = call.stdin,
    stdout = call.stdout, stderr = "string", pass = passed(call), env = environment(call),
    terminal = call.terminal, timeout = not call.terminal and SECONDS or nil,
  }
  if not result then
    if fail.is(err, "missing") then
      err.hint = ("install %s: the key %s is used through it"):format(call.program, call.needed_by)
    end
    return nil, err
  elseif call.terminal and result.signal == SIGINT then
    return nil, fail.new("interrupted", ("%s was interrupted"):format(call.program))
  elseif result.status ~= 0 then
    return nil, fail.new("child", ("%s %s"):format(call.program, child.ended(result)), nil,
      { details = last_lines(result.stderr) })
  end
  return result.stdout
end

return program
