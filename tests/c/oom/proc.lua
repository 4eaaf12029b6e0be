local proc = require "moonlatch.proc"
local secret = require "moonlatch.secret"

return function()
  local cat <const> = assert(proc.find("cat"))
  local done <const> = assert(proc.run { program = cat, stdin = secret.new("text"),
    stdout = "secret" })
  assert(done.status == 0 and done.stdout:equal("text"))
  local all <const> = assert(proc.all {
    { program = "printf", operands = { "a b" }, separator = true, stdout = "string",
      pass = { "HOME" } },
    { program = "true", env = { NAME = "value" }, stderr = "string" },
  })
  for _, one in ipairs(all) do
    assert(one.status, one) -- else it is an error object
  end
  assert(all[1].stdout == "a b" and all[2].status == 0)
  assert(proc.find("no-such-program") == nil)
  local talk <close> = assert(proc.converse { program = cat, timeout = 60 })
  assert(assert(talk:exchange("text")):equal("text"))
  assert(proc.start { program = "true", pass = { "HOME" } })
  assert(proc.replace { program = "no-such-program" } == nil)
  assert(proc.run { program = "true", user = "no-such-user" } == nil)
end
