local json = require "moonlatch.json"

local text <const> = '{"list":[1,2.5,true,null,"text"],"map":{"a":{"b":[]}}}'

return function()
  local value <const> = assert(json.parse(text))
  assert(value.map.a and #assert(json.format(value)) > 10)
  assert(json.format { a = json.array {}, b = 1 })
  assert(json.parse('{"a":1,"a":2}') == nil)
end
