local identities, test = require "moonlatch.identities", require "moonlatch.test"

-- The map needs only what a walk found, so the walk is written down here.
local A <const>, B <const>, C <const> = "age1aaa", "age1bbb", "age1ccc"

local function found(anchors, users, machines)
  local all <const> = { rules = { path = ".sops.yaml", anchors = {} },
    clan = { users = {}, machines = {} } }
  for i, anchor in ipairs(anchors) do
    table.insert(all.rules.anchors, { name = anchor[1], value = anchor[2], line = i })
  end
  for kind, list in pairs { users = users or {}, machines = machines or {} } do
    for name, key in pairs(list) do
      all.clan[kind][name] = { path = ("sops/%s/%s/key.json"):format(kind, name),
        keys = { { publickey = key, type = "age" } } }
    end
  end
  return all
end

local function new(all, config, sources)
  return identities.new({ config = config or {} }, all, sources)
end

local function codes(who)
  local list <const> = {}
  for i, f in ipairs(who:findings()) do
    list[i] = f.level .. " " .. f.code .. " " .. f.name
  end
  return list
end

test.it("joins by equal key, whatever the names are", function()
  local who <const> = new(found({ { "admin-user", A }, { "dev", B } },
    { cameron = A, crs58 = A }))
  test.equal(#who.list, 2)
  test.equal(who:find("crs58"), who:find("admin-user"))
  test.equal(who:find(A).names, { "admin-user", "cameron", "crs58" })
  test.equal(who:name(A), "admin-user")
  test.equal(who:name("age1zzzzzzzzzzzzzzzzzz"), "age1zzzzzzzz…")
  test.equal(codes(who), { "note two-names admin-user" })
end)

test.it("lets the site file settle", function()
  local config <const> = { identities = { tara = { kind = "user", anchor = "t1",
    clan_users = { "t2" }, vault = "odd-item" } } }
  local who <const> = new(found({ { "t1", A } }, { t2 = A }), config)
  test.equal(who:find("tara").names, { "t1", "t2", "tara" })
  test.equal(who:findings(), {})
  local bad <const> = new(found({ { "t1", A } }, { t2 = B }), config)
  test.equal(codes(bad), { "finding two-keys tara" })
end)

test.it("compares places as sets, so that a rotation under way is a note", function()
  local config <const> = { identities = { tara = { clan_users = { "t" } } } }
  local function under_way(anchors, users)
    local all <const> = found(anchors)
    all.clan.users.t = { path = "sops/users/t/key.json", keys = {} }
    for i, key in ipairs(users) do
      all.clan.users.t.keys[i] = { publickey = key, type = "age" }
    end
    return codes(new(all, config))
  end
  local both <const> = { { "tara", B }, { "tara-old", A } }
  test.equal(under_way(both, { A, B }), { "note retired-key tara" })
  test.equal(under_way({ { "tara", B }, { "tara2", A } }, { A, B }), { "note two-keys tara" })
  test.equal(under_way(both, { A, B, C }), { "finding two-keys tara", "note retired-key tara" })
  test.equal(under_way({ { "tara", B } }, { A, B }), { "finding two-keys tara" })
end)

test.it("takes one of somebody's SSH keys for enough", function()
  local ssh <const> = require "moonlatch.ssh"
  local laptop <const>, phone <const> = assert(ssh.generate()), assert(ssh.generate())
  local key <const> = laptop:age_identity():recipient()
  local lines <const> = { { line = laptop:public(), name = "tara" },
    { line = phone:public(), name = "tara" } }
  local config <const> = { identities = { tara = { ssh = "tara.pub" } } }
  test.equal(codes(new(found { { "tara", key } }, config, { ssh = lines })), {})
  table.remove(lines, 1)
  test.equal(codes(new(found { { "tara", key } }, config, { ssh = lines })),
    { "finding two-keys tara" })
end)

test.it("finds two keys of one name in places that complete each other", function()
  test.equal(codes(new(found({ { "raquel-user", A } }, { raquel = B }))),
    { "finding two-keys raquel" })
  test.equal(codes(new(found({ { "m1", A } }, {}, { m1 = B }))), { "finding two-keys m1" })
end)

test.it("does not take admin for admin-user", function()
  test.equal(codes(new(found({ { "admin", A }, { "admin-user", B } }, { tara = C }))), {})
end)

test.it("takes no name for an answer when two have it", function()
  local who <const> = new(found({ { "x", A }, { "y", B } }, { both = A }, { both = B }))
  local none, err = who:find("both")
  test.equal(none, nil)
  test.equal(err.code, "conflict")
  test.equal(err.hint:find(A, 1, true) ~= nil and err.hint:find(B, 1, true) ~= nil, true)
end)

test.it("names the nearest identity for an unknown one", function()
  local who <const> = new(found { { "raquel-user", A }, { "tara-user", B } })
  local _, err = who:find("tara-usr")
  test.equal(err.hint, "did you mean 'tara-user'?")
  local _, other = who:find("raquel")
  test.equal(other.hint, "is it 'raquel-user'?")
  local names <const> = {}
  for i = 1, 13 do
    names[i] = { "identity-" .. i, "age1" .. i }
  end
  local _, unknown = new(found(names)):find "nobody"
  test.contains(unknown.hint, "`moonlatch status`")
end)

test.it("tells a vault key that differs, and takes nothing over", function()
  local who <const> = new(found { { "raquel-user", A } }, {},
    { vault = { { name = "sops-raquel-ssh", public = B } } })
  test.equal(codes(who), { "finding vault-differs raquel" })
  test.equal(who:find("raquel-user").keys, { A })
end)

test.it("says on which line of a file an SSH key stands", function(t)
  local key <const> = require("moonlatch.ssh").generate():public()
  t:write("tara.pub", "# tara\n\n" .. key .. "\n")
  local list <const> = require("moonlatch.identities.site_file").ssh_lines { root = t.root,
    config = { identities = { tara = { ssh = "tara.pub" } } } }
  test.equal(list[#list], { line = key, name = "tara", path = "tara.pub", number = 3 })
end)
