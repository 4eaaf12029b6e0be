-- Whatever is malformed ends in one clear message, with path and line where it has one and with a
-- hint where there is a next step; nothing is written, and no value is shown.

local json <const> = require "moonlatch.json"
local ssh  <const> = require "moonlatch.ssh"
local test <const> = require "moonlatch.test"

local SECRET <const> = "hunter2-of-nobody"

local FILE <const> = "# notes\nname: " .. SECRET .. "\nlist:\n- " .. SECRET .. "\n"

--- A repository with one sealed file, a site file, a clan user and a vault.
local function setup(t)
  t:expect { "keygen", "-q", "-o", "home/.config/sops/age/keys.txt" }
  t.key = t:expect { "keygen", "--public", "home/.config/sops/age/keys.txt" }.stdout:sub(1, -2)
  t:write("vault/sops-me-ssh", assert(ssh.generate()):text(), tonumber("600", 8))
  t:write("repo/moonlatch.lua", ("return { vault = { provider = 'directory', path = %q },\n"
    .. "  identities = { me = { keyfile = 'always' } } }\n"):format(t:path "vault"))
  t:write("repo/.sops.yaml", ("keys:\n  - &me %s\ncreation_rules:\n  - path_regex: secrets/.*\n"
    .. "    age: *me\n"):format(t.key))
  t:write("repo/sops/users/me/key.json", ('[{"publickey":"%s","type":"age"}]\n'):format(t.key))
  t:write("repo/secrets/a.yaml", FILE)
  t:expect { "-C", "repo", "encrypt", "-i", "secrets/a.yaml", env = { MOONLATCH_ACCEPT =
    "first-use" } }
  t.sealed, t.rules = t:read "repo/secrets/a.yaml", t:read "repo/.sops.yaml"
  test.lacks(t.sealed, SECRET)
end

--- A row: what is wrong and where; the command; its status; parts of its message.
---   files = { [path] = text or function(t) -> text }, mode = of these, stdin =
---   code = of the message; at = "path:line"; says = a part; hint = true where one must be given
---   finds = true: a check, which lists what it finds instead of failing
local ROWS <const> = {}

local function row(what, command, expected)
  expected.what, expected.command = what, command
  table.insert(ROWS, expected)
end

local function sealed_with(pattern, replacement)
  return function(t)
    local text <const>, count <const> = t.sealed:gsub(pattern, replacement, 1)
    test.equal(count, 1, pattern)
    return text
  end
end

local function rules_with(text)
  return function(t)
    return t.rules .. text:gsub("@", t.key)
  end
end

local A <const> = "secrets/a.yaml"
local KEY <const> = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
local DECRYPT <const> = { "decrypt", A }
local RULES <const> = ".sops.yaml"

-- the command line
row("an unknown recipe", { "decrpt", A }, { status = 3, code = "usage", says = "decrpt",
  hint = true })
row("an unknown option", { "decrypt", "--frmat", "json", A }, { status = 3, code = "usage",
  says = "--frmat", hint = true })
row("a missing operand", { "get", A }, { status = 3, code = "usage", says = "PATH", hint = true })
row("an operand too many", { "get", A, "name", "x" }, { status = 3, code = "usage", hint = true })
row("an option without its value", { "encrypt", A, "-o" }, { status = 3, code = "usage",
  hint = true })
row("a value for a flag", { "decrypt", "--in-place=yes", A }, { status = 3, code = "usage" })
row("a choice that is none", { "decrypt", "--format", "xml", A }, { status = 3, code = "usage",
  says = "xml", hint = true })
row("two options that exclude each other", { "decrypt", "-i", "-o", "x", A }, { status = 3,
  code = "usage" })
row("a value on the command line", { "set", A, "name", SECRET }, { status = 3, code = "usage",
  hint = true })
row("a value from two places", { "set", A, "name", "-", "--from", A }, { status = 3,
  code = "usage" })
row("a folder for -C that is a file", { "-C", "nowhere", "status" }, { status = 3, code = "usage",
  says = "-C" })
