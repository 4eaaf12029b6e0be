-- The face of sops survives those who call sops: command lines as programs of others write them,
-- and what they look for in files and messages.

local json <const> = require "moonlatch.json"
local test <const> = require "moonlatch.test"

local face <const> = test.helper "tests/recipes/sops_face.lua"
local setup <const>, run <const>, out <const>, seal <const> = face.setup, face.run, face.out,
  face.seal

local YAML <const> = "foo: bar\nlist:\n  - 1\n"

test.it("Ansible: the version is in the first line", function(t)
  setup(t)
  for _, words in ipairs { { "--version" }, { "-v" }, { "--version", "--disable-version-check" },
    { "--disable-version-check", "--version" } } do
    test.equal(out(t, words):match "^sops (%d+%.%d+%.%d+)\n" ~= nil, true)
  end
end)

test.it("Ansible: decrypts a file and standard input by the flags of old", function(t)
  setup(t)
  local sealed <const> = seal(t, "a.yaml", YAML)
  test.equal(out(t, { "--enable-local-keyservice", "--config", ".sops.yaml", "--input-type", "yaml",
    "--output-type", "yaml", "--decrypt", t:path "a.yaml" }), YAML)
  test.equal(out(t, { "--input-type", "yaml", "--output-type", "yaml", "--decrypt", "/dev/stdin",
    stdin = sealed }), YAML)
  test.equal(json.parse(out(t, { "--input-type", "yaml", "--output-type", "json", "--decrypt",
    "/dev/stdin", stdin = sealed })), { foo = "bar", list = json.array { 1 } })
  test.equal(out(t, { "decrypt", "--input-type", "yaml", "--output-type", "yaml", "/dev/stdin",
    stdin = sealed }), YAML)
end)

test.it("Ansible: encrypts standard input, with keys or by the rules of the folder", function(t)
  local key <const> = setup(t)
  local sealed <const> = out(t, { "--age", key, "--input-type", "json", "--output-type", "json",
    "--encrypt", "/dev/stdin", stdin = '{"a": 1}' })
  test.equal(out(t, { "--input-type", "json", "--output-type", "json", "--decrypt", "/dev/stdin",
    stdin = sealed }), '{"a": 1}\n')
  local bytes <const> = out(t, { "--input-type", "binary", "--output-type", "binary", "--encrypt",
    "/dev/stdin", stdin = "\0\xff" })
  test.contains(bytes, '"data": "ENC[')
  test.equal(out(t, { "--input-type", "binary", "--output-type", "binary", "--decrypt",
    "/dev/stdin", stdin = bytes }), "\0\xff")
end)

test.it("Ansible: knows by the exit code what went wrong", function(t)
  setup(t)
  seal(t, "a.yaml", YAML)
  run(t, { "--decrypt", "none.yaml" }, 100)
  run(t, { "--decrypt", "a.yaml", env = { SOPS_AGE_KEY_FILE = "/none" } }, 128)
  run(t, { "--encrypt", "a.yaml" }, 203)
  t:write("b.yaml", (t:read("a.yaml"):gsub("foo: [^\n]*\n", "")))
  run(t, { "--decrypt", "b.yaml" }, 51)
  t:write(".sops.yaml", "creation_rules:\n  - path_regex: other\n")
  t:write("c.yaml", YAML)
  test.contains(run(t, { "--encrypt", "c.yaml" }, 1).stderr, "no matching creation rules found")
end)

