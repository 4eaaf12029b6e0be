--- rules.find — the `.sops.yaml` of a folder, as sops looks for it.

local fs <const> = require "moonlatch.fs"

local NAME <const>, NEARLY <const> = ".sops.yaml", ".sops.yml"

local function join(folder, name)
  return (folder == "/" and "" or folder) .. "/" .. name
end

--- The first `.sops.yaml` from a folder upward, past the top of a repository too. A `.sops.yml` on
--- the way is passed over, which is worth a warning.
---@param start string
---@return string? path
---@return string? ignored
return function(start)
  local at, ignored = start, nil
  while at do
    local folder <const>, name <const> = fs.search_up(at, { NAME, NEARLY }, { stop_at_git = false })
    if folder and name == NAME then
      return join(folder, NAME), ignored
    end
    ignored = ignored or folder and join(folder, NEARLY)
    at = folder and folder ~= "/" and join(folder:match "^(.*)/[^/]*$", "") or nil
  end
  return nil, ignored
end
