-- status: one page that is true, and ends as validate does.

local fs     <const> = require "moonlatch.fs"
local json   <const> = require "moonlatch.json"
local sample <const> = require "moonlatch.sample"
local secret <const> = require "moonlatch.secret"
local test   <const> = require "moonlatch.test"

local KEYS <const> = "home/.config/sops/age/keys.txt"

local function give_keys(t, made, names)
  local lines <const> = {}
  for _, name in ipairs(names) do
    table.insert(lines, assert(made.identities[name].identity:secret()))
    table.insert(lines, "\n")
  end
  t:write(KEYS, secret.concat(lines), tonumber("600", 8))
end

local function row(list, field, value)
  for _, one in ipairs(list) do
    if one[field] == value then
      return one
    end
  end
end

local function last_line(text)
  return text:match("([^\n]*)\n$")
end

test.it("counts files by tier and identity, and what the own keys open", function(t)
  local made <const> = sample.below(t.root)
  give_keys(t, made, { "ben-user" })
  local said <const> = json.parse(t:expect({ "-C", "repo", "status", "--json", "--vault" }).stdout)
  test.equal(#said.identities, 17)
  local owner <const> = row(said.identities, "identity", "owner-user")
  test.equal({ owner.kind, owner.anchor, owner.user, owner.yours, owner.vault, owner.tier_1,
    owner.tier_2, owner.key }, { "user", "owner-user", "olive, olivia", "", "sops-owner-user-ssh",
    97, 14, made.identities["owner-user"].recipient })
  test.equal(row(said.identities, "identity", "ben-user").yours, "yes")
  test.equal(row(said.identities, "identity", "cedar").machine, "cedar")
  test.equal(row(said.tiers, "tier", "2, rules"), { tier = "2, rules", files = 20, you_open = 3 })
  test.equal(row(said.tiers, "tier", "1, clan").you_open, 0)
  test.equal(said.opened, { "secrets/home-manager/users/ben/secrets.yaml", "secrets/shared.yaml",
    "secrets/users/ben-user/signing.yaml" })
  test.equal(#said.closed, 114)
end)

test.it("skips what needs keys when there are none", function(t)
  sample.below(t.root, { machines = false })
  local said <const> = t:expect { "-C", "repo", "status" }
  test.contains(said.stdout, "2, rules  20     skipped")
  test.contains(said.stderr, "skipped your keys")
end)

test.it("ends as validate ends, in order or not", function(t)
  local made <const> = sample.below(t.root, { machines = false })
  local function same(status)
    local page <const> = t:expect({ "-C", "repo", "status" }, status)
    test.equal(last_line(page.stdout), last_line(t:expect({ "-C", "repo", "validate" }, status)
      .stdout))
    return page
  end
  test.contains(same(0).stdout, "in order: 20 sealed files, 17 identities")
  assert(made.repo:write("secrets/hosts/clear.yaml", "a: 1\n"))
  local page <const> = same(1)
  test.contains(page.stdout, "not in order: 1 finding")
  test.contains(page.stderr, "next: moonlatch validate")
  test.lacks(page.stderr, "clear.yaml")
end)

test.it("shows a recipient that nobody named", function(t)
  local made <const> = sample.below(t.root, { machines = false })
  local stranger <const> = made.identities.vm.recipient
  local text <const> = made.repo:read ".sops.yaml"
  assert(made.repo:write(".sops.yaml", (text:gsub("  %- &vm [^\n]+\n", "")
    :gsub(" +%- %*vm\n", ""))))
  local said <const> = json.parse(t:expect({ "-C", "repo", "status", "--json" }, 1).stdout)
  test.equal(row(said.identities, "key", stranger).identity, "?")
  test.equal(row(said.identities, "key", stranger).tier_2, 4)
end)

test.it("reports an open journal and leaves it alone", function(t)
  sample.below(t.root, { machines = false })
  local folder <const>, name <const> = "home/.local/state/moonlatch/tx", "0123456789abcdef"
  assert(t.root:mkdir(folder, tonumber("700", 8)))
  t:write(folder .. "/" .. name, "nonsense", tonumber("600", 8))
  local said <const> = t:expect { "-C", "repo", "status" }
  test.contains(said.stderr, "moonlatch recover")
  test.equal(t:read(folder .. "/" .. name), "nonsense")
  test.equal(assert(fs.root(t:path(folder))):list("."), { name })
end)
