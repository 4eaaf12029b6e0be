-- Secret values are planted where recipes find them, every recipe is run under strace, and then
-- they are searched for: in arguments, in the environment of children, in everything that was
-- written anywhere but where it belongs, in the repository, in temporary and state folders. (For
-- core dumps see tests/kill: what this runner starts can leave none.)

local age    <const> = require "moonlatch.age"
local encode <const> = require "moonlatch.encode"
local fs     <const> = require "moonlatch.fs"
local host   <const> = require "moonlatch.host"
local json   <const> = require "moonlatch.json"
local proc   <const> = require "moonlatch.proc"
local sample <const> = require "moonlatch.sample"
local secret <const> = require "moonlatch.secret"
local test   <const> = require "moonlatch.test"

local KEYS <const> = "home/.config/sops/age/keys.txt"

local STRANGER <const> = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"

--- What each recipe is run with. `shows`: its output is the secret that was asked for. `gives`: the
--- file that belongs to the user and may hold secrets afterwards. `edits`: an editor gets it, in a
--- private folder. `passes`: this program gets it in its environment.
local RECIPES <const> = {
  { "age decrypt", "../home/plain.age", shows = true },
  { "age decrypt", "../home/plain.age", "-o", "../home/clear.txt", gives = "home/clear.txt" },
  { "age encrypt", "../home/plain.yaml", "--identity", "../" .. KEYS, "-o", "../home/new.age" },
  { "age inspect", "../home/plain.age" },
  { "as", "age", "-d", "-i", "../" .. KEYS, "-o", "../home/out.txt", "../home/plain.age",
    gives = "home/out.txt" },
  { "as", "age", "-e", "-i", "../" .. KEYS, "-o", "../home/out.age", "../home/plain.yaml" },
  { "as", "age-inspect", "../home/plain.age" },
  { "as", "age-keygen", "-y", "../" .. KEYS },
  { "as", "sops", "decrypt", "secrets/test.yaml", shows = true },
  { "as", "sops", "edit", "secrets/test.yaml", edits = true },
  { "as", "sops", "exec-env", "secrets/env.yaml", "true", passes = "%a*sh" },
  { "as", "sops", "exec-file", "secrets/env.yaml", "test -f {}", edits = true },
  { "as", "sops", "rotate", "-i", "secrets/env.yaml" },
  { "as", "sops", "set", "--value-file", "secrets/env.yaml", '["TOKEN"]', "../home/value.json" },
  { "as", "ssh-to-age", "-private-key", "-i", "../vault/sops-dev-ssh", shows = true },
  { "bootstrap", "-y", gives = KEYS },
  { "completion", "bash" },
  { "decrypt", "secrets/test.yaml", shows = true },
  { "decrypt", "secrets/test.yaml", "-o", "../home/clear.yaml", gives = "home/clear.yaml" },
  { "demo" },
  { "diff", "secrets/test.yaml", "secrets/shared.yaml" },
  { "diff", "--textconv", "secrets/test.yaml", shows = true },
  { "edit", "secrets/test.yaml", edits = true },
  { "encrypt", "../home/plain.yaml", "--path", "secrets/test.yaml" },
  { "exec", "secrets/env.yaml", "--", "true", passes = "true" },
  { "exec", "--as-file", "secrets/env.yaml", "--", "cat", "{}", edits = true, shows = true },
  { "extract-keys", "--verify" },
  { "get", "secrets/test.yaml", "github-token", shows = true },
  { "groups add", "secrets/test.yaml", "-a", STRANGER, "-n" },
  { "groups list", "secrets/test.yaml" },
  { "groups remove", "secrets/test.yaml", "1" },
  { "groups threshold", "secrets/test.yaml", "2" },
  { "help", "rotate" },
  { "host-key generate", "-y", "../home/host", gives = "home/host" },
  { "host-key install", "-y", "--vault", "--host", host.hostname(), "--at", "../home/host",
    "sops-dev-ssh", gives = "home/host" },
  { "host-key show", "../vault/sops-dev-ssh" },
  { "host-key sign", "--ca", "../vault/sops-dev-ssh", "--name", "h", "../vault/sops-dev-ssh.pub" },
  { "init" },
  { "keygen", "-o", "../home/new.txt", gives = "home/new.txt" },
  { "list", "token" },
  { "new", "--catch-all", "secrets/new.yaml", edits = true },
  { "merge", "--driver", "secrets/test.yaml", "../home/ours.yaml", "secrets/shared.yaml",
    "secrets/test.yaml", gives = "home/ours.yaml" },
  { "recipe eject", "status" },
  { "recipe list" },
  { "recipe show", "rotate" },
  { "recipient add", "eve-user", "secrets/test.yaml", "-y" },
  { "recipient list" },
  { "recipient remove", "eve-user", "secrets/test.yaml", "-y" },
  { "recover" },
  { "renew", "secrets/test.yaml", "-y" },
  { "repair", "secrets/test.yaml" },
  { "repl", stdin = "1 + 1\n" },
  { "rotate", "owner-user", "--generate", "-y", gives = KEYS },
  { "run", "../home/script.lua", "secrets/test.yaml" },
  { "set", "secrets/test.yaml", "github-token", "-", stdin = true },
  { "ssh-to-age", "../vault/sops-dev-ssh" },
  { "status" },
  { "sync-keys", "-y", gives = KEYS },
  { "test", "../home/tests" },
  { "trust" },
  { "unset", "secrets/test.yaml", "quoted" },
  { "update-keys", "--rewrap", "-y" },
  { "validate" },
  { "verify" },
  { "version" },
  { "who", "secrets/test.yaml" },
  { "why", "secrets/test.yaml" },
}

