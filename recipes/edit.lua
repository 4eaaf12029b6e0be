--- edit — change a sealed file in the editor.

local fail    <const> = require "moonlatch.fail"
local files   <const> = require "moonlatch.files"
local sealing <const> = require "moonlatch.sealing"

local function run(args, ctx)
  if args.file == "-" then
    fail("usage", "edit changes a file, which standard input is not")
  end
  local place <const> = assert(files.locate(args.file))
  if place.root:exists(place.name) then
    return require("moonlatch.editing.sealed").edit(args, ctx)
  end
  return sealing.new_file(args, ctx, place)
end

---@type moonlatch.Recipe
return {
  name     = "edit",
  summary  = "change a sealed file in your editor",
  about    = "Opens SOPS_EDITOR, EDITOR, or vim, nano or vi on the text in clear, and seals what "
    .. "you save: only values that changed get new ciphertext. The text is in memory only, where "
    .. "nobody but the editor sees it, and gone when it ends. A text with an error is offered "
    .. "again. What somebody else wrote meanwhile is kept beside your changes. A file that is not "
    .. "there begins as an example, as with `new`.",
  group    = "files",
  writes   = true,
  takes    = { { "file", "a sealed file, or one to be", complete = "file" } },
  options  = {
    { "--clear NAME", "this key may stand in clear, though new", many = true },
    { "--identity FILE", "a key file or SSH key to open it with", many = true, complete = "file" },
    { "--format WORD", "what the file is", choices = files.FORMATS },
    { "--shared", "your editor shows files in a program that runs already" },
    { "-a, --recipient KEY", "of a new file: seal for this key, without a rule", many = true,
      complete = "recipient" },
    { "--catch-all", "of a new file: take a rule that matches every path" },
  },
  examples = { "moonlatch edit secrets/shared.yaml", "EDITOR='code --wait' moonlatch edit "
    .. "secrets/shared.yaml" },
  run      = run,
}
