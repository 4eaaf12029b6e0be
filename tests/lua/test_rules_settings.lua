-- What a `.sops.yaml` says beside keys: patterns, selectors, stores, destinations; where it is.

local rules, test = require "moonlatch.rules", require "moonlatch.test"

local A <const> = "age1gpzyf5llh0tymfex09k6rn2hlp98m5hfjpe8lnt20py80ckznfxqa26p0f"

local function open(text)
  return assert(rules.open((text:gsub("%f[%w]A%f[%W]", A)), ".sops.yaml"))
end

local function levels(model)
  local list <const> = {}
  for _, found in ipairs(model:findings()) do
    table.insert(list, ("%s %s"):format(found.level, found.message))
  end
  return table.concat(list, "\n")
end

test.it("takes a file without rules for none, and an empty list for one that matches nothing",
  function()
    for text, has in pairs { [""] = false, ["# nothing\n"] = false, ["creation_rules:\n"] = false,
      ["destination_rules: []\n"] = false, ["creation_rules: []\n"] = true } do
      test.equal(open(text).has_rules, has, text)
      test.equal(open(text):match "x", false)
    end
  end)

test.it("takes the first rule that matches, and meets a bad pattern when it gets there", function()
  local model <const> = open [[
creation_rules:
  - {path_regex: foo/*, age: A}
  - {path_regex: "(", age: A}
  - {age: A}
]]
  test.equal(model:match "x/foo.yaml".index, 1)
  local err <const> = test.fails_with("format", function() assert(model:match "bar") end)
  test.equal(err.line, 3)
  test.contains(levels(model), "finding rule 2: ")
  test.equal(open("creation_rules:\n  - {path_regex: '', age: A}\n"):match("any").index, 1)
end)

test.it("has each of the six selectors, and one of them at a time", function()
  local six <const> = { "unencrypted_suffix", "encrypted_suffix", "unencrypted_regex",
    "encrypted_regex", "unencrypted_comment_regex", "encrypted_comment_regex" }
  for i, name in ipairs(six) do
    local model = open(("creation_rules:\n  - age: A\n    %s: x\n    mac_only_encrypted: true\n")
      :format(name))
    test.equal(assert(model:selectors(model.rules[1])), { [name] = "x", mac_only_encrypted = true })
    local other <const> = six[i % 6 + 1]
    model = open(("creation_rules:\n  - age: A\n    %s: x\n    %s: y\n"):format(name, other))
    local err <const> = test.fails_with("conflict", function()
      assert(model:selectors(model.rules[1]))
    end)
    test.contains(err.message, name)
    test.contains(err.message, other)
    test.contains(levels(model), "finding rule 1 has both")
  end
  local model <const> =
    open "creation_rules:\n  - {age: A, encrypted_regex: a, encrypted_suffix: ''}\n"
  test.equal(assert(model:selectors(model.rules[1])), { encrypted_regex = "a" })
end)

test.it("reads the indentation of stores", function()
  test.equal(open("stores:\n  yaml: {indent: 2}\n  json: {indent: -1}\n  json_binary: {indent: 0}\n"
    .. "  dotenv: {}\n  ini:\n"):stores(), { yaml = 2, json = -1, binary = 0 })
  test.equal(open("creation_rules: []\n"):stores(), {})
  test.contains(levels(open "stores: {yaml: {indent: -1}}\n"), "an indent of -1 for yaml")
  test.contains(levels(open "stores: {json: {indent: -2}}\n"), "an indent of -2 for json")
  test.contains(levels(open "stores: {yml: {indent: 2}}\n"), "no field 'yml'")
  test.equal(rules.open "stores: {yaml: {indent: two}}\n", nil)
  test.equal(rules.open "stores: []\n", nil)
end)

test.it("reads destinations, and takes the first that matches the path as it is given", function()
  local model <const> = open [[
destination_rules:
  - path_regex: ^s3/
    s3_bucket: mine
    s3_prefix: a/
    omit_extensions: true
    recreation_rule:
      age: A
  - path_regex: "("
    gcs_bucket: never
  - path_regex: gcs
    gcs_bucket: theirs
    gcs_prefix: b/
  - vault_path: kv/x
    vault_address: https://v:8200
    vault_kv_mount_name: secret
    vault_kv_version: 1
]]
  local s3 <const> = assert(model:destination "s3/x.yaml")
  test.equal({ s3.kinds[1], s3.bucket, s3.prefix, s3.omit_extensions, s3.index },
    { "s3", "mine", "a/", true, 1 })
  test.equal(assert(model:groups(s3.rule))[1][1].recipient, A)
  local gcs <const> = assert(model:destination "gcs/x.yaml")
  test.equal({ gcs.kinds[1], gcs.bucket, gcs.prefix, gcs.rule, gcs.omit_extensions },
    { "gcs", "theirs", "b/", nil, false })
  local vault <const> = assert(model:destination "else")
  test.equal({ vault.kinds[1], vault.path, vault.address, vault.mount, vault.version },
    { "vault", "kv/x", "https://v:8200", "secret", 1 })
  test.contains(levels(model), "finding destination 2: ")
  test.equal(open("destination_rules: [{path_regex: a, s3_bucket: x}]\n"):destination "b", false)
end)

test.it("refuses a destination that is several, or none", function()
  for text, part in pairs {
    ["{s3_bucket: a, gcs_bucket: b}"] = "both s3 and gcs",
    ["{gcs_bucket: b, vault_path: c}"] = "both gcs and vault",
    ["{s3_prefix: a}"] = "neither",
  } do
    local model <const> = open(("destination_rules: [%s]\n"):format(text))
    local err <const> = test.fails_with("conflict", function() assert(model:destination "x") end)
    test.contains(err.message, part)
    test.contains(levels(model), "finding destination 1")
  end
  test.contains(levels(open "destination_rules: [{s3_bucket: a, recreation_rule: {}}]\n"),
    "recreation_rule has no key")
  test.contains(levels(open "destination_rules: [{s3_buket: a}]\n"), "no field 's3_buket'")
end)

test.it("is found from a folder upward, past a .sops.yml and the top of a repository", function(t)
  t.root:mkdir("a/b/c", 448)
  t:write("a/b/c/x", "")
  t:write("a/.git/HEAD", "")
  t:write("a/b/.sops.yml", "")
  local path <const>, ignored <const> = rules.find(t:path "a/b/c")
  test.equal(path, nil)
  test.equal(ignored, t:path "a/b/.sops.yml")
  t:write(".sops.yaml", "")
  test.equal({ rules.find(t:path "a/b/c") }, { t:path ".sops.yaml", t:path "a/b/.sops.yml" })
  test.equal({ rules.find(t:path "a") }, { t:path ".sops.yaml" })
  t:write("a/b/c/.sops.yaml", "")
  t:write("a/b/c/.sops.yml", "")
  test.equal({ rules.find(t:path "a/b/c") }, { t:path "a/b/c/.sops.yaml" })
  test.equal(rules.find "/", nil)
end)
