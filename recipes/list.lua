--- list — the names of values in all sealed files; no key is needed, since names are not sealed.

local fail  <const> = require "moonlatch.fail"
local glob  <const> = require "moonlatch.glob"
local host  <const> = require "moonlatch.host"
local json  <const> = require "moonlatch.json"
local repo  <const> = require "moonlatch.repo"

--- Does a value's path answer the question? A pattern with `*`, `?` or `[` must match it from a
--- slash on; other words may stand anywhere in it, in capitals or not.
---@param pattern string?
---@return fun(path: string): boolean
local function filter(pattern)
  if not pattern then
    return function() return true end
  elseif not pattern:find "[*?%[{]" then
    local word <const> = pattern:lower()
    return function(path) return path:lower():find(word, 1, true) ~= nil end
  end
  local _, err <const> = glob.match(pattern, "")
  if err then
    error(err, 0)
  end
  return function(path)
    return glob.match(pattern, path) or glob.match("**/" .. pattern, path)
  end
end

--- The sealed files: those of the site, or those that are named.
local function sealed(ctx, names)
  if #names == 0 then
    local all <const> = assert(repo.open(ctx.site))
    for _, broken in ipairs(all.broken) do
      ctx.report:skipped(broken.path, broken.error.message)
    end
    return all.files
  end
  local list <const> = {}
  for i, name in ipairs(names) do
    list[i] = { path = name, file = assert(require("moonlatch.files").open(name)) }
  end
  return list
end

local function run(args, ctx)
  local wanted <const>, found <const> = filter(args.pattern), json.array {}
  for _, f in ipairs(sealed(ctx, args.file)) do
    local paths <const>, lines <const> = f.file:paths()
    for i, path in ipairs(paths) do
      if wanted(path) then
        table.insert(found, { path = f.path, line = lines[i], name = path })
      end
    end
  end
  ctx.report:result("values", found)
  if not ctx.global.json then
    for _, value in ipairs(found) do
      assert(host.out(host.escape(("%s:%d: %s"):format(value.path, value.line, value.name))
        .. "\n"))
    end
  end
  if #found == 0 and args.pattern then
    fail("missing", ("no sealed file has a value '%s'"):format(args.pattern),
      "`moonlatch list` shows all names")
  end
  return ctx.report:finish()
end

---@type moonlatch.Recipe
return {
  name     = "list",
  summary  = "the names of all values",
  about    = "Lists the values of every sealed file of the site as FILE:LINE: NAME. Names are not "
    .. "sealed, so no key is needed, and no value is shown.\n\nPATTERN may stand anywhere in a "
    .. "name, in capitals or not; one with *, ?, [ or { must match a name, or the end of one "
    .. "behind a slash (** crosses slashes).",
  group    = "files",
  takes    = { { "pattern", "which names", optional = true } },
  options  = {
    { "--file FILE", "look only into this sealed file", many = true, complete = "file" },
  },
  examples = { "moonlatch list token", "moonlatch list 'database/*' --json" },
  run      = run,
}
