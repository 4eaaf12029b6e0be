--- age inspect — what an age file tells without a key.

local command <const> = require "moonlatch.age_file.command"

local POSTQUANTUM <const> = { yes = "post-quantum", no = "not post-quantum",
  unknown = "nobody knows whether post-quantum" }

local function run(args, ctx)
  local file <close> = command.open(args.file)
  local rows <const> = {}
  for i, stanza in ipairs(file:stanzas()) do
    rows[i] = { i, stanza.type }
  end
  local found <const> = assert(file:inspect())
  ctx.report:table({ "STANZA", "TYPE" }, rows, "stanzas")
  for _, name in ipairs { "version", "armored", "postquantum", "sizes" } do
    ctx.report:result(name, found[name])
  end
  ctx.report:summary(("%d bytes when opened; %s%s"):format(found.sizes.text,
    POSTQUANTUM[found.postquantum], found.armored and "; armored" or ""))
  return ctx.report:finish()
end

---@type moonlatch.Recipe
return {
  name     = "age inspect",
  summary  = "what an age file tells without a key",
  about    = "The stanza of each recipient, and sizes. Nothing of it is authenticated before the "
    .. "file is opened.",
  group    = "files",
  takes    = { { "file", "an age file, or - for standard input", complete = "file" } },
  examples = { "moonlatch age inspect --json backup.tar.age" },
  run      = run,
}
