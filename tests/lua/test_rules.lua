local rules, test = require "moonlatch.rules", require "moonlatch.test"

-- Public keys of test identities: any well-formed ones do.
local A <const> = "age1gpzyf5llh0tymfex09k6rn2hlp98m5hfjpe8lnt20py80ckznfxqa26p0f"
local B <const> = "age16cetxfeytd5dfyehyxz46jcnqf96pgydk0qjh0hxs4ujnuu4q32qcw5h2n"
local C <const> = "age15q85mpahcz6dn7f89aw6hscaedvt2tlrq5twhjcpauux39umtqzsyvr3le"

local SAMPLE <const> = ([[
# who we are
keys:
  - &admin AAA # offline
  # a person
  - &tara BBB
  - &old CCC
creation_rules:
  - path_regex: secrets/tara/.*
    key_groups:
      - age:
          - *admin
          - *tara # herself
  - path_regex: secrets/flat/.*
    age:
      - AAA
      - BBB
  - path_regex: secrets/comma/.*
    age: AAA, BBB
  - path_regex: secrets/folded/.*
    age: >-
      AAA,
      BBB
  - path_regex: secrets/flow/.*
    key_groups:
      - age: [*admin, *tara]
  - path_regex: secrets/one/.*
    age: *admin
  - path_regex: .*\.yaml$
    key_groups:
      - age:
          - *admin
]]):gsub("AAA", A):gsub("BBB", B):gsub("CCC", C)

local function open(text)
  return assert(rules.open(text or SAMPLE, ".sops.yaml"))
end

--- Lines of `after` that `before` has not, and the reverse.
local function changes(before, after)
  local lines <const>, plus <const>, minus <const> = {}, {}, {}
  for line in before:gmatch("[^\n]*\n") do
    lines[line] = (lines[line] or 0) + 1
  end
  for line in after:gmatch("[^\n]*\n") do
    if (lines[line] or 0) > 0 then
      lines[line] = lines[line] - 1
    else
      table.insert(plus, (line:gsub("%s+$", "")))
    end
  end
  for line in before:gmatch("[^\n]*\n") do
    if (lines[line] or 0) > 0 then
      lines[line] = lines[line] - 1
      table.insert(minus, (line:gsub("%s+$", "")))
    end
  end
  return plus, minus
end

