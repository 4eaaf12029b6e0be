--- run — a Lua file of your own.

local cli   <const> = require "moonlatch.cli"
local fs    <const> = require "moonlatch.fs"
local host  <const> = require "moonlatch.host"
local shell <const> = require "moonlatch.shell"
local tty   <const> = require "moonlatch.tty"

local function run(args, ctx)
  local bytes <const> = assert(fs.read_named(args.file))
  local chunk <const> = assert(host.load_text(bytes:publish(), args.file,
    setmetatable({}, { __index = _G })))
  local result <const> = chunk(table.unpack(args.arguments))
  if type(result) ~= "table" or not result.run and not result.steps then
    return math.type(result) == "integer" and result or 0
  end
  result.name = "run " .. shell.quote(args.file) -- how it is called here
  local own <const>, global <const> = assert(cli.parse(result, args.arguments, ctx.global))
  if global.help then
    assert(host.out(cli.help(result, tty.width())))
    return 0
  end
  if result.run then
    return result.run(own, ctx)
  end
  ctx.args = own
  return result.steps:run(ctx)
end

---@type moonlatch.Recipe
return {
  name     = "run",
  summary  = "run a Lua file",
  about    = "The file may be a script, which gets its arguments as ..., or a recipe.",
  group    = "host",
  takes    = {
    { "file", "a Lua file, or -", complete = "file" },
    { "arguments", "for it", rest = "literal", optional = true },
  },
  examples = { "moonlatch run check.lua" },
  run      = run,
}
