--- modes — the permissions of files, by what they are for.

local modes = {
  PRIVATE        = tonumber("600", 8), -- its owner alone reads and writes it
  PUBLIC         = tonumber("644", 8),
  EXECUTABLE     = tonumber("755", 8),
  PRIVATE_FOLDER = tonumber("700", 8),
  PUBLIC_FOLDER  = tonumber("755", 8),
}

local OTHERS <const> = tonumber("77", 8)

--- May anybody do anything with it but its owner?
---@param stat moonlatch.Stat
---@return boolean
function modes.is_open(stat)
  return stat.mode & OTHERS ~= 0
end

return modes