test.it("reads anchors with lines, comments and uses", function()
  local r <const> = open()
  test.equal(#r.anchors, 3)
  test.equal(r:anchor("admin").comment, "offline")
  test.equal(r:anchor("tara").comment, "a person")
  test.equal(r:anchor("tara").line, 5)
  test.equal(r:anchor("tara").used, 2)
  test.equal(r:anchor("old").used, 0)
  test.equal(r:anchors_of(B)[1].name, "tara")
end)

test.it("reads every shape of a rule", function()
  local r <const> = open()
  for i = 1, 5 do
    test.equal(r:keys(r.rules[i]), { A, B })
  end
  test.equal(r:keys(r.rules[6]), { A })
  test.equal(r.rules[1].keys[2].anchor, "tara")
  test.equal(r.rules[2].keys[2].anchor, nil)
end)

test.it("finds the first rule that matches", function()
  local r <const> = open()
  test.equal(r:match("secrets/tara/x.yaml").index, 1)
  test.equal(r:match("other/x.yaml").index, 7)
  test.equal(r:match("other/x.bin"), false)
end)

test.it("tells a catch-all, an unused anchor, a duplicate", function()
  local codes <const> = {}
  for _, f in ipairs(open():findings()) do
    codes[f.code] = f.line
  end
  test.equal(codes["catch-all"] ~= nil, true)
  test.equal(codes["unused-anchor"], 6)
  local double <const> = open("keys:\n  - &a " .. A .. "\n  - &a " .. B
    .. "\ncreation_rules:\n  - age: *a\n")
  test.equal(double:findings()[2].code, "duplicate-anchor")
  test.equal(double:anchor("a"), nil)
end)

test.it("tells a shadowed rule and a bad pattern", function()
  local r <const> = open(("creation_rules:\n  - path_regex: a/.*\n    age: K\n"
    .. "  - path_regex: a/.*\n    age: K\n  - age: K\n  - path_regex: b(\n    age: K\n")
    :gsub("K", A))
  local seen <const> = {}
  for _, f in ipairs(r:findings()) do
    seen[f.code .. f.line] = f.level
  end
  test.equal(seen["shadowed-rule4"], "note")
  test.equal(seen["shadowed-rule7"], "note")
  test.equal(seen["bad-rule7"], "finding")
end)

test.it("refuses an undefined alias with its line", function()
  local none, err = rules.open("creation_rules:\n  - age: *nobody\n", ".sops.yaml")
  test.equal(none, nil)
  test.equal(err.code, "format")
  test.equal(err.line, 2)
end)

test.it("refuses what sops would misread", function()
  for text, line in pairs {
    ["creation_rules: 3\n"] = 1,
    ["creation_rules:\n  - path_regex: 7\n"] = 2,
    ["creation_rules:\n  - key_groups:\n      - age:\n          - [x]\n"] = 4,
    ["creation_rules:\n  - <<: x\n    age: y\n"] = 2,
  } do
    local none, err = rules.open(text, ".sops.yaml")
    test.equal(none, nil)
    test.equal(err.line, line)
    test.equal(err.path, ".sops.yaml")
  end
end)

test.it("adds a recipient in the shape the rule has", function()
  local wanted <const> = {
    { "          - *old" }, { "      - " .. C }, { ("    age: %s, %s, %s"):format(A, B, C) },
    { ("      %s, %s"):format(B, C) }, { "      - age: [*admin, *tara, *old]" },
    { "    age:", "      - *admin", "      - *old" },
  }
  for i, lines in ipairs(wanted) do
    local r <const> = open()
    test.equal(assert(r:add_recipient(i, C)), true)
    local plus, minus = changes(SAMPLE, r:text())
    test.equal(plus, lines)
    test.equal(#minus <= 1, true)
    local keys <const> = r:keys(r.rules[i])
    test.equal(keys[#keys], C)
    test.equal(r:add_recipient(i, C), false)
  end
end)

test.it("puts a new recipient behind the one it is like", function()
  local r <const> = open()
  assert(r:add_recipient(1, C, { like = "admin" }))
  test.equal(r:keys(r.rules[1]), { A, C, B })
end)

test.it("removes a recipient in the shape the rule has", function()
  local shape <const> = { nil, nil, "    age: " .. A, "      " .. A, "      - age: [*admin]" }
  for i = 1, 5 do
    local r <const> = open()
    test.equal(assert(r:remove_recipient(i, B)), true)
    local plus <const>, minus <const> = changes(SAMPLE, r:text())
    test.equal(plus[1], shape[i])
    test.equal(#minus, i == 4 and 2 or 1)
    test.equal(r:keys(r.rules[i]), { A })
    test.equal(r:remove_recipient(i, B), false)
  end
  for i = 2, 4 do
    local r <const> = open()
    assert(r:remove_recipient(i, A))
    test.equal(r:keys(r.rules[i]), { B })
  end
end)

test.it("refuses to leave a rule without a key", function()
  local r <const> = open()
  test.fails_with("conflict", function() assert(r:remove_recipient(6, A)) end)
  test.equal(r:text(), SAMPLE)
end)

test.it("refuses to edit a list that other rules share", function()
  local text <const> = ("keys:\n  - &team A,B\ncreation_rules:\n  - path_regex: a\n    age: *team\n"
    .. "  - path_regex: b\n    age: *team\n"):gsub("[AB]", { A = A, B = B })
  local r <const> = open(text)
  test.fails_with("conflict", function() assert(r:add_recipient(1, C)) end)
  test.fails_with("conflict", function() assert(r:remove_recipient(1, B)) end)
  test.equal(r:text(), text)
end)

test.it("edits anchors", function()
  local r <const> = open()
  assert(r:add_anchor("new", C))
  test.equal(changes(SAMPLE, r:text()), { "  - &new " .. C })
  test.equal(r:add_anchor("new", C), false)
  test.fails_with("exists", function() assert(r:add_anchor("new", A)) end)
  test.fails_with("argument", function() assert(r:add_anchor("x y", A)) end)
  assert(r:remove_anchor("new"))
  test.equal(r:text(), SAMPLE)
  test.fails_with("conflict", function() assert(r:remove_anchor("tara")) end)
  local e <const> = test.fails_with("missing", function() assert(r:set_anchor("tarra", C)) end)
  test.equal(e.hint, "did you mean 'tara'?")
end)

test.it("makes the list of anchors when there is none", function()
  local text <const> = "creation_rules:\n  - age: " .. A .. "\n"
  local r <const> = open(text)
  assert(r:add_anchor("tara", B))
  test.equal(r.anchors[1].name, "tara")
  test.equal(#r.anchors, 1)
  assert(r:add_recipient(1, C))
  test.equal(r:keys(r.rules[1]), { A, C })
end)

test.it("replaces a key wherever it is written, and nothing else", function()
  local r <const> = open()
  test.equal(assert(r:replace_key(B, C)), true)
  test.equal(r:text():find(B, 1, true), nil)
  test.equal(r:text(), (SAMPLE:gsub(B, C)))
  test.equal(r:replace_key(B, C), false)
end)
