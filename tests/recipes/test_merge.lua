-- Real merges and rebases of git with sealed files, through the merge driver and by hand.

local json <const> = require "moonlatch.json"
local test <const> = require "moonlatch.test"

local FILE <const> = "secrets/a.yaml"
local CLEAR <const> = [[
# who we are
name: crew   # a comment

database:
  host: db1
  password: old
list:
- one
- two
- three
]]

local function git(t, ...)
  return t:run { env = { SOPS_AGE_KEY_FILE = t:path(t.key or "home/me.txt"), GIT_EDITOR = "true" },
    "git", "-c", "user.name=n", "-c", "user.email=e@example", ... }
end

local function must(t, ...)
  local result <const> = git(t, ...)
  test.equal(result.status, 0, table.concat({ ... }, " ") .. "\n" .. result.stdout
    .. result.stderr)
  return result.stdout .. result.stderr
end

local function run(t, command, status)
  command.env = { SOPS_AGE_KEY_FILE = t:path(t.key or "home/me.txt") }
  return t:expect(command, status)
end

local function seal(t, path, clear)
  t:write(path, clear)
  run(t, { "encrypt", "-q", "-i", path, "--accept-recipients=first-use" })
end

--- A repository with a sealed file, the driver in place, and one commit on `main`.
local function setup(t, clear, path)
  t.keys = {}
  for _, name in ipairs { "me", "bob", "tara" } do
    t:expect { "keygen", "-q", "-o", ("home/%s.txt"):format(name) }
    t.keys[name] = t:read(("home/%s.txt"):format(name)):match "public key: (%S+)"
  end
  t:write(".sops.yaml", ("creation_rules:\n  - path_regex: secrets/.*\n    age: %s,%s\n"
    .. "  - path_regex: others/\n    age: %s\n"):format(t.keys.me, t.keys.bob, t.keys.tara))
  t:write(".gitignore", "home/\n")
  seal(t, path or FILE, clear or CLEAR)
  must(t, "init", "-q", "-b", "main")
  run(t, { "init", "--git", "-y", "-q" })
  must(t, "add", "-A")
  must(t, "commit", "-q", "-m", "base")
end

local function set(t, path, value, file)
  t:expect { "set", "-q", file or FILE, path, "-", stdin = value,
    env = { SOPS_AGE_KEY_FILE = t:path "home/me.txt" } }
end

--- Commits what `change` does on a branch off main's first commit; `main` gets what `other` does.
local function diverge(t, change, other)
  must(t, "checkout", "-q", "-b", "side")
  change()
  must(t, "commit", "-q", "-a", "--no-verify", "-m", "theirs")
  must(t, "checkout", "-q", "main")
  other()
  must(t, "commit", "-q", "-a", "--no-verify", "-m", "ours")
end

local function clear_text(t, path)
  return run(t, { "decrypt", path or FILE }).stdout -- the MAC is checked
end

--- The sealed text of one value.
local function sealed(text, key)
  return text:match(key .. ": (ENC%b[])")
end

test.it("merges what both sides changed in different places", function(t)
  setup(t)
  diverge(t, function()
    set(t, "database/password", "new")
    set(t, "database/port", "5432")
  end, function()
    set(t, "name", "band")
    run(t, { "unset", "-q", FILE, "list/0" })
  end)
  local before <const> = t:read(FILE)
  must(t, "merge", "side")
  test.equal(clear_text(t), [[
# who we are
name: band   # a comment

database:
  host: db1
  password: new
  port: "5432"
list:
- two
- three
]])
  local after <const> = t:read(FILE)
  test.equal(sealed(after, "host"), sealed(before, "host"))
  test.equal(sealed(after, "name"), sealed(before, "name"))
  test.equal(after:match "enc: |.-END AGE", before:match "enc: |.-END AGE")
  test.equal(run(t, { "verify", FILE }).status, 0)
end)

