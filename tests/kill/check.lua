-- check.lua FOLDER: is everything old, or everything new? Prints the word, or fails.

local age   <const> = require "moonlatch.age"
local fs    <const> = require "moonlatch.fs"
local host  <const> = require "moonlatch.host"
local sops  <const> = require "moonlatch.sops"

local top <const> = assert(fs.root(...))
local repo <const> = assert(top:open "repo")

local function identity_in(path)
  for _, line in ipairs(assert(age.parse_key_file(assert(top:read_secret(path))))) do
    if line.identity then
      return line.identity
    end
  end
end

local old <const>, new <const> = identity_in "old.txt", identity_in "new.txt"
local rules <const> = assert(repo:read ".sops.yaml")
local is_new <const> = rules:find(new:recipient(), 1, true) ~= nil
assert(is_new ~= (rules:find(old:recipient(), 1, true) ~= nil), "the rules name both keys, or none")
local right <const>, wrong <const> = is_new and new or old, is_new and old or new

local count = 0
for entry in repo:walk() do
  assert(not entry.path:find("%.ml%-"), entry.path .. " was left")
  local text <const> = entry.path:match "^secrets/" and assert(repo:read(entry.path))
  local file <const> = text and assert(sops.open(text, { path = entry.path,
    format = sops.format_of(entry.path) }))
  for _, recipient in ipairs(file and file:recipients() or {}) do
    assert(recipient.recipient ~= wrong:recipient(), entry.path .. " is not as the rules are")
    if recipient.recipient == right:recipient() then
      assert(file:unlock { right }, entry.path .. " does not open")
      assert(file:decrypt(), entry.path .. " is damaged")
      count = count + 1
    end
  end
end
assert(count >= 10, "there are too few files")

local keys <const> = assert(top:read_secret "home/.config/sops/age/keys.txt")
assert(keys:has(assert(old:secret())), "the old key was lost")
assert(not is_new or keys:has(assert(new:secret())), "the new key is in no key file")
assert(#fs.pending() == 0, "a journal was left")
host.out(is_new and "new\n" or "old\n")
