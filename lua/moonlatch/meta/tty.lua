---@meta moonlatch.tty

---Asking a person: at the terminal, never at standard input.
---@class moonlatch.tty
local tty = {}

---Is there somebody to ask?
---@return boolean
function tty.available() end

---Ask a yes-or-no question; only a word that means yes is yes.
---@param question string
---@return boolean? yes
---@return moonlatch.Error? err  `unsupported`: no terminal; `interrupted`
function tty.confirm(question) end

---Is a standard stream a terminal?
---@param stream? "stdin"|"stdout"|"stderr"  default stdout
---@return boolean
function tty.is_terminal(stream) end

---From now on nobody is there to ask, for us and for what we start; Ctrl-C still comes. The first
---process of a session keeps its terminal.
function tty.leave() end

---Ask for one line, echoed.
---@param prompt string
---@return string? line
---@return moonlatch.Error? err  `unsupported`, `interrupted`, `limit`
function tty.line(prompt) end

---Ask for a passphrase without echo.
---@param prompt string
---@param options? { confirm: boolean? }  confirm: ask twice, until both are equal
---@return moonlatch.Secret? passphrase
---@return moonlatch.Error? err  `unsupported`, `interrupted`, `limit`
function tty.passphrase(prompt, options) end

---Print to the terminal what only the person at it shall see: a passphrase that was made for them.
---@param text moonlatch.Bytes
---@return true? ok
---@return moonlatch.Error? err  `unsupported`: no terminal
function tty.show(text) end

---Columns of the terminal on standard output; 80 when unknown.
---@return integer
function tty.width() end

return tty
