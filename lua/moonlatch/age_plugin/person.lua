--- age_plugin.person — what an age plugin asks the person at the terminal.
--
-- The plugin's text is a stranger's: it is escaped, and each line begins with the plugin's name, so
-- that it cannot pass for ours.

local host <const> = require "moonlatch.host"
local tty  <const> = require "moonlatch.tty"

---@class moonlatch.PluginPerson
---@field message fun(name: string, text: string): true?
---@field public fun(name: string, text: string): moonlatch.Bytes?, moonlatch.Error?
---@field secret fun(name: string, text: string): moonlatch.Bytes?, moonlatch.Error?
---@field confirm fun(name: string, text: string, yes: string, no: string?): boolean?, table?

local person = {}

--- One line for what a plugin said.
---@param name string  of the plugin
---@param text string
---@return string
function person.said(name, text)
  return ("age-plugin-%s: %s"):format(name, host.escape(text))
end

--- Show a message.
---@return true
function person.message(name, text)
  for line in text:gmatch "[^\n]+" do
    host.err(person.said(name, line) .. "\n")
  end
  return true
end

--- Ask for a line.
function person.public(name, text)
  return tty.line(person.said(name, text) .. " ")
end

--- Ask for a passphrase or PIN.
function person.secret(name, text)
  return tty.passphrase(person.said(name, text) .. " ")
end

--- Let the person choose; without a second choice, agree or not.
function person.confirm(name, text, yes, no)
  local choice <const> = ("%s (y: %s, n: %s) "):format(text, yes, no or "no")
  return tty.confirm(person.said(name, choice))
end

return person
