local editor = require "moonlatch.editor"

-- Standard input is empty.
return function()
  local e <close> = assert(editor.open())
  e:remember("a line")
  assert(e:line("> ") == nil)
end
