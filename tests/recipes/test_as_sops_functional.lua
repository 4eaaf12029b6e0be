-- The face of sops does what the functional tests of sops check: each has an equivalent of its name
-- here, with an age key in the role of the PGP one. The table is in docs/sops-tests.md.

local host <const> = require "moonlatch.host"
local json <const> = require "moonlatch.json"
local proc <const> = require "moonlatch.proc"
local test <const> = require "moonlatch.test"

local face <const> = test.helper "tests/recipes/sops_face.lua"
local setup <const>, run <const>, out <const>, seal <const> = face.setup, face.run, face.out,
  face.seal

local function is_sealed(value)
  test.equal(type(value) == "string" and value:sub(1, 4), "ENC[")
end

test.it("encrypt_json_file", function(t)
  setup(t)
  t:write("test_encrypt.json", '{\n    "foo": 2,\n    "bar": "baz"\n}')
  local sealed <const> = json.parse(out(t, { "encrypt", "test_encrypt.json" }))
  test.equal(type(sealed.sops), "table")
  is_sealed(sealed.foo)
  is_sealed(sealed.bar)
end)

test.it("encrypt_yaml_file", function(t)
  setup(t)
  t:write("test_encrypt.yaml", "foo: 2\nbar: baz")
  local sealed <const> = out(t, { "encrypt", "test_encrypt.yaml" })
  test.equal(sealed:match "^foo: (ENC%[)" and sealed:match "\nbar: (ENC%[)", "ENC[")
  test.contains(sealed, "\nsops:\n")
end)

test.it("encrypt_from_stdin", function(t)
  setup(t)
  local sealed <const> = json.parse(out(t, { "encrypt", "--filename-override", "test.yaml",
    "--output-type", "json", stdin = "foo: 2\nbar: baz\n" }))
  is_sealed(sealed.foo)
  is_sealed(sealed.bar)
  test.equal(type(sealed.sops), "table")
end)

test.it("decrypt_from_stdin", function(t)
  setup(t)
  local sealed <const> = seal(t, "a.yaml", "foo: 2\nbar: baz\n")
  local clear <const> = json.parse(out(t, { "decrypt", "--input-type", "yaml", "--output-type",
    "json", stdin = sealed }))
  test.equal(clear, { foo = 2, bar = "baz" })
end)

--- `set` on a sealed JSON or YAML file; returns what is in it then.
local function set(t, name, clear, words)
  setup(t)
  seal(t, name, clear)
  table.insert(words, 1, "set")
  for i, word in ipairs(words) do
    words[i] = word == "FILE" and name or word
  end
  out(t, words)
  return json.parse(out(t, { "decrypt", "--output-type", "json", name }))
end

local JSON <const> = '{"a": 2, "b": "ba"}'
local YAML <const> = "a: 2\nb: ba"

test.it("set_json_file_update", function(t)
  test.equal(set(t, "set.json", JSON, { "FILE", '["a"]', '{"aa": "aaa"}' }),
    { a = { aa = "aaa" }, b = "ba" })
  local sealed <const> = json.parse(t:read "set.json")
  is_sealed(sealed.a.aa)
  is_sealed(sealed.b)
end)

test.it("set_json_file_update_idempotent_write", function(t)
  setup(t)
  local before <const> = seal(t, "set.json", JSON)
  local words <const> = { "set", "--output-type", "yaml", "set.json", '["b"]', '"ba"' }
  table.insert(words, 2, "--idempotent")
  out(t, words)
  test.equal(t:read "set.json", before)
  table.remove(words, 2)
  out(t, words)
  test.equal(t:read("set.json"):sub(1, 3), "a: ")
  test.equal(out(t, { "decrypt", "--input-type", "yaml", "--output-type", "yaml", "set.json" }),
    "a: 2\nb: ba\n")
end)

test.it("set_json_file_update_idempotent_nowrite", function(t)
  setup(t)
  local before <const> = seal(t, "set.json", JSON)
  out(t, { "set", "--idempotent", "set.json", '["b"]', '"ba"' })
  test.equal(t:read "set.json", before)
end)

