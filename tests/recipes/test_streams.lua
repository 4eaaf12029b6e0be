-- Inputs and outputs of any size as other programs see them: pipes, descriptors, a kill.

local age, host = require "moonlatch.age", require "moonlatch.host"
local test = require "moonlatch.test"

local key <const> = assert(age.generate())

local SEAL <const> = [[
local age, fs = require "moonlatch.age", require "moonlatch.fs"
local to, from, out = ...
local seal <close> = assert(age.seal { to })
local input <close> = assert(fs.input(from))
local output <close> = assert(fs.output(out))
assert(seal:encrypt(input, output))
assert(output:commit())
]]

--- Run a shell line in which `$seal FROM OUT` seals for the key.
local function shell(t, line)
  t:write("seal.lua", SEAL)
  return t:run { "sh", "-c", ("seal='%s run seal.lua %s'; %s"):format(host.program(),
    key:recipient(), line) }
end

local function opened(bytes)
  return assert(age.decrypt({ key }, bytes)):reveal()
end

test.it("writes to standard output under each of its names", function(t)
  t:write("clear", "text")
  for _, name in ipairs { "-", "/dev/stdout", "/dev/fd/1" } do
    local done <const> = shell(t, "$seal clear " .. name)
    test.equal({ done.status, opened(done.stdout) }, { 0, "text" }, done.stderr)
  end
end)

test.it("writes behind what stands in a file that standard output is appended to", function(t)
  t:write("clear", "text")
  t:write("log", "before\n")
  test.equal(shell(t, "$seal clear /dev/stdout >> log").status, 0)
  test.equal(t:read("log"):sub(1, 7), "before\n")
  test.equal(opened(t:read("log"):sub(8)), "text")
end)

test.it("reads and writes pipes that have a name", function(t)
  t:write("clear", "text")
  local done <const> = shell(t, [[
    mkfifo in out; cat clear > in & cat out > got &
    $seal in out && wait && [ -p out ] ]])
  test.equal(done.status, 0, done.stderr)
  test.equal(opened(t:read("got")), "text")
end)

test.it("reads standard input from where it stands", function(t)
  t:write("clear", "abcdef")
  local done <const> = shell(t, "{ dd bs=1 count=2 2> /dev/null > skipped; $seal - -; } < clear")
  test.equal(opened(done.stdout), "cdef", done.stderr)
end)

test.it("leaves nothing behind when it is killed", function(t)
  local done <const> = shell(t, [[
    mkdir place && mkfifo in && { $seal in place/out & } && exec 3> in
    head -c 3000000 /dev/zero >&3 && kill -9 $! ; wait; ls -A place ]])
  test.equal({ done.status, done.stdout }, { 0, "" }, done.stderr)
end)

test.it("says that nobody reads what it writes", function(t)
  t:write("clear", ("x"):rep(1000000))
  local done <const> = shell(t, "{ $seal clear -; echo $? >&2; } | true")
  test.equal(done.stderr, "141\n") -- as a shell says it of SIGPIPE
end)

test.it("reads sealed files and keys from pipes of a shell", function(t)
  local function run(line, status)
    local done <const> = t:run { "sh", "-c", (line:gsub("@", host.program())) }
    test.equal(done.status, status or 0, line .. "\n" .. done.stderr)
    return done.stdout .. done.stderr
  end
  t:write("clear.yaml", "a: secret\n")
  t:write("home/key.txt", require("moonlatch.keyfile").text(key), tonumber("600", 8))
  run(("@ encrypt -a %s -o a.yaml clear.yaml"):format(key:recipient()))
  local decrypt <const> = "cat a.yaml | @ decrypt --identity home/key.txt --input-format yaml "
  test.equal(run(decrypt .. "/dev/stdin"), "a: secret\n")
  test.contains(run(decrypt .. "-i /dev/stdin", 2), "/dev/stdin")
  test.contains(run("cat a.yaml | @ exec --format yaml --identity home/key.txt /dev/stdin -- "
    .. "env"), "a=secret\n")
  run "ssh-keygen -q -t ed25519 -N '' -f host"
  test.contains(run "cat host | @ host-key show /dev/stdin", t:read("host.pub"):match "AAAA%S+")
end)
