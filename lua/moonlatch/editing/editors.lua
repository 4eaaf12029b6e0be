--- editing.editors — which program edits, and what is known of it.
--
-- What keeps copies of what it edits (swap and backup files, undo, histories) is told not to, by
-- options that leave the user's own configuration alone. The file itself is in memory in any case.

local fail  <const> = require "moonlatch.fail"
local fs    <const> = require "moonlatch.fs"
local has   <const> = require "moonlatch.lists".has
local host  <const> = require "moonlatch.host"
local proc  <const> = require "moonlatch.proc"
local shell <const> = require "moonlatch.shell"

local editors = {}

--- Tried in this order where the user has named none.
local USUAL <const> = { "vim", "nano", "vi" }

local VIM <const> = { { "-n" }, { "-i", "NONE" },
  { "-c", "set noswapfile noundofile nobackup nowritebackup" } }
local EMACS <const> = { { "--eval", "(setq make-backup-files nil auto-save-default nil "
  .. "auto-save-list-file-prefix nil create-lockfiles nil undo-tree-auto-save-history nil)" } }
-- what it remembers of a file it would keep on the disk: all of its state goes with the folder
local CODE <const> = { { "--wait" }, { "--new-window" }, { "--user-data-dir", "{}/.state" } }

--- Options by the program's name, in groups that belong together; {} stands for the folder.
local OPTIONS <const> = {
  vim = VIM, nvim = VIM, view = VIM, nvi = {}, gvim = { { "-f" }, table.unpack(VIM) },
  nano = { { "--backupdir={}" } },
  emacs = EMACS,
  micro = { { "-backup", "false" }, { "-savecursor", "false" }, { "-savehistory", "false" },
    { "-saveundo", "false" } },
  code = CODE, ["code-insiders"] = CODE, codium = CODE,
}

--- These hand the file to a process that runs already, which must see it too.
local CLIENTS <const> = { atom = true, bbedit = true, emacsclient = true, gedit = true,
  ["gnome-text-editor"] = true, kate = true, kwrite = true, mate = true, mousepad = true,
  pluma = true, subl = true, xed = true, zed = true, zeditor = true }

--- What a program is: by the name it is called by, else by the one it really has (`vi` may be
--- vim.tiny, and `editor` anything).
local function family(name, path)
  for _, known in ipairs { name, path } do
    local base <const> = known:match "[^/]*$"
    if OPTIONS[base] or CLIENTS[base] then
      return base
    end
    local stem <const> = base:match "^(%a+)[%.%-]"
    if stem and OPTIONS[stem] then
      return stem
    end
  end
end

---@class moonlatch.EditorCommand
---@field program string
---@field name string             as the user calls it
---@field words string[]          what stands behind it in the user's command
---@field family string?          as which program it is known
---@field known string[][]        options of ours, {} for the folder
---@field client boolean          a process that runs already must see the file

--- The editor of a command line.
---@param line string
---@return moonlatch.EditorCommand?
---@return moonlatch.Error? err
function editors.of(line)
  local words <const>, err <const> = shell.words(line)
  if not words or not words[1] then
    return nil, err or fail.new("missing", "the editor's command is empty")
  end
  local program <const>, real <const> = shell.program(words[1])
  if not program then
    return nil, real
  end
  local kind <const> = family(words[1], real)
  return { program = program, name = words[1], words = table.move(words, 2, #words, 1, {}),
    family = kind, known = OPTIONS[kind] or {}, client = CLIENTS[kind] or false }
end

--- The user's editor: SOPS_EDITOR, EDITOR, or one that people usually have.
---@return moonlatch.EditorCommand?
---@return moonlatch.Error? err
function editors.find()
  for _, variable in ipairs { "SOPS_EDITOR", "EDITOR" } do
    local line <const> = host.env(variable)
    if line and line:find "%S" then
      local editor <const>, err <const> = editors.of(line)
      if not editor then
        err.hint = err.hint or "set " .. variable .. " to a program that is there"
      end
      return editor, err
    end
  end
  for _, name in ipairs(USUAL) do
    if proc.find(name) then
      return editors.of(name)
    end
  end
  return nil, fail.new("missing", "no editor is set, and none of " .. table.concat(USUAL, ", ")
    .. " is here", "set EDITOR to the program that you edit with")
end

--- The options that an editor is run with. Ours come first: a command of the user's may be the last
--- that the editor reads.
---@param editor moonlatch.EditorCommand
---@param folder string
---@return string[]
function editors.options(editor, folder)
  local options <const> = {}
  for _, group in ipairs(editor.known) do
    if #group > 1 or not has(editor.words, group[1]) then
      table.move(shell.with_path(group, folder), 1, #group, #options + 1, options)
    end
  end
  return table.move(editor.words, 1, #editor.words, #options + 1, options)
end

--- What nvi begins with. It copies a file that it opens for recovery, to where only this says; and
--- with it reads no file of the user's, unless told to.
local function start_of_nvi(folder)
  local start <const> = "set recdir=" .. folder:gsub("[ |\\]", "\\%0")
  local own <const> = host.env "NEXINIT" or host.env "EXINIT"
  if own then
    return start .. "|" .. own
  end
  local home <const> = fs.root(fs.home())
  for _, name in ipairs { ".nexrc", ".exrc" } do
    if home and home:exists(name) then
      return start .. "|source " .. home.path .. "/" .. name
    end
  end
  return start
end

--- The variables that an editor gets besides ours: what it puts aside goes into the folder too.
---@param editor moonlatch.EditorCommand
---@param folder string
---@return table<string, string>
function editors.environment(editor, folder)
  return { TMPDIR = folder, NEXINIT = editor.family == "nvi" and start_of_nvi(folder) or nil }
end

return editors