row("a site file that is not there", { "--site", "nowhere.lua", "status" }, { status = 2,
  code = "missing", says = "nowhere.lua" })
row("--site with --no-site", { "--site", "moonlatch.lua", "--no-site", "status" }, { status = 3,
  code = "usage" })
row("a recipe nobody can show", { "recipe", "show", "nothing" }, { status = 3, code = "usage" })
row("a recipe that cannot be replaced", { "recipe", "eject", "trust" }, { status = 2,
  code = "conflict", hint = true })
row("a code nobody knows", { "help", "catch-al" }, { status = 3, code = "usage" })
row("a shell nobody knows", { "completion", "fsh" }, { status = 3, code = "usage", hint = true })
row("a program without a face", { "as", "gpg" }, { status = 3, code = "usage" })
row("a file for rotate", { "rotate", A }, { status = 3, code = "usage", hint = true })
row("a rule that is not there", { "recipient", "add", "me", "--rule", "7" }, { status = 3,
  code = "usage", says = "7", hint = true })
row("a number that is none", { "recipient", "add", "me", "--rule", "one" }, { status = 3,
  code = "usage", hint = true })
row("no rule at all", { "recipient", "add", "me" }, { status = 3, code = "usage", hint = true })
row("no file for renew", { "renew" }, { status = 3, code = "usage", hint = true })
row("files and --all", { "renew", "--all", A }, { status = 3, code = "usage" })
row("nobody for a key group", { "groups", "add", A }, { status = 3, code = "usage", hint = true })
row("a key of no kind for a key group", { "groups", "add", A, "-a", "bob" }, { status = 2,
  code = "format" })
row("the only key group", { "groups", "remove", A, "1" }, { status = 2, code = "conflict" })
row("a key group that is not there", { "groups", "remove", A, "2" }, { status = 3, code = "usage",
  hint = true })
row("a threshold for one key group", { "groups", "threshold", A, "2" }, { status = 2,
  code = "conflict", hint = true })
row("a threshold of nothing", { "groups", "add", A, "--threshold", "1", "-a", KEY }, { status = 3,
  code = "usage", hint = true })
row("groups of a file that is not there", { "groups", "list", "secrets/none.yaml" }, { status = 2,
  code = "missing", says = "secrets/none.yaml" })
row("a group that is no number", { "recipient", "add", "me", "--rule", "1", "--group", "x" },
  { status = 3, code = "usage", hint = true })
row("trust and distrust", { "trust", "--check", "--revoke" }, { status = 3, code = "usage" })
row("no test", { "test", "secrets" }, { status = 2, code = "missing", hint = true })

row("a folder to edit", { "edit", "secrets" }, { status = 3, code = "argument", says = "secrets" })
row("standard input to edit", { "edit", "-" }, { status = 3, code = "usage" })
row("a file in clear to edit", { "edit", "secrets/b.yaml" }, { status = 2, code = "format",
  files = { ["secrets/b.yaml"] = FILE }, says = "secrets/b.yaml", hint = true })
row("a new file without a rule", { "new", "other.txt" }, { status = 2, code = "missing",
  hint = true })
row("a new file that is there", { "new", A }, { status = 2, code = "exists", says = A,
  hint = true })
row("a new file from one that is not there", { "new", "secrets/n.yaml", "--from", "none" },
  { status = 2, code = "missing", says = "none" })
row("a command without a command", { "exec", A }, { status = 3, code = "usage", says = "--",
  hint = true })
row("a command for no file", { "exec", "--", "true" }, { status = 3, code = "usage", says = "FILE",
  hint = true })
row("a command for a file that is not there", { "exec", "secrets/n.yaml", "--", "true" },
  { status = 2, code = "missing", says = "secrets/n.yaml" })
row("values that fit no variable", { "exec", A, "--", "true" }, { status = 2, code = "format",
  says = "'list'", hint = true })

-- files and their paths
row("a file that is not there", { "decrypt", "secrets/none.yaml" }, { status = 2, code = "missing",
  says = "secrets/none.yaml" })
