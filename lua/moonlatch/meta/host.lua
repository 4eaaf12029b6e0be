---@meta moonlatch.host

---The program, its surroundings, its way to the terminal. Results go out through `out` as they are;
---what people read goes through `err` and `status`, which mask revealed secrets and escape what a
---terminal would act on.
---@class moonlatch.host
local host = {}

---The metatable of error objects, for `moonlatch.fail` alone.
---@type table
host.error_meta = {}

---The program's version.
---@type string
host.version = ""

---The command line; [0] is the program's name.
---@return string[]
function host.arguments() end

---Work in another folder, for -C.
---@param path string
---@return true? ok
---@return moonlatch.Error? err
function host.chdir(path) end

---A variable of our environment. One that holds a secret raises: see `secret_env`.
---@param name string
---@return string?
function host.env(name) end

---Write to standard error, masked and escaped.
---@param text moonlatch.Bytes
---@param options? { color: "red"|"green"|"yellow"|"blue"|"bold"|"dim"|nil }
function host.err(text, options) end

---Escape what a terminal would act on.
---@param text moonlatch.Bytes
---@param lines? boolean  keep line breaks
---@return string
function host.escape(text, lines) end

---The names of the files built into the program, sorted.
---@param prefix? string
---@return string[]
function host.files(prefix) end

---@return string
function host.hostname() end

---Read Lua text that is data: it runs without any library, on a budget.
---@param text moonlatch.Bytes
---@param name string  for messages
---@return any value
---@return moonlatch.Error? err  `format` with the line, `limit`
function host.load_data(text, name) end

---Compile Lua text; bytecode is refused.
---@param text moonlatch.Bytes
---@param name string
---@param environment? table
---@return function? chunk
---@return moonlatch.Error? err  `format` with the line
function host.load_text(text, name, environment) end

---@class moonlatch.Local
---@field name string
---@field value any
---@field index integer
---@field upvalue boolean

---The variables of a running function, for the REPL.
---@param level integer  1 is the caller
---@return moonlatch.Local[]?
function host.locals(level) end

---Text with revealed secrets masked.
---@param text moonlatch.Bytes
---@return string
function host.mask(text) end

---Write to standard output, as it is. Contents of files go through `show`.
---@param bytes moonlatch.Bytes
---@return true? ok
---@return moonlatch.Error? err
function host.out(bytes) end

---The names of the modules that are written in C.
---@return string[]
function host.primitives() end

---Does the program run as root, or with more rights than its caller? Then only code and
---configuration of root is used.
---@return boolean
function host.privileged() end

---The absolute path of the running program.
---@return string? path
---@return moonlatch.Error? err
function host.program() end

---A variable that holds a secret. The first call takes it out of our environment.
---@param name string
---@return moonlatch.Secret?
function host.secret_env(name) end

---Give a variable of a running function another value.
---@param level integer
---@param index integer
---@param upvalue boolean
---@param value any
function host.set_local(level, index, upvalue, value) end

---Write contents to standard output: as they are, but at a terminal what it would act on is
---escaped.
---@param bytes moonlatch.Bytes
---@return true? ok
---@return moonlatch.Error? err
function host.show(bytes) end

---The text of a file built into the program.
---@param name string
---@return string?
function host.source(name) end

---@class moonlatch.Frame
---@field kind "Lua"|"C"|"main"
---@field name string?
---@field source string  "@" and the file
---@field line integer?

---The running functions, for the REPL.
---@param level integer  1 is the caller
---@return moonlatch.Frame[]
function host.stack(level) end

---Show a line of progress that the next output replaces.
---@param text? moonlatch.Bytes  nil: take it away
function host.status(text) end

---Seconds since 1970, with a fraction.
---@return number
function host.time() end

---Log each primitive that is called from now on.
function host.trace() end

---Add a traceback to an error string; for xpcall. Error objects stay what they are.
---@param message any
---@return any
function host.traceback(message) end

---The types of handles, each with its table of methods.
---@return table<string, table<string, function>>
function host.types() end

---The user we work for, or the one of that name.
---@param name? string
---@return { name: string?, uid: integer, home: string? }?
function host.user(name) end

---The names of the variables in our environment, but for those that hold secrets.
---@return string[]
function host.variables() end

return host
