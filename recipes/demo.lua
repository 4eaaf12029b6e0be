--- demo — the main job on a sample repository that nobody needs, in a folder that goes away.

local age    <const> = require "moonlatch.age"
local fs     <const> = require "moonlatch.fs"
local host   <const> = require "moonlatch.host"
local json   <const> = require "moonlatch.json"
local modes  <const> = require "moonlatch.modes"
local proc   <const> = require "moonlatch.proc"
local rules  <const> = require "moonlatch.rules"
local sample <const> = require "moonlatch.sample"
local ssh    <const> = require "moonlatch.ssh"

--- This program in the sample, with a home of its own: nothing of yours is read or written.
local function call(demo, words)
  local began <const> = host.time()
  local result <const> = assert(proc.run {
    program = host.program(), options = words, cwd = demo.repo, stdin = "null",
    stdout = "string", stderr = "string", env = demo.env,
  })
  return result, host.time() - began
end

--- Show a command, run it, show the end of what it said.
local function show(demo, why, words, wanted)
  local say <const> = function(line) demo.report:say(line) end
  say ""
  say("# " .. why)
  say("$ moonlatch " .. table.concat(words, " "))
  local result <const>, seconds <const> = call(demo, words)
  local lines <const> = {}
  for line in (result.stdout .. result.stderr):gmatch "[^\n]+" do
    table.insert(lines, line)
  end
  local LAST <const> = 12
  if #lines > LAST then
    say(("  … %d lines above"):format(#lines - LAST))
  end
  for i = math.max(1, #lines - LAST + 1), #lines do
    say("  " .. lines[i])
  end
  say(("  (status %d, %.2f s)"):format(result.status, seconds))
  if result.status ~= wanted then
    demo.report:finding("bug", ("`moonlatch %s` ended with %d, not %d"):format(words[1],
      result.status, wanted))
  end
end

--- A colleague's key that is only in the vault so far.
local function add_newcomer(demo)
  local key <const> = assert(ssh.generate { comment = "tara" })
  assert(demo.vault:write("sops-tara-ssh", key:text(), { mode = modes.PRIVATE }))
  assert(demo.vault:write("sops-tara-ssh.pub", key:public() .. "\n"))
end

--- What somebody who can write to the repository could do: one more key in a rule.
local function plant(demo)
  local model <const> = assert(rules.open(assert(demo.repo:read ".sops.yaml")))
  local rule <const> = assert(model:match "secrets/test.yaml")
  assert(model:add_recipient(rule.index, assert(age.generate()):recipient()))
  assert(demo.repo:write(".sops.yaml", model:text()))
end

local function workflow(demo)
  show(demo, "the key file of this login, from the vault", { "sync-keys", "--yes" }, 0)
  show(demo, "a newcomer: key file, anchor and key.json at once", { "bootstrap", "tara", "--yes" },
    0)
  show(demo, "she may open the shared file from now on", { "recipient", "add", "tara",
    "secrets/shared.yaml", "--yes" }, 0)
  show(demo, "do keys, rules and files agree?", { "validate" }, 0)
  show(demo, "what a rotation would change", { "rotate", "owner-user", "--generate", "--dry-run" },
    1)
  show(demo, "the rotation: proved on the new files before one of them is written",
    { "rotate", "owner-user", "--generate", "--yes" }, 0)
  show(demo, "everything agrees again", { "validate" }, 0)
  plant(demo)
  show(demo, "somebody has slipped a key into a rule", { "validate", "--quiet" }, 1)
  show(demo, "nobody approved that key, so nothing is sealed for it", { "update-keys", "--yes" },
    1)
end

local function run(args, ctx)
  local folder <const> = assert(fs.temp_folder())
  local top <const> = assert(fs.root(folder))
  assert(top:mkdir("home", modes.PRIVATE_FOLDER))
  local made <const> = sample.below(top)
  local home <const> = folder .. "/home"
  local demo <const> = { report = ctx.report, repo = made.repo, vault = made.vault,
    env = { HOME = home, XDG_CONFIG_HOME = home .. "/.config", PATH = host.env "PATH",
      XDG_STATE_HOME = home .. "/.local/state", LC_ALL = "C.UTF-8", NO_COLOR = "1",
      MOONLATCH_ACCEPT = "first-use", ASAN_OPTIONS = host.env "ASAN_OPTIONS" } }
  add_newcomer(demo)
  ctx.report:say(("A sample repository with %d sealed files, in %s."):format(made.sealed, folder))
  ctx.report:say "Its keys are made up; nothing of yours is read or changed."
  workflow(demo)
  ctx.report:say ""
  if args.keep then
    ctx.report:next(("cd %s/repo && export HOME=%s && moonlatch status"):format(folder, home))
  else
    assert(fs.remove_tree(folder))
    ctx.report:next "moonlatch help"
  end
  ctx.report:result("sealed", made.sealed)
  ctx.report:result("folder", args.keep and folder or json.null)
  return ctx.report:finish()
end

---@type moonlatch.Recipe
return {
  name     = "demo",
  summary  = "see the main job on a sample repository",
  about    = "Makes a repository with people, hosts, machines and more than a hundred sealed files "
    .. "in a temporary folder, sets up keys, validates, rotates a key, and finds a planted fault.",
  group    = "host",
  takes    = {},
  options  = { { "--keep", "leave the folder, to look around" } },
  examples = { "moonlatch demo" },
  run      = run,
}
