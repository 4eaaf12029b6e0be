--- unset — remove one value of a sealed file.

local fail  <const> = require "moonlatch.fail"
local files <const> = require "moonlatch.files"

local function run(args, ctx)
  local file <const>, _, place <const> = assert(files.decrypt(args.file,
    { identities = args.identity }))
  if not place then
    fail("usage", "unset changes a file, which standard input is not")
  end
  local before <const> = file:text()
  assert(file:unset(args.path))
  return files.write(ctx, file:text(), { in_place = place },
    { kind = "sealed", read = before, title = ("unset %s in %s"):format(args.path, args.file) })
end

---@type moonlatch.Recipe
return {
  name     = "unset",
  summary  = "remove one value",
  group    = "files",
  writes   = true,
  takes    = {
    { "file", "a sealed file", complete = "file" },
    { "path", "which value: a/b/0", complete = "value" },
  },
  options  = {
    { "--identity FILE", "a key file or SSH key to open it with", many = true, complete = "file" },
  },
  examples = { "moonlatch unset secrets/shared.yaml github/old-token" },
  run      = run,
}