test.it("a sealed file is changed into another format", function(t)
  setup(t)
  for _, words in ipairs { { "unset", "--output-type", "json", "a.yaml", '["a"]' },
    { "rotate", "-i", "--output-type", "json", "a.yaml" },
    { "edit", "--output-type", "json", "a.yaml", env = { EDITOR = "sed -i s/1/2/" } } } do
    seal(t, "a.yaml", "a: 1\nb: 3\n")
    out(t, words)
    test.equal(type(json.parse(t:read "a.yaml").sops.mac), "string")
    test.equal(json.parse(out(t, { "decrypt", "--input-type", "json", "--output-type", "json",
      "a.yaml" })).b, 3)
  end
end)

test.it("set_json_file_insert", function(t)
  test.equal(set(t, "set.json", JSON, { "FILE", '["c"]', '{"cc": "ccc"}' }),
    { a = 2, b = "ba", c = { cc = "ccc" } })
  is_sealed(json.parse(t:read "set.json").c.cc)
end)

test.it("set_json_file_insert_with_value_file", function(t)
  t:write("value.json", '{"cc": "ccc"}')
  test.equal(set(t, "set.json", JSON, { "--value-file", "FILE", '["c"]', "value.json" }),
    { a = 2, b = "ba", c = { cc = "ccc" } })
end)

test.it("set_json_file_insert_with_value_stdin", function(t)
  test.equal(set(t, "set.json", JSON, { "--value-stdin", "FILE", '["c"]',
    stdin = '{"cc": "ccc"}' }), { a = 2, b = "ba", c = { cc = "ccc" } })
end)

test.it("set_yaml_file_update", function(t)
  test.equal(set(t, "set.yaml", YAML, { "FILE", '["a"]', '{"aa": "aaa"}' }),
    { a = { aa = "aaa" }, b = "ba" })
  test.equal(t:read("set.yaml"):match "\n? *aa: (ENC%[)", "ENC[")
end)

test.it("set_yaml_file_insert", function(t)
  test.equal(set(t, "set.yaml", YAML, { "FILE", '["c"]', '{"cc": "ccc"}' }),
    { a = 2, b = "ba", c = { cc = "ccc" } })
  test.equal(t:read("set.yaml"):match "\n *cc: (ENC%[)", "ENC[")
end)

test.it("set_yaml_file_string", function(t)
  test.equal(set(t, "set.yaml", YAML, { "FILE", '["a"]', '"aaa"' }), { a = "aaa", b = "ba" })
end)

test.it("set_yaml_file_string_compat", function(t)
  setup(t)
  seal(t, "set.yaml", YAML)
  out(t, { "--set", '["a"] "aaa"', "set.yaml" })
  test.equal(out(t, { "-d", "set.yaml" }), "a: aaa\nb: ba\n")
  run(t, { "-e", "-i", "--set", '["a"] "bbb"', "set.yaml" }) -- as callers of old write it
  out(t, { "-d", "-i", "set.yaml" })
  test.equal(t:read "set.yaml", "a: bbb\nb: ba\n")
end)

test.it("test_yaml_time", function(t)
  setup(t)
  local text <const> = "a: 2025-01-02\nb: 2025-01-02 03:04:05\nc: 2025-01-02T03:04:05Z\n"
  local sealed <const> = seal(t, "time.yaml", text)
  local _, times <const> = sealed:gsub("type:time%]", "")
  test.equal(times, 3)
  test.equal(json.parse(out(t, { "decrypt", "--output-type", "json", "time.yaml" })),
    { a = "2025-01-02T00:00:00Z", b = "2025-01-02T03:04:05Z", c = "2025-01-02T03:04:05Z" })
  seal(t, "end.yaml", "a: 2024-01-01\nb: 2006-01-02T15:04:05+07:06")
  test.equal(out(t, { "decrypt", "end.yaml" }),
    "a: 2024-01-01T00:00:00Z\nb: 2006-01-02T15:04:05+07:06\n")
end)

