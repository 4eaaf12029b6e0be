---@meta moonlatch.editor

---Lines that a person types, for the REPL. At a terminal libedit edits them if it is installed;
---passphrases never come this way, see `tty`.
---@class moonlatch.editor
local editor = {}

---@return moonlatch.Editor
function editor.open() end

---@class moonlatch.Editor
local Editor = {}

---Free it.
function Editor:close() end

---Wait for a line.
---@param prompt string  seen at a terminal only
---@param complete? fun(word: string): string[]  whole words that begin with `word`
---@return string? line        without its line break; nil alone: the end of input
---@return moonlatch.Error? err  `interrupted`, `limit`
function Editor:line(prompt, complete) end

---Offer a line to the arrow keys. It is kept in memory only.
---@param line string
function Editor:remember(line) end

return editor, { ["moonlatch.editor"] = Editor }
