--- as.sops.codes — how this face ends and what it says on standard error: the exit codes of sops,
--- its log lines, and the texts that scripts look for.

local ending <const> = require "moonlatch.as.ending"
local host   <const> = require "moonlatch.host"

local codes = {
  generic = 1, read = 2, write = 3, dumping = 4, config = 5, context = 6, set_format = 7,
  conflict = 8, mac_sealing = 21, encrypting = 23, decrypting = 25, no_such_file = 49, mac = 51,
  path = 91, no_document = 92, no_file = 100, order = 112, no_key = 128, unchanged = 200,
  editor = 201, version = 202, sealed = 203,
}

--- Raised to leave with one of sops' codes. Without a message nothing is said.
codes.leave = ending.leave

local function line(level, message, who)
  return ("[%s]\t time=%s level=%s msg=%s\n"):format(who or "CMD",
    ending.quoted(os.date("!%Y-%m-%dT%H:%M:%SZ") --[[@as string]]), level, ending.quoted(message))
end

--- A line of sops' log on standard error.
---@param level "warning"|"error"
---@param message string
---@param who string?  the part of sops that speaks; default CMD
function codes.log(level, message, who)
  host.err(line(level, message, who))
end

--- Leave as sops does when an error has no code of its own: a line of its log, exit status 1.
---@param message string
---@param who string?
function codes.fatal(message, who)
  host.err(line("fatal", message, who))
  codes.leave(codes.generic)
end

--- A file, or a document to be written, that is sealed already. The first line is sops' own:
--- scripts look for it.
codes.SEALED = "The file you have provided contains a top-level entry called 'sops', or for\n"
  .. "flat file formats top-level entries starting with 'sops_'. That is where the\n"
  .. "metadata of a sealed file stands, so most likely it is sealed already.\n\n"
  .. "`sops edit` and `sops set` change a sealed file; an entry that is none of\n"
  .. "sops' must have another name."

return codes
