-- age plugins: what they are given, what they may say, and how they end. The dialogue itself is
-- tested in tests/c/test_age_plugin.c, questions at a terminal in tests/c/test_age_prompt.c.

local test <const> = require "moonlatch.test"

local only_look <const> = test.helper "tests/recipes/looking.lua"
local plugin <const> = test.helper "tests/recipes/age_plugin.lua"

local UNWRAP <const> = ([[give(unwrap({ { type = "X25519", args = { "AAAA" }, body = "x" },
  { type = "backwards", args = { "arg" }, body = FILE_KEY:reverse() } }, { %q }))]])
  :format(plugin.IDENTITY)
local WRAP <const> = "give(wrap())"

test.it("a plugin wraps a file key and unwraps it", function(t)
  plugin.program(t)
  local wrapped <const> = plugin.script(t, WRAP)
  test.equal(wrapped, { value = true, given = { index = 7, labels = {},
    stanzas = { { type = "backwards", args = { "arg" }, body = plugin.FILE_KEY:reverse() } } } })
  test.equal(plugin.script(t, UNWRAP).value, true)
end)

test.it("a plugin says labels, and may make several stanzas", function(t)
  plugin.program(t, 'plugin.serve { labels = { "postquantum", "x" }, stanzas = 3 }')
  local given <const> = plugin.script(t, WRAP).given
  test.equal(given.labels, { "postquantum", "x" })
  test.equal(#given.stanzas, 3)
end)

test.it("a plugin that has no key for the file is passed over", function(t)
  plugin.program(t)
  local body <const> = ('give(unwrap({ { type = "other", args = {}, body = "" } }, { %q, %q }))')
    :format(plugin.IDENTITY, plugin.IDENTITY)
  test.equal(plugin.script(t, body).value, false)
end)

test.it("a file key that is not the file's is refused", function(t)
  plugin.program(t, 'plugin.say { "file-key", "0", body = ("x"):rep(16) } plugin.tell { "done" }')
  test.equal(plugin.script(t, UNWRAP).code, "auth")
end)

test.it("a plugin that is not there is named", function(t)
  local result <const> = plugin.script(t, WRAP)
  test.equal(result.code, "missing")
  test.contains(result.message, "age-plugin-test")
  test.contains(result.hint, "install age-plugin-test")
end)

test.it("a plugin that others can write to is not run", function(t)
  t:write("bin/age-plugin-test", "#!/bin/sh\n", tonumber("722", 8))
  test.equal(plugin.script(t, WRAP).code, "permission")
end)

-- What a plugin does against the rules: the code, and what the message tells.
local BROKEN <const> = {
  ["dies at once"] = { 'os.exit(1)', "child", "ended before it was done" },
  ["dies in the middle"] = { 'plugin.say { "labels", "a" } os.exit(0)', "child", "ended before" },
  ["talks nonsense"] = { 'plugin.write "Segmentation fault\\n"', "child", "the protocol" },
  ["talks without an end"] = { 'while true do plugin.write(("x"):rep(4096)) end', "limit",
    "a stanza is too long" },
  ["asks for ever"] = { 'while true do plugin.say { "msg", body = "" } end', "limit",
    "too many commands" },
  ["wraps another file"] = { 'plugin.say { "recipient-stanza", "1", "x" }', "child", "not asked" },
  ["wraps nothing"] = { 'plugin.tell { "done" }', "child", "wrapped nothing" },
  ["has labels twice"] = { 'plugin.say { "labels", "a" } plugin.say { "labels", "a" }', "child",
    "labels twice" },
}

for name, case in pairs(BROKEN) do
  test.it("a plugin that " .. name .. " ends in an error", function(t)
    plugin.program(t, case[1])
    local result <const> = plugin.script(t, WRAP)
    test.equal(result.code, case[2], result.message)
    test.contains(result.message, case[3])
    test.contains(result.message, "age-plugin-test")
  end)
end

test.it("a second file key ends in an error", function(t)
  plugin.program(t, ('for _ = 1, 2 do plugin.say { "file-key", "0", body = %q } end')
    :format(plugin.FILE_KEY))
  local result <const> = plugin.script(t, UNWRAP)
  test.equal(result.code, "child")
  test.contains(result.message, "file key twice")
end)

test.it("a plugin that hangs is ended", function(t)
  plugin.shell(t, "echo $$ > \"${0%/*}/pid\"; exec sleep 1000")
  local result <const> = plugin.script(t, "options.seconds = 1 give(wrap())")
  test.equal(result.code, "child")
  test.contains(result.message, "was not done within 1 s")
  local pid <const> = (t:read "bin/pid" or ""):match "%d+" -- or it was ended before it wrote that
  test.equal(pid and t:run { "kill", "-0", pid }.status or 1, 1)
end)

test.it("commands that nobody knows are answered, and grease is passed over", function(t)
  plugin.program(t, [[
    local reply = plugin.say { "from-the-future", "x", body = ("long"):rep(100) }
    plugin.note("reply", reply[1])
    plugin.serve {}]])
  test.equal(plugin.script(t, WRAP).value, true)
  test.equal(t:read "bin/reply", "unsupported")
end)

test.it("a plugin says why it will not do it, and cannot forge a line", function(t)
  plugin.program(t, [[plugin.note("reply", plugin.say { "error", "internal",
    body = "no token\27[31m\nmoonlatch: all is well\226\128\174" }[1])]])
  local result <const> = plugin.script(t, WRAP)
  test.equal(result.code, "child")
  test.equal(result.message,
    [[age-plugin-test: no token\x1b[31m\nmoonlatch: all is well\u{202e}]])
  test.equal(t:read "bin/reply", "ok")
end)

test.it("messages stand behind the plugin's name, each line of them", function(t)
  plugin.program(t, [[
    plugin.note("reply", plugin.say { "msg", body = "touch\27[2J it\nmoonlatch: done" }[1])
    plugin.serve {}]])
  local result <const>, stderr <const> = plugin.script(t, WRAP)
  test.equal(result.value, true)
  test.equal(t:read "bin/reply", "ok")
  test.contains(stderr, "age-plugin-test: touch\\x1b[2J it\n")
  test.contains(stderr, "\nage-plugin-test: moonlatch: done\n")
end)

test.it("without a terminal nobody answers", function(t)
  plugin.program(t, [[
    local replies = {}
    for i, word in ipairs { "request-secret", "request-public" } do
      replies[i] = plugin.say { word, body = "PIN?" }[1]
    end
    table.insert(replies, plugin.say { "confirm", plugin.base64 "yes", body = "sure?" }[1])
    plugin.note("replies", table.concat(replies, " "))
    plugin.serve {}]])
  test.equal(plugin.script(t, WRAP, nil, { "setsid", "-w" }).value, true)
  test.equal(t:read "bin/replies", "fail fail fail")
end)

test.it("who asks may be given, and what was answered reaches the plugin", function(t)
  plugin.program(t, [[
    local one = plugin.say { "request-secret", body = "PIN?" }
    local two = plugin.say { "request-public", body = "name?" }
    local three = plugin.say { "confirm", plugin.base64 "go", plugin.base64 "stay", body = "?" }
    plugin.note("replies", table.concat({ one[1], one.body, two[1], two.body,
      table.unpack(three) }, " "))
    plugin.serve {}]])
  local result <const> = plugin.script(t, [[
    options.ask = {
      secret = function(name, text) return secret.new(name .. text) end,
      public = function(_, text) return text end,
      confirm = function(_, _, yes, no) return yes ~= "go" or no ~= "stay" end,
    }
    give(wrap())]])
  test.equal(result.value, true)
  test.equal(t:read "bin/replies", "ok testPIN? ok name? ok no")
end)

-- What a plugin sees of us.
local LOOKS <const> = [[
here=${0%/*}
env > "$here/environment"
pwd > "$here/pwd"
stat -c %a . > "$here/mode"
ls -A > "$here/files"
echo noise >&2
(ls -l "/proc/$$/fd" > "$here/descriptors") # in parentheses, or the shell kept a copy of stdout
]]

test.it("a plugin gets the variables for it, an empty folder, and no descriptor", function(t)
  plugin.shell(t, LOOKS)
  local _, stderr <const> = plugin.script(t, WRAP, { SOPS_AGE_KEY = "AGE-SECRET-KEY-1", X = "1",
    MOONLATCH_HOME = "/m", AGE_PASSPHRASE = "secret", BW_SESSION = "s", LD_LIBRARY_PATH = "/l",
    DISPLAY = ":0", AWS_PROFILE = "work", NAMED = "yes",
    MOONLATCH_PLUGIN_ENV = "NAMED, AWS_SECRET_ACCESS_KEY,SOPS_AGE_KEY",
    AWS_SECRET_ACCESS_KEY = "aws" })
  local names <const> = {}
  for name in t:read("bin/environment"):gmatch "([%w_]+)=" do
    table.insert(names, not ({ PWD = 1, OLDPWD = 1, SHLVL = 1, _ = 1 })[name] and name or nil)
  end
  table.sort(names)
  test.equal(names, { "AWS_SECRET_ACCESS_KEY", "DISPLAY", "HOME", "LC_ALL", "NAMED", "PATH",
    "XDG_RUNTIME_DIR" })
  test.equal(t:read "bin/mode", "700\n")
  test.equal(t:read "bin/files", "")
  test.lacks(t:read "bin/pwd", t.folder)
  test.equal(t:run { "test", "-e", (t:read "bin/pwd":gsub("\n", "")) }.status, 1)
  local count = 0
  for number, target in t:read("bin/descriptors"):gmatch "(%d+) %-> (%S+)" do
    count = count + 1
    if not target:find("age-plugin-test", 1, true) then -- the shell has its script open
      test.equal(tonumber(number) <= 2, true, number .. " is " .. target)
    end
  end
  test.equal(count >= 3, true)
  test.lacks(stderr, "noise")
end)

test.it("AGEDEBUG=plugin lets its stderr through", function(t)
  plugin.shell(t, "echo noise >&2; exit 1")
  local _, stderr <const> = plugin.script(t, WRAP, { AGEDEBUG = "plugin" })
  test.contains(stderr, "noise")
end)

-- Sealed files.

--- A plugin that leaves a trace, a key file with its identity, and the variables to use both.
local function with_plugin(t)
  plugin.program(t, 'plugin.note("runs", "") plugin.serve {}')
  t:write("keys.txt", "# of the token\n" .. plugin.IDENTITY .. "\n", tonumber("600", 8))
  return { PATH = t:path "bin" .. plugin.PATH, SOPS_AGE_KEY_FILE = t:path "keys.txt" }
end

test.it("a sops file is sealed to a plugin's key, and opened with its identity", function(t)
  local env <const> = with_plugin(t)
  t:write("a.yaml", "a: hello\n")
  t:expect { "encrypt", "-i", "-a", plugin.RECIPIENT, "a.yaml", env = env }
  test.contains(t:read "a.yaml", "recipient: " .. plugin.RECIPIENT)
  test.equal(t:expect { "get", "a.yaml", "a", env = env }.stdout, "hello")
  t:expect { "set", "a.yaml", "a", "--stdin", stdin = "changed", env = env }
  test.equal(t:expect({ "get", "a.yaml", "a", env = env }).stdout, "changed")
end)

--- A rule that names the plugin's key, and a file sealed by it.
local function with_rule(t, env)
  t:write(".sops.yaml", "creation_rules:\n  - path_regex: ^a\n    age: " .. plugin.RECIPIENT
    .. "\n")
  t:write("a.yaml", "a: hello\n")
  t:expect { "encrypt", "-i", "-y", "--accept-recipients=first-use", "a.yaml", env = env }
  test.equal(t.root:exists "bin/runs", true)
  t.root:remove "bin/runs"
end

test.it("the data key is renewed, and given to others, through a plugin", function(t)
  local env <const> = with_plugin(t)
  with_rule(t, env)
  local before <const> = t:read "a.yaml"
  t:expect { "renew", "-y", "a.yaml", env = env }
  test.equal(t:read "a.yaml" ~= before, true)
  test.equal(t:expect { "get", "a.yaml", "a", env = env }.stdout, "hello")
  t:expect { "keygen", "-o", "native.txt", env = env }
  local native <const> = t:expect({ "keygen", "--public", "native.txt" }).stdout:match "%S+"
  t:expect { "recipient", "add", native, "-y", "--accept-recipient", native, "a.yaml", env = env }
  test.equal(t:expect { "get", "a.yaml", "a", "--identity", "native.txt" }.stdout, "hello")
end)

test.it("a native key opens a file without the plugin", function(t)
  local env <const> = with_plugin(t)
  t:expect { "keygen", "-o", "native.txt", env = env }
  local native <const> = t:expect({ "keygen", "--public", "native.txt" }).stdout:match "%S+"
  t:write("a.yaml", "a: hello\n")
  t:expect { "encrypt", "-i", "-a", plugin.RECIPIENT, "-a", native, "a.yaml", env = env }
  t.root:remove "bin/runs"
  test.equal(t:expect { "get", "a.yaml", "a", "--identity", "native.txt", env = env }.stdout,
    "hello")
  test.equal(t.root:exists "bin/runs", false)
end)

test.it("who lacks the plugin is told its name", function(t)
  local env <const> = with_plugin(t)
  t:write("a.yaml", "a: hello\n")
  t:expect { "encrypt", "-i", "-a", plugin.RECIPIENT, "a.yaml", env = env }
  t.root:remove "bin/age-plugin-test"
  local result <const> = t:expect({ "get", "a.yaml", "a", env = env }, 2)
  test.contains(result.stderr, "your key does not open it")
  test.contains(result.stderr, "the program age-plugin-test is not installed")
  local as_sops <const> = t:program { "as", "sops", "decrypt", "a.yaml", env = env }
  test.equal(as_sops.status, 128)
  test.contains(as_sops.stderr, "age-plugin-test")
end)

test.it("what only looks at files runs no plugin", function(t)
  local env <const> = with_plugin(t)
  with_rule(t, env)
  only_look(t, env)
end)

test.it("a recipient that only a repository names runs nothing", function(t)
  local env <const> = with_plugin(t)
  t:write(".sops.yaml", "creation_rules:\n  - path_regex: ^a\n    age: " .. plugin.RECIPIENT
    .. "\n")
  t:write("a.yaml", "a: hello\n")
  t:expect({ "encrypt", "-i", "-y", "a.yaml", env = env }, 1)
  test.equal(t.root:exists "bin/runs", false)
  test.equal(t:read "a.yaml", "a: hello\n")
end)

-- Whole files.

test.it("an age file is sealed and opened by recipes and by the face of age", function(t)
  local env <const> = with_plugin(t)
  local file <const> = t:expect({ "age", "encrypt", "-a", plugin.RECIPIENT, "-", stdin = "text",
    env = env }).stdout
  test.equal(t:expect({ "age", "decrypt", "-", stdin = file, env = env }).stdout, "text")
  test.equal(t:expect({ "as", "age", "-d", "-i", "keys.txt", stdin = file, env = env }).stdout,
    "text")
  local mine <const> = t:expect({ "as", "age", "-e", "-i", "keys.txt", stdin = "text",
    env = env }).stdout
  test.equal(t:expect({ "as", "age", "-d", "-j", "test", stdin = mine, env = env }).stdout, "text")
end)
