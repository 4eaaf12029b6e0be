---@meta moonlatch.proc

---Child processes: lists of arguments, never a shell. Arguments are public strings; a secret among
---them raises. A child has the environment that `env` and `pass` say and nothing else.
---@class moonlatch.proc
local proc = {}

---@class moonlatch.Command
---@field program string     a bare name, found through PATH, or an absolute path
---@field name string?       what the program takes itself for; default: `program`
---@field options string[]?
---@field operands string[]? one that begins with `-` is refused, unless `separator` is set
---@field separator boolean? put `--` before the operands
---@field env table<string, moonlatch.Bytes>?
---@field pass string[]?     variables of our own environment that it gets too
---@field stdin moonlatch.Bytes?   default: nothing
---@field stdout "null"|"inherit"|"string"|"secret"|nil  default null
---@field stderr "null"|"inherit"|"string"|"secret"|nil  default null
---@field limit integer?     bytes kept of each output; more ends the child
---@field timeout integer?   seconds; then it is told to end, and killed two seconds later
---@field terminal boolean?  it talks to the terminal: an editor, ssh
---@field forward boolean?  with `terminal`: it stands for us; what is sent to us goes on to it
---@field hangup boolean?    it gets SIGHUP when we end before it
---@field private moonlatch.Private?  a folder that it sees
---@field user string?       whom it works for; for root
---@field cwd moonlatch.Root?

---@class moonlatch.CommandResult
---@field status integer?    exit status; nil when a signal ended it
---@field signal integer?
---@field timed_out boolean
---@field overflow boolean   it wrote more than `limit`
---@field stdout moonlatch.Bytes?
---@field stderr moonlatch.Bytes?

---Run several at once. When one of the programs is not there, none is begun.
---@param commands moonlatch.Command[]
---@param options? { parallel: integer? }  default: all
---@return (moonlatch.CommandResult|moonlatch.Error)[]? results  in the same order
---@return moonlatch.Error? err  `missing`, `permission`
function proc.all(commands, options) end

---Start a program that answers, and talk with it turn by turn. Its stdin and stdout are the turns;
---`limit` is for all that it says, and `timeout` for all the time spent waiting for it.
---@param command moonlatch.Command
---@return moonlatch.Conversation? conversation
---@return moonlatch.Error? err  `missing`, `permission`, `system`
function proc.converse(command) end

---The program that a bare name means. One that others could change is refused.
---@param name string
---@return string? path
---@return moonlatch.Error? err  `missing`, `permission`
function proc.find(name) end

---Become the program: this returns only when that fails. Nothing of a private folder outlives us.
---@param command moonlatch.Command
---@return nil
---@return moonlatch.Error err
function proc.replace(command) end

---Run one program to its end. One that failed has a status; an error means that it was not run.
---@param command moonlatch.Command
---@return moonlatch.CommandResult? result
---@return moonlatch.Error? err  `missing`, `permission`, `argument`, `interrupted`, `system`
function proc.run(command) end

---Start one program and go on without it.
---@param command moonlatch.Command
---@return true? ok
---@return moonlatch.Error? err
function proc.start(command) end

---A program that answers.
---@class moonlatch.Conversation
local Conversation = {}

---End it: its streams are closed, it is interrupted, and what is left of it soon after killed.
---Harmless any number of times.
function Conversation:close() end

---Send bytes, and wait for what it says to that.
---@param bytes moonlatch.Bytes
---@param seconds? integer  wait no longer; what was not sent yet goes with the next turn
---@return moonlatch.Secret? heard  of no bytes when nothing came in this time
---@return moonlatch.Error? err  `child`: it ended, was too slow or said too much; `interrupted`
function Conversation:exchange(bytes, seconds) end

return proc, { ["moonlatch.conversation"] = Conversation }
