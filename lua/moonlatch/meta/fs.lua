---@meta moonlatch.fs

---Folders held open, and the files below them. A path is `a/b`: never absolute, never through a
---link. What a path that a person typed means is settled once, by `fs.root` and `fs.resolve`.
---@class moonlatch.fs
local fs = {}

---The folder of this program's configuration. Raises when no home folder is known.
---@return string
function fs.config_dir() end

---The folder of everybody's configuration; sops/age/keys.txt is below it.
---@return string
function fs.config_home() end

---The current folder.
---@return string
function fs.cwd() end

---The user's home folder.
---@return string
function fs.home() end

---Open a file of any size to be read piece by piece, in C. "-" is standard input; links are
---followed, pipes and FIFOs are read too.
---@param path string
---@return moonlatch.Input? input
---@return moonlatch.Error? err
function fs.input(path) end

---@class moonlatch.OutputOptions
---@field mode integer?       default: that of the file replaced, else 0600 for clear text, 0666
---  and the umask for what may be read by anybody
---@field exclusive boolean?  `exists` if anything has that name

---Open a file of any size to be written piece by piece, in C. "-" and `/dev/stdout` are standard
---output; pipes and devices are written as the bytes come. Anything else is there, whole, once it
---is committed; nothing of it is left otherwise.
---@param path string  a link at the end is followed
---@param options? moonlatch.OutputOptions
---@return moonlatch.Output? output
---@return moonlatch.Error? err
function fs.output(path, options) end

---@class moonlatch.PendingTransaction
---@field id string
---@field state "staging"|"commit"|"unreadable"
---@field pid integer
---@field time integer
---@field roots string[]
---@field entries integer
---@field problem moonlatch.Error? of an unreadable one

---The transactions that a crash left open, oldest first; not those that a process is still at.
---Changes nothing; raises when it cannot look.
---@return moonlatch.PendingTransaction[]
function fs.pending() end

---A new folder in memory, for files in clear that a child must open by name. Where the kernel
---allows it only the children that are given it see it, and it ends with the last of them and us.
---@param options? { shared: boolean?, user: string? }
---  shared: all processes of this user see it;  user: it is given to this one, for root
---@return moonlatch.Private? folder
---@return moonlatch.Error? err  `unsupported`, `missing`, `permission`
function fs.private(options) end

---Read a descriptor that this program was started with: `3< file` of a shell.
---@param number integer
---@param options? { limit: integer? }
---@return moonlatch.Secret? bytes
---@return moonlatch.Error? err  `argument`: it is for output; `missing`, `limit`, `system`
function fs.read_descriptor(number, options) end

---Read a line of standard input, an answer that is no secret, without its line break; what is
---behind it stays for whoever reads next.
---@param options? { limit: integer? }
---@return string? line  nil at the end of the input
---@return moonlatch.Error? err  `interrupted`, `limit`, `system`
function fs.read_line(options) end

---Read what a person named: links, pipes and FIFOs are fine, `-` is standard input.
---@param path string
---@param options? { limit: integer? }
---@return moonlatch.Secret? bytes
---@return moonlatch.Error? err  `missing`, `permission`, `limit`, `system`
function fs.read_named(path, options) end

---@class moonlatch.RecoveredTransaction
---@field id string
---@field finished boolean
---@field files { path: string, found: "old"|"new"|"other" }[]

---Complete or undo each open transaction.
---@param options? { give_up: boolean? }  give_up: leave all files as they are, forget the journals
---@return moonlatch.RecoveredTransaction[]? list
---@return moonlatch.Error? err
---@return moonlatch.RecoveredTransaction[]? done  after an error
function fs.recover(options) end

---Remove a folder of our own with all that is below it.
---@param path string  absolute
---@return true? ok
---@return moonlatch.Error? err
function fs.remove_tree(path) end

---Find what a path means: the deepest folder on the way that exists, all links followed, and what
---remains: a name, `a/b` for folders yet to be made, or `.`.
---@param path string
---@return moonlatch.Root? root
---@return string|moonlatch.Error rest
function fs.resolve(path) end

---Open the folder that a person named; links are followed, this once.
---@param path string
---@return moonlatch.Root? root
---@return moonlatch.Error? err  `missing`, `permission`
function fs.root(path) end

---Look for one of several names in a folder and those above it. Stops at the top of a repository,
---of a file system, and at folders of other users than root.
---@param start string
---@param names string[]
---@param options? { stop_at_git: boolean? }  default true
---@return string? folder
---@return string|moonlatch.Error|nil name
function fs.search_up(start, names, options) end

