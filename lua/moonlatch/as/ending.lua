--- as.ending — how a face ends, with the exit status of its peer, and how it quotes.

local fail <const> = require "moonlatch.fail"
local host <const> = require "moonlatch.host"

local ending = {}

local BROKEN_PIPE <const> = 32 -- EPIPE

--- Go's %q, as far as its readers care.
---@param text string
---@return string
function ending.quoted(text)
  return '"' .. text:gsub('[\\"]', "\\%0"):gsub("\n", "\\n"):gsub("\t", "\\t") .. '"'
end

--- Raised to leave with a status of the peer. Without a message nothing is said.
---@param status integer
---@param message string?
function ending.leave(status, message)
  error({ status = status, said = message }, 0)
end

--- Is it for the program to end, without a word of the face: a reader who had enough, or Ctrl-C?
---@param err any
---@return boolean
function ending.is_silent(err)
  return fail.is(err) and (err.errno == BROKEN_PIPE or err.code == "interrupted")
end

--- Run a face. Who left has said its status; an error object of ours is told in the peer's words;
--- all else is for the program to tell.
---@param face fun(words: string[]): integer?
---@param words string[]
---@param tell fun(err: moonlatch.Error): integer, string  status and text of an error of ours
---@return integer status
function ending.run(face, words, tell)
  local ok <const>, result <const> = pcall(face, words)
  if ok then
    return math.type(result) == "integer" and result or 0
  elseif type(result) == "table" and result.status and not fail.is(result) then
    host.err(result.said and result.said .. "\n" or "")
    return result.status
  elseif fail.is(result) and not ending.is_silent(result) then
    local status <const>, text <const> = tell(result)
    host.err(text)
    return status
  end
  error(result, 0)
end

return ending
