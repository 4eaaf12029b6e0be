--- exec — run a command with the values of sealed files.

local fail    <const> = require "moonlatch.fail"
local files   <const> = require "moonlatch.files"
local running <const> = require "moonlatch.running"
local shell   <const> = require "moonlatch.shell"

local function open(path, args)
  local file <const>, err <const> = files.decrypt(path, { identities = args.identity,
    format = args.format })
  return file or error(err, 0)
end

--- The variables of all files; what stands in two is the later one's.
local function variables(args)
  local all <const> = {}
  for _, path in ipairs(args.file) do
    local file <close> = open(path, args)
    for name, value in pairs(assert(running.variables(file, { allow = args.allow_env,
      flatten = args.flatten }))) do
      all[name] = value
    end
  end
  return all
end

--- The words have a place for the file.
local function has_place(words)
  for _, word in ipairs(words) do
    if word:find("{}", 1, true) then
      return true
    end
  end
  return false
end

--- The name that the command sees. Who can write to the repository chose the file's own, and a
--- shell may read the command, be it ours or one that the command names: nothing in it is code.
local function inert_name(path)
  return (path:match "[^/]*$":gsub("[^%w._-]", "_"))
end

--- With --dry-run: what the command would get, by name, and no command.
local function tell(ctx, args, names)
  ctx.report:say(("%s would get: %s"):format(args.command[1], table.concat(names, " ")))
  return 0
end

local function run_with_file(args, ctx)
  if #args.file > 1 then
    fail("usage", "--as-file gives the command one file", "name one FILE")
  elseif args.same_process then
    fail("usage", "the file is gone with this process", "leave --same-process out")
  elseif not has_place(args.command) then
    fail("usage", "the command does not say where the file's name belongs",
      "put {} where it would stand")
  end
  local file <close> = open(args.file[1], args)
  local clear <close> = assert(file:clear_text())
  if ctx.global.dry_run then
    return tell(ctx, args, { args.file[1] })
  end
  local folder <const>, path <const> = running.file(clear, inert_name(args.file[1]),
    { user = args.user, shared = args.shared })
  local kept <close> = folder or error(path, 0)
  return running.run { words = shell.with_path(args.command, path), shell = args.shell,
    folder = kept, pristine = args.pristine, user = args.user }
end

local function run(args, ctx)
  if args.as_file then
    return assert(run_with_file(args, ctx))
  end
  local given <const> = variables(args)
  if ctx.global.dry_run then
    return tell(ctx, args, require("moonlatch.lists").names(given))
  end
  return assert(running.run { words = args.command, shell = args.shell,
    variables = given, pristine = args.pristine, user = args.user,
    same_process = args.same_process })
end

---@type moonlatch.Recipe
return {
  name     = "exec",
  summary  = "run a command with secrets",
  about    = "The command gets the values at the top of each file as variables, or with --as-file "
    .. "the file in clear, in memory, under the name that stands for {}. No shell reads the "
    .. "command unless --shell says so. Variables that decide what code runs (PATH, LD_*, "
    .. "GIT_*, …) are refused, since whoever can write a value would run code here. Signals go on "
    .. "to the command, and its exit status is this program's.",
  group    = "files",
  takes    = {
    { "file", "a sealed file; of two with one name the later counts", many = true,
      complete = "file" },
    { "command", "what to run", rest = "--" },
  },
  options  = {
    { "--as-file", "give it the file, not variables" },
    { "--shared", "with --as-file: where all your programs see it; sudo works there" },
    { "--flatten", "values within maps and lists too: a_b" },
    { "--allow-env NAME", "pass this variable on, whatever it decides", many = true },
    { "--pristine", "no variables but those of the files" },
    { "--shell", "let /bin/sh read the command" },
    { "--same-process", "become the command" },
    { "--user NAME", "run it as this user" },
    { "--identity FILE", "a key file or SSH key to open it with", many = true, complete = "file" },
    { "--format WORD", "what the file is", choices = files.FORMATS },
  },
  examples = { "moonlatch exec secrets/db.yaml -- psql -h db.internal",
    "moonlatch exec --as-file secrets/kubeconfig -- kubectl --kubeconfig {} get pods" },
  run      = run,
}