---What a standard stream is.
---@param name "stdin"|"stdout"|"stderr"
---@return moonlatch.Stat? stat
---@return moonlatch.Error? err
function fs.stat_stream(name) end

---The folder of what this program remembers.
---@return string
function fs.state_dir() end

---Write a file below it that only its owner may read, with the folders above it.
---@param path string
---@param bytes moonlatch.Bytes
---@return true? ok
---@return moonlatch.Error? err
function fs.state_write(path, bytes) end

---A new 0700 folder, for tests. It is on a disk: no secret but those of a test belongs there.
---@return string? path
---@return moonlatch.Error? err
function fs.temp_folder() end

---Begin a transaction: many files, one change.
---@param options { roots: moonlatch.Root[]? }
---@return moonlatch.Transaction? transaction
---@return moonlatch.Error? err
function fs.transaction(options) end

---A folder held open.
---A file being read. Its bytes are no Lua values: what takes an Input moves them.
---@class moonlatch.Input
---@field path string       as it was given
---@field id string?        equal for two names of one regular file, also of an Output; else nil
---@field size integer?     of a regular file
---@field terminal boolean
local Input = {}

---Close it; harmless any number of times.
function Input:close() end

---A file being written.
---@class moonlatch.Output
---@field path string       as it was given
---@field id string?        of the regular file that it replaces, see Input
---@field terminal boolean
local Output = {}

---Close it, and drop what was written unless it was committed; harmless any number of times.
function Output:close() end

---Put the file there, whole and durable.
---@return true? done
---@return moonlatch.Error? err
function Output:commit() end

---@param bytes moonlatch.Bytes  a secret makes it a file that only its owner may read
---@return true? done
---@return moonlatch.Error? err
function Output:write(bytes) end

---@class moonlatch.Root
---@field path string  absolute, without links
local Root = {}

---Close it; harmless any number of times.
function Root:close() end

---Is something there? A link counts, wherever it leads.
---@param path string
---@return boolean
function Root:exists(path) end

---Open a regular file of any size to be read piece by piece, no link followed.
---@param path string
---@return moonlatch.Input? input
---@return moonlatch.Error? err
function Root:input(path) end

---The names in a folder, sorted.
---@param path? string  default `.`
---@return string[]? names
---@return moonlatch.Error? err
function Root:list(path) end

---Make a folder and those above it.
---@param path string
---@param mode? integer  default 0700
---@return true? ok
---@return moonlatch.Error? err
function Root:mkdir(path, mode) end

---Open a folder below.
---@param path string
---@return moonlatch.Root? root
---@return moonlatch.Error? err
function Root:open(path) end

---Open a regular file, there or not, to be written piece by piece; see fs.output.
---@param path string
---@param options? moonlatch.OutputOptions
---@return moonlatch.Output? output
---@return moonlatch.Error? err
function Root:output(path, options) end

---Read a regular file.
---@param path string
---@param options? { limit: integer? }
---@return string? bytes
---@return moonlatch.Error? err  `missing`, `permission`, `limit`, `system`
function Root:read(path, options) end

---Read a regular file that may hold secrets.
---@param path string
---@param options? { limit: integer? }
---@return moonlatch.Secret? bytes
---@return moonlatch.Error? err
function Root:read_secret(path, options) end

---Where a link leads.
---@param path string
---@return string? target
---@return moonlatch.Error? err
function Root:readlink(path) end

---Remove a file, a link or an empty folder.
---@param path string
---@return true? ok
---@return moonlatch.Error? err
function Root:remove(path) end

---@class moonlatch.Stat
---@field kind "file"|"folder"|"link"|"other"
---@field mode integer
---@field uid integer
---@field size integer
---@field mtime integer
---@field nlink integer
---@field id string?  of a file: the same by whatever name

---@param path string
---@return moonlatch.Stat? stat
---@return moonlatch.Error? err  `missing`
function Root:stat(path) end

---Make a link.
---@param path string
---@param target string
---@return true? ok
---@return moonlatch.Error? err  `exists`
function Root:symlink(path, target) end

---Is it safe from other users? True when nobody else can change what is there.
---@param path string
---@return true? ok
---@return moonlatch.Error? err  `permission`
function Root:trusted(path) end

---@class moonlatch.WalkEntry
---@field path string
---@field kind "file"|"folder"|"link"|"other"
---@field size integer
---@field target string?  of a link

---Go through all that is below; no link is followed. Raises when the system refuses, or `limit`.
---@param options? { ignore: string[]?, from: string?, folders: boolean? }
---  ignore: patterns of `moonlatch.glob`; folders: report them too
---@return fun(): moonlatch.WalkEntry? next
---@return { path: string, message: string }[] notes  what was passed over
function Root:walk(options) end

