-- For the tests of the faces of other programs: the same command lines for this program and for the
-- real one, which lie in the folders `ours` and `real`. Each line starts in `run`, a fresh copy of
-- the folder `proto`.

local host <const> = require "moonlatch.host"
local test <const> = require "moonlatch.test"

local beside = { ALL = 3, OUT = 2 }

--- Put this program and the real one in place under a name.
---@param t moonlatch.TestCase
---@param name string
---@param peer string  of build/peers
function beside.install(t, name, peer)
  for folder, program in pairs { ours = host.program(), real = test.peer(peer) } do
    if not t.root:exists(folder) then
      assert(t.root:mkdir(folder, 493))
    end
    assert(t.root:symlink(("%s/%s"):format(folder, name), program))
  end
end

--- Run a line of shell with the programs of one folder first on the PATH.
---@param t moonlatch.TestCase
---@param folder "ours"|"real"
---@param line string
---@param env table<string, string>?
function beside.shell(t, folder, line, env)
  local all <const> = { PATH = t:path(folder) .. ":" .. host.env "PATH" }
  for name, value in pairs(env or {}) do
    all[name] = value
  end
  return t:run { "sh", "-c", line, env = all }
end

--- Fails unless each line ends the same under both, prints the same, and leaves the same files.
---@param t moonlatch.TestCase
---@param lines string   one command line each
---@param what integer   how much of { status, stdout, stderr } must be equal: beside.ALL or .OUT
---@param options { env: table?, normal: fun(text: string): string }
---  normal: a text without what differs by nature
function beside.compare(t, lines, what, options)
  local function run(folder, line)
    local result <const> = beside.shell(t, folder, "rm -rf run && cp -r proto run && cd run && { "
      .. line .. "\n} < /dev/null; status=$?; ls; exit $status", options.env)
    local all <const> = { result.status, options.normal(result.stdout),
      options.normal(result.stderr) }
    return table.move(all, 1, what, 1, {})
  end
  for line in lines:gmatch "[^\n]+" do
    test.equal(run("ours", line), run("real", line), line)
  end
end

return beside
