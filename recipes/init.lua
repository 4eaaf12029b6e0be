--- init — the first .sops.yaml of a repository; or what git must be told about sealed files.
--
-- It names the user's own key, and has a rule for a file of their own and one for a shared file:
-- nothing that takes files at any path, so that a file which nobody thought of is refused.

local age        <const> = require "moonlatch.age"
local fail       <const> = require "moonlatch.fail"
local fs         <const> = require "moonlatch.fs"
local host       <const> = require "moonlatch.host"
local keyring    <const> = require "moonlatch.keyring"
local plan       <const> = require "moonlatch.plan"
local recipients <const> = require "moonlatch.recipients"
local ssh        <const> = require "moonlatch.ssh"

local RULES <const> = ".sops.yaml"
local SITE <const> = "moonlatch.lua"

local HEAD <const> = [[
# Who may open which file. `moonlatch validate` compares the files with it.
keys:
  # people
]]

local RULE <const> = [[

  # %s
  - path_regex: %s
    key_groups:
      - age:
]]

local SKELETON <const> = [[
-- What names alone do not say. Data only; every field is optional.
return {
  version = 1,
  identities = {
    ["%s"] = { kind = "user", login = { "%s" } },
  },
}
]]

--- A name that an anchor can have; the login name if none was given.
local function name_of(args)
  local name <const> = args.name or host.user().name
  if not name:match("^%w[%w_-]*$") then
    fail("argument", ("'%s' cannot be the name of an anchor"):format(name),
      "--name NAME: letters, digits, dash and underscore")
  end
  return name
end

--- Keys in full, as given: age keys, or SSH keys as the age keys derived from them.
local function given(words)
  local keys <const> = {}
  for i, word in ipairs(words) do
    local text = word
    if ssh.public(word) then
      text = assert(ssh.to_age(word))
    end
    keys[i] = assert(age.recipient(text)).text
  end
  return keys
end

--- The one key of the user's key ring; of several, the user says which.
local function own()
  local ring <close>, keys <const>, seen <const> = keyring.open(), {}, {}
  local function take(recipient)
    if recipient:match "^age1" and not seen[recipient] then -- one is derived from each SSH key
      seen[recipient] = true
      table.insert(keys, recipient)
    end
  end
  for _, entry in ipairs(ring:entries()) do
    take(entry.recipient)
  end
  for _, source in ipairs(ring.sources) do -- a key under a passphrase has an open public half
    for _, recipient in ipairs(source.waits_for or {}) do
      take(recipient)
    end
  end
  if #keys == 0 then
    fail("missing", "you have no key yet", "`moonlatch keygen -o "
      .. keyring.default_path() .. "` makes one; or --key KEY")
  elseif #keys > 1 then
    fail("conflict", ("you have %d keys"):format(#keys),
      "--key KEY says which: " .. table.concat(keys, ", "))
  end
  return keys
end

local function rule(comment, pattern, names)
  local lines <const> = { RULE:format(comment, pattern) }
  for _, name in ipairs(names) do
    table.insert(lines, ("          - *%s\n"):format(name))
  end
  return table.concat(lines)
end

--- What the anchor of the key with this number is called.
local function anchor_name(name, number)
  return number == 1 and name or ("%s-%d"):format(name, number)
end

local function rules_text(name, keys)
  local names <const>, lines <const> = {}, { HEAD }
  for i, key in ipairs(keys) do
    names[i] = anchor_name(name, i)
    table.insert(lines, ("  - &%s %s\n"):format(names[i], key))
  end
  table.insert(lines, "\ncreation_rules:")
  table.insert(lines, rule(name .. "'s own", ([[secrets/users/%s(\.sops)?\.yaml$]]):format(name),
    names))
  table.insert(lines, rule("for everybody", [[secrets/shared(\.sops)?\.yaml$]], names))
  return table.concat(lines)
end

--- No repository gets a second file of rules by mistake.
local function refuse_rules(root)
  local folder <const> = fs.search_up(root.path, { RULES })
  if folder then
    fail("exists", "there are rules already", folder == root.path
      and "`moonlatch bootstrap` adds your key, `moonlatch validate` checks what is there"
      or "work there: -C " .. folder, { path = folder .. "/" .. RULES })
  end
end

local function refuse_existing(root, name)
  if root:exists(name) then
    fail("exists", "there is one already, and it is not overwritten", nil, { path = name })
  end
end

--- Who names a key here has approved it: the first use has nothing left to ask.
local function approve(root, name, keys, global)
  local claims <const> = {}
  for i, key in ipairs(keys) do
    claims[i] = { key = key, name = anchor_name(name, i), path = RULES }
  end
  local approval <const> = assert(recipients.open(root, global))
  assert(approval:approve(claims, { named = keys }))
  assert(approval:remember { reviewed = true })
end

--- The rules, of whoever has none here yet; and what they should know of the repository.
local function write(p, root, args, name, keys)
  if keys then
    p:key_change()
    assert(p:write(root, RULES, rules_text(name, keys), { kind = "public" }))
  end
  if args.skeleton then
    assert(p:write(root, SITE, SKELETON:format(name, host.user().name), { kind = "public" }))
  end
end

local function run(args, ctx)
  if args.git then
    return require("moonlatch.drivers").install(ctx, { hook = not args.no_hook })
  end
  local root <const> = assert(fs.root(fs.cwd()))
  if args.skeleton then
    refuse_existing(root, SITE)
  end
  local name <const>, keys = name_of(args)
  if not (args.skeleton and root:exists(RULES)) then
    refuse_rules(root)
    keys = #args.key > 0 and given(args.key) or own()
  end
  local p <close> = plan.new { roots = { root }, global = ctx.global, report = ctx.report,
    title = "init" }
  write(p, root, args, name, keys)
  local status <const> = p:finish { next = keys and "moonlatch new secrets/shared.yaml"
    or "moonlatch validate" }
  if status == 0 and keys then
    approve(root, name, keys, ctx.global)
  end
  return ctx.report:finish(status)
end

---@type moonlatch.Recipe
return {
  name     = "init",
  summary  = "make the first .sops.yaml",
  about    = "Writes rules for a file of your own, secrets/users/NAME.yaml, and for a shared "
    .. "one, secrets/shared.yaml (or .sops.yaml), with the key of your key ring. Nothing is "
    .. "overwritten.\n\n"
    .. "With --git it leaves the rules alone and tells git about sealed files: .gitattributes and "
    .. "settings of this clone, so that `git diff` shows and `git merge` merges their values, and "
    .. "a pre-commit hook that stops plaintext, unless there is one. Run it in every clone; doing "
    .. "it again changes nothing.",
  group    = "set up",
  writes   = true,
  takes    = {},
  options  = {
    { "--key KEY", "your public key, age or SSH, instead of the one you have here", many = true,
      complete = "recipient" },
    { "--name NAME", "what to call it; default: your login name" },
    { "--skeleton", "a moonlatch.lua to fill in, too; it alone where there are rules" },
    { "--git", "set up git instead: diff and merge of sealed files, and a hook" },
    { "--no-hook", "with --git: no pre-commit hook" },
  },
  examples = { "moonlatch init", "moonlatch init --key age1… --name tara",
    "moonlatch init --git" },
  run      = run,
}
