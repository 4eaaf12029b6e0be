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

return text
