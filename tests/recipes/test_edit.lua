-- Sealed files in the editor: `edit` and `new`, with scripts in the place of a person. What needs a
-- terminal, and what is left when something is killed, is in tests/c/test_edit.c.

local fs   <const> = require "moonlatch.fs"
local host <const> = require "moonlatch.host"
local proc <const> = require "moonlatch.proc"
local test <const> = require "moonlatch.test"

local FILE <const> = "# notes\nname: one\nlist:\n- two\n- three\n"

--- A folder with a key, a rule for secrets/ and a sealed file.
local function setup(t)
  t:expect { "keygen", "-q", "-o", "home/.config/sops/age/keys.txt" }
  local key <const> = t:expect { "keygen", "--public", "home/.config/sops/age/keys.txt" }.stdout
  t.key = key:sub(1, -2)
  t:write(".sops.yaml", ("creation_rules:\n  - path_regex: secrets/part\n    encrypted_regex: "
    .. "^name$\n    age: %s\n  - path_regex: secrets/.*\n    age: %s\n"):format(t.key, t.key))
  t:write("secrets/a.yaml", FILE)
  t:expect { "encrypt", "-i", "secrets/a.yaml", env = { MOONLATCH_ACCEPT = "first-use" } }
  t.sealed = t:read "secrets/a.yaml"
end

--- An editor: a shell script, with the file as its only argument.
local function editor(t, script, name)
  t:write(name or "editor", "#!/bin/sh\nset -e\n" .. script .. "\n", tonumber("755", 8))
  return t:path(name or "editor")
end

--- Runs a recipe with a script as the editor; the status must be `status` (default 0).
local function edit(t, script, command, status)
  command.env = command.env or {}
  command.env.EDITOR = command.env.EDITOR or editor(t, script)
  return t:expect(command, status)
end

local function clear_of(t, path)
  return t:expect { "decrypt", path }.stdout
end

--- What stands before the sealed values that one text has and the other has not.
local function changed_values(old, new)
  local list <const> = {}
  for name, value in new:gmatch "([%w-]+:?) (ENC%b[])" do
    table.insert(list, not old:find(value, 1, true) and name or nil)
  end
  return list
end

test.it("seals what changed and leaves all other ciphertext", function(t)
  setup(t)
  edit(t, [[sed -i 's/^- two$/- 2nd/' "$1"]], { "edit", "secrets/a.yaml" })
  test.equal(clear_of(t, "secrets/a.yaml"), (FILE:gsub("two", "2nd")))
  test.equal(changed_values(t.sealed, t:read "secrets/a.yaml"), { "-", "mac:" })
end)

test.it("gives the editor a file of that name, in memory and for its owner alone", function(t)
  setup(t)
  edit(t, [[
    stat -c '%a %n' "$1" "$(dirname "$1")" > seen
    stat -f -c %T "$1" >> seen
    test "$TMPDIR" = "$(dirname "$1")"
    cat "$1" > got]], { "edit", "secrets/a.yaml" })
  local seen <const> = t:read "seen"
  test.equal(seen:match "^600 .*/a%.yaml\n700 /.*\ntmpfs\n$" ~= nil, true, seen)
  test.equal(t:read "got", FILE)
end)

test.it("writes nothing when nothing was changed, or the editor failed", function(t)
  setup(t)
  local began <const> = host.time()
  local same <const> = edit(t, "true", { "edit", "secrets/a.yaml" })
  test.contains(same.stderr, "nothing was changed")
  if host.time() - began < 1 then -- a busy machine may be as slow as a person
    test.contains(same.stderr, "--wait")
  end
  test.contains(edit(t, [[echo 'x: 1' >> "$1"; exit 3]], { "edit", "secrets/a.yaml" }, 2).stderr,
    "ended with status 3")
  test.contains(edit(t, [[rm "$1"]], { "edit", "secrets/a.yaml" }, 2).stderr, "[missing]")
  test.equal(edit(t, [[echo 'x: 1' >> "$1"]], { "-n", "edit", "secrets/a.yaml" }, 1).stderr
    :find("secrets/a.yaml", 1, true) ~= nil, true)
  test.equal(t:read "secrets/a.yaml", t.sealed)
end)

test.it("splits the editor's command without a shell", function(t)
  setup(t)
  editor(t, [[printf '%s\n' "$1" "$2" > seen; sed -i 's/one/1/' "$3"]], "my ed")
  edit(t, "", { "edit", "secrets/a.yaml", env = { EDITOR = "false",
    SOPS_EDITOR = [["./my ed" '$(touch x)' -q]] } })
  test.equal(t:read "seen", "$(touch x)\n-q\n")
  test.contains(clear_of(t, "secrets/a.yaml"), "name: 1\n")
  edit(t, "", { "edit", "secrets/a.yaml", env = { EDITOR = "'no end" } }, 2)
  test.contains(edit(t, "", { "edit", "secrets/a.yaml", env = { EDITOR = "no-such-editor" } }, 2)
    .stderr, "no-such-editor is not installed")
  test.contains(t:expect({ "edit", "secrets/a.yaml", env = { PATH = "/nowhere" } }, 2).stderr,
    "set EDITOR to the program")
end)