test.it("unset_json_file", function(t)
  setup(t)
  seal(t, "unset.json", '{"a": 2, "b": "ba", "c": [1, {"d": 3}]}')
  out(t, { "unset", "unset.json", '["a"]' })
  out(t, { "unset", "unset.json", '["c"][1]["d"]' })
  test.equal(json.parse(out(t, { "decrypt", "unset.json" })),
    { b = "ba", c = json.array { 1, {} } })
  out(t, { "unset", "unset.json", '["c"][0]' })
  test.equal(json.parse(out(t, { "decrypt", "unset.json" })), { b = "ba", c = json.array { {} } })
  test.equal(run(t, { "unset", "unset.json", '["a"]' }, 1).stderr, "Key not found: a\n")
  local before <const> = t:read "unset.json"
  out(t, { "unset", "--idempotent", "unset.json", '["a"]' })
  test.equal(t:read "unset.json", before)
end)

test.it("unset_yaml_file", function(t)
  setup(t)
  seal(t, "unset.yaml", "a: 2\nb: ba\nc:\n  - 1\n  - d: 3\n    e: 4\n")
  out(t, { "unset", "unset.yaml", '["a"]' })
  out(t, { "unset", "unset.yaml", '["c"][1]["d"]' })
  test.equal(out(t, { "decrypt", "unset.yaml" }), "b: ba\nc:\n  - 1\n  - e: 4\n")
  test.equal(run(t, { "unset", "unset.yaml", '["a"]' }, 1).stderr, "Key not found: a\n")
  test.equal(run(t, { "unset", "unset.yaml", '["c"][7]' }, 1).stderr, "Index 7 out of bounds\n")
  out(t, { "unset", "--idempotent", "unset.yaml", '["c"][7]' })
  out(t, { "unset", "unset.yaml", '["c"]' })
  test.equal(out(t, { "decrypt", "unset.yaml" }), "b: ba\n")
end)

test.it("decrypt_file_no_mac", function(t)
  setup(t)
  t:write("no_mac.yaml", (seal(t, "a.yaml", "a: 1\n"):gsub("\n *mac: [^\n]*", "")))
  run(t, { "decrypt", "no_mac.yaml" }, 51)
  test.equal(out(t, { "decrypt", "--ignore-mac", "no_mac.yaml" }), "a: 1\n")
end)

local COMMENTS <const> = [[
# first comment in file
lorem: ipsum # this-is-a-comment
# next comment
dolor: sit
]]

test.it("encrypt_comments", function(t)
  setup(t)
  local sealed <const> = seal(t, "comments.yaml", COMMENTS)
  test.lacks(sealed, "first comment in file")
  test.lacks(sealed, "this-is-a-comment")
end)

test.it("encrypt_comments_list", function(t)
  setup(t)
  local sealed <const> = seal(t, "list.yaml",
    "list:\n  # this-is-a-comment\n  - a\n  - b # and-one\n")
  test.lacks(sealed, "this-is-a-comment")
  test.lacks(sealed, "and-one")
end)

test.it("decrypt_comments", function(t)
  setup(t)
  seal(t, "comments.yaml", COMMENTS)
  test.equal(out(t, { "decrypt", "comments.yaml" }), COMMENTS)
end)

test.it("decrypt_comments_unencrypted_comments", function(t)
  setup(t) -- older versions left comments in clear
  local sealed <const> = seal(t, "comments.yaml", COMMENTS:gsub("# this%-is%-a%-comment", ""))
  t:write("comments.yaml", (sealed:gsub("#ENC%[[^\n]*", "# first comment in file", 1)))
  local clear <const> = run(t, { "decrypt", "comments.yaml" }).stdout
  test.contains(clear, "# first comment in file\n")
  test.contains(clear, "# next comment\n")
end)

