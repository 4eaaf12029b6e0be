-- For the tests of age plugins: programs that are some, and scripts that wrap and unwrap with them.

local fs   <const> = require "moonlatch.fs"
local host <const> = require "moonlatch.host"
local json <const> = require "moonlatch.json"

local age_plugin = {
  FILE_KEY = "0123456789abcdef",
  RECIPIENT = "age1test1qypqs9228n",
  IDENTITY = "AGE-PLUGIN-TEST-1M7420Z",
  PATH = ":/usr/bin:/bin",
}

--- The plugin of the keys above, in the test's bin: what it does once it has heard all.
function age_plugin.program(t, body)
  t:write("bin/age-plugin-test", ([[
#!/usr/bin/lua5.4
local plugin = dofile %q
%s
]]):format(fs.cwd() .. "/tests/plugin/plugin.lua", body or "plugin.serve {}"), tonumber("700", 8))
end

--- The same as lines of sh, which have to keep to the protocol by themselves.
function age_plugin.shell(t, body)
  t:write("bin/age-plugin-test", "#!/bin/sh\n" .. body .. "\n", tonumber("700", 8))
end

-- A file key with its recipients, and a file with its stanzas, as moonlatch.age has them.
local SCRIPT <const> = [[
local age, fail = require "moonlatch.age", require "moonlatch.fail"
local json, secret = require "moonlatch.json", require "moonlatch.secret"
local plugin, FILE_KEY = require "moonlatch.age_plugin", %q
local given, options = {}, {}

local function wrap()
  local seal = {}
  function seal:open() return { { index = 7, recipient = %q } } end
  function seal:file_key() return secret.new(FILE_KEY) end
  function seal:give(index, stanzas, labels)
    given = { index = index, stanzas = stanzas, labels = labels }
    return true
  end
  return plugin.wrap(seal, options)
end

local function unwrap(stanzas, identities)
  local file = {}
  function file:stanzas() return stanzas end
  function file:offer(key)
    if key:equal(FILE_KEY) then return true end
    return nil, fail.new("auth", "it is not the key of this file")
  end
  for i, text in ipairs(identities) do
    identities[i] = assert(age.identity(text))
  end
  return plugin.unwrap(file, identities, options)
end

return { summary = "", takes = {}, options = {}, run = function(_, ctx)
  options.report = ctx.report
  local function give(value, err)
    require("moonlatch.host").out(json.format(err and { code = err.code, message = err.message,
      hint = err.hint } or { value = value, given = given }))
  end
  %s
end }]]

--- Run a script that has `wrap()`, `unwrap(stanzas, identities)`, the `options` of both, and
--- `give(value, err)` for its result.
---@param through string[]?  a program that runs it, with its words
---@return table result  what was given: `code` and `message`, or `value` and `given`
---@return string stderr
function age_plugin.script(t, body, env, through)
  t:write("script.lua", SCRIPT:format(age_plugin.FILE_KEY, age_plugin.RECIPIENT, body))
  local all <const> = { PATH = t:path "bin" .. age_plugin.PATH }
  for name, value in pairs(env or {}) do
    all[name] = value
  end
  local command <const> = table.move(through or {}, 1, #(through or {}), 1, { env = all })
  for _, word in ipairs { host.program(), "run", "script.lua" } do
    table.insert(command, word)
  end
  local result <const> = t:run(command)
  if result.status ~= 0 then
    error(("status %s\n%s%s"):format(tostring(result.status), result.stdout, result.stderr), 2)
  end
  return assert(json.parse(result.stdout)), result.stderr
end

return age_plugin