row("a folder for a file", { "decrypt", "secrets" }, { status = 2, says = "secrets" })
row("a file in clear", { "decrypt", "secrets/b.yaml" }, { status = 2, code = "format",
  files = { ["secrets/b.yaml"] = FILE }, says = "secrets/b.yaml", hint = true })
row("a sealed file to seal", { "encrypt", A }, { status = 2, code = "conflict", hint = true })
row("a path without a rule", { "encrypt", "other.txt" }, { status = 2, code = "missing",
  files = { ["other.txt"] = SECRET }, hint = true })
row("recipients for a file that has some", { "encrypt", "--onto", A, "-a", "age1x", "new.yaml" },
  { status = 3, code = "usage", files = { ["new.yaml"] = FILE }, hint = true })
row("a file in clear to seal onto", { "encrypt", "--onto", "new.yaml", "new.yaml" },
  { status = 2, code = "format", files = { ["new.yaml"] = FILE }, at = "new.yaml", hint = true })
row("standard input without a path", { "encrypt", "-" }, { status = 3, code = "usage",
  stdin = SECRET, hint = true })
row("a value that is not there", { "get", A, "nme" }, { status = 2, code = "missing",
  says = "nme" })
row("a path that is none", { "get", A, '["name' }, { status = 3, code = "argument" })
row("a tilde that means nothing", { "get", A, "a~x" }, { status = 3, code = "argument",
  hint = true })
row("an index behind the end", { "get", A, "list/9" }, { status = 2, code = "missing" })
row("a value to remove that is not there", { "unset", A, "nme" }, { status = 2, code = "missing" })
row("a value that is no number", { "set", A, "name", "--type", "int", "-" }, { status = 3,
  code = "argument", stdin = SECRET })
row("a value that is no JSON", { "set", A, "name", "--type", "json", "-" }, { status = 2,
  code = "format", stdin = '{"a": ' .. SECRET })
row("a file outside the site", { "renew", "../home/mine.lua" }, { status = 2,
  files = { ["../home/mine.lua"] = "return 1" }, hint = true })
row("a key of more bits than there are", { "keygen", "--ssh", "--type", "rsa",
  "--bits=99999999999" }, { status = 3, code = "usage", says = "16384" })
row("a host key of a size in hexadecimal", { "host-key", "generate", "--type", "rsa", "--bits",
  "0x1000", "key" }, { status = 3, code = "usage", says = "16384" })
row("two kinds of a key", { "keygen", "--ssh", "--pq" }, { status = 3, code = "usage",
  says = "post-quantum" })
row("a key over a file", { "keygen", "-o", A }, { status = 2, code = "exists", says = A })
row("a name that nothing has", { "list", "nme" }, { status = 2, code = "missing", says = "nme",
  hint = true })
row("a pattern that is none", { "list", "n[me" }, { status = 2, code = "format", hint = true })
row("a conversion of two files", { "diff", "--textconv", A, A }, { status = 3, code = "usage" })
row("two files in clear to compare", { "diff", "new.yaml", ".sops.yaml" }, { status = 2,
  code = "format", files = { ["new.yaml"] = FILE }, at = "new.yaml", hint = true })
row("two versions for a merge", { "merge", "--driver", A, A }, { status = 3, code = "usage" })
row("a choice without a file", { "merge", "--theirs", "name" }, { status = 3, code = "usage" })
row("a merge of what is sealed on one side", { "merge", "--driver", A, A, "new.yaml", A },
  { status = 2, code = "conflict", files = { ["new.yaml"] = FILE }, at = A, hint = true })
row("a merge of what does not open", { "merge", "--driver", A, "new.yaml", A, A }, { status = 2,
  code = "format", at = A, files = { ["new.yaml"] = function(t)
    return t.sealed:gsub("lastmodified: [^\n]*", "lastmodified: never")
  end } })
row("a value that is lost", { "repair", "--ignore-mac", A }, { status = 2, code = "auth",
  files = { [A] = sealed_with("name: ENC%[AES256_GCM,data:", "%0AAAA") },
  at = A .. ":2", hint = true })
