--- editing — a text in clear goes to the user's editor and comes back.
--
-- The text lies in a folder in memory that, where the kernel allows it, only the editor sees, and
-- that is gone when the editor and this program are, however they ended. What was typed is not
-- lost: where the result is not accepted the editor opens again on it, with the reason at the top.

local child   <const> = require "moonlatch.child"
local editors <const> = require "moonlatch.editing.editors"
local fail    <const> = require "moonlatch.fail"
local fs      <const> = require "moonlatch.fs"
local host    <const> = require "moonlatch.host"
local proc    <const> = require "moonlatch.proc"
local secret  <const> = require "moonlatch.secret"
local tty     <const> = require "moonlatch.tty"

---@class moonlatch.Editing
---@field text moonlatch.Secret   what to begin with
---@field name string             the file's name, by which editors know its kind
---@field format string?          how a comment looks
---@field shared boolean?         the editor is a client of a process that runs already
---@field scripts boolean?        so may one be that is not known by its name
---@field accept fun(text: moonlatch.Secret): any, moonlatch.Error?, moonlatch.Secret?
---  what the text becomes; an error, returned or raised, offers it again, or another in its place

local editing = {}

local BOM <const> = "\u{feff}" -- stands at the very beginning or nowhere
local COMMENT <const> = { yaml = "#", dotenv = "#", ini = ";" }

--- Seconds; an editor that took less was not used by a person.
local AT_ONCE <const> = 1.0
local WAIT <const> = "an editor with a window of its own must wait until that is closed, as "
  .. "EDITOR='code --wait' does"

--- These are not about the text: to offer it again would be to refuse the answer.
local FINAL <const> = { interrupted = true, declined = true, consent = true }

--- The lines that tell at the top of the text what is wrong with it.
local function marks_of(err, format, text)
  local comment <const> = COMMENT[format]
  if not comment or text:sub(1, #BOM):equal(BOM) then
    return {}
  end
  local said <const> = { err.message }
  for _, detail in ipairs(err.details or {}) do
    table.insert(said, detail)
  end
  table.insert(said, err.hint)
  table.insert(said, "these lines go when you save")
  if err.line then
    said[1] = ("line %d: %s"):format(err.line + #said, err.message)
  end
  local marks <const> = {}
  for i, line in ipairs(said) do
    marks[i] = ("%s moonlatch: %s\n"):format(comment, host.escape(line))
  end
  return marks
end

--- The text without those lines, as many of them as are still there.
local function without(marks, text)
  for _, mark in ipairs(marks) do
    if #text >= #mark and text:sub(1, #mark):equal(mark) then
      text = text:sub(#mark + 1)
    end
  end
  return text
end

--- Runs the editor to its end; how long that took.
local function run(editor, folder, name)
  local began <const> = host.time()
  local result <const>, err <const> = proc.run {
    program = editor.program, name = editor.name,
    options = editors.options(editor, folder.path), operands = { folder.path .. "/" .. name },
    private = folder, pass = host.variables(), env = editors.environment(editor, folder.path),
    terminal = true, hangup = true, stdout = "inherit", stderr = "inherit",
  }
  if not result then
    return nil, err
  elseif result.status ~= 0 then
    return nil, fail.new("child", ("%s %s"):format(editor.name, child.ended(result)),
      "nothing was written", { exit = result.status })
  end
  return host.time() - began
end

--- What the text becomes; or nil, why it does not, and the text to offer then.
local function try(accept, text)
  local ok <const>, result <const>, err <const>, instead <const> = pcall(accept, text)
  if ok then
    return result, err, instead or text
  elseif fail.is(result) and not FINAL[result.code] then
    return nil, result, text
  end
  error(result, 0)
end

--- Tells what is wrong and waits for the person. Without one it is the end.
local function ask_again(err)
  if not tty.available() then
    return nil, err
  end
  host.err("moonlatch: " .. fail.describe(err))
  local answer <const>, gone <const> = tty.line
    "Press enter to return to the editor, or Ctrl+C to exit.\n"
  if not answer then
    return nil, fail.is(gone, "interrupted") and err or gone
  end
  return true
end

--- One visit to the editor: the text as it is then, and how long it took.
local function visit(editor, folder, name, text, marks)
  local shown <const> = secret.concat { table.concat(marks), text }
  local ok <const>, err <const> = folder.root:write(name, shown)
  if not ok then
    return nil, err
  end
  local took <const>, failed <const> = run(editor, folder, name)
  if not took then
    return nil, failed
  end
  local edited <const>, unread <const> = folder.root:read_secret(name)
  return edited and without(marks, edited), edited and took or unread
end

--- Edit a text until it is accepted.
---@param options moonlatch.Editing
---@return any result  what `accept` has returned; false: the text is what it was
---@return moonlatch.Error|string|nil err  else; with false, what may be the reason
function editing.edit(options)
  local editor <const>, none <const> = editors.find()
  if not editor then
    return nil, none
  end
  local folder <close>, nowhere <const> = fs.private { shared = options.shared or editor.client
    or options.scripts and not editor.family }
  if not folder then
    return nil, nowhere
  end
  local text, marks = options.text, {}
  while true do
    local edited <const>, took <const> = visit(editor, folder, options.name, text, marks)
    if not edited then
      return nil, took
    elseif edited:equal(options.text) then
      return false, took < AT_ONCE and WAIT or nil
    end
    local result <const>, refused <const>, offered <const> = try(options.accept, edited)
    if result ~= nil then
      return result
    end
    local again <const>, left <const> = ask_again(refused)
    if not again then
      return nil, left
    end
    text, marks = offered, marks_of(refused, options.format, offered)
  end
end

return editing