test.it("helm-secrets: seals and opens in place, to a file, to standard output", function(t)
  setup(t)
  local types <const> = { "--input-type", "yaml", "--output-type", "yaml" }
  local function call(...)
    local words <const> = { ... }
    table.move(types, 1, #types, 2, table.move(words, 2, #words, #types + 2))
    return out(t, words)
  end
  t:write("secrets.yaml", YAML)
  call("--encrypt", "--output", "sealed.yaml", "secrets.yaml")
  test.contains(call("--encrypt", "secrets.yaml"), "\nsops:\n")
  call("--encrypt", "--in-place", "secrets.yaml")
  test.equal(call("--decrypt", "secrets.yaml"), YAML)
  call("--decrypt", "--output", "clear.yaml", "sealed.yaml")
  test.equal(t:read "clear.yaml", YAML)
  call("--decrypt", "--in-place", "secrets.yaml")
  test.equal(t:read "secrets.yaml", YAML)
end)

test.it("helm-secrets: finds the kind of a sealed file by its lines", function(t)
  setup(t)
  local yaml <const>, bytes <const> = seal(t, "a.yaml", YAML), seal(t, "a.bin", "x")
  local js <const> = seal(t, "a.json", '{"a": 1}\n')
  test.equal(yaml:match "\nsops:%s*\n" ~= nil, true) -- grep -xq 'sops:\s*'
  test.equal(bytes:match '"data": "ENC' ~= nil, true)
  for _, text in ipairs { yaml, bytes, js } do -- grep -q 'mac.*,type:str]'
    test.equal(text:match "mac[^\n]*,type:str%]" ~= nil, true)
  end
end)

test.it("helm-secrets: edits a file without an ending", function(t)
  setup(t)
  t:write("secrets", YAML)
  out(t, { "--encrypt", "--input-type", "yaml", "--output-type", "yaml", "-i", "secrets" })
  t:write("editor", "#!/bin/sh\nsed -i s/bar/baz/ \"$1\"\n", 493)
  out(t, { "--input-type", "yaml", "--output-type", "yaml", "secrets",
    env = { EDITOR = t:path "editor" } })
  test.equal(out(t, { "-d", "--input-type", "yaml", "--output-type", "yaml", "secrets" }),
    (YAML:gsub("bar", "baz")))
end)

test.it("editor plugins: a script as editor puts the text of a buffer into the file", function(t)
  setup(t)
  seal(t, "a.yaml", YAML)
  t:write("buffer", "foo: changed\n")
  t:write("editor", '#!/bin/sh\n[ -n "$BUFFER" ] || exit 1\ncat "$BUFFER" > "$1"\n', 493)
  local env <const> = { SOPS_EDITOR = t:path "editor", BUFFER = t:path "buffer" }
  out(t, { "edit", t:path "a.yaml", env = env })
  test.equal(out(t, { "--decrypt", "--input-type", "yaml", "--output-type", "yaml",
    t:path "a.yaml" }), "foo: changed\n")
  test.equal(run(t, { "edit", t:path "a.yaml", env = env }, 200).stderr,
    "File has not changed, exiting.\n")
  t:write("editor", "#!/bin/sh\nexit 3\n", 493)
  test.equal(run(t, { t:path "a.yaml", env = env }, 201).stderr,
    "Could not run editor: exit status 3\n")
end)

test.it("Kubernetes guides: seals the data of a secret by flags behind the command", function(t)
  local key <const> = setup(t)
  local text <const> = "kind: Secret\ndata:\n  a: eA==\nstringData:\n  b: y\n"
  t:write("secret.yaml", text)
  out(t, { "--encrypt", "--age", key, "--encrypted-regex", "^(data|stringData)$", "--in-place",
    "./secret.yaml" })
  test.contains(t:read "secret.yaml", "kind: Secret\ndata:\n  a: ENC[")
  out(t, { "--decrypt", "--age", key, "--encrypted-regex", "^(data|stringData)$", "--in-place",
    "./secret.yaml" })
  test.equal(t:read "secret.yaml", text)
end)

test.it("git: shows a file in clear as a textconv", function(t)
  setup(t)
  seal(t, "a.yaml", YAML)
  test.equal(out(t, { "decrypt", "a.yaml" }), YAML)
  test.equal(out(t, { "-d", "a.yaml" }), YAML)
end)

test.it("scripts: values one by one, and a command with values", function(t)
  setup(t)
  seal(t, "a.json", '{"a": "x y", "b": 2}')
  test.equal(out(t, { "-d", "--extract", '["a"]', "a.json" }), "x y")
  out(t, { "--set", '["a"] "z"', "a.json" })
  test.equal(out(t, { "exec-env", "a.json", "echo $a $b" }), "z 2\n")
  test.equal(out(t, { "exec-file", "--no-fifo", "a.json", "cat {}" }), '{"a": "z", "b": 2}\n')
  test.equal(run(t, { "exec-env", "a.json", "exit 7" }, 7).stderr, "exit status 7\n")
end)

test.it("clan: updates keys by a configuration of its own", function(t)
  local key <const> = setup(t)
  local other <const> = face.key(t, "home/other.txt")
  seal(t, "a.json", '{"data": "x"}')
  t:write("keys.json", json.format { creation_rules = json.array { { key_groups =
    json.array { { age = json.array { key, other } } } } } })
  local said <const> = run(t, { "--config", "keys.json", "updatekeys", "--yes", "a.json" })
  test.contains(said.stdout, "+++ " .. other)
  test.contains(said.stderr, "synced with new keys")
  test.equal(out(t, { "decrypt", "a.json", env = { SOPS_AGE_KEY_FILE = t:path "home/other.txt" } }),
    '{"data": "x"}\n')
end)

test.it("build tools: many runs at once in one folder all get through", function(t)
  setup(t)
  for i = 1, 12 do
    t:write(i .. ".yaml", YAML)
  end
  local result <const> = t:run { "sh", "-c", [[
    for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
      { ./sops encrypt -i $i.yaml && ./sops set $i.yaml '["foo"]' '"new"' || echo "$i failed"; } &
    done 2>&1
    wait]], env = { SOPS_AGE_KEY_FILE = t:path "home/key.txt" } }
  test.equal(result.stdout, "")
  for i = 1, 12 do
    test.equal(out(t, { "-d", "--extract", '["foo"]', i .. ".yaml" }), "new")
  end
end)

--- A process that runs already and is handed a name: it does something with the file, and says so.
local function with_daemon(t, action, words)
  return t:run { "sh", "-c", ([[
    mkfifo ask answer
    { read -r path < ask; { %s; } > answer 2>&1; } &
    ./sops %s
    status=$?
    wait
    exit $status]]):format(action, words), env = { SOPS_AGE_KEY_FILE = t:path "home/key.txt",
    EDITOR = t:path "editor" } }
end

test.it("daemons and sudo: the file of exec-file is there for whoever gets its name", function(t)
  setup(t)
  seal(t, "a.yaml", YAML)
  test.equal(with_daemon(t, 'cat "$path"', [[exec-file a.yaml 'echo {} > ask; cat answer']]).stdout,
    YAML)
end)

test.it("editor plugins: a script hands the file to an editor that runs already", function(t)
  setup(t)
  seal(t, "a.yaml", YAML)
  t:write("editor", '#!/bin/sh\necho "$1" > ask\ncat answer\n', 493)
  test.equal(with_daemon(t, 'sed -i s/bar/baz/ "$path"', "a.yaml").status, 0)
  test.equal(out(t, { "-d", "a.yaml" }), (YAML:gsub("bar", "baz")))
end)

test.it("a link named sops is the face", function(t)
  setup(t)
  test.contains(out(t, { "--help" }), "sops [flags] file")
  test.equal(out(t, { "help" }), out(t, { "-h" }))
  test.contains(out(t, { "encrypt", "--help" }), "sops encrypt [flags] [file]")
  test.contains(out(t, { "groups", "add", "-h" }), "--shamir-secret-sharing-threshold")
end)
