---@meta moonlatch.regex

---Regular expressions in Go's dialect, as sops reads them in `.sops.yaml`. What Go refuses is
---refused.
---@class moonlatch.regex
local regex = {}

---@param pattern moonlatch.Bytes
---@return moonlatch.Regex? regex
---@return moonlatch.Error? err  `format`, `limit`
function regex.compile(pattern) end

---A compiled pattern.
---@class moonlatch.Regex
local Regex = {}

---Close it; harmless any number of times.
function Regex:close() end

---Does it match anywhere? The work is limited, so no pattern can hang.
---@param subject moonlatch.Bytes
---@return boolean? matched
---@return moonlatch.Error? err  `limit`; `format`: not UTF-8
function Regex:match(subject) end

return regex, { ["moonlatch.regex"] = Regex }
