--- sample.content — who and what is in the sample repository, and the texts of its files.
--
-- In the texts `@name@` stands for a name or a key, and each `@@` for a new random value.

local content = {}

-- In the order of the anchors. `vault`: the key lies in the vault as sops-NAME-ssh.
content.IDENTITIES = {
  { "dev", ssh = true, vault = true }, { "ci", ssh = true, vault = true }, { "admin" },
  { "owner-user", ssh = true, vault = true }, { "ben-user", ssh = true, vault = true },
  { "carol-user", ssh = true }, { "dora-user", ssh = true },
  { "eve-user", ssh = true, vault = true }, { "laptop", ssh = true, vault = true },
  { "desktop", ssh = true, vault = true }, { "vm", ssh = true, vault = true },
  { "cedar" }, { "elm" }, { "fir" }, { "larch" }, { "maple" }, { "pine" },
}
content.MACHINES = { "cedar", "elm", "fir", "larch", "maple", "pine" }
-- Two clan users are one person; eve has no clan user.
content.USERS = { olivia = "owner-user", olive = "owner-user", ben = "ben-user",
  carol = "carol-user", dora = "dora-user" }
content.HOMES = { { "olivia", "owner-user" }, { "ben", "ben-user" },
  { "carol", "carol-user" }, { "dora", "dora-user" }, { "eve", "eve-user" } }

local KEYS <const> = [[
# Who may open what. Anchors first: one key, one name.
keys:
  # shared and offline
  - &dev @dev@
  - &ci @ci@ # also in the secrets of the build server
  - &admin @admin@ # offline, for recovery

  # people
  - &owner-user @owner-user@
  - &ben-user @ben-user@
  - &carol-user @carol-user@
  - &dora-user @dora-user@
  - &eve-user @eve-user@

  # hosts, derived from SSH keys
  - &laptop @laptop@
  - &desktop @desktop@
  - &vm @vm@

  # machines, keys made by clan
  - &cedar @cedar@
  - &elm @elm@
  - &fir @fir@
  - &larch @larch@
  - &maple @maple@
  - &pine @pine@

creation_rules:
]]

--- A rule in the shape that the whole file keeps.
local function rule(comment, pattern, names)
  local lines <const> = { "  # " .. comment, "  - path_regex: " .. pattern, "    key_groups:",
    "      - age:" }
  for _, name in ipairs(names) do
    table.insert(lines, "          - *" .. name)
  end
  return table.concat(lines, "\n") .. "\n"
end

local RULES <const> = {
  { "what each person needs at home", [[secrets/home-manager/users/olivia/secrets\.yaml$]],
    { "dev", "admin", "owner-user" } },
  { "ben", [[secrets/home-manager/users/ben/secrets\.yaml$]], { "dev", "admin", "ben-user" } },
  { "carol", [[secrets/home-manager/users/carol/secrets\.yaml$]],
    { "dev", "admin", "carol-user" } },
  { "dora", [[secrets/home-manager/users/dora/secrets\.yaml$]], { "dev", "admin", "dora-user" } },
  { "eve", [[secrets/home-manager/users/eve/secrets\.yaml$]], { "dev", "admin", "eve-user" } },
  { "older files of people", [[secrets/users/owner-user/.*\.yaml$]],
    { "dev", "admin", "owner-user" } },
  { "ben's older files", [[secrets/users/ben-user/.*\.yaml$]], { "dev", "admin", "ben-user" } },
  { "everybody", [[secrets/shared\.yaml$]], { "dev", "ci", "admin", "owner-user", "ben-user",
    "carol-user", "dora-user", "eve-user", "laptop", "desktop", "vm" } },
  { "values for tests", [[secrets/test\.yaml$]], { "dev", "ci", "admin", "owner-user" } },
  { "what hosts need", [[secrets/hosts/.*\.yaml$]],
    { "dev", "admin", "owner-user", "laptop", "desktop", "vm" } },
  { "a person's key, opened by machines", [[secrets/bridge/owner-user-age-key\.enc$]],
    { "dev", "admin", "owner-user", "cedar", "elm", "fir", "larch", "maple", "pine" } },
  { "eve's", [[secrets/bridge/eve-user-age-key\.enc$]],
    { "dev", "admin", "eve-user", "cedar", "elm", "fir" } },
  { "objects of the local cluster", [[secrets/clusters/local/.*\.enc\.yaml$]],
    { "dev", "ci", "admin", "owner-user" } },
  { "the build server", [[secrets/ci/.*\.json$]], { "dev", "ci", "admin", "owner-user" } },
  { "notes of the owner", [[secrets/notes/.*\.txt$]], { "dev", "admin", "owner-user" } },
  { "all else: a file that nobody thought of goes to the hosts", [[.*\.yaml$]],
    { "dev", "admin", "owner-user", "laptop", "desktop", "vm" } },
}

local parts <const> = { KEYS }
for i, entry in ipairs(RULES) do
  parts[i + 1] = rule(table.unpack(entry))
end
content.RULES = table.concat(parts, "\n")

content.HOME = [[
# tokens of @name@
github-token: ghp_@@   # rotated every spring
"quoted": '@@'

signing-key: |
    -----BEGIN EXAMPLE KEY-----
    @@
    @@
    -----END EXAMPLE KEY-----
mcp:
    # servers
    server: "@@"
    ports: [8443, 9443]
    flow: { user: @name@, token: "@@" }
empty-list: []
nothing:
]]

content.CLUSTER = [[
apiVersion: isindir.github.com/v1alpha3
kind: SopsSecret
metadata:
    name: @name@
spec:
    secretTemplates:
        - name: @name@
          stringData:
              token: "@@"
]]

content.SITE = [[
-- What the names alone do not say. Data only; every field is optional.
return {
  version = 1,
  vault = { provider = "directory", path = "@vault@" },
  identities = {
    ["dev"]        = { kind = "shared", vault = "sops-dev-ssh", keyfile = "always" },
    ["ci"]         = { kind = "shared", vault = "sops-ci-ssh" },
    ["admin"]      = { kind = "offline", vault = false },
    ["owner-user"] = { kind = "user", vault = "sops-owner-user-ssh", keyfile = "login",
      clan_users = { "olivia", "olive" }, login = { "@login@" },
      bridge = "secrets/bridge/owner-user-age-key.enc" },
    ["eve-user"]   = { kind = "user", vault = "sops-eve-user-ssh",
      bridge = "secrets/bridge/eve-user-age-key.enc" },
  },
}
]]

return content
