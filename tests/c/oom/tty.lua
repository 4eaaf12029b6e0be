local tty = require "moonlatch.tty"

-- Without somebody to ask: what is looked at, no more.
return function()
  assert(tty.width() > 0)
  assert(tty.is_terminal("stdin") ~= nil and tty.available() ~= nil)
end
