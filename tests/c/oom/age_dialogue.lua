local dialogue = require "moonlatch.age_dialogue"
local secret = require "moonlatch.secret"

local FILE_KEY <const> = secret.new("0123456789abcdef")
local BODY <const> = "MDEyMzQ1Njc4OWFiY2RlZg\n"

--- Feeds a dialogue and answers, to its end.
local function hear(talk, text)
  local kinds <const> = {}
  assert(talk:output())
  assert(talk:feed(text))
  while true do
    local event <const> = assert(talk:next())
    table.insert(kinds, event.kind)
    if event.kind == "done" or event.kind == "error" then
      return table.concat(kinds, " "), assert(talk:output())
    elseif event.kind == "secret" then
      assert(talk:accept(secret.new("1234")))
    elseif event.kind == "confirm" then
      assert(talk:accept(nil, "yes"))
    elseif event.text then
      assert(talk:refuse())
    end
  end
end

return function()
  local wrap <close> = assert(dialogue.wrap("age1test1dzqdan", FILE_KEY))
  assert(wrap.name == "test" and wrap.machine == "recipient-v1")
  assert(hear(wrap, "-> recipient-stanza 0 one a b\nAAAA\n-> labels a b\n\n-> done\n\n")
    == "stanza labels done")
  local identity <const> = assert(dialogue.default_identity("test"))
  local unwrap <close> = assert(dialogue.unwrap(identity,
    { { type = "one", args = { "a", "b" }, body = "text" }, { type = "x", args = {}, body = "" } }))
  assert(hear(unwrap, "-> msg\nAAAA\n-> request-secret\n\n-> confirm AAAA AAAA\n\n-> file-key 0\n"
    .. BODY .. "-> error internal\nAAAA\n") == "message secret confirm file-key error")
  assert(dialogue.wrap("age1nonsense", FILE_KEY) == nil)
end
