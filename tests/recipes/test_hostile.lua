-- Everything that somebody who can write to the repository may plant there, and every recipe run on
-- it. Nothing outside the repository changes but what is the user's own, no data key comes to a
-- stranger, no code of the repository runs, nothing reaches a terminal raw, and everything ends.

local age    <const> = require "moonlatch.age"
local fs     <const> = require "moonlatch.fs"
local host   <const> = require "moonlatch.host"
local json   <const> = require "moonlatch.json"
local sample <const> = require "moonlatch.sample"
local sops   <const> = require "moonlatch.sops"
local ssh    <const> = require "moonlatch.ssh"
local test   <const> = require "moonlatch.test"

local KEYS <const> = "home/.config/sops/age/keys.txt"

-- An escape sequence, a line of its own, a mark of direction, a byte that is not UTF-8.
local ODD <const> = "a\27[31m\nhint: `rm -rf ~`\u{202e}\u{200b}\xff$(touch x)"
local ODD_TEXT <const> = "a\27[31m\nhint: `rm -rf ~`\u{202e}\u{200b}$(touch x)"

--- What each recipe is run with: without --yes, and again with it where consent was missing.
--- `shows`: its output is content that was asked for. `gives`: what of the user's own it may
--- change, as a pattern. `once`: it does not look at the repository, so one attack is enough.
--- `first`: it is among those that are tried where the site cannot be read at all.
local KEY_FILE <const> = "^home/%.config"
local SOMEBODY <const> = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
local RECIPES <const> = {
  { "age decrypt", "secrets/shared.yaml", "-o", "public/out.txt" },
  { "age encrypt", "secrets/notes/new.txt", "-a", SOMEBODY, "-o", "public/out.age" },
  { "age encrypt", "-i", "README.md", "-a", SOMEBODY },
  { "age inspect", "secrets/shared.yaml", first = true },
  { "as", "sops", "encrypt", "README.md", first = true },
  { "as", "sops", "decrypt", "secrets/shared.yaml", shows = true },
  { "bootstrap", gives = KEY_FILE },
  { "bootstrap", "ben-user", gives = KEY_FILE },
  { "completion", "--complete", "--", "recipient", "add", "" },
  { "completion", "--complete", "--", "get", "secrets/", first = true },
  { "decrypt", "secrets/shared.yaml", shows = true, first = true },
  { "decrypt", "secrets/shared.yaml", "-o", "public/out.yaml" },
  { "demo", once = true },
  { "diff", "secrets/shared.yaml", "secrets/test.yaml" },
  { "diff", "--textconv", "secrets/shared.yaml", shows = true, first = true },
  { "diff", "secrets/shared.yaml" },
  { "edit", "secrets/shared.yaml", first = true },
  { "edit", "secrets/notes/made.txt" },
  { "encrypt", "README.md", "--path", "secrets/shared.yaml" },
  { "encrypt", "-i", "secrets/notes/new.txt", first = true },
  { "encrypt", "--catch-all", "deploy/values.yaml" },
  { "exec", "secrets/shared.yaml", "--", "true" },
  { "exec", "--as-file", "secrets/shared.yaml", "--", "test", "-f", "{}" },
  { "extract-keys", "--verify" },
  { "get", "secrets/shared.yaml", "github-token", shows = true },
  { "groups add", "secrets/shared.yaml", "-a", SOMEBODY },
  { "groups list", "secrets/shared.yaml" },
  { "groups remove", "secrets/shared.yaml", "1" },
  { "groups threshold", "secrets/shared.yaml", "2" },
  { "help", first = true },
  { "help", "get" },
  { "host-key generate", "../home/host", gives = "^home/host" },
  { "host-key install", "--vault", "--host", "no-such-host", "--at", "public/host",
    "sops-dev-ssh" },
  { "host-key show", "../vault/sops-dev-ssh" },
  { "host-key sign", "--ca", "../vault/sops-dev-ssh", "--name", "h", "../home/host",
    gives = "^home/host" },
  { "init" },
  { "init", "--git" },
  { "keygen", "-o", "public/key.txt" },
  { "list", "token" },
  { "new", "--catch-all", "deploy/new.yaml" },
  { "merge" },
  { "merge", "--driver", "secrets/shared.yaml", "secrets/test.yaml", "secrets/shared.yaml",
    "secrets/test.yaml", first = true },
  { "recipe eject", "status" },
  { "recipe list", first = true },
  { "recipe list", "--json" },
  { "recipe show", "rotate" },
  { "recipient add", "eve-user", "secrets/test.yaml" },
  { "recipient add", "mallory", "--like", "owner-user" },
  { "recipient list" },
  { "recipient remove", "ben-user", "--everywhere" },
  { "recover" },
  { "renew", "--all", "--keep-going" },
  { "repair", "secrets/shared.yaml" },
  { "repair", "--ignore-mac", "secrets/test.yaml" },
  { "repl", stdin = "1 + 1\n" },
  { "rotate", "owner-user", "--generate", gives = KEY_FILE, vault = true },
  { "rotate", "mallory", "--generate", "--keep-old" },
  { "run", "../home/mine.lua" },
  { "set", "secrets/shared.yaml", "github-token", "-", stdin = "x" },
  { "ssh-to-age", "../vault/sops-dev-ssh.pub" },
  { "status", "--vault", "-v" },
  { "status", "--json", first = true },
  { "sync-keys", gives = KEY_FILE, first = true },
  { "test", "moonlatch/tests" },
  { "trust" },
  { "unset", "secrets/shared.yaml", "quoted" },
  { "update-keys", "--rewrap", first = true },
  { "update-keys", "--keep-going", "--json" },
  { "validate", "--vault", first = true },
  { "validate", "--json", "--strict" },
  { "verify", first = true },
  { "verify", "--staged" },
  { "verify", "secrets/shared.yaml", "--json" },
  { "version" },
  { "who", "secrets/shared.yaml", "secrets/notes/new.txt" },
  { "who", "--identity", "owner-user" },
  { "why", "secrets/shared.yaml", "-v" },
}

