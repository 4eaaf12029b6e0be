local encode = require "moonlatch.encode"
local secret = require "moonlatch.secret"

return function()
  assert(assert(encode.unbase64(encode.base64("text"))) == "text")
  assert(assert(encode.unhex(encode.hex("text"))) == "text")
  assert(assert(encode.unbase64(encode.base64(secret.new("text")))):equal("text"))
  assert(assert(encode.unhex(encode.hex(secret.new("text")))):equal("text"))
  assert(#encode.sha256("text") == 64)
  assert(encode.unhex("x") == nil)
end
