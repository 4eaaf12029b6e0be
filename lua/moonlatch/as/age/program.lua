--- as.age.program — what the programs of age have in common: flags, messages, endings.

local ending   <const> = require "moonlatch.as.ending"
local go_flags <const> = require "moonlatch.as.go_flags"
local host     <const> = require "moonlatch.host"

local program = {}

--- The release of age that the faces behave as; what programs read of `--version`.
local VERSION <const> = "v1.3.2"
local REPORT <const> = "report unexpected or unhelpful errors where you got moonlatch from"
local BROKEN_COMMAND_LINE <const> = 2

---@class moonlatch.AgeProgram
---@field name string
---@field usage string
---@field flags moonlatch.GoFlag[]
local Program = {}
Program.__index = Program

--- A program of age.
---@param definition { name: string, usage: string, flags: moonlatch.GoFlag[] }
---@return moonlatch.AgeProgram
function program.new(definition)
  local all <const> = { { "version", kind = "switch" }, table.unpack(definition.flags) }
  return setmetatable({ name = definition.name, usage = definition.usage, flags = all }, Program)
end

--- The lines of a message, each behind the name of the program.
local function lines_of(self, message, hints)
  local lines <const> = { ("%s: error: %s"):format(self.name, message) }
  for _, hint in ipairs(hints) do
    table.insert(lines, ("%s: hint: %s"):format(self.name, hint))
  end
  table.insert(lines, ("%s: %s"):format(self.name, REPORT))
  return table.concat(lines, "\n")
end

--- Leave with an error.
---@param message string
---@param ... string  hints
function Program:fatal(message, ...)
  ending.leave(1, lines_of(self, message, { ... }))
end

---@param message string
function Program:warn(message)
  host.err(("%s: warning: %s\n"):format(self.name, message))
end

--- The path of INPUT. An empty word is none.
---@param operands string[]
---@return string
function program.input(operands)
  local path <const> = operands[1]
  return path and path ~= "" and path or "-"
end

--- What is wrong in the words of Go, as age has it: "open a.txt: no such file or directory".
---@param err moonlatch.Error
---@param verb string   "open", "read"
---@param path string
---@return string
function program.reason(err, verb, path)
  local system <const> = err.errno and err.message:match ": ([^:]+)$"
  if system then
    return ("%s %s: %s"):format(verb, path, system:gsub("^%u", string.lower))
  elseif err.code == "exists" then
    return ("%s %s: file exists"):format(verb, path)
  elseif err.message:find("it is a folder", 1, true) then
    return ("%s %s: is a directory"):format(verb, path)
  end
  return err.message
end

--- Leave because a file was not written whole.
---@param err moonlatch.Error
---@param path string  of the output
function Program:unfinished(err, path)
  local message = err.message
  if err.part == "payload" then
    message = "failed to decrypt and authenticate payload chunk, file may be corrupted or tampered "
      .. "with"
  elseif ending.is_silent(err) then
    error(err, 0)
  elseif err.errno and err.message:find "^cannot write" then
    message = program.reason(err, "write", path == "-" and "/dev/stdout" or path)
  end
  self:fatal(message, err.hint)
end

--- Run it: flags end at the first operand, as everywhere in Go.
---@param words string[]
---@param body fun(found: table, operands: string[], words: string[]): integer?
---@return integer status
function Program:run(words, body)
  local function face()
    local found <const>, operands <const> = go_flags.parse(self.flags, words)
    if operands == "help" then
      host.err(self.usage)
      return 0
    elseif not found then
      host.err(operands .. "\n" .. self.usage)
      return BROKEN_COMMAND_LINE
    elseif found.version then
      assert(host.out(("%s\nmoonlatch %s\n"):format(VERSION, host.version)))
      return 0
    end
    return body(found, operands, words)
  end
  return ending.run(face, words, function(err)
    return 1, lines_of(self, err.message, { err.hint }) .. "\n"
  end)
end

return program