--- A sample whose secrets are known to us: `values` lists them as they may show up.
local function setup(t)
  t.sample = sample.below(t.root)
  t.values, t.mine = {}, { [KEYS] = true, ["home/plain.yaml"] = true,
    ["home/value.json"] = true }
  local function plant(bytes)
    table.insert(t.values, bytes)
    table.insert(t.values, encode.base64(bytes))
    table.insert(t.values, encode.hex(bytes))
  end
  t:expect { "-C", "repo", "sync-keys", "-y", "-q" }
  local planted <const> = encode.hex(secret.random(16))
  plant(planted)
  t:expect { "-C", "repo", "set", "secrets/test.yaml", "github-token", "-", stdin = planted }
  t:write("home/plain.yaml", secret.concat { "quoted: ", planted, "\n" }, tonumber("600", 8))
  t:write("home/value.json", secret.concat { '"', planted, '"' }, tonumber("600", 8))
  t:expect { "age", "encrypt", "home/plain.yaml", "-o", "home/plain.age", "--identity", KEYS }
  t:write("home/ours.yaml", t:read "repo/secrets/shared.yaml")
  t:write("home/script.lua", [[
local file = assert(require "moonlatch.files".decrypt(...))
assert(file:value "github-token")
error "a bug, with a traceback"
]])
  t:write("repo/secrets/env.yaml", secret.concat { "TOKEN: ", planted, "\n" })
  t:expect { "-C", "repo", "encrypt", "-i", "-q", "--catch-all", "secrets/env.yaml",
    env = { MOONLATCH_ACCEPT = "first-use" } }
  t:write("home/editor", "#!/bin/sh\nsed -i 's/quoted/quotes/' \"$1\"\n",
    tonumber("700", 8))
  t:write("home/tests/test_none.lua", 'require "moonlatch.test".it("runs", function() end)\n')
  for _, name in ipairs { "dev", "owner-user" } do
    plant(assert(t.sample.identities[name].identity:secret()))
    -- a line of the private key that no other key has
    local text <const> = t.sample.identities[name].key:text()
    plant(text:sub(#text - 140, #text - 90))
  end
end

--- The system calls that hand bytes to somebody: children, files, sockets, names.
local TRACED <const> = "execve,execveat,write,pwrite64,writev,pwritev,sendto,sendmsg,symlinkat,"
  .. "linkat,renameat,renameat2,openat,openat2,mkdirat,memfd_create"

--- Undoes strace's escapes enough for a search: secrets here are letters, digits, + / = and -.
local function trace_of(t)
  local text <const> = assert(t.root:read_secret "home/trace")
  t.root:remove "home/trace"
  return text
end

local function has_any(values, bytes)
  for i, value in ipairs(values) do
    if bytes:has(value) then
      return i
    end
  end
end

--- A write into the folder in memory, mounted for this run alone or, where that cannot be, with an
--- unguessable name.
local function is_in_memory(line)
  local path <const> = line:match "^%d* *p?write%d*%(%d+<([^>]*)>"
  return path and (path:match "/moonlatch/private/[^/]+$"
    or path:match "^/dev/shm/moonlatch%-%x+/[^/]+$") ~= nil
end

--- Lines of a trace that may hold a secret: writes to standard output, and those into the user's
--- own file.
local function allowed(line, command)
  if command.shows and line:match "^%d* *write%(%d+<pipe:" and not line:match "^%d* *write%(2<" then
    return true -- a stream writes through a duplicate of its descriptor
  end
  if command.edits and is_in_memory(line) then
    return true
  elseif command.passes and line:match('^%d* *execve%("[^"]*/' .. command.passes .. '"') then
    return true
  end
  -- staged beside its target without a name, or under a temporary one
  return command.gives and line:match "^%d* *p?write%d*%(%d+<[^>]*/home/" ~= nil
end

local function search(t, command, trace)
  local number = 0
  for line in trace:publish():gmatch "[^\n]+" do
    number = number + 1
    local found <const> = has_any(t.values, secret.new(line))
    if found and not allowed(line, command) then
      error(("%s: value %d in line %d of the trace: %s…"):format(command[1], found, number,
        line:match "^[%d ]*[%w_]+%([^\"]*"), 0)
    end
  end
  return number
end

--- Every file below the test's folder, but for those that hold the secrets by right.
local function search_files(t, command)
  local mine <const> = t.mine
  mine[command.gives or KEYS] = true
  for entry in t.root:walk() do
    if entry.kind == "file" and not mine[entry.path] and not entry.path:match "^vault/" then
      local found <const> = has_any(t.values, assert(t.root:read_secret(entry.path)))
      if found then
        error(("%s: value %d is in %s"):format(command[1], found, entry.path), 0)
      end
    end
  end
end

local function words_of(command)
  local words <const> = {}
  for word in command[1]:gmatch "%S+" do
    table.insert(words, word)
  end
  return table.move(command, 2, #command, #words + 1, words)
end

--- Runs one recipe under strace and searches what it did.
local function run(t, command)
  local words <const> = { "strace", "-f", "-y", "-v", "-s", "1000000", "-o", t:path "home/trace",
    "-e", "trace=" .. TRACED, host.program(), "-C", t:path "repo" }
  table.move(words_of(command), 1, #words_of(command), #words + 1, words)
  words.env = { MOONLATCH_ACCEPT = "first-use", TMPDIR = t:path "home/tmp",
    EDITOR = t:path "home/editor" }
  words.stdin = command.stdin == true and t.values[1] or command.stdin
  words.timeout = 300
  local result <const> = t:run(words)
  test.equal(result.signal == nil and result.status ~= 3, true, command[1] .. result.stderr)
  local said <const> = secret.new(result.stderr .. (command.shows and "" or result.stdout))
  test.equal(has_any(t.values, said), nil, command[1] .. " says a secret")
  test.equal(search(t, command, trace_of(t)) > 0, true, command[1] .. " was traced")
  search_files(t, command)
end

local function needs_strace()
  if not proc.find "strace" then
    if host.env "CI" == "true" then
      error "strace is missing"
    end
    test.skip "strace is not here"
  end
  if not host.privileged() then
    -- we are not dumpable, so that strace run by our own user sees addresses, not what is there
    test.skip "only root can look into this program"
  end
end

test.it("lets no secret out of any recipe", function(t)
  needs_strace()
  setup(t)
  t.root:mkdir "home/tmp"
  local listed <const> = json.parse(t:expect { "recipe", "list", "--json" }.stdout)
  local known <const> = {}
  for _, command in ipairs(RECIPES) do
    known[command[1]] = true
  end
  for _, row in ipairs(listed.recipes) do
    test.equal(known[row.recipe], true, row.recipe .. " is not searched")
  end
  for _, command in ipairs(RECIPES) do
    run(t, command)
  end
end)

test.it("would find a secret that was let out", function(t)
  needs_strace()
  setup(t)
  t:write("home/leak.lua", [[
local files, proc = require "moonlatch.files", require "moonlatch.proc"
local value = assert(files.decrypt(...)):value "github-token"
assert(proc.run { program = "true", env = { LEAK = value } })
]])
  local ok <const>, err <const> = pcall(run, t, { "run", "../home/leak.lua", "secrets/test.yaml" })
  test.equal(ok, false)
  test.contains(tostring(err), "execve")
end)

test.it("masks a revealed secret in a trace, also where the line is cut", function(t)
  setup(t)
  t:write("home/reveal.lua", [[
local files, encode = require "moonlatch.files", require "moonlatch.encode"
local value = assert(files.decrypt(...)):value "github-token":reveal()
encode.sha256(("x"):rep(50) .. value)
encode.sha256(value .. ("x"):rep(50))
]])
  local traced <const> = t:expect { "-C", "repo", "--trace", "run", "../home/reveal.lua",
    "secrets/test.yaml" }.stderr
  local calls <const> = {}
  for shown in traced:gmatch 'trace: encode.sha256%("([^"]*)' do
    table.insert(calls, shown)
  end
  test.equal(#calls, 2)
  test.contains(calls[1], ("x"):rep(50))
  for _, shown in ipairs(calls) do
    test.lacks(shown, t.values[1]:sub(1, 8):publish())
  end
end)

test.it("says that memory could not be locked, but not as another program", function(t)
  if host.program():find("/asan/", 1, true) then
    test.skip "the sanitizers lock no memory, and say that they did"
  end
  local function unlocked(command, env)
    local words <const> = { "sh", "-c", 'ulimit -l 0; exec "$0" ' .. command, host.program(),
      env = env }
    if host.privileged() then -- root locks what it likes
      table.move({ "setpriv", "--bounding-set", "-ipc_lock" }, 1, 3, 1,
        table.move(words, 1, #words, 4))
    end
    return t:run(words)
  end
  local said <const> = unlocked "keygen"
  test.equal(said.status, 0, said.stderr)
  test.contains(said.stderr, "not all memory for secrets could be locked")
  test.lacks(t:expect { "keygen" }.stderr, "memory")
  local face <const> = unlocked "as age-keygen" -- it has secrets, as `as sops --version` has not
  test.equal(face.status, 0, face.stderr)
  test.lacks(face.stderr, "memory")
  test.equal(unlocked("keygen", { MOONLATCH_REQUIRE_LOCK = "1" }).status, 2)
end)

-- what the planted key files are made of must be what is searched for
test.it("knows the secrets it searches for", function(t)
  setup(t)
  local text <const> = assert(t.root:read_secret(KEYS))
  test.equal(has_any(t.values, text) ~= nil, true)
  test.equal(has_any(t.values, assert(fs.read_named(t:path "vault/sops-dev-ssh"))) ~= nil, true)
  test.equal(#assert(age.parse_key_file(text)) > 0, true)
end)
