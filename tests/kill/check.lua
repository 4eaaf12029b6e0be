-- check.lua FOLDER [opens]: is everything old, or everything new? Prints the word, or fails. With
-- `opens`: does every file open with the key file as it is now?

local age   <const> = require "moonlatch.age"
local fs    <const> = require "moonlatch.fs"
local host  <const> = require "moonlatch.host"
local sops  <const> = require "moonlatch.sops"

local folder <const>, question <const> = ...
local top <const> = assert(fs.root(folder))
local repo <const> = assert(top:open "repo")

local function identities_in(path)
  local found <const> = {}
  for _, line in ipairs(assert(age.parse_key_file(assert(top:read_secret(path))))) do
    table.insert(found, line.identity)
  end
  return found
end

local KEY_FILE <const> = "home/.config/sops/age/keys.txt"
local old <const>, new <const> = identities_in("old.txt")[1], identities_in("new.txt")[1]

--- The sealed files that are for one of `keys`, by path; `each` sees all recipients of all files.
local function sealed_for(keys, each)
  local found <const> = {}
  for entry in repo:walk() do
    local text <const> = entry.path:match "^secrets/" and assert(repo:read(entry.path))
    local file <const> = text and assert(sops.open(text, { path = entry.path,
      format = sops.format_of(entry.path) }))
    for _, recipient in ipairs(file and file:recipients() or {}) do
      each(entry.path, recipient.recipient)
      found[entry.path] = keys[recipient.recipient] and file or found[entry.path]
    end
  end
  return found
end

local function open_all(files, identities)
  local count = 0
  for path, file in pairs(files) do
    assert(file:unlock(identities), path .. " does not open")
    assert(file:decrypt(), path .. " is damaged")
    count = count + 1
  end
  assert(count >= 10, "there are too few files")
end

if question == "opens" then
  local both <const> = { [old:recipient()] = true, [new:recipient()] = true }
  open_all(sealed_for(both, function() end), identities_in(KEY_FILE))
  return
end

local rules <const> = assert(repo:read ".sops.yaml")
local is_new <const> = rules:find(new:recipient(), 1, true) ~= nil
assert(is_new ~= (rules:find(old:recipient(), 1, true) ~= nil), "the rules name both keys, or none")
local right <const>, wrong <const> = is_new and new or old, is_new and old or new
open_all(sealed_for({ [right:recipient()] = true }, function(path, recipient)
  assert(recipient ~= wrong:recipient(), path .. " is not as the rules are")
end), { right })

local keys <const> = assert(top:read_secret(KEY_FILE))
assert(keys:has(assert(old:secret())), "the old key was lost")
assert(not is_new or keys:has(assert(new:secret())), "the new key is in no key file")
assert(#fs.pending() == 0, "a journal was left")
host.out(is_new and "new\n" or "old\n")
