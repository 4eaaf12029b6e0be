local secret = require "moonlatch.secret"

return function()
  local s <close> = secret.new("a secret text\n")
  local long <close> = secret.random(5000)
  assert(#long == 5000 and secret.is(s) and not secret.is("s"))
  assert(s:trim():sub(3, 8):equal("secret") and s:has("text"))
  assert(#secret.concat({ s, long, "public" }, ", ") == 5024)
  assert(s:copy():reveal() == "a secret text\n" and s:publish())
  assert(#secret.choose({ "ab", "cd" }, 3, "-") == 8)
  assert(s:is_text() and tostring(s))
  assert(type(secret.locked()) == "boolean")
end
