-- Commands that get the values of sealed files. Signals at a terminal are in tests/c/test_edit.c.

local fs   <const> = require "moonlatch.fs"
local host <const> = require "moonlatch.host"
local test <const> = require "moonlatch.test"

--- A folder with a key and sealed files.
local function setup(t)
  t:expect { "keygen", "-q", "-o", "home/.config/sops/age/keys.txt" }
  local key <const> = t:expect { "keygen", "--public", "home/.config/sops/age/keys.txt" }.stdout
  t:write(".sops.yaml", ("creation_rules:\n  - path_regex: secrets/.*\n    age: %s\n"):format(
    key:sub(1, -2)))
  for path, text in pairs {
    ["a.yaml"] = "NAME: hunter two\nPORT: 5432\nON: true\nNONE:\nLINES: |\n  a\n  b\n",
    ["b.json"] = '{"NAME": "other", "ONLY": "b"}\n',
    ["deep.yaml"] = "db:\n  user: me\n  hosts: [x, z]\n",
    ["risky.yaml"] = "LD_PRELOAD: /x.so\n", ["odd.yaml"] = "a-b: 1\n", ["c.bin"] = "\0bytes",
    ["d.env"] = "A=1\nB=2 3\n", ["e.ini"] = "[db]\nuser = me\n" } do
    t:write("secrets/" .. path, text)
    t:expect { "encrypt", "-i", "-q", "secrets/" .. path,
      env = { MOONLATCH_ACCEPT = "first-use" } }
  end
end

local A <const> = "secrets/a.yaml"

test.it("gives a command the values at the top of a file as variables", function(t)
  setup(t)
  local command <const> = { "exec", A, "--", "sh", "-c",
    [[printf '%s|' "$NAME" "$PORT" "$ON" "$NONE" "$LINES" "$MINE" "$1"]], "sh", "$NAME",
    env = { MINE = "kept" } }
  test.equal(t:expect(command).stdout, "hunter two|5432|true||a\nb\n|kept|$NAME|")
  test.equal(t:expect { "exec", A, "secrets/b.json", "--", "sh", "-c",
    "echo $NAME $ONLY $PORT" }.stdout, "other b 5432\n")
  test.equal(t:expect { "exec", "secrets/d.env", "--", "sh", "-c", "echo $A $B" }.stdout, "1 2 3\n")
  test.equal(t:expect { "exec", "--flatten", "secrets/e.ini", "--", "sh", "-c",
    "echo $db_user" }.stdout, "me\n")
  test.contains(t:expect({ "exec", "secrets/deep.yaml", "--", "true" }, 2).stderr,
    "hint: --flatten takes the values in it; or --as-file gives the command the file")
  test.equal(t:expect { "exec", "--flatten", "secrets/deep.yaml", "--", "sh", "-c",
    "echo $db_user $db_hosts_1 $db_hosts_2" }.stdout, "me x z\n")
end)

test.it("gives nothing else with --pristine, and never what opens the file", function(t)
  setup(t)
  local lines <const> = {}
  for line in t:expect { "exec", "--pristine", "secrets/b.json", "--", "env" }.stdout
    :gmatch "[^\n]+" do
    table.insert(lines, line)
  end
  table.sort(lines)
  test.equal(lines, { "NAME=other", "ONLY=b" })
  local key <const> = t:read("home/.config/sops/age/keys.txt"):match "AGE%-SECRET%-KEY%-%w+"
  t:write("home/.config/sops/age/keys.txt", "")
  test.lacks(t:expect { "exec", A, "--", "env", env = { SOPS_AGE_KEY = key } }.stdout, key)
end)

test.it("ends as the command ends", function(t)
  setup(t)
  t:expect({ "exec", A, "--", "sh", "-c", "exit 7" }, 7)
  t:expect({ "exec", A, "--", "sh", "-c", "kill -TERM $$" }, 128 + 15)
  t:expect({ "exec", "--same-process", A, "--", "sh", "-c", "exit 9" }, 9)
  test.contains(t:expect({ "exec", A, "--", "no-such-program" }, 2).stderr, "not installed")
  t:expect({ "exec", A }, 3)
  t:expect({ "exec", "--", "true" }, 3)
  test.contains(t:expect({ "exec", "secrets/none.yaml", "--", "true" }, 2).stderr, "none.yaml")
end)

test.it("passes a signal on to the command", function(t)
  setup(t)
  -- the command tells its parent to end, and is the one who hears it
  t:expect({ "exec", A, "--", "sh", "-c",
    "trap 'exit 11' TERM; kill -TERM $PPID; while :; do :; done" }, 11)
end)

test.it("passes standard input on", function(t)
  setup(t)
  test.equal(t:expect { "exec", A, "--", "cat", stdin = "typed" }.stdout, "typed")
end)

test.it("needs no shell, and has one when asked", function(t)
  setup(t)
  test.equal(t:expect { "exec", A, "--", "echo", "$NAME;", "`x`" }.stdout, "$NAME; `x`\n")
  test.equal(t:expect { "exec", "--shell", A, "--", "echo", "$PORT", "| tr 5 6" }.stdout, "6432\n")
end)