row("a file in clear to repair", { "repair", A }, { status = 2, code = "format", at = A,
  files = { [A] = FILE }, hint = true })
row("conflicts, without git", { "merge" }, { status = 2, code = "missing" })
row("an old version, without git", { "diff", A }, { status = 2, code = "missing" })
row("git's settings, without git", { "init", "--git" }, { status = 2, code = "missing" })
row("a staged file by name", { "verify", "--staged", A }, { status = 3, code = "usage" })
row("nothing staged, without git", { "verify", "--staged" }, { status = 2, code = "missing" })
row("a sealed file in clear", { "verify", A }, { status = 1, code = "clear-file", finds = true,
  files = { [A] = FILE }, at = A, hint = true })
row("a file in clear that does not open", { "why", A }, { status = 1, code = "clear-file",
  finds = true, files = { [A] = FILE }, at = A, hint = true })
row("nobody to ask for", { "who" }, { status = 3, code = "usage" })
row("an identity that opens nothing", { "who", "--identity", "mee" }, { status = 2,
  code = "missing", says = "mee", hint = true })

-- documents to seal
local function document(what, text, expected)
  expected.files = { ["secrets/b.yaml"] = text }
  expected.status, expected.code = 2, expected.code or "format"
  row(what, { "encrypt", "-i", "secrets/b.yaml" }, expected)
end
document("an open bracket", "a: [" .. SECRET .. "\n", { at = "secrets/b.yaml:" })
document("a duplicate key", "a: 1\nb: 2\na: " .. SECRET .. "\n", { at = "secrets/b.yaml:3" })
document("an undefined alias", "a: 1\nb: *none\n", { at = "secrets/b.yaml:2" })
document("an alias of itself", "a: &a [ *a ]\n", { at = "secrets/b.yaml:1" })
document("a tab for indentation", "a:\n\tb: " .. SECRET .. "\n", { at = "secrets/b.yaml:2" })
document("bytes that are not UTF-8", "a: \xff" .. SECRET .. "\n", { at = "secrets/b.yaml:1" })
document("a list as the root", "- " .. SECRET .. "\n", { at = "secrets/b.yaml:1", hint = true })
document("brackets without end", ("["):rep(5000), { code = "limit", at = "secrets/b.yaml:" })
document("a number that would be rounded", "a: 12345678901234567890\n", { at = "secrets/b.yaml:1",
  hint = true })
document("nothing", "", {})
row("malformed JSON", { "encrypt", "-i", "secrets/b.json" }, { status = 2, code = "format",
  files = { ["secrets/b.json"] = '{"a": "' .. SECRET .. '",\n' }, at = "secrets/b.json:" })
row("a duplicate name in JSON", { "encrypt", "-i", "secrets/b.json" }, { status = 2,
  files = { ["secrets/b.json"] = '{"a": 1,\n"a": "' .. SECRET .. '"}\n' }, code = "format",
  at = "secrets/b.json:2" })

-- sealed files that are broken
local function broken(what, pattern, replacement, expected)
  expected.files = { [A] = sealed_with(pattern, replacement) }
  expected.status, expected.says = 2, expected.says or A
  row(what, DECRYPT, expected)
end
broken("no MAC", "\n +mac: [^\n]*", "", {})
broken("a MAC of another file", "mac: ENC%[AES256_GCM,data:", "%0AAAA", {})
broken("a MAC that is none", "mac: ENC[^\n]*", "mac: none", {})
broken("no recipient at all", "\n +age:\n.-(\n +lastmodified)", "\n    age: []%1", {})
broken("an armor that is cut", "%-+END AGE[^\n]*\n", "", {})
broken("a date that is none", "lastmodified: [^\n]*", "lastmodified: yesterday", {})
broken("a value that was changed", "name: ENC%[AES256_GCM,data:", "%0AAAA",
  { code = "auth", at = A .. ":2" })
broken("a value without its tag", "(name: ENC[^\n]-),tag:[^,]*", "%1", { at = A .. ":2" })
broken("a value of an unknown type", "type:str", "type:blob", { at = A .. ":2" })
broken("a value in clear among sealed ones", "name: [^\n]*", "name: x",
  { code = "format", at = A .. ":2" })