test.it("tells known editors to keep no copies", function(t)
  setup(t)
  local function options(name, command)
    editor(t, [[printf '%s\n' "$@" > seen]], "bin/" .. name)
    edit(t, "", { "edit", "secrets/a.yaml", env = { EDITOR = command or name,
      PATH = t:path "bin" .. ":" .. host.env "PATH" } })
    return t:read "seen"
  end
  for _, name in ipairs { "vim", "nvim", "vim.tiny" } do
    local seen <const> = options(name)
    test.contains(seen, "-n\n-i\nNONE\n-c\nset noswapfile noundofile nobackup nowritebackup\n")
  end
  test.contains(options "nano", "--backupdir=/")
  test.contains(options "emacs", "make-backup-files nil")
  test.contains(options "micro", "-backup\nfalse\n")
  test.contains(options "code", "--wait\n--new-window\n--user-data-dir\n/")
  local _, count <const> = options("code", "code --wait"):gsub("%-%-wait", "")
  test.equal(count, 1)
  t:write("home/.exrc", "set number\n")
  editor(t, [[echo "$NEXINIT" > seen]], "bin/nvi")
  edit(t, "", { "edit", "secrets/a.yaml", env = { EDITOR = t:path "bin/nvi" } })
  test.equal(t:read "seen":match "^set recdir=/.*|source /.*/%.exrc\n$" ~= nil, true)
  test.equal(options "hx":match "^/[^\n]*/a%.yaml\n$" ~= nil, true) -- it keeps none
end)

test.it("leaves no swap, undo or backup of vim's, whatever its configuration says", function(t)
  if not proc.find "vim" then
    test.skip "vim is not here"
  end
  setup(t)
  assert(t.root:mkdir "home/kept")
  t:write("home/.vimrc", ("set backup writebackup undofile swapfile updatecount=1 viminfo='9,n%s\n"
    .. "set backupdir=%s directory=%s undodir=%s\n"):format(t:path "home/kept/viminfo",
    t:path "home/kept", t:path "home/kept", t:path "home/kept"))
  edit(t, "", { "edit", "secrets/a.yaml",
    env = { EDITOR = "vim -u " .. t:path "home/.vimrc" .. " -c '%s/one/1st/' -c 'wq'" } })
  test.contains(clear_of(t, "secrets/a.yaml"), "name: 1st\n")
  test.equal(assert(t.root:list "home/kept"), {})
end)

test.it("shows clients a file that others see too, and removes it", function(t)
  setup(t)
  editor(t, [[echo "$2" > seen; sed -i 's/one/1/' "$2"]], "subl")
  edit(t, "", { "edit", "secrets/a.yaml", env = { EDITOR = "./subl --wait" } })
  local seen <const> = t:read "seen"
  local folder <const> = seen:match "^(/.*/moonlatch%-%x+)/a%.yaml\n$"
  test.equal(folder ~= nil, true, seen)
  test.equal(fs.root(folder), nil)
  editor(t, [[echo "$1" > seen]])
  edit(t, "", { "edit", "--shared", "secrets/a.yaml", env = { EDITOR = "./editor" } })
  test.contains(t:read "seen", "/moonlatch-")
end)

test.it("ends when nobody can be asked, with the line of the error", function(t)
  setup(t)
  local told <const> = edit(t, [[printf 'a: [\n' >> "$1"]], { "edit", "secrets/a.yaml",
    stdin = "" }, 2).stderr
  test.contains(told, "a.yaml:")
  test.contains(told, "[format]")
  test.contains(edit(t, [[printf 'sops: 1\n' >> "$1"]], { "edit", "secrets/a.yaml" }, 2).stderr,
    "sops")
  edit(t, [[: > "$1"]], { "edit", "secrets/a.yaml" }, 2)
  test.equal(t:read "secrets/a.yaml", t.sealed)
end)

test.it("leaves no new value in clear unless told to", function(t)
  setup(t)
  t:write("secrets/part.yaml", "name: one\nhost: h\n")
  t:expect { "encrypt", "-i", "secrets/part.yaml" }
  local script <const> = [[echo 'other: value' >> "$1"]]
  test.contains(edit(t, script, { "edit", "secrets/part.yaml" }, 2).stderr, "--clear NAME")
  edit(t, script, { "edit", "secrets/part.yaml", "--clear", "other" })
  test.contains(t:read "secrets/part.yaml", "other: value\n")
end)

--- An editor that changes the name, while somebody else gives a value of the file another. They
--- share the folder: in a namespace of users what root owns would not be trusted.
local function meanwhile(path)
  return ([[sed -i 's/one/mine/' "$1"; printf theirs | %s -q set secrets/a.yaml %s -]]):format(
    host.program(), path)
end

test.it("keeps what somebody else wrote meanwhile beside what was edited", function(t)
  setup(t)
  local told <const> = edit(t, meanwhile "list/1", { "edit", "--shared", "secrets/a.yaml" }).stderr
  test.contains(told, "both changes are kept")
  test.equal(clear_of(t, "secrets/a.yaml"), (FILE:gsub("three", "theirs"):gsub("one", "mine")))
end)

