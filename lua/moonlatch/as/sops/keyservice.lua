--- as.sops.keyservice — `sops keyservice`, which there is none of here.

local codes <const> = require "moonlatch.as.sops.codes"

local keyservice = {}

--- Say so, and what does the same work.
function keyservice.run()
  codes.leave(codes.generic, "a key service is not supported: it hands out data keys to whoever "
    .. "reaches its socket, without asking who that is\nssh to the machine that has the keys, and "
    .. "run sops there")
end

return keyservice
