--- drivers — what git is told, so that it shows and merges sealed files by their values and commits
--- no plaintext.
--
-- .gitattributes says which files; it is committed. What is run for them stands in the settings of
-- each clone, since git takes no program from a repository.

local fs    <const> = require "moonlatch.fs"
local git   <const> = require "moonlatch.git"
local host  <const> = require "moonlatch.host"
local modes <const> = require "moonlatch.modes"
local plan  <const> = require "moonlatch.plan"
local proc  <const> = require "moonlatch.proc"
local repo  <const> = require "moonlatch.repo"
local shell <const> = require "moonlatch.shell"

local drivers = {}

local ATTRIBUTES <const> = ".gitattributes"
local HEAD <const> = "# sealed files are shown and merged by their values (moonlatch)\n"
local HOOK <const> = [[
#!/bin/sh
# No value is committed in clear.
exec %s --no-site verify --staged --quiet
]]

--- How git calls this program: by its name, if that is what PATH leads to.
local function command()
  local here <const> = assert(host.program())
  local found <const> = proc.find "moonlatch"
  local root, name
  if found then
    root, name = fs.resolve(found)
  end
  return root and root.path .. "/" .. name == here and "moonlatch" or shell.quote(here)
end

--- Neither the site's code nor its site file has a say in what git runs.
local function settings(program)
  return {
    { "diff.moonlatch.textconv", program .. " --no-site diff --textconv --" },
    { "diff.moonlatch.cachetextconv", "false" }, -- the cache would store plaintext
    { "merge.moonlatch.name", "sealed files, by their values" },
    { "merge.moonlatch.driver", program .. " --no-site merge --driver -- %O %A %B %P" },
  }
end

--- A path as a pattern that matches it alone.
local function pattern(path)
  return "/" .. path:gsub("[*?%[\\]", "\\%0"):gsub("[%s\"]", "?")
end

--- The lines for the sealed files that there are: their topmost folders.
local function attributes(files)
  local list <const>, seen <const> = {}, {}
  for _, f in ipairs(files) do
    local folder <const> = f.path:match "^([^/]+)/"
    local line <const> = pattern(folder or f.path) .. (folder and "/**" or "")
      .. " diff=moonlatch merge=moonlatch"
    table.insert(list, not seen[line] and line or nil)
    seen[line] = true
  end
  table.sort(list)
  return #list > 0 and list or { "/secrets/** diff=moonlatch merge=moonlatch" }
end

--- The text with the lines that it lacks.
local function with_lines(text, lines)
  local has <const>, new <const> = {}, {}
  for line in text:gmatch "[^\n]+" do
    has[line] = true
  end
  for _, line in ipairs(lines) do
    table.insert(new, not has[line] and line or nil)
  end
  if #new == 0 then
    return text
  end
  local before <const> = text == "" and "" or text:gsub("\n?$", "\n", 1)
  return before .. (has[HEAD:sub(1, -2)] and "" or HEAD) .. table.concat(new, "\n") .. "\n"
end

local function within(folder, path)
  return path:sub(1, #folder + 1) == folder .. "/"
end

--- The hook, if there is none; one that many repositories share is not ours to write.
local function stage_hook(p, ctx, repository, hook, program)
  local mine <const> = within(repository.top, hook.path)
    or within(assert(repository:folder()), hook.path)
  local old <const> = hook.root:exists(hook.name) and assert(hook.root:read(hook.name))
  if old and old:find("verify --staged", 1, true) then
    return
  elseif old or not mine then
    ctx.report:say(("%s is not touched; a line for it: %s --no-site verify --staged "
      .. "--quiet || exit 1")
      :format(hook.path, program))
    return
  end
  assert(p:write(hook.root, hook.name, HOOK:format(program),
    { kind = "public", mode = modes.EXECUTABLE }))
end

--- Settings that are not yet as they should be.
local function missing(repository, program)
  local list <const> = {}
  for _, setting in ipairs(settings(program)) do
    if repository:setting(setting[1]) ~= setting[2] then
      table.insert(list, setting)
    end
  end
  return list
end

--- Tell git about the sealed files of a site.
---@param ctx moonlatch.Context
---@param options { hook: boolean }
---@return integer status
function drivers.install(ctx, options)
  local site <const> = ctx.site
  local repository <const> = assert(git.open(site.root))
  local program <const> = command()
  local hook <const> = { path = assert(repository:path "hooks/pre-commit") }
  hook.root, hook.name = assert(fs.resolve(hook.path))
  local p <close> = plan.new { roots = { site.root, hook.root }, global = ctx.global,
    report = ctx.report, title = "init --git" }
  local old <const> = site.root:exists(ATTRIBUTES) and assert(p:current(site.root, ATTRIBUTES))
    or ""
  local all <const> = assert(repo.open(site, { survey = true }))
  local new <const> = with_lines(old, attributes(all.files))
  if new ~= old then
    assert(p:write(site.root, ATTRIBUTES, new, { kind = "public" }))
  end
  if options.hook then
    stage_hook(p, ctx, repository, hook, program)
  end
  local unset <const> = missing(repository, program)
  if #unset > 0 then
    ctx.report:say "settings of this clone:"
  end
  for _, setting in ipairs(unset) do
    ctx.report:say(("  git config %s %s"):format(setting[1], shell.quote(setting[2])))
  end
  local status = p:finish()
  if ctx.global.dry_run then
    return ctx.report:finish(#unset > 0 and 1 or status)
  end
  for _, setting in ipairs(unset) do
    assert(repository:set(setting[1], setting[2]))
  end
  return ctx.report:finish(status)
end

return drivers
