local glob = require "moonlatch.glob"

return function()
  assert(glob.match("secrets/**/*.{yaml,json}", "secrets/a/b/c.yaml"))
  assert(not glob.match("*.yaml", "c.json"))
  assert(glob.match("[", "x") == nil)
end
