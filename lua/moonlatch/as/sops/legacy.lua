--- as.sops.legacy — sops without a command: `sops -d FILE`, `sops FILE`, `sops --set … FILE`.

local codes <const> = require "moonlatch.as.sops.codes"
local keys  <const> = require "moonlatch.as.sops.keys"
local store <const> = require "moonlatch.as.sops.store"

local legacy = {}

local COMMANDS <const> = { "encrypt", "decrypt", "rotate", "set" }

--- The last of the commands that the flags name: sops runs all, and the last one's work counts.
local function chosen(flags)
  local last, count = "edit", 0
  for _, name in ipairs(COMMANDS) do
    if flags[name] then
      last, count = name, count + 1
    end
  end
  if count > 1 then
    codes.log("warning", "More than one command (--encrypt, --decrypt, --rotate, --set) has been "
      .. "specified. Only the changes made by the last one will be visible. Note that this "
      .. "behavior is deprecated and will cause an error eventually.")
  end
  return last
end

---@param flags moonlatch.SopsFlags
---@param operands string[]
function legacy.run(flags, operands)
  local path <const> = store.named(operands)
  store.warn_of_more(operands)
  store.check_places(flags, path)
  local command <const> = chosen(flags)
  if command == "set" then
    return require("moonlatch.as.sops.set").run_legacy(flags, path)
  elseif command == "rotate" then
    store.expect(path)
  elseif command == "edit" and #keys.named(flags, "add-") + #keys.named(flags, "rm-") > 0 then
    store.expect(path, codes.no_such_file, "Error: cannot add or remove keys on non-existent file "
      .. '"%s", use `--kms` and `--pgp` instead.')
  end
  return require("moonlatch.as.sops." .. command).run(flags, { path })
end

return legacy
