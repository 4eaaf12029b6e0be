local regex = require "moonlatch.regex"

return function()
  local r <close> = assert(regex.compile("^(secrets|sops)/[^/]+\\.(yaml|json)$"))
  assert(r:match("secrets/a.yaml") and not r:match("other"))
  assert(regex.compile("(") == nil)
end
