local fs = require "moonlatch.fs"
local secret = require "moonlatch.secret"

local place <const> = assert(fs.temp_folder())

return function()
  local root <close> = assert(fs.root(place))
  assert(root:write("a/b/file", "text", { parents = true }))
  assert(root:write("key", secret.new("a secret")))
  assert(assert(root:read("a/b/file")) == "text")
  assert(assert(root:read_secret("key")):equal("a secret"))
  assert(assert(root:stat("key")).mode == 384 and root:exists("a") and not root:exists("z"))
  assert(root:mkdir("c/d"))
  if not root:exists("link") then
    assert(root:symlink("link", "a"))
  end
  assert(assert(root:readlink("link")) == "a")
  assert(#assert(root:list()) == 4)
  local seen = 0
  for entry in root:walk { ignore = { "c" }, folders = true } do
    seen = seen + (entry.path and 1 or 0)
  end
  assert(seen >= 5)
  local below <close> = assert(root:open("a/b"))
  assert(below.path)
  local folder <const>, rest <const> = assert(fs.resolve(place .. "/new/name"))
  assert(folder.path and rest == "new/name")
  assert(fs.read_named(place .. "/key"))
  assert(root:write("key", "text", { exclusive = true }) == nil)
  assert(fs.read_descriptor(1) == nil and assert(fs.stat_stream "stdout").kind)
  assert(fs.search_up(place .. "/a/b", { "key" }))
  assert(fs.state_write("note", "text"))
  assert(fs.cwd() and fs.home() and fs.state_dir() and fs.config_dir() and fs.config_home())
  assert(root:trusted("key"))
  assert(root:remove("c/d"))
  assert(root:remove("link"))
  assert(root:read("missing") == nil)
  local output <close> = assert(root:output("key"))
  assert(output:write(secret.new("text")))
  assert(output:commit())
  assert(output.path == "key" and output.id ~= nil and not output.terminal)
  local input <close> = assert(root:input("key"))
  local replaced <close> = assert(fs.output(place .. "/key"))
  assert(input.id == replaced.id and input.size == 4 and input.path == "key")
  local null <close> = assert(fs.input("/dev/null"))
  assert(null.id == nil and not null.terminal)
  assert(fs.remove_tree(assert(fs.temp_folder())))
  local hidden <close> = assert(fs.private())
  assert(hidden.root:write("clear", secret.new("text")))
  assert(hidden.path and #assert(hidden.root:list()) == 1)
  local shared <close> = assert(fs.private { shared = true })
  assert(not shared.hidden)
  assert(select(2, fs.private { user = "no-such-user" }).message)
end