test.it("test_no_keygroups, test_zero_keygroups, test_empty_keygroup", function(t)
  setup(t)
  t:write("a.yaml", "a: 1\n")
  for _, rule in ipairs { "path_regex: a", "path_regex: a\n    age: []", "key_groups: []",
    "key_groups:\n      - age: []" } do
    t:write(".sops.yaml", ("creation_rules:\n  - %s\n"):format(rule))
    test.equal(run(t, { "encrypt", "a.yaml" }, 1).stderr,
      "Could not generate data key: [empty key group provided]\n", rule)
  end
end)

test.it("extract_string", function(t)
  setup(t)
  seal(t, "string.yaml", "multiline: |\n  multi\n  line")
  test.equal(out(t, { "decrypt", "--extract", '["multiline"]', "string.yaml" }), "multi\nline")
end)

test.it("roundtrip_binary", function(t)
  setup(t)
  local data <const> = '""{}this_is_binary_data\0\xff'
  seal(t, "test.binary", data)
  test.equal(out(t, { "decrypt", "test.binary" }), data)
end)

test.it("output_flag", function(t)
  setup(t)
  t:write("test.binary", "foo")
  test.equal(out(t, { "encrypt", "--output", "out.txt", "test.binary" }), "")
  test.equal(out(t, { "decrypt", "--output", "clear.txt", "out.txt" }), "")
  test.equal(t:read "clear.txt", "foo")
end)

test.it("test_ini_values_as_strings", function(t)
  setup(t)
  seal(t, "values.yaml", "section:\n  int: 123\n  float: 1.5\n  yes: true\n  string: text\n"
    .. "  date: 2025-01-02\n  timestamp: 2025-01-02T03:04:05Z\n"
    .. "  fraction: 2025-01-02 03:04:05.6789\n")
  test.equal(out(t, { "decrypt", "--output-type", "ini", "values.yaml" }), [[
[section]
int       = 123
float     = 1.5
yes       = true
string    = text
date      = 2025-01-02T00:00:00Z
timestamp = 2025-01-02T03:04:05Z
fraction  = 2025-01-02T03:04:05Z
]])
end)

test.it("exec_env", function(t)
  setup(t)
  local text <const> = "bar: |-\n  multi\n  line\nfoo: one\n"
  seal(t, "a.yaml", text)
  test.equal(out(t, { "exec-env", "a.yaml", 'echo "$foo$bar"' }), "onemulti\nline\n")
end)

test.it("exec_env for a user", function(t)
  if not host.privileged() then
    test.skip "only root can work for a user"
  end
  setup(t)
  seal(t, "a.yaml", "foo: one\n")
  local user <const> = assert(host.user()).name
  test.equal(out(t, { "exec-env", "--user", user, "a.yaml", 'echo "$USER $foo"' }),
    user .. " one\n")
end)

test.it("exec_file", function(t)
  setup(t)
  t:write("a.yaml", "foo: 1\nbar:\n  - x\n")
  out(t, { "encrypt", "-i", "a.yaml" })
  test.equal(out(t, { "exec-file", "--output-type", "json", "a.yaml", "cat {}" }),
    '{\n\t"foo": 1,\n\t"bar": [\n\t\t"x"\n\t]\n}\n')
end)