test.it("overwrites nothing that somebody else wrote meanwhile in the same place", function(t)
  setup(t)
  local told <const> = edit(t, meanwhile "name", { "edit", "--shared", "secrets/a.yaml" }, 2).stderr
  test.contains(told, "somebody changed the same values while you edited them [changed]")
  test.contains(told, "\n  name\n")
  test.equal(clear_of(t, "secrets/a.yaml"), (FILE:gsub("one", "theirs")))
end)

test.it("says which comments of another's it does not take over", function(t)
  setup(t)
  t:write("theirs", (FILE:gsub("notes", "other notes")))
  local told <const> = edit(t, ([[sed -i 's/one/mine/' "$1"; cp theirs secrets/a.yaml
    %s -q encrypt -i secrets/a.yaml]]):format(host.program()),
    { "edit", "--shared", "secrets/a.yaml" }).stderr
  test.contains(told, "comments that theirs changed are not taken over")
  test.equal(clear_of(t, "secrets/a.yaml"), (FILE:gsub("one", "mine")))
end)

test.it("writes nothing over another's change that it cannot bring together with one's own",
  function(t)
    setup(t)
    t:write("secrets/a.yaml", "m: {a: x, b: y}\ncopy: {a: x, b: y}\n")
    t:expect { "encrypt", "-i", "secrets/a.yaml" }
    local told <const> = edit(t, ([[printf 'm: &m {a: x, b: y}\ncopy: *m\n' > "$1"
      printf theirs | %s -q set secrets/a.yaml copy/a -]]):format(host.program()),
      { "edit", "--shared", "secrets/a.yaml" }, 2)
    test.contains(told.stderr, "cannot be put together in this text [changed]")
    test.equal(clear_of(t, "secrets/a.yaml"), "m: {a: x, b: y}\ncopy: {a: theirs, b: y}\n")
  end)

test.it("edits JSON, files of bytes, and files that begin with a byte order mark", function(t)
  setup(t)
  for name, text in pairs { ["b.json"] = '{\n  "name": "one"\n}\n', ["c.txt"] = "name one\n\0",
    ["d.yaml"] = "\u{feff}name: one\n" } do
    local path <const> = "secrets/" .. name
    t:write(path, text)
    t:expect { "encrypt", "-i", path }
    edit(t, [[sed -i 's/one/two/' "$1"]], { "edit", path })
    test.equal(clear_of(t, path), (text:gsub("one", "two")), name)
  end
end)

test.it("begins a file that is not there with an example, sealed by its rule", function(t)
  setup(t)
  for _, recipe in ipairs { "edit", "new" } do
    local path <const> = ("secrets/deep/%s/a.yaml"):format(recipe) -- its folders need no consent
    edit(t, [[cp "$1" seen; sed -i 's/example_value$/mine/' "$1"]], { recipe, path })
    test.contains(t:read "seen", "hello: ")
    test.equal(clear_of(t, path), (t:read "seen":gsub("example_value\n", "mine\n")))
    test.contains(t:read(path), t.key)
  end
  test.contains(edit(t, "true", { "new", "secrets/none.yaml" }).stderr, "nothing was changed")
  test.equal(t.root:exists "secrets/none.yaml", false)
  edit(t, "true", { "new", "secrets/a.yaml" }, 2)
  -- who may open it is settled before anybody types
  edit(t, "touch typed", { "new", "elsewhere.yaml" }, 2)
  edit(t, "touch typed", { "edit", "elsewhere.yaml" }, 2)
  edit(t, "touch typed", { "edit", "-" }, 3)
  test.equal(t.root:exists "typed", false)
  edit(t, [[echo '{"a": 1}' > "$1"]], { "edit", "-a", t.key, "elsewhere.json" })
  test.equal(clear_of(t, "elsewhere.json"), '{"a": 1}\n')
end)

test.it("has an example for each format that can be sealed as it stands", function(t)
  setup(t)
  for _, suffix in ipairs { "yaml", "json", "env", "ini", "txt" } do
    local path <const> = "secrets/e." .. suffix
    edit(t, [[echo >> "$1"]], { "new", path })
    test.contains(t:read(path), "ENC[AES256_GCM")
  end
end)

test.it("takes the text of a new file from a file or standard input", function(t)
  setup(t)
  t:write("plain.yaml", "a: 1\n")
  t:expect { "new", "secrets/f.yaml", "--from", "plain.yaml" }
  test.equal(clear_of(t, "secrets/f.yaml"), "a: 1\n")
  t:expect { "new", "secrets/key", "--format", "binary", "--from", "-", stdin = "\0\1" }
  test.equal(clear_of(t, "secrets/key"), "\0\1")
  t:expect({ "new", "secrets/f.yaml", "--from", "plain.yaml" }, 2)
  t:expect({ "new", "secrets/g.yaml", "--from", "none.yaml" }, 2)
end)