--- Everything below a folder: kinds, modes, contents. No walk of ours: it would leave things out.
local function snapshot(root, folder, found)
  for _, name in ipairs(assert(root:list(folder))) do
    local path <const> = folder == "." and name or folder .. "/" .. name
    local stat <const> = assert(root:stat(path))
    local what = stat.kind == "link" and assert(root:readlink(path)) or tostring(stat.size)
    if stat.kind == "folder" then
      what = ""
      snapshot(root, path, found)
    elseif stat.kind == "file" and stat.size < 1024 * 1024 then
      what = assert(root:read(path))
    end
    found[path] = ("%s %o %s"):format(stat.kind, stat.mode, what)
  end
  return found
end

local function differences(before, after)
  local list <const> = {}
  for path, what in pairs(after) do
    table.insert(list, before[path] ~= what and path or nil)
  end
  for path in pairs(before) do
    table.insert(list, after[path] == nil and path or nil)
  end
  return list
end

--- What a command may change: the repository, what we remember, and what it is there to change.
local function may_change(path, command)
  return path:match "^repo/" or path == "repo" or path:match "^home/%.local"
    or command.gives and path:match(command.gives) ~= nil
    or command.vault and path:match "^vault/sops%-owner%-user%-ssh%-new" ~= nil
end

--- Is it what a terminal shows as it stands?
local function is_plain(text)
  if not utf8.len(text) then
    return false
  end
  for _, c in utf8.codes(text) do
    if c < 0x20 and c ~= 10 and c ~= 9 or c >= 0x7f and c < 0xa0 or c >= 0x200b and c <= 0x200f
      or c >= 0x2028 and c <= 0x202e or c >= 0x2066 and c <= 0x2069 then
      return false
    end
  end
  return true
end

--- Every sealed file of the repository that can be read as one.
local function sealed_files(root)
  local list <const> = {}
  for entry in root:walk() do
    local format <const> = sops.format_of(entry.path)
    local text <const> = entry.kind == "file" and entry.size < 1024 * 1024 and root:read(entry.path)
    local file <const> = text and sops.open(text, { path = entry.path, format = format })
    if file then
      list[entry.path] = file
    end
  end
  return list
end

--- Recipients that are strangers, as "path key".
local function strangers(t)
  local found <const> = {}
  for path, file in pairs(sealed_files(t.repo)) do
    for _, recipient in ipairs(file:recipients()) do
      if not t.approved[recipient.recipient] then
        found[path .. " " .. recipient.recipient] = true
      end
    end
  end
  return found
end