test.it("exec_file_filename", function(t)
  setup(t)
  seal(t, "a.yaml", "foo: 1\n")
  for _, more in ipairs { {}, { "--no-fifo" } } do
    local words <const> = { "exec-file", "--filename", "foobar", "a.yaml", "echo {}" }
    table.move(more, 1, #more, #words + 1, words)
    test.equal(out(t, words):match "/foobar\n$", "/foobar\n")
  end
end)

--- A text in each format, as sops itself writes it.
local FORMATS <const> = {
  yaml = "# a comment\nstring: x\nnumbers:\n    - 1\n    - 1.5\nmap:\n    sure: true\n"
    .. "    none: null\n",
  json = '{\n\t"string": "x",\n\t"numbers": [\n\t\t1,\n\t\t1.5\n\t]\n}\n',
  env = "# a comment\nstring=x\nfoo = bar\nlines=a\\nb\n",
  ini = "[section]\n; a comment\nstring = x\nother  = y z\n",
}

test.it("decrypt_format", function(t)
  local real <const>, key <const> = test.peer "sops", setup(t)
  for ending, text in pairs(FORMATS) do
    local path <const> = "format." .. ending
    t:write(path, text)
    t:write("sealed." .. ending, run(t, { "encrypt", "--age", key, path, program = real }).stdout)
    test.equal(out(t, { "decrypt", "sealed." .. ending }), text, ending)
  end
  -- 3.13.0 and 3.13.1 wrote real line breaks into the metadata of INI files
  local older <const> = t:read("sealed.ini"):gsub("(= )(%-%-%-%-%-BEGIN[^\n]*)", function(sign, enc)
    return sign .. '"""' .. enc:gsub("\\n", "\n") .. '"""'
  end)
  test.contains(older, '"""-----BEGIN')
  t:write("older.ini", older)
  test.equal(out(t, { "decrypt", "older.ini" }), FORMATS.ini)
end)

test.it("formats are known by words and endings", function(t)
  setup(t)
  local js <const> = '{\n\t"a": "b"\n}\n'
  for name, kind in pairs { ["a.yaml"] = "a: ENC", ["a.yml"] = "a: ENC", ["a.json"] = '"a": "ENC',
    ["a.env"] = "a=ENC", [".env"] = "a=ENC", ["a.ini"] = "a = ENC", ["a.txt"] = '"data": "ENC',
    ["a.YAML"] = '"data": "ENC', ["a.yaml.enc"] = '"data": "ENC' } do
    t:write(name, name:match "ini$" and "[x]\na = b\n"
      or name:match "env$" and "a=b\n" or name:match "json$" and js or "a: b\n")
    test.contains(out(t, { "encrypt", name }), kind)
  end
  for word, text in pairs { yaml = "a: b\n", json = js, dotenv = "a=b\n", ini = "[x]\na = b\n",
    binary = "a" } do
    t:write("plain", text)
    out(t, { "encrypt", "-i", "--input-type", word, "--output-type", word, "plain" })
    test.equal(out(t, { "decrypt", "--input-type", word, "--output-type", word, "plain" }), text)
  end
  t:write("plain", "a")
  test.contains(out(t, { "encrypt", "--input-type", "nonsense", "plain" }), '"data": "ENC')
end)

test.it("an empty map is sealed, to be filled later", function(t)
  setup(t)
  for name, texts in pairs { ["a.yaml"] = { "{}\n", "{ } # c\n", "--- {}\n", "a: 1\n---\n{}\n" },
    ["a.json"] = { "{}\n", "{ }\n", "{\n\t\n}\n" } } do
    for _, text in ipairs(texts) do
      seal(t, name, text)
      test.equal(out(t, { "decrypt", name }), text)
      out(t, { "set", name, '["a"]', '"x"' })
      test.equal(out(t, { "decrypt", "--extract", '["a"]', name }), "x")
    end
  end
end)

test.it("what JSON cannot hold is no hindrance to set and unset", function(t)
  setup(t)
  seal(t, "a.yaml", "l: [.inf, 1]\nm: {n: .nan}\n")
  out(t, { "set", "a.yaml", '["l"][1]', "2" })
  out(t, { "set", "--idempotent", "a.yaml", '["m"]["o"]', "3" })
  out(t, { "unset", "a.yaml", '["m"]["n"]' })
  test.equal(out(t, { "decrypt", "a.yaml" }), "l: [.inf, 2]\nm: {o: 3}\n")
end)

test.it("completion scripts are read by their shells", function(t)
  setup(t)
  for _, shell in ipairs { "bash", "zsh" } do
    local script <const> = out(t, { "completion", shell })
    test.contains(script, "--shamir-secret-sharing-threshold")
    if proc.find(shell) then
      test.equal(t:run { shell, "-n", stdin = script }.stderr, "")
    end
  end
  local words <const> = t:run { "bash", "-c", out(t, { "completion", "bash" })
    .. 'COMP_WORDS=(sops groups de); COMP_CWORD=2; _sops; echo "${COMPREPLY[@]}"' }
  test.equal(words.stdout, "delete\n")
end)
