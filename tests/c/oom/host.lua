local host = require "moonlatch.host"
local secret = require "moonlatch.secret"

return function()
  assert(host.escape("a\27[2Jb", true))
  assert(host.mask("text " .. secret.new("shown-once"):reveal()))
  assert(assert(host.load_text("return 1", "chunk"))() == 1)
  assert(assert(host.load_data("return { a = 1 }", "data")).a == 1)
  assert(host.load_text("return", "=x"))
  assert(host.load_text("((", "=x") == nil)
  assert(host.env("HOME") and host.program() and host.hostname() and host.time())
  assert(host.secret_env("MOONLATCH_NOT_SET") == nil)
  assert(#host.primitives() > 5 and host.types() and host.files("lua"))
  assert(host.user() and host.user("root") and #host.variables() > 0)
  assert(host.arguments() and host.privileged() ~= nil)
  assert(host.traceback("message"))
end
