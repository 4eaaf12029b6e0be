--- cli — the command line, from the table in each recipe.
--
-- One table feeds parser, usage, help, man page and completion, so they cannot disagree.

local fail  <const> = require "moonlatch.fail"
local has   <const> = require "moonlatch.lists".has
local parse <const> = require "moonlatch.cli.parse"

---@class moonlatch.Recipe
---@field name string         a space makes a group: `recipient add`
---@field summary string      a phrase, small first letter, no full stop
---@field about string?       paragraphs
---@field group string?
---@field writes boolean|fun(args: table): boolean|nil  open journals are recovered before it runs
---@field takes table[]?      { name, text, optional=, many=, rest=, choices=, complete= }
---@field options table[]?    { "-a, --recipient KEY", text, many=, choices=, default=, complete= }
---@field excess string?      hint for one operand too many
---@field examples string[]?
---@field steps moonlatch.Steps?
---@field run fun(args: table, ctx: table): integer?

--- What few runs need is loaded when it is first used: module and name there.
local LAZY <const> = {
  usage    = { "text", "usage" },
  help     = { "text", "help" },
  overview = { "text", "overview" },
  index    = { "text", "index" },
  man      = { "man", "page" },
  complete = { "complete", "candidates" },
  script   = { "complete", "script" },
  SHELLS   = { "complete", "SHELLS" },
}

local cli = setmetatable({ parse = parse.parse, split = parse.split, peek = parse.peek }, {
  __index = function(_, name)
    local place <const> = LAZY[name]
    return place and require("moonlatch.cli." .. place[1])[place[2]]
  end })

--- Words people bring from other programs, that mean one of our recipes.
local SAME <const> = {
  ["updatekeys"]                     = "update-keys",
  ["update-all-keys"]                = "update-keys",
  ["exec-env"]                       = "exec",
  ["edit-secret"]                    = "edit",
  ["new-secret"]                     = "new",
  ["filestatus"]                     = "verify",
  ["ls"]                             = "list",
  ["validate-secrets"]               = "verify",
  ["sops-extract-keys"]              = "extract-keys",
  ["sops-sync-keys"]                 = "sync-keys",
  ["sops-validate-correspondences"]  = "validate",
  ["sops-deploy-host-key"]           = "host-key install",
  ["age-keygen"]                     = "keygen",
}

--- Words that mean something else here, or several things: the answer names the right one.
local ANSWER <const> = {
  ["sops-rotate"]       = "`moonlatch rotate IDENTITY` gives one identity a new key; "
                            .. "`moonlatch renew FILE` gives a file a new data key",
  ["exec-file"]         = "`moonlatch exec --as-file FILE -- COMMAND {}`",
  ["publish"]           = "`moonlatch as sops publish FILE`",
  ["keyservice"]        = "key services are not supported; work where the keys are",
  ["scan-staged"]       = "`moonlatch verify --staged` stops plaintext before it is committed",
  ["check-secrets"]     = "`moonlatch why FILE` tries your keys, `moonlatch verify` every file",
  ["show"]              = "`moonlatch get FILE NAME` shows one value, `moonlatch decrypt FILE` all",
  ["sops-update-yaml"]  = "`moonlatch recipient` and `moonlatch rotate` edit .sops.yaml in place",
  ["get-shared-secret"] = "`moonlatch get secrets/shared.yaml KEY`",
  ["run-with-secrets"]  = "`moonlatch exec FILE -- COMMAND`",
  ["check"]             = "`moonlatch validate` checks keys, rules and files",
  ["rekey"]             = "`moonlatch update-keys` follows the rules; `moonlatch rotate` changes a "
                            .. "key",
  ["add"]               = "`moonlatch recipient add WHO` lets somebody open files, `moonlatch "
                            .. "new FILE` makes one, `moonlatch set FILE PATH` adds a value",
  ["keys"]              = "`moonlatch status` shows whose keys there are, `moonlatch sync-keys` "
                            .. "gets yours from the vault",
  ["add-recipient"]     = "`moonlatch recipient add`",
  ["remove-recipient"]  = "`moonlatch recipient remove`",
}

local function members(names, group)
  local found <const> = {}
  for _, name in ipairs(names) do
    local member <const> = name:match("^(%S+) ") == group and name:match(" (.+)$")
    if member then
      table.insert(found, member)
    end
  end
  table.sort(found)
  return found
end

local function without(words, n)
  return table.move(words, n + 1, #words, 1, {})
end

local function find_member(words, inside)
  local group <const> = words[1]
  if not words[2] or words[2]:sub(1, 1) == "-" then
    return nil, fail.new("usage", ("'%s' is a group of recipes"):format(group),
      "one of: " .. group .. " " .. table.concat(inside, ", " .. group .. " "))
  end
  local _, err <const> = fail.choose(inside, words[2], ("recipe '%s'"):format(group))
  return nil, err
end

--- The recipe that a command line means.
---@param names string[]  all recipes
---@param words string[]  the first is the name, or its group
---@return string? name
---@return string[] rest                   what stands behind; on failure the error object
function cli.find(names, words)
  local word <const> = words[1]
  local two <const> = words[2] and word .. " " .. words[2]
  if two and has(names, two) then
    return two, without(words, 2)
  end
  if has(names, word) then
    return word, without(words, 1)
  end
  local inside <const> = members(names, word)
  if #inside > 0 then
    return find_member(words, inside)
  end
  local same <const> = SAME[word]
  if same and has(names, same) then
    return same, without(words, 1)
  end
  if ANSWER[word] then
    return nil, fail.new("usage", ("there is no recipe '%s'"):format(word), ANSWER[word])
  end
  local known <const> = {}
  for _, name in ipairs(names) do
    table.insert(known, name)
    table.insert(known, name:match("^%S+"))
  end
  local _, err <const> = fail.choose(known, word, "recipe")
  err.hint = fail.nearest(word, known) and err.hint or "`moonlatch help` lists them"
  return nil, err
end

return cli