local function check_recipients(t, shown)
  for _, line in ipairs(assert(age.parse_key_file(assert(t.root:read_secret(KEYS))))) do
    t.approved[line.recipient or ""] = true -- the user's own, new ones too
  end
  for stranger in pairs(strangers(t)) do
    test.equal(t.planted[stranger], true, shown .. ": sealed for " .. stranger)
  end
  for path, file in pairs(sealed_files(t.repo)) do
    test.equal(file:unlock { t.mallory }, nil, shown .. ": the stranger opens " .. path)
  end
end

--- What was written must hold no private key, but where the command line names a file for one.
local function check_no_private(t, path, shown)
  local text <const> = path:match "^repo/" and path ~= "repo/public/key.txt" and t.root:exists(path)
    and t.root:stat(path).kind == "file" and t.root:read(path) or ""
  test.equal(text:find("AGE-SECRET-KEY-1", 1, true) or text:find("OPENSSH PRIVATE KEY", 1, true),
    nil, shown .. ": a private key is in " .. path)
end

local function words_of(command, yes)
  local words <const> = { "-C", "repo", stdin = command.stdin or "" }
  for word in command[1]:gmatch "%S+" do
    table.insert(words, word)
  end
  if yes then
    table.insert(words, 3, "-y")
  end
  return table.move(command, 2, #command, #words + 1, words)
end

local function run(t, command, yes)
  local words <const> = words_of(command, yes)
  words.env = { EDITOR = t:path "home/editor" }
  local shown <const> = table.concat(words, " ")
  local before <const> = t.state
  local result <const> = t:program(words)
  test.equal(result.timed_out or false, false, shown .. " does not end")
  test.equal(math.type(result.status), "integer", shown .. " is killed")
  test.equal(is_plain(result.stderr), true, shown .. ": " .. result.stderr)
  test.equal(command.shows or is_plain(result.stdout), true, shown .. ": " .. result.stdout)
  test.lacks(result.stderr, "a bug:")
  test.lacks(result.stderr, "[bug]")
  -- a planted name must not make a hint of its own
  test.equal(("\n" .. result.stderr):find("\nhint: `rm", 1, true), nil, shown)
  t.state = snapshot(t.root, ".", {})
  local changed <const> = differences(before, t.state)
  for _, path in ipairs(changed) do
    test.equal(may_change(path, command) and true, true, shown .. " changes " .. path)
    check_no_private(t, path, shown)
  end
  if #changed > 0 then
    check_recipients(t, shown)
  end
  return result
end

--- The sample, its recipients approved, its keys in the key file; and a stranger.
local function setup(t, machines)
  local made <const> = sample.below(t.root, { machines = machines })
  t.repo, t.identities = made.repo, made.identities
  t.mallory = assert(age.generate())
  t.stranger = t.mallory:recipient()
  t.approved = {}
  for _, identity in pairs(made.identities) do
    t.approved[identity.recipient] = true
  end
  t.approved[SOMEBODY] = true -- the user names this one
  t:write("outside/victim.txt", "of somebody else\n", tonumber("600", 8))
  t:write("home/mine.lua", "return 0\n")
  t:write("home/editor", "#!/bin/sh\necho '# more' >> \"$1\"\n", tonumber("700", 8))
  t:write("repo/secrets/notes/new.txt", "new\n")
  t:write("repo/public/here.txt", "\n")
  t:expect { "-C", "repo", "sync-keys", "-y", "-q" }
  t:expect { "-C", "repo", "update-keys", "--rewrap", "-y", "-q",
    env = { MOONLATCH_ACCEPT = "first-use" } }
end

local function edit(t, path, pattern, with)
  local text <const>, count <const> = t:read(path):gsub(pattern, with)
  test.equal(count > 0, true, path .. " has " .. pattern)
  t:write(path, text)
end

local function link(t, path, target)
  local folder <const> = path:match "^(.*)/"
  assert(t.root:exists(folder) or t.root:mkdir(folder, tonumber("755", 8)))
  assert(t.root:symlink(path, target))
end

local function replace_by(t, path, make)
  if t.root:exists(path) then
    assert(t.root:remove(path))
  end
  make(t:path(path))
end

local function fifo(t)
  return function(path)
    test.equal(t:run({ "mkfifo", path }).status, 0)
  end
end

--- All recipes on what an attack left.
local function try_all(t, attack)
  local listed <const> = json.parse(t:expect { "recipe", "list", "--json" }.stdout)
  local known <const> = {}
  for _, command in ipairs(RECIPES) do
    known[command[1]] = true
  end
  for _, row in ipairs(listed.recipes) do
    test.equal(known[row.recipe], true, row.recipe .. " is not tried on a hostile repository")
    known[row.recipe] = "here"
  end
  t.state = snapshot(t.root, ".", {})
  for _, command in ipairs(RECIPES) do
    if known[command[1]] == "here" and (command.first or not attack.few)
      and (not command.once or attack.first)
      and run(t, command, false).stderr:find("[consent]", 1, true) then
      run(t, command, true)
    end
  end
end

local ATTACKS <const> = {}

local function attack(name, plant, options)
  options = options or {}
  table.insert(ATTACKS, { name = name, plant = plant, machines = options.machines or false,
    few = options.few, first = #ATTACKS == 0 })
end

attack("a recipient of their own in rules, key files, links and sealed files", function(t)
  local owner <const> = t.identities["owner-user"].recipient
  edit(t, "repo/.sops.yaml", "keys:\n", "keys:\n  - &mallory " .. t.stranger .. "\n")
  edit(t, "repo/.sops.yaml", "(\n *%- )%*owner%-user", "%1*owner-user%1*mallory")
  edit(t, "repo/.sops.yaml", "(\n *%- )%*ben%-user", "%1*ben-user%1" .. t.stranger)
  edit(t, "repo/sops/users/ben/key.json", "%]%s*$", (',{"publickey":%q,"type":"age"}]')
    :format(t.stranger))
  t:write("repo/sops/users/mallory/key.json", ('[{"publickey":%q,"type":"age"}]')
    :format(t.stranger))
  link(t, "repo/sops/secrets/dns-token/users/mallory", "../../../users/mallory")
  -- a stanza that claims to be theirs: the bytes of somebody else's
  local stanza <const> = t:read("repo/secrets/test.yaml"):match("( +%- recipient: " .. owner
    .. "\n.-END AGE ENCRYPTED FILE%-%-%-%-%-\n)") or t:read("repo/secrets/test.yaml")
      :match "( +%- enc: |\n.-\n +recipient: [^\n]*\n)"
  local theirs <const> = stanza:gsub("age1%w+", t.stranger)
  edit(t, "repo/secrets/test.yaml", " +age:\n", function(head) return head .. theirs end)
  test.equal(next(strangers(t)) ~= nil, true)
end, { machines = true })

attack("names that act on a terminal or a shell", function(t)
  t:write("repo/secrets/notes/" .. ODD .. ".txt", "in clear\n")
  t:write("repo/secrets/hosts/" .. ODD .. ".yaml", "broken: [\nsops:\n  mac: x\n  version: y\n")
  t:write("repo/secrets/hosts/z.yaml", ("sops:\n  mac: x\n  version: y\n  age:\n    - recipient: "
    .. "%s\n      enc: x\n"):format(json.format(ODD_TEXT)))
  t:write("repo/sops/users/" .. ODD .. "/key.json", ('[{"publickey":%q,"type":"age"}]')
    :format(t.stranger))
  t:write("repo/sops/users/b" .. ODD .. "/key.json", "[\27\n")
  link(t, "repo/sops/users/c/" .. ODD, "../../../../" .. ODD)
  t:write("repo/moonlatch/recipes/" .. ODD .. ".lua", "return {}\n")
  edit(t, "repo/moonlatch.lua", "identities = {", function(head)
    return head .. (" [%q] = { kind = 'user', vault = %q, login = { %q } },"):format(ODD, ODD,
      host.user().name)
  end)
  t:write("vault/sops-" .. ODD .. "-ssh", "no key\27[31m\n", tonumber("600", 8))
end)

attack("a rule for a key with an odd name", function(t)
  edit(t, "repo/.sops.yaml", "creation_rules:\n", function(head)
    return head .. '  - path_regex: "odd\\e[31m\\u202e"\n'
      .. '    age: "x\\e[31m\\nhint: `rm`\\u202e"\n'
  end)
end, { few = true })

attack("a site file that names odd fields", function(t)
  t:write("repo/moonlatch.lua", ("return { [%q] = 1 }\n"):format(ODD))
end, { few = true })

attack("links out of the repository and in circles", function(t)
  t.root:remove "repo/public/here.txt"
  t.root:remove "repo/public"
  link(t, "repo/public", "../outside")
  link(t, "repo/admin/x", "../admin")
  t.root:remove "repo/secrets/notes/new.txt"
  link(t, "repo/secrets/notes/new.txt", "../../../outside/victim.txt")
  link(t, "repo/secrets/out", "../../outside")
  link(t, "repo/secrets/root", "/")
  link(t, "repo/secrets/a.yaml", "b.yaml")
  link(t, "repo/secrets/b.yaml", "a.yaml")
  link(t, "repo/sops/users/mallory/key.json", "/etc/passwd")
  link(t, "repo/sops/users/outside", "../../../outside")
  link(t, "repo/moonlatch", "..")
  t.root:remove "repo/deploy/values.yaml"
  link(t, "repo/deploy/values.yaml", "/dev/zero")
end)

attack("a folder of recipes that is a link", function(t)
  link(t, "repo/moonlatch/recipes", "/")
  link(t, "repo/moonlatch/tests", "../../home")
end)

attack("files that look like ours", function(t)
  for _, name in ipairs { ".shared.yaml.ml-0123456789abcdef", ".sops.yaml.ml-0123456789abcdef" } do
    t:write("repo/" .. name, "planted\n")
    t:write("repo/secrets/" .. name, t.repo:read "secrets/shared.yaml")
  end
  local folder <const> = ".local/state/moonlatch/"
  for _, path in ipairs { "repo/" .. folder, "repo/moonlatch/", "repo/" } do
    t:write(path .. "tx/0123456789abcdef/journal", '{"version":1,"state":"commit"}')
    t:write(path .. "pins/" .. ("0"):rep(64) .. ".json", ('{"pins":{%q:{}},"reviewed":true}')
      :format(t.stranger))
    t:write(path .. "trust/x.json", '{"digest":"x","version":1}')
  end
end)

attack("code where ours looks for it", function(t)
  local code <const> = ('require("moonlatch.fs").root(%q):write("outside/marker", "x")\n')
    :format(t.folder)
  for _, name in ipairs { "validate", "status", "get", "help", "recipe/list", "as", "trust",
    "rotate", "mallory", "completion" } do
    t:write(("repo/moonlatch/recipes/%s.lua"):format(name), code .. "return {}\n")
  end
  for _, path in ipairs { "generators/x.lua", "hooks/commit.lua", "tests/test_x.lua",
    "init.lua" } do
    t:write("repo/moonlatch/" .. path, code)
  end
  t:write("repo/lua/moonlatch/fs.lua", code)
  t:write("repo/recipes/get.lua", code)
  t:write("repo/test_x.lua", code)
end)

attack("narrowed selectors", function(t)
  edit(t, "repo/secrets/shared.yaml", "\n( +)lastmodified:", "\n%1encrypted_regex: ^nothing$\n"
    .. "%1lastmodified:")
  edit(t, "repo/secrets/test.yaml", "\n( +)lastmodified:", "\n%1unencrypted_regex: .*\n"
    .. "%1lastmodified:")
  edit(t, "repo/.sops.yaml", "(path_regex: [^\n]*)", "%1\n    encrypted_regex: ^nothing$")
end)

local BOMB <const> = (function()
  local lines <const> = { "a0: &a0 [x, x, x, x, x, x, x, x, x]" }
  for i = 1, 9 do
    local alias <const> = ("*a%d, "):format(i - 1)
    lines[i + 1] = ("a%d: &a%d [%s]"):format(i, i, alias:rep(9):sub(1, -3))
  end
  return table.concat(lines, "\n") .. "\n"
end)()

attack("bombs in files", function(t)
  local text <const> = t:read "repo/secrets/test.yaml"
  local metadata <const> = text:match "\nsops:\n.*"
  t:write("repo/secrets/bomb.yaml", BOMB .. metadata)
  t:write("repo/secrets/deep.yaml", ("["):rep(100000))
  t:write("repo/secrets/deeper.yaml", ("- "):rep(5000) .. "x" .. metadata)
  t:write("repo/secrets/deep.json", ('{"sops":{"mac":"x","version":"y"},"a":'
    .. ("["):rep(100000)))
  t:write("repo/sops/users/mallory/key.json", ("["):rep(100000))
  t:write("repo/sops/users/many/key.json", "[" .. ('{"publickey":"x","type":"age"},'):rep(3000)
    .. '{"publickey":"x","type":"age"}]')
  t:write("repo/deploy/values.yaml", BOMB)
  test.equal(t:run({ "truncate", "-s", "1T", t:path "repo/secrets/huge.yaml" }).status, 0)
end)

attack("bombs in .sops.yaml", function(t)
  edit(t, "repo/.sops.yaml", "^", BOMB)
end, { few = true })

attack("a .sops.yaml of brackets", function(t)
  t:write("repo/.sops.yaml", "creation_rules: " .. ("["):rep(200000))
end, { few = true })

attack("patterns that take for ever", function(t)
  for name, pattern in pairs { nested = "(((a*)*)*)*b", wide = "(x+x+)+y$",
    big = "(a{1000}){1000}" } do
    edit(t, "repo/.sops.yaml", "creation_rules:\n", ("%%0  # %s\n  - path_regex: '%s'\n"
      .. "    age: %s\n"):format(name, pattern, t.identities.dev.recipient))
  end
  t:write("repo/secrets/" .. ("a"):rep(200), "x\n")
  t:write("repo/secrets/" .. ("x"):rep(200), "x\n")
end)

attack("recipients with much white space within", function(t)
  local wide <const> = "x" .. (" "):rep(1000000) .. "y"
  edit(t, "repo/.sops.yaml", "creation_rules:\n", function(head)
    return ('%s  - path_regex: zz\n    age: "%s,%s"\n'):format(head, wide, wide)
  end)
  t:write("vault/sops-wide-ssh.pub", wide)
  t:write("vault/sops-wide-ssh", wide, tonumber("600", 8))
end, { few = true })

attack("anchors and keys by the thousand", function(t)
  local anchors <const>, keys <const> = {}, {}
  for i = 1, 8000 do
    anchors[i], keys[i] = ("  - &a%d age1q%d\n"):format(i, i), "age1q" .. i
  end
  t:write("repo/.sops.yaml", ("keys:\n%screation_rules:\n  - path_regex: a\n    age: %s\n")
    :format(table.concat(anchors), table.concat(keys, ",")))
end, { few = true })

attack("a pattern of a megabyte", function(t)
  edit(t, "repo/.sops.yaml", "creation_rules:\n", "%0  - path_regex: '" .. ("a|"):rep(500000)
    .. "'\n    age: " .. t.identities.dev.recipient .. "\n")
end, { few = true })

local PROGRAMS <const> = {
  ["is a loop"] = "while true do end",
  ["compares long strings"] = "local a = 'x' for _ = 1, 21 do a = a .. a end local b = a .. 'y' "
    .. "for _ = 1, 1e9 do local _ = a < b end",
  ["joins long strings"] = "local a = 'x' for _ = 1, 20 do a = a .. a end "
    .. "for _ = 1, 1e9 do local _ = a .. a end",
  ["takes memory"] = "local t = {} while true do t[#t + 1] = { t } end",
  ["asks for a gigabyte"] = "return { keyfile = ('x'):rep(1e9) }",
  ["calls itself"] = "local function f() return 1 + f() end return f()",
  ["holds itself"] = "local t = {} t.vault = t return t",
  ["holds a function"] = "return { keyfile = function() end }",
  ["is nested"] = "return " .. ("{"):rep(100000),
}
for name, program in pairs(PROGRAMS) do
  attack("a site file that " .. name, function(t)
    t:write("repo/moonlatch.lua", program .. "\n")
  end, { few = true })
end

for _, name in ipairs { ".sops.yaml", "moonlatch.lua", "sops/users/ben/key.json",
  "secrets/shared.yaml", "moonlatch/recipes/x.lua" } do
  attack(name .. " is a pipe that nobody writes to", function(t)
    t:write("repo/" .. name, "x") -- with the folders above it
    replace_by(t, "repo/" .. name, fifo(t))
  end, { few = true })
  attack(name .. " is a link out of the repository", function(t)
    t:write("repo/" .. name, "x")
    t.root:remove("repo/" .. name)
    link(t, "repo/" .. name, t:path "outside/victim.txt")
  end, { few = true })
end

for _, name in ipairs { ".sops.yaml", "moonlatch.lua" } do
  attack(name .. " that others can write", function(t)
    t:write("repo/" .. name, t:read("repo/" .. name), tonumber("666", 8))
  end, { few = true })
end

attack("a vault inside the repository", function(t)
  local key <const> = assert(ssh.generate())
  t:write("repo/vault-here/sops-ben-user-ssh", key:text(), tonumber("600", 8))
  edit(t, "repo/moonlatch.lua", 'path = "[^"]*"', 'path = "vault-here"')
end)

attack("a key file elsewhere, and nothing looked at", function(t)
  edit(t, "repo/moonlatch.lua", "version = 1,", ("version = 1, keyfile = %q, ignore = { '**' },")
    :format(t:path "outside/keys.txt"))
end)

attack("a repository in the repository, with rules of its own", function(t)
  t:write("repo/secrets/.git/config", "[core]\n")
  t:write("repo/secrets/.sops.yaml", ("creation_rules:\n  - age: %s\n"):format(t.stranger))
  t:write("repo/secrets/notes/.sops.yaml", ("creation_rules:\n  - path_regex: txt$\n    age: %s\n")
    :format(t.stranger))
end)

test.it("has no second first use in a folder of the repository", function(t)
  setup(t)
  t.root:remove "repo/moonlatch.lua"
  t:write("repo/.git/config", "[core]\n")
  local env <const> = { MOONLATCH_ACCEPT = "first-use" }
  t:expect { "-C", "repo", "update-keys", "--rewrap", "-y", "-q", env = env }
  t:write("repo/new/.sops.yaml", ("creation_rules:\n  - path_regex: txt$\n    age: %s\n")
    :format(t.stranger))
  t:write("repo/new/a.txt", "in clear\n")
  local refused <const> = t:expect({ "-C", "repo/new", "encrypt", "-i", "a.txt", env = env }, 1)
  test.contains(refused.stderr, "[approval]")
  test.equal(t:read "repo/new/a.txt", "in clear\n")
end)

test.it("lets no repository name a vault in a repository, or one open to others", function(t)
  setup(t)
  local before <const> = t:read "repo/moonlatch.lua"
  for _, case in ipairs { { "repo/vault", "700" }, { "other/vault", "700", git = "other/.git" },
    { "shared", "755" } } do
    t.root:mkdir(case[1], tonumber(case[2], 8))
    if case.git then
      t.root:mkdir(case.git, tonumber("700", 8))
    end
    local key <const> = assert(ssh.generate())
    t:write(case[1] .. "/sops-dev-ssh", key:text(), tonumber("600", 8))
    t:write("repo/moonlatch.lua", (before:gsub('path = "[^"]*"', ("path = %q")
      :format(t:path(case[1])))))
    for _, words in ipairs { { "sync-keys", "-y" }, { "bootstrap", "dev", "-y" },
      { "rotate", "owner-user", "--generate", "-y" } } do
      t:expect({ "-C", "repo", table.unpack(words) }, 2)
    end
    test.equal(t.root:list(case[1]), { "sops-dev-ssh" })
    -- the user's own environment decides
    t:expect({ "-C", "repo", "extract-keys", env = { MOONLATCH_VAULT_PATH = t:path(case[1]) } },
      1)
  end
end)

test.it("runs no test of a site that was not trusted", function(t)
  setup(t)
  t:write("repo/moonlatch/tests/test_x.lua", ('require("moonlatch.fs").root(%q):write("outside/'
    .. 'marker", "x")\n'):format(t.folder))
  for _, path in ipairs { "moonlatch/tests", ".", "moonlatch/tests/test_x.lua" } do
    test.contains(t:expect({ "-C", "repo", "test", path }, 2).stderr, "moonlatch trust")
  end
  test.equal(t.root:exists "outside/marker", false)
end)

test.it("writes through no link that leads out of the repository", function(t)
  setup(t)
  t:write("outside/clear.txt", "mine\n")
  link(t, "repo/out.yaml", "../outside/victim.txt")
  link(t, "repo/away", "../outside")
  local before <const> = snapshot(t.root, "outside", {})
  for _, words in ipairs { { "decrypt", "secrets/test.yaml", "-o", "out.yaml" },
    { "decrypt", "secrets/test.yaml", "-o", t:path "repo/away/new.yaml" },
    { "encrypt", "-i", "-a", t.identities.dev.recipient, "away/clear.txt" },
    { "keygen", "-o", "away/key.txt" } } do
    test.contains(t:expect({ "-C", "repo", table.unpack(words) }, 2).stderr, "name the file itself")
  end
  test.equal(snapshot(t.root, "outside", {}), before)
end)

for _, planned in ipairs(ATTACKS) do
  test.it("withstands " .. planned.name, function(t)
    setup(t, planned.machines)
    planned.plant(t)
    t.planted = strangers(t)
    try_all(t, planned)
    test.equal(fs.root(t.folder):exists "outside/marker", false)
  end)
end
