-- What the nodes of a document say of themselves.

local doc, test = require "moonlatch.doc", require "moonlatch.test"

test.it("names the style of every scalar, those of INI files too", function()
  local styles <const> = {}
  local ini <const> = assert(doc.parse('[a]\nk = `x`\nl = """y"""\nm = z\n', { format = "ini" }))
  for key, node in ini:root():get("a"):pairs() do styles[key] = node.style end
  test.equal(styles, { k = "backtick", l = "triple", m = "plain" })
end)

test.it("tells a key without letters from no key", function()
  local json <const> = assert(doc.parse('{"": [1]}', { format = "json" }))
  local list <const> = json:root():get("")
  test.equal({ list.key, list:item(1).key }, { "", nil })
end)

test.it("replaces a part of a text, be it all of nothing", function()
  local document <const> = assert(doc.parse("a:\nb: text\n"))
  assert(document:replace_text(document:find "a", 1, 0, "x"))
  assert(document:replace_text(document:find "b", 2, 3, "o"))
  test.equal(document:text(), "a: x\nb: tot\n")
end)

test.it("finds every node by the path that it tells", function()
  local document <const> = assert(doc.parse("a/b: # c\n  - x\n  # d\n  - {e~: [f, g]}\n"))
  local node <const> = document:find "a~1b/1/e~0/1"
  test.equal({ node:path(), node:text() }, { "a~1b/1/e~0/1", "g" })
  for comment in document:find "a~1b":children() do
    if comment.kind == "comment" then test.equal(comment:path(), "") end
  end
end)