broken("a pattern of selection that Go refuses", "(\n +)lastmodified",
  "%1encrypted_regex: '(?=a)'%1lastmodified", {})
broken("two ways of selection", "(\n +)lastmodified",
  "%1encrypted_regex: a%1encrypted_suffix: b%1lastmodified", {})

-- .sops.yaml
local function rules(what, text, expected)
  expected.files = { [RULES] = text, ["secrets/b.yaml"] = FILE }
  expected.status = 2
  row(what, expected.command or { "encrypt", "secrets/b.yaml" }, expected)
end
rules("rules that are no YAML", "creation_rules: [\n", { code = "format", at = RULES .. ":" })
rules("rules that are a list", "- a\n", { code = "format", at = RULES .. ":1" })
rules("rules that are a word", "creation_rules: x\n", { code = "format", at = RULES .. ":1" })
rules("an alias that is not defined", "creation_rules:\n  - age: *none\n", { at = RULES .. ":2" })
rules("a pattern with a look-ahead", "creation_rules:\n  - path_regex: (?=a)\n    age: x\n",
  { code = "format", at = RULES .. ":2" })
rules("an open group in a pattern", "creation_rules:\n  - path_regex: (a\n    age: x\n",
  { code = "format", at = RULES .. ":2" })
rules("a recipient that is no key", "creation_rules:\n  - path_regex: b.yaml\n    age: age1x\n",
  { at = RULES .. ":3" })
rules("a recipient with a wrong letter", function(t)
  return ("creation_rules:\n  - path_regex: b.yaml\n    age: %s\n"):format((t.key:gsub(".$",
    function(c) return c == "q" and "p" or "q" end)))
end, { at = RULES .. ":3" })
rules("a private key for a recipient", function(t)
  return "creation_rules:\n  - path_regex: b.yaml\n    age: "
    .. t:read("home/.config/sops/age/keys.txt"):match "AGE%-SECRET[%w-]+" .. "\n"
end, { at = RULES .. ":3" })
rules("a map for a recipient", "creation_rules:\n  - path_regex: b.yaml\n    age: { a: b }\n",
  { code = "format", at = RULES .. ":3" })
rules("a rule without a recipient", "creation_rules:\n  - path_regex: b.yaml\n", {})
rules("a key group for several", rules_with "", { command = { "recipient", "remove", "me",
  "--rule", "1" }, code = "conflict", at = RULES .. ":5" })
rules("rules that others can write", rules_with "", { mode = 438, code = "permission",
  hint = true })

-- moonlatch.lua
local function site(what, text, expected)
  expected.files = { ["moonlatch.lua"] = text }
  expected.status, expected.code, expected.at = 2, "site", "moonlatch.lua"
  row(what, { "status" }, expected)
end
site("a site file that is no Lua", "return {\n  a = \n}\n", { hint = true })
site("a site file of code", "return os.getenv 'HOME'\n", { hint = true })
site("a site file that returns nothing", "", {})
site("a field nobody knows", "return { identites = {} }\n", { says = "identites", hint = true })
site("a field of the wrong type", "return { ignore = 'x' }\n", { says = "ignore" })
site("a vault nobody knows", "return { vault = { provider = 'pass' } }\n", { says = "pass" })
site("one clan user of two", "return { identities = { a = { clan_users = { 'x' } }, "
  .. "b = { clan_users = { 'x' } } } }\n", { says = "'x'" })
site("a version to come", "return { version = 2 }\n", { says = "version" })

-- age files
row("an age file that is none", { "age", "decrypt", A }, { status = 2, code = "format", says = A,
  hint = true })
row("an age file that ends early", { "age", "inspect", "cut.age" }, { status = 2, code = "format",
  files = { ["cut.age"] = "age-encryption.org/v1\n-> X255" }, at = "cut.age:2" })
