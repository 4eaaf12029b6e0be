--- as.sops.edit — `sops edit`, and sops with nothing but a file: the clear text in the editor.

local codes   <const> = require "moonlatch.as.sops.codes"
local config  <const> = require "moonlatch.as.sops.config"
local convert <const> = require "moonlatch.as.sops.convert"
local editing <const> = require "moonlatch.editing"
local encrypt <const> = require "moonlatch.as.sops.encrypt"
local example <const> = require "moonlatch.example"
local fail    <const> = require "moonlatch.fail"
local output  <const> = require "moonlatch.as.output"
local paths   <const> = require "moonlatch.paths"
local sops    <const> = require "moonlatch.sops"
local store   <const> = require "moonlatch.as.sops.store"
local tty     <const> = require "moonlatch.tty"
local unlock  <const> = require "moonlatch.as.sops.unlock"

local edit = {}

--- Lets the user edit a text; `accept` seals it and hands back the bytes to write, or nil and an
--- error. What somebody else has written meanwhile is told, and written over only then.
local function visit(path, format, text, before, accept)
  local done <const>, err <const> = editing.edit {
    text = text, format = format, name = path:match "[^/]*$",
    scripts = true, -- as those that plugins of editors set as EDITOR
    accept = function(edited)
      local sealed <const>, refused <const> = accept(edited)
      if not sealed then
        return nil, refused
      end
      local ok <const>, problem <const> = output.put(path, sealed, before)
      if fail.is(problem, "changed") then
        before = store.kind(path) and store.read(path) or false -- as the next save finds it
        problem.hint = "what you save now is written over it"
      end
      return ok, problem
    end }
  if done then
    return
  elseif done == false then
    if err and tty.is_terminal "stderr" then
      codes.log("warning", err)
    end
    codes.leave(codes.unchanged, "File has not changed, exiting.")
  elseif fail.is(err, "child") and err.exit then
    codes.leave(codes.editor, ("Could not run editor: exit status %d"):format(err.exit))
  elseif fail.is(err, "child") or fail.is(err, "missing") then
    codes.leave(codes.editor, "Could not run editor: " .. err.message)
  end
  error(err, 0)
end

local function edit_new(flags, path)
  local with <const>, envelope <const> = encrypt.settings(flags, path)
  local folder <const> = paths.absolute(path):match "^(.*)/"
  if folder ~= "" and store.kind(folder) ~= "folder" then -- else seen only when all is written
    codes.leave(codes.write, ("Could not open in-place file for writing: open %s: no such file or "
      .. "directory"):format(paths.absolute(path)))
  end
  with.envelope, with.path = envelope(), path
  with.format = store.format(flags["input-type"], path)
  visit(path, with.format, example.text(with.format), false, function(edited)
    return sops.encrypt(edited, with)
  end)
end

--- In another format than the file has, which it gets then.
local function edit_converted(flags, path, file, format, before)
  convert.check_whole(assert(file:clear_text()), file.format, format)
  local indent <const> = config.indent(flags, config.open(flags), format)
  local text <const>, err <const> = file:clear_text { format = format, indent = indent }
  if not text then
    codes.leave(codes.dumping, "Could not marshal tree: " .. err.message)
  end
  visit(path, format, text, before, function(edited)
    return convert.seal(file, edited, { format = format, indent = indent })
  end)
end

local function edit_sealed(flags, path)
  config.open(flags)
  local file <close> = store.open(flags, path)
  local other <const> = store.other_format(flags, file)
  if flags["show-master-keys"] and other then
    codes.leave(codes.conflict, "Error: --show-master-keys goes with the format that the file has")
  end
  local before <const> = file:text()
  unlock.for_change(file, flags)
  if other then
    return edit_converted(flags, path, file, other, before)
  end
  local clear <close> = assert(file:clear_text())
  if flags["show-master-keys"] then
    local metadata <const> = require "moonlatch.as.sops.metadata"
    return visit(path, file.format, metadata.shown(file, clear), before, function(edited)
      return metadata.accept(file, edited)
    end)
  end
  visit(path, file.format, clear, before, function(edited)
    local ok <const>, err <const> = file:reseal(edited, { clear = true })
    return ok and file:text(), err
  end)
end

---@param flags moonlatch.SopsFlags
---@param operands string[]
function edit.run(flags, operands)
  local path <const> = store.named(operands)
  store.warn_of_more(operands)
  unlock.order(flags)
  if store.kind(path) then
    edit_sealed(flags, path)
  else
    edit_new(flags, path)
  end
end

return edit
