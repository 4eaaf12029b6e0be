local clan, json, test = require "moonlatch.clan", require "moonlatch.json",
  require "moonlatch.test"

local A <const>, B <const>, C <const> = "age1a", "age1b", "age1c"

local function file(key)
  return json.format(json.array { { publickey = key, type = "age" } }, { indent = 2 })
end

--- A root that only reads.
local function root(texts)
  return { read = function(_, path) return texts[path] end }
end

local function sample(more)
  local texts <const> = {
    ["sops/users/tara/key.json"] = file(A),
    ["sops/machines/m1/key.json"] = file(B),
    ["sops/users/ops/key.json"] = file(C),
  }
  local entries <const> = {}
  for path in pairs(texts) do
    table.insert(entries, { path = path, kind = "file" })
  end
  for _, entry in ipairs {
    { path = "vars/shared/g/f/secret", kind = "file" },
    { path = "vars/shared/g/f/users/tara", kind = "link",
      target = "../../../../../sops/users/tara" },
    { path = "vars/shared/g/f/groups/ops", kind = "link",
      target = "../../../../../sops/groups/ops" },
    { path = "sops/groups/ops/users/ops", kind = "link", target = "../../../users/ops" },
    { path = "sops/groups/ops/machines/m1", kind = "link", target = "../../../machines/m1" },
  } do
    table.insert(entries, entry)
  end
  for _, entry in ipairs(more or {}) do
    texts[entry.path] = entry.text
    table.insert(entries, entry)
  end
  return clan.open(root(texts), entries)
end

test.it("reads keys in both forms and refuses others", function()
  test.equal(assert(clan.parse_keys(file(A)))[1].publickey, A)
  test.equal(assert(clan.parse_keys('{"publickey":"age1a","type":"AGE"}'))[1].type, "age")
  for _, bad in ipairs { "", "3", '{"type":"age"}', '[{"publickey":"x","type":"ssh"}]',
    '[{"publickey":3,"type":"age"}]', '[{"publickey":"x"}]', '["x"]' } do
    local none, err = clan.parse_keys(bad, "k.json")
    test.equal(none, nil)
    test.equal(err.code, "format")
    test.equal(err.path, "k.json")
  end
end)

test.it("collects recipients over links and groups", function()
  local c <const> = sample()
  local keys, why = c:expected(c.by_path["vars/shared/g/f/secret"])
  test.equal(keys, { A, B, C })
  test.equal(why, { [A] = { "users/tara" }, [B] = { "groups/ops" }, [C] = { "groups/ops" } })
  test.equal(c.notes, {})
  test.equal(c.findings, {})
end)

test.it("takes looping, leaving and dangling links as notes, and ignores them", function()
  local c <const> = sample {
    { path = "sops/machines/m1/m1", kind = "link", target = "../m1" },
    { path = "vars/shared/g/f/users/evil", kind = "link", target = "../../../../../../../etc" },
    { path = "vars/shared/g/f/users/root", kind = "link", target = "/etc" },
    { path = "vars/shared/g/f/users/gone", kind = "link",
      target = "../../../../../sops/users/gone" },
    { path = "vars/shared/g/f/users/odd", kind = "link",
      target = "../../../../../sops/machines/m1" },
  }
  test.equal(#c.notes, 4)
  test.equal(c:expected(c.by_path["vars/shared/g/f/secret"]), { A, B, C })
end)

test.it("names a malformed key.json", function()
  local c <const> = sample { { path = "sops/users/bad/key.json", kind = "file", text = "{" } }
  test.equal(c.findings[1].code, "bad-key-json")
  test.equal(c.findings[1].path, "sops/users/bad/key.json")
  test.equal(c.users.bad, nil)
end)

test.it("edits keys: sorted, unknown members kept, equal text untouched", function()
  local text <const> = '{"publickey":"age1b","type":"age","added":"2024"}'
  local new <const> = assert(clan.edit_keys(text, { add = { A } }))
  local keys <const> = assert(clan.parse_keys(new))
  test.equal(keys[1].publickey, A)
  test.equal(keys[2].members.added, "2024")
  test.equal(new:sub(-1), "]")
  test.equal(clan.edit_keys(text, { add = { B } }), text)
  local other <const> = assert(clan.edit_keys(text, { replace = { [B] = C } }))
  test.equal(assert(clan.parse_keys(other))[1].publickey, C)
  test.fails_with("conflict", function() assert(clan.edit_keys(text, { remove = { B } })) end)
end)
