-- For the tests of key sources: a stand-in for the program of a service, which writes down how it
-- was called, and scripts that wrap and unwrap.

local json <const> = require "moonlatch.json"

local key_source = {
  -- 33 bytes, as a share of a key group has; no text, with a line end in it.
  SHARE = "\1\2\0\255\n" .. ("s"):rep(28),
}

-- Its answer is what bin/NAME.sh does, with the words, environment and stdin kept beside it.
local STAND_IN <const> = [[
#!/bin/sh
name=${0##*/}
folder=${0%/*}
for word; do echo "$word"; done > "$folder/$name.words"
env > "$folder/$name.environment"
cat > "$folder/$name.stdin"
. "$folder/$name.sh"
]]

--- A program of that name, which answers as the lines of sh say.
function key_source.stand_in(t, name, answer)
  t:write("bin/" .. name, STAND_IN, tonumber("700", 8))
  t:write("bin/" .. name .. ".sh", answer)
end

local function lines(t, path)
  local list <const> = {}
  for line in (t:read(path) or ""):gmatch "[^\n]+" do
    table.insert(list, line)
  end
  return list
end

--- How the program was called last: words, stdin, and its environment.
function key_source.call(t, name)
  local env <const> = {}
  for _, line in ipairs(lines(t, ("bin/%s.environment"):format(name))) do
    local variable <const>, value <const> = line:match "^([%w_]+)=(.*)$"
    if variable then
      env[variable] = value
    end
  end
  return { words = lines(t, ("bin/%s.words"):format(name)), env = env,
    stdin = t:read(("bin/%s.stdin"):format(name)) }
end

--- Runs a script that has `key_source`, `secret` and `SHARE`, with `give(value, err)` for its
--- result. `env`: the variables that it has beside the usual ones.
---@return any result  a table with `code` when it was an error
function key_source.script(t, env, body)
  t:write("script.lua", ([[
    local json, secret = require "moonlatch.json", require "moonlatch.secret"
    local key_source, SHARE = require "moonlatch.key_source", secret.new(%q)
    local function key(kind, text, fields)
      return assert(key_source.parse(kind, text, fields))
    end
    return { summary = "", takes = {}, options = {}, run = function()
      local function give(value, err)
        if secret.is(value) then
          value = value:equal(SHARE) and "the share" or "something else"
        end
        require("moonlatch.host").out(json.format(err and { code = err.code,
          message = err.message, hint = err.hint, details = err.details } or value))
      end
      %s
    end }]]):format(key_source.SHARE, body))
  local all <const> = { PATH = t:path "bin" .. ":/usr/bin:/bin" }
  for name, value in pairs(env) do
    all[name] = value
  end
  local result <const> = t:program { "run", t:path "script.lua", env = all }
  if result.status ~= 0 then
    error(("status %s\n%s%s"):format(tostring(result.status), result.stdout, result.stderr), 2)
  end
  return json.parse(result.stdout)
end

--- Variables of all sorts, of which a program must get its own alone.
key_source.STRANGE = { SOPS_AGE_KEY = "AGE-SECRET-KEY-1", BW_SESSION = "x", LD_PRELOAD = "",
  AWS_SECRET_ACCESS_KEY = "aws secret", AWS_ACCESS_KEY_ID = "aws id", VAULT_TOKEN = "vault token",
  AWS_PROFILE = "own", GNUPGHOME = "/nowhere", CLOUDSDK_CONFIG = "/cloud", MINE = "1",
  AZURE_CONFIG_DIR = "/azure", HTTPS_PROXY = "http://proxy:1" }

--- The variables of a call that are not for every program.
function key_source.own_variables(call)
  local everywhere <const> = { HOME = true, PATH = true, LC_ALL = true, PWD = true, SHLVL = true,
    _ = true, OLDPWD = true }
  local list <const> = {}
  for name in pairs(call.env) do
    table.insert(list, not everywhere[name] and name or nil)
  end
  table.sort(list)
  return list
end

return key_source
