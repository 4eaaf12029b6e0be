--- edit — change a sealed file in the editor.

local editing <const> = require "moonlatch.editing"
local fail    <const> = require "moonlatch.fail"
local files   <const> = require "moonlatch.files"
local keyring <const> = require "moonlatch.keyring"
local sealing <const> = require "moonlatch.sealing"
local sops    <const> = require "moonlatch.sops"

--- The sealed file that is edited, as it was read last.
---@class edit.Session
---@field args table
---@field ctx moonlatch.Context
---@field place moonlatch.Place
---@field file moonlatch.SopsFile
---@field before string  its bytes then

local function same(a, b, path)
  local left <const>, left_type <const> = a:value(path)
  local right <const>, right_type <const> = b:value(path)
  if not left or not right or left_type ~= right_type then
    return false
  elseif type(left) == "string" then
    return left == right
  end
  return left:equal(right)
end

--- The places at which two opened files differ.
local function differences(a, b)
  local list <const>, seen <const> = {}, {}
  for _, file in ipairs { a, b } do
    for _, path in ipairs(file:paths()) do
      if not seen[path] and not same(a, b, path) then
        table.insert(list, path)
      end
      seen[path] = true
    end
  end
  return list
end

--- Somebody else wrote the file meanwhile: from here on theirs is the one that is changed, and they
--- are told apart by name.
local function meet(session)
  local ring <close> = keyring.open { files = session.args.identity }
  local theirs <const>, before <const> = assert(session.place.root:read(session.place.name)),
    session.before
  local opened <const> = {}
  for i, text in ipairs { before, theirs } do
    opened[i] = assert(sops.open(text, { path = session.args.file, format = session.file.format }))
    assert(ring:unlock(opened[i]))
    assert(opened[i]:decrypt())
  end
  session.file, session.before = opened[2], theirs
  fail("changed", "somebody changed this file while you edited it",
    "what you save now is written over it: take in what they did, or leave without saving",
    { path = session.args.file, details = differences(opened[1], opened[2]) })
end

--- Seals the text over the file and writes that.
local function accept(session, text)
  local args <const>, place <const> = session.args, session.place
  local ok <const>, err <const> = session.file:reseal(text, { clear = args.clear })
  if not ok then
    err.hint = fail.is(err, "conflict") and "--clear NAME if that is meant" or err.hint
    return nil, err
  end
  local written <const>, result <const> = pcall(files.write, session.ctx, session.file:text(),
    { in_place = place }, { kind = "sealed", title = "edit " .. args.file,
      read = session.before })
  if fail.is(result, "changed") then
    meet(session)
  elseif not written then
    error(result, 0)
  end
  return result
end

local function edit(args, ctx)
  local file <const>, err <const>, place <const> = files.decrypt(args.file,
    { identities = args.identity, format = args.format })
  if not file then
    error(err, 0)
  end
  local session <const> = { args = args, ctx = ctx, place = place, file = file,
    before = file:text() }
  local clear <close> = assert(file:clear_text())
  local status <const>, why <const> = editing.edit { text = clear, format = file.format,
    name = place.name, shared = args.shared,
    accept = function(text) return accept(session, text) end }
  return sealing.edited(ctx, args.file, status, why)
end

local function run(args, ctx)
  if args.file == "-" then
    fail("usage", "edit changes a file, which standard input is not")
  end
  local place <const> = assert(files.locate(args.file))
  if place.root:exists(place.name) then
    return edit(args, ctx)
  end
  return sealing.new_file(args, ctx, place)
end

---@type moonlatch.Recipe
return {
  name     = "edit",
  summary  = "change a sealed file in your editor",
  about    = "Opens SOPS_EDITOR, EDITOR, or vim, nano or vi on the text in clear, and seals what "
    .. "you save: only values that changed get new ciphertext. The text is in memory only, where "
    .. "nobody but the editor sees it, and gone when it ends. A text with an error is offered "
    .. "again. A file that is not there begins as an example, as with `new`.",
  group    = "files",
  writes   = true,
  takes    = { { "file", "a sealed file, or one to be", complete = "file" } },
  options  = {
    { "--clear NAME", "this key may stand in clear, though new", many = true },
    { "--identity FILE", "a key file or SSH key to open it with", many = true, complete = "file" },
    { "--format WORD", "what the file is", choices = files.FORMATS },
    { "--shared", "your editor shows files in a program that runs already" },
    { "-a, --recipient KEY", "of a new file: seal for this key, without a rule", many = true,
      complete = "recipient" },
    { "--catch-all", "of a new file: take a rule that matches every path" },
  },
  examples = { "moonlatch edit secrets/shared.yaml", "EDITOR='code --wait' moonlatch edit "
    .. "secrets/shared.yaml" },
  run      = run,
}