---Write one file, whole or not at all. A secret gives a file that only its owner may read. For
---more than one file use a transaction.
---@param path string
---@param bytes moonlatch.Bytes
---@param options? { mode: integer?, parents: boolean?, exclusive: boolean? }
---  mode: default as it was; exclusive: never over what is there
---@return true? ok
---@return moonlatch.Error? err  `exists` with `exclusive`
function Root:write(path, bytes, options) end

---A folder in memory: see `fs.private`. Closed it is empty and gone.
---@class moonlatch.Private
---@field path string          where the children see it
---@field root moonlatch.Root  the same for us
---@field hidden boolean       nobody else sees it
local Private = {}

---Close it; harmless any number of times.
function Private:close() end

---Changes collected in memory and made together: all or none, also across a crash. Closed without
---a commit it changes nothing.
---@class moonlatch.Transaction
local Transaction = {}

---Change the mode of a file that is not otherwise staged.
---@param root moonlatch.Root
---@param path string
---@param mode integer
---@return true? ok
---@return moonlatch.Error? err
function Transaction:chmod(root, path, mode) end

---Close it; harmless any number of times.
function Transaction:close() end

---Make the changes. After an error nothing was changed, unless `err.committed`: then the new state
---is decided and recovery completes it.
---@return true? ok
---@return moonlatch.Error? err  `changed`, `busy`, `conflict`, `permission`, `system`
function Transaction:commit() end

---Remember what was read in another way, to be compared before the commit.
---@param root moonlatch.Root
---@param path string
---@param bytes moonlatch.Bytes?  nil: it was not there
---@return true? ok
---@return moonlatch.Error? err
function Transaction:input(root, path, bytes) end

---Stage a link.
---@param root moonlatch.Root
---@param path string
---@param target string
---@param options? { phase: "gain"|"main"|"lose"|nil, folder_mode: integer? }
---@return true? ok
---@return moonlatch.Error? err
function Transaction:link(root, path, target, options) end

---Stage a folder and those above it.
---@param root moonlatch.Root
---@param path string
---@param mode? integer
---@return true? ok
---@return moonlatch.Error? err
function Transaction:mkdir(root, path, mode) end

---@class moonlatch.Change
---@field op "write"|"link"|"remove"|"chmod"|"mkdir"|"rmdir"
---@field root moonlatch.Root
---@field path string
---@field kind "clear"|"sealed"|"public"|nil
---@field old moonlatch.Bytes?     a secret where it is in clear; nil: it is new
---@field new moonlatch.Bytes?     likewise; of a link its target
---@field mode integer
---@field old_mode integer
---@field phase "gain"|"main"|"lose"
---@field breaks_hard_link boolean other names keep the old bytes

---What would be done, in that order.
---@return moonlatch.Change[]
function Transaction:plan() end

---Read through the transaction: what was staged is seen, and what is read is compared again before
---the commit.
---@param root moonlatch.Root
---@param path string
---@param options? { secret: boolean?, limit: integer? }  secret: as a secret
---@return moonlatch.Bytes? bytes
---@return moonlatch.Error? err
function Transaction:read(root, path, options) end

---Stage the removal of a file or a link.
---@param root moonlatch.Root
---@param path string
---@param options? { phase: "gain"|"main"|"lose"|nil, was_clear: boolean? }
---@return true? ok
---@return moonlatch.Error? err  `missing`
function Transaction:remove(root, path, options) end

---Stage the removal of a folder: at the end, if it is empty then.
---@param root moonlatch.Root
---@param path string
---@return true? ok
---@return moonlatch.Error? err
function Transaction:rmdir(root, path) end

---@class moonlatch.WriteOptions
---@field kind "clear"|"sealed"|"public"|nil  default: clear for a secret, else public
---@field phase "gain"|"main"|"lose"|nil  key files that gain keys first, those that lose keys last
---@field mode integer?        default: as it was
---@field folder_mode integer? of folders made on the way
---@field was_clear boolean?   what stands there now is in clear

---Stage new bytes. A secret can only be written as `clear`.
---@param root moonlatch.Root
---@param path string
---@param bytes moonlatch.Bytes
---@param options? moonlatch.WriteOptions
---@return true? ok
---@return moonlatch.Error? err
function Transaction:write(root, path, bytes, options) end

return fs, { ["moonlatch.input"] = Input, ["moonlatch.output"] = Output,
  ["moonlatch.private"] = Private, ["moonlatch.root"] = Root,
  ["moonlatch.transaction"] = Transaction }
