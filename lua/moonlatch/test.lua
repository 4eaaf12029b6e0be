--- test — the runner behind `moonlatch test`, for this project and for every site.
--
--     local test, encode = require "moonlatch.test", require "moonlatch.encode"
--
--     test.it("refuses odd hex", function(t)
--       test.fails_with("format", function() return assert(encode.unhex("abc")) end)
--     end)
--
-- A test gets `t`: `t.folder` is the path of a folder of its own that is gone afterwards.

local fail <const> = require "moonlatch.fail"
local fs   <const> = require "moonlatch.fs"
local host <const> = require "moonlatch.host"

local test = {}

---@class moonlatch.TestCase
---@field folder string          a temporary folder
---@field root moonlatch.Root    the same, open
local Case = {}
Case.__index = Case

---@type { name: string, run: fun(t: moonlatch.TestCase) }[]
local cases = {}

--- Declare a test. Two of one name in a file are an error.
---@param name string
---@param run fun(t: moonlatch.TestCase)
function test.it(name, run)
  for _, case in ipairs(cases) do
    if case.name == name then
      error(("two tests are named '%s'"):format(name), 2)
    end
  end
  table.insert(cases, { name = name, run = run })
end

local SKIP <const> = {}

--- End a test that cannot run here. It is counted as skipped.
---@param why string
function test.skip(why)
  error(setmetatable({ why = why }, SKIP), 0)
end

--- The path of a program to compare with, from build/peers; without it the test is skipped, or,
--- where CI promises that it is there, failed.
---@param name string
---@return string path
function test.peer(name)
  local path <const> = ("%s/build/peers/%s"):format(fs.cwd(), name)
  if assert(fs.root "/"):exists(path:sub(2)) then
    return path
  elseif host.env "CI" == "true" then
    error(name .. " is not in build/peers", 2)
  end
  return test.skip(name .. " is not in build/peers")
end

--- What a file returns that several test files share.
---@param path string  from the folder in which `moonlatch test` is called
---@return any
function test.helper(path)
  return assert(host.load_text(assert(fs.read_named(path)), path))()
end

