--- new — a new sealed file, written in the editor.

local fail    <const> = require "moonlatch.fail"
local files   <const> = require "moonlatch.files"
local sealing <const> = require "moonlatch.sealing"

local function run(args, ctx)
  local place <const> = assert(files.locate(args.file))
  if place.root:exists(place.name) then
    fail("exists", "there is such a file", "`moonlatch edit` changes a sealed file, `moonlatch "
      .. "encrypt` seals one in clear", { path = args.file })
  end
  return sealing.new_file(args, ctx, place)
end

---@type moonlatch.Recipe
return {
  name     = "new",
  summary  = "write a new sealed file",
  about    = "Opens your editor on an example, and seals what you make of it by the rule for the "
    .. "file's path. With --from nothing is edited. The text in clear is in memory only.",
  group    = "files",
  writes   = true,
  takes    = { { "file", "where it will be", complete = "file" } },
  options  = {
    { "--from FILE", "seal this text, or standard input (-), as it is", complete = "file" },
    { "--format WORD", "what the file is", choices = files.FORMATS },
    { "--shared", "your editor shows files in a program that runs already" },
    table.unpack(sealing.OPTIONS)
  },
  examples = { "moonlatch new secrets/mail.yaml",
    "moonlatch new secrets/tls-key --format binary --from /run/tls.key" },
  run      = run,
}
