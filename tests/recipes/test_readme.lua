-- What README.md shows is run as it stands there.

local files  <const> = require "moonlatch.files"
local json   <const> = require "moonlatch.json"
local sample <const> = require "moonlatch.sample"
local test   <const> = require "moonlatch.test"

--- The blocks of one language in the README.
local function blocks(language)
  local text <const> = assert(files.read "README.md"):publish()
  local found <const> = {}
  for block in text:gmatch("```" .. language .. "\n(.-)```") do
    table.insert(found, block)
  end
  return found
end

--- Each command line with `moonlatch`, without its remark, as words.
local function commands()
  local found <const> = {}
  for _, block in ipairs(blocks "sh") do
    for line in block:gmatch "moonlatch ([^\n]+)" do
      local words <const> = {}
      for word in line:gsub("%s+#.*", ""):gmatch "%S+" do
        table.insert(words, word)
      end
      table.insert(found, words)
    end
  end
  return found
end

test.it("shows commands that work", function(t)
  sample.below(t.root)
  t:expect { "-C", "repo", "sync-keys", "-y", "-q" }
  for _, words in ipairs { { "init", "-q" }, { "add", "-A" }, { "commit", "-q", "-m", "all" } } do
    local git <const> = t:run { "git", "-C", "repo", "-c", "user.name=n", "-c",
      "user.email=e@example", table.unpack(words) }
    test.equal(git.status, 0, git.stderr)
  end
  local list <const> = commands()
  test.equal(#list >= 5, true)
  for _, words in ipairs(list) do
    local line <const> = table.concat(words, " ")
    local command <const> = { "-C", "repo", "-y", env = { MOONLATCH_ACCEPT = "first-use" },
      stdin = "a value\n", table.unpack(words) }
    local status = 0
    if words[1] == "set" then
      table.insert(command, "-") -- at a terminal it asks
    elseif words[1] == "diff" then
      status = 1 -- there is a difference
    elseif line:find "dry%-run" then
      status = 1
      if words[1] == "rotate" then
        table.insert(command, "--generate") -- the vault holds the old key still
        command.env.SOPS_AGE_KEY_FILE = t:path "vault/ben.txt"
        t:write("vault/ben.txt", t:expect { "ssh-to-age", "--private",
          t:path "vault/sops-ben-user-ssh" }.stdout, tonumber("600", 8))
      end
    elseif line == "recipient add ben-user secrets/shared.yaml" then
      command[#command] = "secrets/test.yaml" -- he can open the shared file of the sample already
    end
    t:expect(command, status)
  end
end)

test.it("shows a recipe that works", function(t)
  sample.below(t.root, { machines = false })
  local recipe <const> = blocks("lua")[1]
  t:write("names.lua", recipe)
  local names <const> = t:expect { "-C", "repo", "run", "../names.lua", "secrets/shared.yaml" }
  test.contains(names.stdout, "github-token\n")
  t:write("repo/moonlatch/recipes/names.lua", recipe)
  test.contains(t:expect({ "-C", "repo", "names", "secrets/shared.yaml" }, 2).stderr, "[trust]")
  local digest <const> = json.parse(t:program { "-C", "repo", "trust", "--check", "--json" }.stdout)
    .digest
  t:expect { "-C", "repo", "trust", "--accept", digest }
  test.equal(t:expect { "-C", "repo", "names", "secrets/shared.yaml" }.stdout, names.stdout)
end)
