--- text — small questions about text that a stranger may have written.

local text = {}

--- Without the white space around it. The usual pattern `^%s*(.-)%s*$` takes time by the square of
--- the white space within, which a hostile file has plenty of.
---@param value string
---@return string trimmed
---@return integer first  where it began
function text.trim(value)
  local first <const> = value:find "%S" or #value + 1
  return value:match("^.*%S", first) or "", first
end

--- How wide it is on a terminal: bytes count except those that continue a UTF-8 character.
---@param value string
---@return integer
function text.columns(value)
  return select(2, value:gsub("[^\128-\191]", ""))
end

--- Is a private key in it? Where a public one belongs that is no slip of form: it is known to all
--- readers, and no message may show it again.
---@param value string
---@return boolean
function text.has_private_key(value)
  return value:upper():find("AGE-SECRET-KEY-", 1, true) ~= nil
    or value:find("PRIVATE KEY-----", 1, true) ~= nil
end

--- Has git left the marks of a conflict in it?
---@param bytes moonlatch.Secret
---@return boolean
function text.has_conflict_marks(bytes)
  return bytes:has "<<<<<<< " and bytes:has "\n=======" and bytes:has "\n>>>>>>> "
end

return text