row("an age file for somebody else", { "age", "decrypt", "other.age" }, { status = 2, code = "key",
  files = { ["other.age"] = function(t)
    t:write("home/in", SECRET)
    t:expect { "age", "encrypt", "home/in", "-a", KEY, "-o", "home/other.age" }
    return t:read "home/other.age"
  end }, says = "other.age", hint = true, more = true })
row("nobody to seal for", { "age", "encrypt", A }, { status = 3, code = "usage", hint = true })
row("a passphrase and a key", { "age", "encrypt", "-p", "-a", KEY, A }, { status = 3,
  code = "usage" })
row("a recipient that is none", { "age", "encrypt", "--armor", "-a", "age1x", A }, { status = 2,
  code = "format" })
row("a private key for a public one", { "age", "encrypt", "--armor", "-a",
  "AGE-SECRET-KEY-1" .. ("Q"):rep(58), A }, { status = 3, code = "argument", hint = true })
row("a file of recipients with a line that is none",
  { "age", "encrypt", "--armor", "--recipients-file", "team.txt", A }, { status = 2,
    files = { ["team.txt"] = KEY .. "\n" .. SECRET .. "\n" }, code = "format",
    at = "team.txt:2" })
row("a descriptor that is not there", { "age", "encrypt", "-p", "--armor", "--passphrase-fd", "77",
  A }, { status = 2, code = "missing", says = "77" })

-- keys
row("a key file that is none", { "keygen", "--public", "bad.txt" }, { status = 2, code = "format",
  files = { ["bad.txt"] = SECRET .. "\n" }, at = "bad.txt:1" })
row("a key file without a key", { "keygen", "--public", "bad.txt" }, { status = 2,
  files = { ["bad.txt"] = "# nothing\n" }, code = "missing", says = "bad.txt" })
row("a private key with a wrong letter", { "keygen", "--public", "bad.txt" }, { status = 2,
  files = { ["bad.txt"] = "AGE-SECRET-KEY-1" .. ("Q"):rep(58) .. "\n" },
  code = "format", at = "bad.txt:1" })
row("a key pair over a file", { "host-key", "generate", A }, { status = 2, code = "exists",
  says = A })
row("a key of a host that is none", { "host-key", "show", "bad.txt" }, { status = 2,
  code = "format", files = { ["bad.txt"] = SECRET } })
row("a certificate without a name", { "host-key", "sign", "--ca", "bad.txt", "key" },
  { status = 3, code = "usage", hint = true })
row("a key of no host", { "host-key", "install", "bad.txt" }, { status = 3, code = "usage",
  hint = true })
row("a key of another host", { "host-key", "install", "--host", "no-such-host", "bad.txt" },
  { status = 2, code = "conflict", says = "no-such-host", hint = true })
local HOST <const> = { "host-key", "sign", "--name", "h", "host" }
local HOST_LINE <const> = "ssh-ed25519 "
  .. "AAAAC3NzaC1lZDI1NTE5AAAAII+FSxzRr7k7wdPW6nnSkdvQPvOb2sv2nDpQxjEc4tKh\n"
