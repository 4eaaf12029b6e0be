--- set — change one value of a sealed file, and nothing else.

local doc    <const> = require "moonlatch.doc"
local fail   <const> = require "moonlatch.fail"
local files  <const> = require "moonlatch.files"
local tree   <const> = require "moonlatch.tree"
local tty    <const> = require "moonlatch.tty"

--- The value: from standard input, a file or a prompt, of which the command line says one; never
--- from the command line itself.
local function check(args)
  if args.value and args.value ~= "-" then
    fail("usage", "a value on the command line can be seen by others and stays in the history",
      "leave it out and type it at the prompt, or give it on standard input with -")
  elseif args.from and (args.stdin or args.value) then
    fail("usage", "a value is read from standard input or from a file, not from both")
  end
end

local function read_value(args)
  if args.type == "null" then
    return nil
  end
  local value
  if args.from then
    value = assert(files.read(args.from))
  elseif args.value == "-" or args.stdin then
    value = assert(files.read "-")
  else
    local typed <const>, err <const> = tty.passphrase(("Value of %s: "):format(args.path))
    if fail.is(err, "unsupported") then
      err.hint = "a - behind the path reads the value from standard input, --from FILE from a file"
    end
    return typed or error(err, 0)
  end
  return args.raw and value or value:trim()
end

local function value_and_type(args, value)
  if args.type == "null" then
    return doc.null
  elseif args.type ~= "json" then
    return value, args.type
  end
  local parsed <const> = assert(doc.parse(value, { format = "json", path = "the value" }))
  if parsed:roots() == 0 then
    fail("format", "the value is not JSON")
  end
  return tree.of(parsed:root())
end

local function run(args, ctx)
  check(args)
  local file <const>, _, place <const> = assert(files.decrypt(args.file,
    { identities = args.identity }))
  if not place then
    fail("usage", "set changes a file, which standard input is not")
  end
  local before <const> = file:text() -- typing a value takes a while
  local given <const>, kind <const> = value_and_type(args, read_value(args))
  local ok <const>, bad <const> = file:set(args.path, given,
    { type = kind ~= "str" and kind or nil, clear = args.clear })
  if not ok then
    bad.hint = fail.is(bad, "conflict") and "--clear NAME if that is meant" or bad.hint
    error(bad, 0)
  end
  return files.write(ctx, file:text(), { in_place = place },
    { kind = "sealed", read = before, title = ("set %s in %s"):format(args.path, args.file) })
end

---@type moonlatch.Recipe
return {
  name     = "set",
  summary  = "change one value",
  about    = "Asks for the value, or reads it from standard input (-, one final line break "
    .. "dropped) or a file. Only that value, the MAC and the time change. Maps on the way are "
    .. "made.",
  group    = "files",
  writes   = true,
  takes    = {
    { "file", "a sealed file", complete = "file" },
    { "path", "which value: a/b/0", complete = "value" },
    { "value", "- for standard input", optional = true },
  },
  options  = {
    { "--stdin", "read the value from standard input" },
    { "--from FILE", "read the value from a file", complete = "file" },
    { "--raw", "keep a final line break" },
    { "--type WORD", "what the value is", default = "str",
      choices = { "str", "int", "float", "bool", "null", "json" } },
    { "--clear NAME", "this key may stand in clear, though new", many = true },
    { "--identity FILE", "a key file or SSH key to open it with", many = true, complete = "file" },
  },
  examples = { "moonlatch set secrets/shared.yaml github/token" },
  run      = run,
}