local function show(value)
  if type(value) == "string" then
    return ("%q"):format(#value > 2000 and value:sub(1, 2000) .. "…" or value)
  end
  return tostring(value)
end

--- The path to the first difference of two values, and both sides; nil when they are equal.
local function differs(a, b, path)
  if type(a) ~= "table" or type(b) ~= "table" then
    if a ~= b and not (a ~= a and b ~= b) then
      return path, a, b
    end
    return nil
  end
  local keys <const> = {}
  for key in pairs(a) do
    keys[key] = true
  end
  for key in pairs(b) do
    keys[key] = true
  end
  for key in pairs(keys) do
    local at <const>, left <const>, right <const> =
      differs(a[key], b[key], ("%s[%s]"):format(path, show(key)))
    if at then
      return at, left, right
    end
  end
  return nil
end

--- Fails unless both are equal, tables by their contents.
---@param got any
---@param wanted any
---@param what string?
function test.equal(got, wanted, what)
  local at <const>, left <const>, right <const> = differs(got, wanted, what or "value")
  if at then
    error(("%s: got %s, wanted %s"):format(at, show(left), show(right)), 2)
  end
end

--- Fails unless `text` contains `part` (plain).
---@param text string
---@param part string
function test.contains(text, part)
  if type(text) ~= "string" or not text:find(part, 1, true) then
    error(("%s does not contain %s"):format(show(text), show(part)), 2)
  end
end

--- Fails if `text` contains `part` (plain).
---@param text string
---@param part string
function test.lacks(text, part)
  if type(text) ~= "string" or text:find(part, 1, true) then
    error(("%s contains %s"):format(show(text), show(part)), 2)
  end
end

--- Fails unless `run` raises an error object of this code; returns the object.
---@param code string
---@param run fun()
---@return moonlatch.Error
function test.fails_with(code, run)
  local ok <const>, err <const> = pcall(run)
  if ok then
    error(("no error, wanted '%s'"):format(code), 2)
  end
  if not fail.is(err, code) then
    error(("wanted an error '%s', got %s"):format(code,
      fail.is(err) and ("'%s': %s"):format(err.code, err.message) or show(err)), 2)
  end
  return err
end

--- Fails unless `run` raises an error string (a caller's mistake) that contains `part`.
---@param part string
---@param run fun()
function test.raises(part, run)
  local ok <const>, err <const> = pcall(run)
  if ok then
    error("no error was raised", 2)
  end
  test.contains(tostring(err), part)
end

--- Write a file below the test's folder, making the folders above it.
---@param path string
---@param bytes moonlatch.Bytes
---@param mode integer?
function Case:write(path, bytes, mode)
  assert(self.root:write(path, bytes, { mode = mode, parents = true }))
end

--- Read a file below the test's folder; nil when it is not there.
---@param path string
---@return string?
function Case:read(path)
  local text <const>, err <const> = self.root:read(path)
  if not text and not fail.is(err, "missing") then
    error(err, 0)
  end
  return text
end

--- The absolute path of a name in the test's folder.
---@param path string
---@return string
function Case:path(path)
  return self.folder .. "/" .. path
end

--- Run a program in the test's folder with an environment that leads nowhere else.
---@param command table  { program, args…, stdin=, env=, cwd=, timeout= }
---@return { status: integer, signal: integer?, stdout: string, stderr: string }
function Case:run(command)
  local proc <const> = require "moonlatch.proc"
  local env <const> = { HOME = self.folder .. "/home", LC_ALL = "C.UTF-8", TERM = "dumb",
    PATH = host.env "PATH", XDG_STATE_HOME = self.folder .. "/home/.local/state",
    XDG_CONFIG_HOME = self.folder .. "/home/.config",
    XDG_RUNTIME_DIR = self.folder .. "/home/run", ASAN_OPTIONS = host.env "ASAN_OPTIONS" }
  for name, value in pairs(command.env or {}) do
    env[name] = value or nil
  end
  local words <const> = table.move(command, 2, #command, 1, {})
  return assert(proc.run { program = command[1], options = words, env = env,
    stdin = command.stdin, stdout = "string", stderr = "string",
    timeout = command.timeout or 120, cwd = command.cwd or self.root })
end

--- Run this program itself: `t:program { "get", "a.yaml", "k", stdin = "…" }`.
---@param command table
---@return { status: integer, stdout: string, stderr: string }
function Case:program(command)
  local with <const> = { host.program() }
  table.move(command, 1, #command, 2, with)
  for key, value in pairs(command) do
    if type(key) == "string" then
      with[key] = value
    end
  end
  return self:run(with)
end

--- Run this program; fails unless it ends with `status` (default 0).
---@param command table
---@param status integer?
---@return { status: integer, stdout: string, stderr: string }
function Case:expect(command, status)
  local result <const> = self:program(command)
  if result.status ~= (status or 0) then
    error(("%s: status %s, wanted %d\n%s%s"):format(table.concat(command, " "),
      tostring(result.status), status or 0, result.stdout, result.stderr), 2)
  end
  return result
end

local function new_case()
  local folder <const> = assert(fs.temp_folder())
  local root <const> = assert(fs.root(folder))
  assert(root:mkdir("home", 448))
  return setmetatable({ folder = folder, root = root }, Case)
end

local function run_case(case)
  local t <const> = new_case()
  local ok <const>, err <const> = xpcall(case.run, host.traceback, t)
  t.root:close()
  fs.remove_tree(t.folder)
  collectgarbage() -- what a test forgot to close is closed here, where a fault is its own
  if ok then
    return "passed"
  end
  if getmetatable(err) == SKIP then
    return "skipped", err.why
  end
  return "failed", fail.is(err) and ("%s [%s]"):format(tostring(err), err.code) or tostring(err)
end

--- Run the tests of one file.
---@param text string
---@param path string
---@param filter string?  only tests whose name contains it
---@param say fun(line: string)
---@return { passed: integer, failed: integer, skipped: integer }
function test.file(text, path, filter, say)
  local count <const> = { passed = 0, failed = 0, skipped = 0 }
  cases = {}
  local chunk <const>, err <const> = host.load_text(text, path,
    setmetatable({}, { __index = _G }))
  local ok <const>, why <const> = xpcall(chunk or function() error(err, 0) end, host.traceback)
  if not ok then
    say(("FAILED %s: %s"):format(path, tostring(why)))
    count.failed = 1
    return count
  end
  local mine <const> = cases
  for _, case in ipairs(mine) do
    if not filter or case.name:find(filter, 1, true) then
      local result <const>, what <const> = run_case(case)
      count[result] = count[result] + 1
      if result ~= "passed" then
        say(("%s %s: %s: %s"):format(result == "failed" and "FAILED" or "skipped", path, case.name,
          what))
      end
    end
  end
  return count
end

return test