local function certificate(what, words, expected)
  table.move(HOST, 1, #HOST, 1, words)
  expected.files = expected.files or { ["host.pub"] = HOST_LINE, ["bad.txt"] = SECRET }
  expected.status = expected.status or 3
  expected.code = expected.code or "usage"
  row(what, words, expected)
end
certificate("a certificate that nobody signs", {}, { hint = true })
certificate("an authority that is no key", { [6] = "--ca", [7] = "bad.txt" }, { status = 2,
  code = "format", says = "bad.txt" })
certificate("a time that is none", { [6] = "--ca", [7] = "bad.txt", [8] = "--valid", [9] = "1y" },
  { hint = true })
certificate("a time that no number of seconds is", { [6] = "--ca", [7] = "bad.txt",
  [8] = "--valid", [9] = "300000000000000w" }, { hint = true })
certificate("a number that is none", { [6] = "--ca", [7] = "bad.txt", [8] = "--serial=x" },
  { hint = true })
certificate("an option of a host", { [6] = "--ca", [7] = "bad.txt", [8] = "--option=no-pty" },
  { hint = true })
certificate("an option that is none", { [6] = "--ca", [7] = "bad.txt", [8] = "--user",
  [9] = "--option=no-ptty" }, { says = "no-ptty" })
certificate("a certificate over another", { [6] = "--ca", [7] = "bad.txt" }, { status = 2,
  code = "exists", hint = true, says = "host-cert.pub", files = { ["host.pub"] = HOST_LINE,
    ["host-cert.pub"] = "x" } })
row("an SSH key that is cut", { "ssh-to-age", "bad.txt" }, { status = 2,
  files = { ["bad.txt"] = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEA\n" },
  code = "format", says = "bad.txt" })
row("an SSH key of another kind", { "ssh-to-age", "bad.txt" }, { status = 2,
  files = { ["bad.txt"] = "# mine\nssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQ== me\n" },
  at = "bad.txt:2", more = true })
row("a recipient that is no key", { "encrypt", "-a", "age1x", "README.md" }, { status = 2,
  files = { ["README.md"] = SECRET }, code = "format", says = "recipient", hint = true })
row("an identity that is no key", { "decrypt", "--identity", "bad.txt", A }, { status = 2,
  files = { ["bad.txt"] = SECRET .. "\n" }, code = "format", says = "bad.txt:1", hint = true })
row("an identity nobody knows", { "rotate", "mee", "--generate" }, { status = 2, code = "missing",
  says = "mee", hint = true })
row("a new key that is none", { "rotate", "me", "--new-key", "age1x" }, { status = 2 })
row("a vault item that is no key", { "bootstrap" }, { status = 2, files = {
  ["../vault/sops-me-ssh"] = SECRET .. "\n" }, mode = 384, says = "sops-me-ssh" })
row("a vault item that others can read", { "sync-keys" }, { status = 2, code = "permission",
  files = { ["../vault/sops-me-ssh"] = SECRET .. "\n" }, mode = 420, says = "sops-me-ssh",
  hint = true })
row("an authorized key that is none", { "extract-keys", "--from", "bad.txt" }, { status = 2,
  files = { ["bad.txt"] = "ssh-ed25519 AAAA\n" }, code = "missing", more = true })

-- a run of what cannot be run
row("a script that is no Lua", { "run", "bad.lua" }, { status = 2, code = "format",
  files = { ["bad.lua"] = "return {\n  a =\n}\n" }, at = "bad.lua:3" })
row("a script of bytecode", { "run", "bad.lua" }, { status = 2,
  files = { ["bad.lua"] = "\27LuaT" }, says = "bad.lua" })

-- checks list what they find
row("a key.json that is no JSON", { "validate" }, { status = 1, finds = true,
  code = "bad-key-json", files = { ["sops/users/me/key.json"] = '[{"publickey":\n' },
  at = "sops/users/me/key.json" })
row("a key.json without a key", { "validate" }, { status = 1, code = "bad-key-json", finds = true,
  files = { ["sops/users/me/key.json"] = '[{"type":"age"}]' }, at = "sops/users/me/key.json",
  hint = true })
row("a key.json of an unknown type", { "validate" }, { status = 1, code = "bad-key-json",
  files = { ["sops/users/me/key.json"] = '[{"publickey":"x","type":"rot13"}]' }, finds = true,
  at = "sops/users/me/key.json" })
row("a private key in a key.json", { "validate" }, { status = 1, code = "bad-key-json",
  files = { ["sops/users/me/key.json"] = function(t)
    return ('[{"publickey":%q,"type":"age"}]'):format(t:read("home/.config/sops/age/keys.txt")
      :match "AGE%-SECRET[%w-]+")
  end }, finds = true, at = "sops/users/me/key.json", says = "private" })
row("metadata that is broken", { "validate" }, { status = 1, code = "bad-metadata", finds = true,
  files = { [A] = sealed_with("lastmodified: [^\n]*", "lastmodified: yesterday") }, at = A })
row("a file in clear", { "validate" }, { status = 1, code = "clear-file", finds = true,
  files = { ["secrets/b.yaml"] = FILE }, at = "secrets/b.yaml", hint = true })
row("a broken key.json before a change", { "update-keys" }, { status = 2, code = "format",
  files = { ["sops/users/me/key.json"] = "[" }, at = "sops/users/me/key.json" })

--- Path to content and mode of everything but what the program remembers.
local function snapshot(t)
  local found <const> = {}
  for entry in t.root:walk() do
    if not entry.path:match "^home/%.local" then
      found[entry.path] = tostring(t.root:stat(entry.path).mode) .. assert(t.root:read(entry.path))
    end
  end
  return found
end

local function plant(t, expected)
  for path, text in pairs(expected.files or {}) do
    local name <const> = path:match "^%.%./(.*)" or "repo/" .. path
    t:write(name, type(text) == "function" and text(t) or text, expected.mode)
  end
end

local function restore(t, before)
  for path in pairs(snapshot(t)) do
    if not before[path] then
      assert(t.root:remove(path))
    end
  end
  for path, kept in pairs(before) do
    local mode <const>, text <const> = kept:match "^(%d%d%d)(.*)"
    assert(t.root:write(path, text, { mode = math.tointeger(tonumber(mode)) }))
  end
end

--- Lines of stderr that are messages: errors, or findings.
local function messages(result, finds)
  local list <const> = {}
  for line in result.stderr:gmatch "[^\n]+" do
    local is_one <const> = finds and line:match "^✗ " or line:match "^moonlatch: .*%[[%w-]+%]$"
    table.insert(list, is_one and line or nil)
  end
  return list
end

local function check(t, expected)
  plant(t, expected)
  local before <const> = snapshot(t)
  local command <const> = table.move(expected.command, 1, #expected.command, 3, { "-C", "repo" })
  command.stdin = expected.stdin or ""
  local result <const> = t:program(command)
  local shown <const> = ("%s (%s)\n%s"):format(expected.what, table.concat(command, " "),
    result.stderr)
  test.equal(result.status, expected.status, shown)
  test.equal(snapshot(t), before, shown)
  if expected.quiet then
    return
  end
  local list <const> = messages(result, expected.finds)
  test.equal(#list, 1, shown .. "number of messages")
  if not expected.more then
    local _, others <const> = result.stderr:gsub("moonlatch: ", "")
    test.equal(others <= 1, true, shown .. "one message")
  end
  test.contains(list[1], ("[%s]"):format(expected.code or ""):gsub("%[%]", "["))
  test.contains(list[1], expected.at or "")
  test.contains(list[1], expected.says or "")
  test.equal(result.stderr:find("hint: ", 1, true) ~= nil or not expected.hint, true,
    shown .. "a hint")
  test.lacks(result.stdout .. result.stderr, SECRET)
  test.equal((result.stdout .. result.stderr):find "AGE%-SECRET%-KEY%-1%w", nil,
    shown .. "a private key")
  test.lacks(result.stderr, "traceback")
end

test.it("ends every bad input in one clear message", function(t)
  setup(t)
  local before <const>, failed <const> = snapshot(t), {}
  for _, expected in ipairs(ROWS) do
    local ok <const>, err <const> = pcall(check, t, expected)
    if not ok then
      table.insert(failed, tostring(err))
    end
    restore(t, before)
  end
  test.equal(#ROWS >= 60, true)
  test.equal(#failed, 0, table.concat(failed, "\n----\n") .. "\n")
end)

test.it("tries every recipe that takes anything", function(t)
  local tried <const> = { demo = true, init = true, recover = true, version = true, repl = true,
    ["recipe list"] = true, ["recipient list"] = true } -- there is nothing to get wrong
  for _, expected in ipairs(ROWS) do
    tried[expected.command[1]] = true
    tried[table.concat(expected.command, " ", 1, math.min(2, #expected.command))] = true
  end
  for _, listed in ipairs(json.parse(t:expect { "recipe", "list", "--json" }.stdout).recipes) do
    test.equal(tried[listed.recipe], true, listed.recipe .. " with bad input")
  end
end)