test.it("leaves a valid sealed file where both changed one value, and settles it", function(t)
  setup(t)
  diverge(t, function()
    set(t, "name", "theirs")
    set(t, "database/host", "db2")
    set(t, "list/0", "uno")
  end, function()
    set(t, "name", "ours")
    run(t, { "unset", "-q", FILE, "database/password" })
    set(t, "list/0", "un")
  end)
  local merge <const> = git(t, "merge", "side")
  test.equal(merge.status, 1)
  test.contains(merge.stderr .. merge.stdout, "name: changed in ours, changed in theirs")
  test.lacks(merge.stderr .. merge.stdout, "uno")
  test.lacks(t:read(FILE), "<<<<<<<")
  local text <const> = clear_text(t)
  test.contains(text, "name: ours ")
  test.contains(text, "host: db2\n") -- what did not clash is in it
  test.contains(text, "- un\n")

  test.contains(run(t, { "merge" }, 1).stderr, "next: moonlatch merge " .. FILE .. " --theirs NAME")
  local again <const> = json.parse(run(t, { "merge", "--json" }, 1).stdout)
  test.equal(#again.findings, 2)
  test.equal(clear_text(t), text)
  run(t, { "merge", "-q", FILE, "--theirs", "name" })
  test.equal(clear_text(t), (text:gsub("ours", "theirs")))
  run(t, { "merge", "-q", FILE, "--theirs", "list/0", "--ours", "name" })
  test.equal(clear_text(t), (text:gsub("%- un\n", "- uno\n")))
  run(t, { "merge", "-q", FILE, "--theirs", "database/password" })
  test.contains(clear_text(t), "  password: old\n")
  test.contains(run(t, { "merge", FILE, "--theirs", "nothing" }, 2).stderr, "[missing]")
  test.contains(run(t, { "merge", FILE }, 2).stderr, "git add " .. FILE)
  must(t, "commit", "-q", "-a", "-m", "settled")
  test.contains(run(t, { "merge", FILE }, 2).stderr, "no conflict")
end)

test.it("rebases over changes of others", function(t)
  setup(t)
  diverge(t, function()
    set(t, "database/password", "new")
  end, function()
    set(t, "database/host", "db2")
  end)
  must(t, "checkout", "-q", "side")
  set(t, "name", "band")
  must(t, "commit", "-q", "-a", "-m", "second")
  must(t, "rebase", "-q", "main")
  test.equal(clear_text(t), (CLEAR:gsub("old", "new"):gsub("db1", "db2"):gsub("crew", "band")))
  must(t, "cherry-pick", "--no-commit", "HEAD~1", "--strategy-option=theirs")
end)

test.it("takes the text of theirs, with its comments, where ours is as it was", function(t)
  setup(t)
  diverge(t, function()
    t:write("clear.yaml", "# other words\n" .. CLEAR:gsub("crew", "band"))
    run(t, { "encrypt", "-q", "clear.yaml", "--onto", FILE, "-o", FILE })
    t.root:remove "clear.yaml"
  end, function()
    run(t, { "update-keys", "-q", "--rewrap", "-y", FILE }) -- the file changes, its text does not
  end)
  must(t, "merge", "side")
  test.equal(clear_text(t), "# other words\n" .. CLEAR:gsub("crew", "band"))
end)

test.it("says which comments it cannot take over", function(t)
  setup(t)
  diverge(t, function()
    t:write("clear.yaml", "# other words\n" .. CLEAR)
    run(t, { "encrypt", "-q", "clear.yaml", "--onto", FILE, "-o", FILE })
    t.root:remove "clear.yaml"
  end, function()
    set(t, "name", "band")
  end)
  test.contains(must(t, "merge", "side"), "comments that theirs changed")
  test.equal(clear_text(t), (CLEAR:gsub("crew", "band")))
end)

test.it("leaves the file alone when no key opens it", function(t)
  setup(t)
  diverge(t, function() set(t, "name", "theirs") end, function() set(t, "database/host", "db2") end)
  local before <const> = t:read(FILE)
  t.key = "home/none.txt"
  local merge <const> = git(t, "merge", "side")
  test.equal(merge.status, 1)
  test.contains(merge.stdout .. merge.stderr, "[key]")
  test.equal(t:read(FILE), before)
  t.key = nil -- with a key it can be done later
  run(t, { "merge", FILE })
  test.equal(clear_text(t), (CLEAR:gsub("crew", "theirs"):gsub("db1", "db2")))
end)

test.it("keeps the data key that one side renewed", function(t)
  setup(t)
  for _, renewing in ipairs { "theirs", "ours" } do
    local function renew()
      run(t, { "renew", "-q", "-y", FILE })
    end
    local base <const> = t:read(FILE)
    diverge(t, function()
      set(t, "name", "band of " .. renewing)
      if renewing == "theirs" then renew() end
    end, function()
      set(t, "database/host", "host of " .. renewing)
      if renewing == "ours" then renew() end
    end)
    local renewed <const> = renewing == "ours" and t:read(FILE) or must(t, "show", "side:" .. FILE)
    must(t, "merge", "side")
    local merged <const> = t:read(FILE)
    test.equal(merged:match "enc: |.-END AGE", renewed:match "enc: |.-END AGE")
    test.equal(merged:match "enc: |.-END AGE" ~= base:match "enc: |.-END AGE", true)
    test.equal(clear_text(t), (CLEAR:gsub("crew", "band of " .. renewing)
      :gsub("db1", "host of " .. renewing)))
    must(t, "branch", "-D", "side")
  end
end)

test.it("merges when both renewed the data key", function(t)
  setup(t)
  local function renew(path, value)
    return function()
      set(t, path, value)
      run(t, { "renew", "-q", "-y", FILE })
    end
  end
  diverge(t, renew("name", "band"), renew("database/host", "db2"))
  local ours <const> = t:read(FILE)
  must(t, "merge", "side")
  test.equal(t:read(FILE):match "enc: |.-END AGE", ours:match "enc: |.-END AGE")
  test.equal(clear_text(t), (CLEAR:gsub("crew", "band"):gsub("db1", "db2")))
end)

local function recipients(t)
  local keys <const> = {}
  for key in t:read(FILE):gmatch "recipient: (age1%w+)" do
    keys[key] = true
  end
  return keys
end

test.it("merges recipients: both sides' additions and removals", function(t)
  setup(t)
  diverge(t, function() -- bob goes, with a new data key
    run(t, { "recipient", "remove", "-q", "-y", t.keys.bob, FILE })
    set(t, "name", "band")
  end, function() -- tara, whom the first use approved, comes
    run(t, { "recipient", "add", "-q", "-y", t.keys.tara, FILE })
    set(t, "database/host", "db2")
  end)
  local ours <const> = t:read(FILE)
  git(t, "merge", "side") -- with a conflict in .sops.yaml, whose lines are side by side
  test.equal(must(t, "diff", "--name-only", "--diff-filter=U"), ".sops.yaml\n")
  test.equal(recipients(t), { [t.keys.me] = true, [t.keys.tara] = true })
  test.equal(t:read(FILE):match "enc: |.-END AGE" ~= ours:match "enc: |.-END AGE", true,
    "a new data key")
  test.equal(clear_text(t), (CLEAR:gsub("crew", "band"):gsub("db1", "db2")))
  t.key = "home/bob.txt"
  run(t, { "decrypt", FILE }, 2)
  t.key = "home/tara.txt"
  test.equal(clear_text(t), (CLEAR:gsub("crew", "band"):gsub("db1", "db2")))
end)

test.it("does not undo that theirs renewed the data key", function(t)
  setup(t)
  local base <const> = t:read(FILE)
  diverge(t, function()
    run(t, { "renew", "-q", "-y", FILE })
  end, function()
    run(t, { "recipient", "add", "-q", "-y", t.keys.tara, FILE })
  end)
  must(t, "merge", "side")
  test.equal(recipients(t), { [t.keys.me] = true, [t.keys.bob] = true, [t.keys.tara] = true })
  test.equal(sealed(t:read(FILE), "host") ~= sealed(base, "host"), true)
  test.equal(clear_text(t), CLEAR)
end)

test.it("seals nothing of ours for a stranger that theirs added", function(t)
  setup(t)
  t:expect { "keygen", "-q", "-o", "home/mallory.txt" }
  local stranger <const> = t:read "home/mallory.txt":match "public key: (%S+)"
  diverge(t, function() -- somebody else's doing: our approvals do not know of it
    t:expect { "recipient", "add", "-q", "-y", stranger, FILE, env = { SOPS_AGE_KEY_FILE =
      t:path "home/bob.txt", XDG_STATE_HOME = t:path "home/bob", MOONLATCH_ACCEPT = "first-use" } }
  end, function()
    set(t, "name", "band")
  end)
  local before <const> = t:read(FILE)
  local merge <const> = git(t, "merge", "side")
  test.equal(merge.status, 1)
  test.contains(merge.stdout .. merge.stderr, stranger)
  test.contains(merge.stdout .. merge.stderr, "[approval]")
  test.equal(t:read(FILE), before)
  test.contains(run(t, { "merge", FILE }, 1).stderr, "[approval]")
  run(t, { "merge", FILE, "--accept-recipient", stranger })
  test.equal(recipients(t)[stranger], true)
  test.equal(clear_text(t), (CLEAR:gsub("crew", "band")))
end)

test.it("settles nothing into a file that a stranger can open", function(t)
  setup(t)
  t:expect { "keygen", "-q", "-o", "home/mallory.txt" }
  local stranger <const> = t:read "home/mallory.txt":match "public key: (%S+)"
  diverge(t, function() set(t, "name", "theirs") end, function() set(t, "name", "ours") end)
  git(t, "merge", "side")
  t:expect { "recipient", "add", "-q", "-y", stranger, FILE, env = { SOPS_AGE_KEY_FILE =
    t:path "home/bob.txt", XDG_STATE_HOME = t:path "home/bob", MOONLATCH_ACCEPT = "first-use" } }
  local before <const> = t:read(FILE)
  test.contains(run(t, { "merge", FILE, "--ours", "name" }, 1).stderr, "[approval]")
  test.equal(t:read(FILE), before)
  run(t, { "merge", FILE, "--ours", "name", "--accept-recipient", stranger })
end)

test.it("takes no version that is too large for one that is removed", function(t)
  setup(t)
  diverge(t, function()
    t:write(FILE, ("x"):rep(64 * 1024 * 1024 + 1))
  end, function() set(t, "name", "ours") end)
  git(t, "merge", "side")
  local told <const> = run(t, { "merge", FILE }, 1).stderr
  test.contains(told, "too large to be merged")
  test.lacks(told, "git rm")
end)

test.it("compares sealed texts without counting brackets", function(t)
  setup(t, "a: x\nb: y\nnote_unencrypted: '" .. ("ENC["):rep(200000) .. "'\n")
  diverge(t, function() set(t, "a", "theirs") end, function() set(t, "b", "ours") end)
  must(t, "merge", "-q", "side")
  test.contains(clear_text(t), "a: theirs\nb: ours\n")
end)

test.it("merges files that both sides made", function(t)
  setup(t)
  local new <const> = "secrets/new.yaml"
  diverge(t, function()
    seal(t, new, "a: 1\nshared: x\n")
    must(t, "add", new)
  end, function()
    seal(t, new, "b: 2\nshared: x\n")
    must(t, "add", new)
  end)
  must(t, "merge", "side")
  test.equal(clear_text(t, new), "b: 2\nshared: x\na: 1\n")
end)

test.it("merges JSON, and takes a binary file as one value", function(t)
  setup(t, '{"a": 1, "deep": {"b": true, "c": null}}\n', "secrets/a.json")
  diverge(t, function()
    set(t, "deep/b", "no", "secrets/a.json")
  end, function()
    set(t, "deep/d", "new", "secrets/a.json")
  end)
  must(t, "merge", "side")
  test.equal(clear_text(t, "secrets/a.json"),
    '{"a": 1, "deep": {"b": "no", "c": null, "d": "new"}}\n')
  seal(t, "secrets/k.bin", "bytes\0of a key")
  must(t, "add", "-A")
  must(t, "commit", "-q", "-m", "binary")
  must(t, "checkout", "-q", "-b", "other")
  local function replace(text)
    t.root:remove "secrets/k.bin"
    seal(t, "secrets/k.bin", text)
    must(t, "commit", "-q", "-a", "-m", text)
  end
  replace "one"
  must(t, "checkout", "-q", "main")
  replace "two"
  local merge <const> = git(t, "merge", "other")
  test.equal(merge.status, 1)
  test.contains(merge.stdout .. merge.stderr, "the whole file")
  test.equal(clear_text(t, "secrets/k.bin"), "two")
end)

test.it("mixes no plaintext with a sealed file, and merges clear files as git does", function(t)
  setup(t)
  t:write("secrets/plain.txt", "a\nb\nc\nd\ne\n")
  must(t, "add", "-A")
  must(t, "commit", "-q", "--no-verify", "-m", "plain")
  diverge(t, function()
    t:write("secrets/plain.txt", "A\nb\nc\nd\ne\n")
    run(t, { "decrypt", "-q", "-i", FILE })
  end, function()
    t:write("secrets/plain.txt", "a\nb\nc\nd\nE\n")
    set(t, "name", "band")
  end)
  local before <const> = t:read(FILE)
  local merge <const> = git(t, "merge", "side")
  test.equal(merge.status, 1)
  test.contains(merge.stdout .. merge.stderr, "sealed in ours, in clear in theirs")
  test.equal(t:read(FILE), before)
  test.equal(t:read "secrets/plain.txt", "A\nb\nc\nd\nE\n")
end)

test.it("merges into a file that the real sops opens", function(t)
  local sops <const> = test.peer "sops"
  setup(t)
  diverge(t, function()
    set(t, "database/password", "new")
    set(t, "more/deep", "x")
  end, function()
    set(t, "name", "band")
  end)
  must(t, "merge", "side")
  local opened <const> = t:run { sops, "decrypt", FILE,
    env = { SOPS_AGE_KEY_FILE = t:path "home/me.txt" } }
  test.equal(opened.status, 0, opened.stderr)
  test.contains(opened.stdout, "password: new\n")
  test.contains(opened.stdout, "name: band")
end)

test.it("merges dotenv and INI files by key, and several documents as one value", function(t)
  local files <const> = {
    ["secrets/a.env"] = { "# c\nA=1\nB=two\nC=3\n", "A", "C", "# c\nA=new A\nB=two\nC=new C\n" },
    ["secrets/a.ini"] = { "; c\n[x]\na = 1\nb = two\n[y]\nc = 3\n", "x/a", "y/c",
      "; c\n[x]\na = new x/a\nb = two\n[y]\nc = new y/c\n" },
  }
  setup(t)
  for path, case in pairs(files) do
    seal(t, path, case[1])
  end
  seal(t, "secrets/many.yaml", "a: 1\n---\nb: 2\n")
  must(t, "add", "-A")
  must(t, "commit", "-q", "-m", "more")
  diverge(t, function()
    for path, case in pairs(files) do
      set(t, case[2], "new " .. case[2], path)
    end
    set(t, "a", "theirs", "secrets/many.yaml")
  end, function()
    for path, case in pairs(files) do
      set(t, case[3], "new " .. case[3], path)
    end
    set(t, "a", "ours", "secrets/many.yaml")
  end)
  local merge <const> = git(t, "merge", "side")
  test.equal(must(t, "diff", "--name-only", "--diff-filter=U"), "secrets/many.yaml\n")
  test.contains(merge.stdout .. merge.stderr, "the whole file: changed in ours")
  for path, case in pairs(files) do
    test.equal(clear_text(t, path), case[4])
  end
  test.equal(clear_text(t, "secrets/many.yaml"), "a: ours\n---\nb: 2\n")
end)

test.it("leaves nothing in clear that ours sealed, where theirs picks other values", function(t)
  for _, ours in ipairs { "name", "database/host" } do
    if ours ~= "name" then
      must(t, "checkout", "-q", "-f", "-B", "main", "start")
      must(t, "branch", "-D", "side")
    else
      setup(t)
      must(t, "tag", "start")
    end
    diverge(t, function()
      run(t, { "decrypt", "-q", "-i", FILE })
      t:write(FILE, run(t, { "encrypt", FILE, "-a", t.keys.me, "-a", t.keys.bob,
        "--encrypted-regex", "^name$" }).stdout)
      test.contains(t:read(FILE), "host: db1")
    end, function()
      set(t, ours, "of ours")
    end)
    local before <const> = t:read(FILE)
    local merge <const> = git(t, "merge", "side")
    if ours == "name" then
      test.equal(merge.status, 0, merge.stderr)
      test.contains(t:read(FILE), "host: db1")
      test.equal(clear_text(t), (CLEAR:gsub("crew", "of ours")))
    else
      test.equal(merge.status, 1)
      test.contains(merge.stdout .. merge.stderr, "database/host is sealed on one side")
      test.equal(t:read(FILE), before)
    end
  end
end)