test.it("gives a command the file in memory, under its name", function(t)
  setup(t)
  local seen <const> = t:expect { "exec", "--as-file", A, "--", "sh", "-c",
    [[cat {} && stat -f -c %T {} && stat -c %a {} && echo "$NAME"{}]] }.stdout
  local path <const> = seen:match "^NAME: hunter two\n.*\n  b\ntmpfs\n600\n(/.*/a%.yaml)\n$"
  test.equal(path ~= nil, true, seen)
  test.equal(fs.read_named(path), nil)
  test.contains(t:expect { "exec", "--as-file", "--shared", A, "--", "echo", "{}" }.stdout,
    "/moonlatch-")
  test.equal(t:expect { "exec", "--as-file", "secrets/c.bin", "--", "cat", "{}" }.stdout, "\0bytes")
  t:expect({ "exec", "--as-file", A, "--", "cat" }, 3)
  t:expect({ "exec", "--as-file", A, "secrets/b.json", "--", "cat", "{}" }, 3)
end)

test.it("puts no code into a command that a shell reads, whatever the file is called", function(t)
  setup(t)
  local path <const> = "secrets/$(touch run) a;touch run;.yaml"
  t:write(path, t:read(A))
  for _, command in ipairs { { "--shell", path, "--", "echo {}" },
    { path, "--", "sh", "-c", "echo {}" } } do
    test.contains(t:expect { "exec", "--as-file", table.unpack(command) }.stdout,
      "/__touch_run__a_touch_run_.yaml\n")
    test.equal(t:read "run", nil)
  end
end)

test.it("leaves nothing of that file when it is killed", function(t)
  setup(t)
  local seen <const> = t:program { "exec", "--as-file", A, "--", "sh", "-c",
    "echo {}; kill -KILL $PPID" }
  test.equal(seen.signal, 9)
  local path <const> = seen.stdout:sub(1, -2)
  if path:match "/moonlatch%-%x+/" then -- no folder of its own can be mounted here: the next sweeps
    t:expect { "exec", "--as-file", A, "--", "test", "-f", "{}" }
  end
  test.equal(fs.read_named(path), nil)
end)

test.it("sets no variable that decides what code runs, unless it is named", function(t)
  setup(t)
  local names <const> = require "moonlatch.running.names"
  for _, name in ipairs { "LD_PRELOAD", "DYLD_INSERT_LIBRARIES", "BASH_ENV", "ENV", "IFS", "PATH",
    "KUBECONFIG", "PS1", "RUSTFLAGS", "VIMINIT", "MAKEFILES", "NIX_CONFIG", "SOPS_AGE_KEY_CMD",
    "PYTHONPATH", "PERL5LIB", "RUBYOPT", "NODE_OPTIONS", "GIT_SSH_COMMAND", "EDITOR", "PAGER",
    "npm_config_script_shell", "BASH_FUNC_ls%%", "JAVA_TOOL_OPTIONS", "MOONLATCH_TRUST" } do
    test.equal(names.is_risky(name), true, name)
  end
  for _, name in ipairs { "DB_PASSWORD", "AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "PATHS", "LD" } do
    test.equal(names.is_risky(name), false, name)
  end
  local told <const> = t:expect({ "exec", "secrets/risky.yaml", "--", "true" }, 2).stderr
  test.contains(told, "'LD_PRELOAD' decides what code runs")
  test.contains(told, "--allow-env LD_PRELOAD")
  test.contains(t:expect { "exec", "--allow-env", "LD_PRELOAD", "--pristine", "secrets/risky.yaml",
    "--", "env" }.stdout, "LD_PRELOAD=/x.so\n")
end)

test.it("runs nothing with --dry-run, and names what the command would get", function(t)
  setup(t)
  for _, command in ipairs { { "-n", "exec", "secrets/b.json", "--", "touch", "run" },
    { "-n", "exec", "--as-file", "secrets/b.json", "--", "touch", "run", "{}" } } do
    local told <const> = t:expect(command).stderr
    test.contains(told, command[3] == "--as-file" and "touch would get: secrets/b.json"
      or "touch would get: NAME ONLY\n")
  end
  test.equal(t.root:exists "run", false)
  t:expect({ "exec", "--as-file", "--same-process", A, "--", "cat", "{}" }, 3)
end)

test.it("refuses values that fit no variable", function(t)
  setup(t)
  for path, says in pairs { ["deep.yaml"] = "'db' is a map", ["odd.yaml"] = "'a-b'",
    ["c.bin"] = "no names" } do
    local told <const> = t:expect({ "exec", "secrets/" .. path, "--", "true" }, 2).stderr
    test.contains(told, says)
    test.contains(told, "hint: ")
  end
  t:write("secrets/three.yaml", "a: 1\n---\na: 2\n")
  t:expect { "encrypt", "-i", "-q", "secrets/three.yaml" }
  test.contains(t:expect({ "exec", "secrets/three.yaml", "--", "true" }, 2).stderr,
    "several documents")
  t:write("secrets/two.yaml", "a_b: 1\na: {b: 2}\n")
  t:expect { "encrypt", "-i", "-q", "secrets/two.yaml" }
  test.contains(t:expect({ "exec", "--flatten", "secrets/two.yaml", "--", "true" }, 2).stderr,
    "two values would be 'a_b'")
end)

test.it("works for another user when root says so", function(t)
  setup(t)
  if not host.privileged() then
    test.contains(t:expect({ "exec", "--user", "root", A, "--", "true" }, 2).stderr, "only root")
    return
  end
  test.contains(t:expect({ "exec", "--user", "no-such-user", A, "--", "true" }, 2).stderr,
    "no-such-user")
  test.equal(t:expect { "exec", "--user", "nobody", A, "--", "sh", "-c",
    "id -un; echo $USER $PORT" }.stdout, "nobody\nnobody 5432\n")
  test.equal(t:expect { "exec", "--user", "nobody", "--as-file", "secrets/c.bin", "--", "cat",
    "{}" }.stdout, "\0bytes")
end)
