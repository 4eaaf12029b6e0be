--- get — one value of a sealed file, exactly.

local files <const> = require "moonlatch.files"
local host  <const> = require "moonlatch.host"

local function run(args, ctx)
  local file <const> = assert(files.decrypt(args.file, { identities = args.identity }))
  local format <const> = args.format or ctx.global.json and "json" or nil
  local value <const> = assert(file:value(args.path, { format = format }))
  assert(host.show(value))
  return 0
end

---@type moonlatch.Recipe
return {
  name     = "get",
  summary  = "one value",
  about    = "Prints the exact bytes of a value, without a line break; a map or a list as a "
    .. "document. PATH is a/b/0 (~1 is /, ~0 is ~) or, as in sops, [\"a\"][0].",
  group    = "files",
  takes    = {
    { "file", "a sealed file, or -", complete = "file" },
    { "path", "which value", complete = "value" },
  },
  options  = {
    { "--format WORD", "a map or list as", choices = { "yaml", "json" } },
    { "--identity FILE", "a key file or SSH key to open it with", many = true, complete = "file" },
  },
  examples = { "moonlatch get secrets/shared.yaml github/token" },
  run      = run,
}
