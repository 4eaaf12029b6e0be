--- rules.change — what all edits of a `.sops.yaml` have in common.
--
-- Each makes one edit of the document, and the model is read again; it returns true when something
-- changed, false when there was nothing to do, or nil and an error.

local fail <const> = require "moonlatch.fail"
local read <const> = require "moonlatch.rules.read"

local change = {}

---@return nil
---@return moonlatch.Error err
function change.refuse(code, message, hint, line)
  return nil, fail.new(code, message, hint, { line = line })
end

--- Reads the model again after an edit, whose result is given.
---@param model table
---@return true?
---@return moonlatch.Error? err
function change.done(model, ok, err)
  if not ok then
    return nil, err
  end
  local read_again <const>, bad <const> = pcall(read.model, model)
  if not read_again then
    if not fail.is(bad) then
      error(bad, 0)
    end
    return nil, bad
  end
  return true
end

return change
