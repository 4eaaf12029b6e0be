--- test — run test files.
--
-- Files named test_*.lua are found by walking; nothing is listed by hand.

local fail <const> = require "moonlatch.fail"
local fs   <const> = require "moonlatch.fs"
local host <const> = require "moonlatch.host"
local test <const> = require "moonlatch.test"
local tty  <const> = require "moonlatch.tty"

--- The test files that PATH names: itself, or those below it.
local function files(path)
  local root <const>, name <const> = assert(fs.resolve(path))
  local stat <const> = assert(root:stat(name))
  if stat.kind ~= "folder" then
    return { { root = root, path = name, shown = path } }
  end
  local found <const> = {}
  local below <const> = name == "." and root or assert(fs.root(path))
  for entry in below:walk() do
    if entry.kind == "file" and entry.path:match("test_[^/]*%.lua$") then
      table.insert(found, { root = below, path = entry.path,
        shown = path:gsub("/$", "") .. "/" .. entry.path })
    end
  end
  return found
end

--- The text of a test file. Below a site it is the site's code, which runs only when trusted.
local function text_of(file)
  local path <const> = file.root.path .. "/" .. file.path
  local site <const>, err <const> = require("moonlatch.site").open {
    dir = path:match "^(.+)/[^/]*$" }
  if not site and not fail.is(err, "missing") then
    error(err, 0)
  elseif not site then
    return assert(file.root:read(file.path))
  end
  local trust <const> = assert(require("moonlatch.trust").open(site))
  return assert(trust:require(path:sub(#site.path + 2)))
end

local function show(ctx, before, count)
  if not ctx.global.json then
    assert(host.out(("%s%d passed, %d failed, %d skipped\n"):format(before, count.passed,
      count.failed, count.skipped)))
  end
end

---@param args { path: string[], only: string? }
local function run(args, ctx)
  local total <const> = { passed = 0, failed = 0, skipped = 0 }
  tty.leave() -- a test that is about a terminal makes one
  for _, path in ipairs(args.path) do
    for _, file in ipairs(files(path)) do
      local count <const> = test.file(text_of(file), file.shown, args.only,
        function(line) host.err(line .. "\n") end)
      for kind, n in pairs(count) do
        total[kind] = total[kind] + n
      end
      show(ctx, "  " .. file.shown .. ": ", count)
    end
  end
  show(ctx, "", total)
  if total.passed + total.failed + total.skipped == 0 then
    fail("missing", "no test was found", "test files are named test_*.lua")
  end
  for kind, n in pairs(total) do
    ctx.report:result(kind, n)
  end
  return ctx.report:finish(total.failed > 0 and 1 or 0)
end

---@type moonlatch.Recipe
return {
  name     = "test",
  summary  = "run test files",
  about    = "Runs every file test_*.lua at or below PATH. Each test gets a temporary folder.",
  group    = "host",
  takes    = { { "path", "files or folders", many = true } },
  options  = { { "--only TEXT", "only tests whose name contains TEXT" } },
  examples = { "moonlatch test moonlatch/tests" },
  run      = run,
}
