-- Age files step by step, and of any size: headers, file keys from elsewhere, streams.

local age, fs, test = require "moonlatch.age", require "moonlatch.fs", require "moonlatch.test"
local secret = require "moonlatch.secret"

local key <const>, other <const> = assert(age.generate()), assert(age.generate())
local PLUGIN <const> = "age1test1d4hk7mnvv96xx6qupgclx"

--- The error of a call that must fail.
local function fails(code, part, _, err)
  test.equal({ err.code, err.part }, { code, part })
  return err
end

--- `size` bytes that no two chunks have in common.
local function bytes(size)
  local piece <const> = secret.random(101):reveal()
  return piece:rep(size // #piece + 1):sub(1, size)
end

--- The same but for one bit of the byte at `i`.
local function damaged(text, i)
  return text:sub(1, i - 1) .. string.char(text:byte(i) ~ 1) .. text:sub(i + 1)
end

test.it("opens what it sealed, step by step", function()
  for _, armor in ipairs { false, true } do
    local seal <close> = assert(age.seal { key:recipient(), other:recipient() })
    local sealed <const> = assert(seal:encrypt("hello", { armor = armor }))
    local file <close> = assert(age.open(sealed))
    test.equal(file.armored, armor)
    local stanzas <const> = file:stanzas()
    test.equal({ #stanzas, stanzas[1].type, #stanzas[1].args, #stanzas[1].body },
      { 2, "X25519", 1, 32 })
    test.equal(assert(file:unlock { other }), 1)
    test.equal(assert(file:text()):reveal(), "hello")
    test.raises("read already", function() file:text() end)
    test.raises("made already", function() seal:encrypt("again") end)
  end
end)

test.it("gives no text before a file key fits", function()
  local file <close> = assert(age.open(assert(age.encrypt({ key:recipient() }, "hello"))))
  fails("key", nil, file:text())
  fails("key", nil, file:unlock { other })
  fails("key", nil, file:unlock {})
  fails("key", nil, file:unlock_passphrase("x"))
  test.equal(assert(file:unlock { other, key }), 2)
  test.equal(assert(file:text()):reveal(), "hello")
end)

test.it("takes passphrases, up to a work factor", function()
  local seal <close> = assert(age.seal({}, { passphrase = "open sesame", work_factor = 2 }))
  local sealed <const> = assert(seal:encrypt("hello"))
  local file <close> = assert(age.open(sealed))
  fails("passphrase", nil, file:unlock { key })
  fails("auth", nil, file:unlock_passphrase("sesame"))
  test.contains(fails("limit", "header",
    file:unlock_passphrase("open sesame", { work_factor = 1 })).message, "stanza 1")
  assert(file:unlock_passphrase("open sesame"))
  test.equal(assert(file:text()):reveal(), "hello")
  test.raises("without recipients", function()
    age.seal({ key:recipient() }, { passphrase = "x" })
  end)
end)

test.it("takes a file key that was found elsewhere", function()
  local seal <close> = assert(age.seal { key:recipient() })
  local file_key <const> = seal:file_key()
  local file <close> = assert(age.open(assert(seal:encrypt("hello"))))
  fails("auth", "mac", file:offer(secret.random(16)))
  fails("format", nil, file:offer("short"))
  assert(file:offer(file_key))
  test.equal(assert(file:text()):reveal(), "hello")
end)

test.it("takes stanzas that plugins made", function()
  local seal <close> = assert(age.seal { PLUGIN, key:recipient() })
  test.equal(seal:open(), { { index = 1, recipient = PLUGIN } })
  fails("unsupported", nil, seal:encrypt("hello"))
  test.raises("argument", function() seal:give(1, { { type = "a b\n" } }) end)
  fails("argument", nil, seal:give(2, { { type = "x", body = "" } }))
  fails("format", nil, seal:give(1, {}))
  fails("format", nil, seal:give(1, { { type = "scrypt", body = "" } }))
  fails("argument", nil, seal:give(1, { { type = "x", body = "" } }, { "postquantum" }))
  assert(seal:give(1, {
    { type = "test", args = { "a", "bc" }, body = ("x"):rep(48) },
    { type = "more", body = "" },
  }))
  test.equal(seal:open(), {})
  local file <close> = assert(age.open(assert(seal:encrypt("hello"))))
  local stanzas <const> = file:stanzas()
  test.equal({ stanzas[1], stanzas[2], stanzas[3].type }, {
    { type = "test", args = { "a", "bc" }, body = ("x"):rep(48) },
    { type = "more", args = {}, body = "" }, "X25519" })
  test.equal(assert(file:unlock { key }), 1)
end)

test.it("wants the same labels of all plugins, in any order", function()
  local seal <close> = assert(age.seal { PLUGIN, PLUGIN })
  local stanzas <const> = { { type = "x", body = "" } }
  assert(seal:give(2, stanzas, { "b", "a", "b" }))
  fails("argument", nil, seal:give(1, stanzas, { "a" }))
  assert(seal:give(1, stanzas, { "a", "b" }))
end)

test.it("streams files of any size, on several threads", function(t)
  for _, size in ipairs { 0, 1, 65536, 65537, 1 << 20, 5000000 } do
    for _, armor in ipairs { false, true } do
      local clear <const> = size < 8 and ("x"):rep(size) or bytes(size)
      t:write("clear", clear, 420)
      do
        local seal <close> = assert(age.seal { key:recipient() })
        local input <close> = assert(t.root:input("clear"))
        local output <close> = assert(t.root:output("sealed"))
        test.equal(assert(seal:encrypt(input, output, { armor = armor })), size)
        assert(output:commit())
      end
      test.equal(assert(age.decrypt({ key }, t:read("sealed"))):reveal() == clear, true)
      do
        local input <close> = assert(fs.input(t:path("sealed")))
        local file <close> = assert(age.open(input))
        local output <close> = assert(fs.output(t:path("back")))
        assert(file:unlock { key })
        test.equal(assert(file:decrypt(output)), size)
        assert(output:commit())
      end
      test.equal(t:read("back") == clear, true)
      local input <close> = assert(t.root:input("sealed"))
      local file <close> = assert(age.open(input))
      assert(file:unlock { key })
      test.equal(assert(file:text()):equal(clear), true)
    end
  end
end)

test.it("reads any part of a file", function(t)
  local CHUNK <const> = 65536
  local clear <const> = bytes(3 * CHUNK + 5)
  local sealed <const> = assert(age.encrypt({ key:recipient() }, clear))
  t:write("sealed", sealed)
  local input <close> = assert(t.root:input("sealed"))
  for _, from in ipairs { sealed, input } do
    local file <close> = assert(age.open(from))
    fails("key", nil, file:read(0, 1))
    assert(file:unlock { key })
    for _, part in ipairs {
      { 0, 1 }, { 0, CHUNK }, { CHUNK - 1, 2 }, { CHUNK, CHUNK }, { 3 * CHUNK - 1, 100 }, { 7, 0 },
      { 3 * CHUNK + 4, 1 }, { 3 * CHUNK + 5, 1 }, { 1 << 62, 10 }, { 10, #clear }, { 5, 1 },
    } do
      local text <const> = assert(file:read(part[1], part[2]))
      test.equal(text:equal(clear:sub(part[1] + 1, part[1] + part[2])), true)
    end
    test.raises("length", function() file:read(0, -1) end)
    test.equal(assert(file:text()):equal(clear), true)
  end
end)

test.it("authenticates the end of a file before any part of it", function(t)
  local sealed <const> = assert(age.encrypt({ key:recipient() }, bytes(200000)))
  local function read(from, offset)
    local file <close> = assert(age.open(from))
    assert(file:unlock { key })
    return file:read(offset, 1)
  end
  assert(read(sealed, 0))
  fails("auth", "payload", read(sealed:sub(1, -2), 0))
  fails("auth", "payload", read(sealed .. "x", 0))
  fails("format", "payload", read(sealed:sub(1, -3393), 0))
  local second <const> = damaged(sealed, 70001) -- its second chunk
  assert(read(second, 0))
  fails("auth", "payload", read(second, 65536))
  local armored <const> = assert(age.encrypt({ key:recipient() }, "x", { armor = true }))
  fails("unsupported", nil, read(armored, 0))
  t:write("sealed", sealed)
  local pipe <close> = assert(fs.input(t:path("sealed")))
  assert(read(pipe, 199999))
end)

test.it("tells a last chunk that lacks its tag", function()
  local sealed <const> = assert(age.encrypt({ key:recipient() }, bytes(65536 + 20)))
  for cut = 21, 36 do
    fails("format", "payload", age.decrypt({ key }, sealed:sub(1, -cut)))
  end
end)

test.it("leaves nothing of a file that does not open", function(t)
  local sealed <const> = assert(age.encrypt({ key:recipient() }, bytes(3000000)))
  for _, broken in ipairs { sealed:sub(1, 2500000), sealed .. "x", damaged(sealed, 2000001) } do
    local file <close> = assert(age.open(broken))
    local output <close> = assert(t.root:output("back"))
    assert(file:unlock { key })
    fails("auth", "payload", file:decrypt(output))
    test.equal(t.root:list(), { "home" })
    output:close()
    test.equal(t.root:list(), { "home" })
  end
end)

test.it("puts a file there whole, at the commit", function(t)
  t:write("old", "before", 420)
  for _, name in ipairs { "old", "new" } do
    local seal <close> = assert(age.seal { key:recipient() })
    local output <close> = assert(t.root:output(name))
    assert(seal:encrypt("hello", output))
    test.equal(t:read("old"), "before")
    test.equal(t.root:exists("new"), false)
  end
  for name, clear in pairs { a = "text", b = secret.new("text") } do
    local output <close> = assert(t.root:output(name))
    assert(output:write(clear))
    assert(output:write(""))
    assert(output:commit())
    test.equal(assert(t.root:stat(name)).mode, name == "a" and 420 or 384)
  end
  local output <close> = assert(t.root:output("a", { mode = 256 }))
  assert(output:commit())
  test.equal({ t:read("a"), assert(t.root:stat("a")).mode }, { "", 256 })
  fails("exists", nil, t.root:output("a", { exclusive = true }))
  test.equal(t.root:list(), { "a", "b", "home", "old" })
end)

test.it("knows an output that is an input", function(t)
  t:write("a", "text")
  assert(t.root:symlink("b", "a"))
  local input <close> = assert(t.root:input("a"))
  local output <close> = assert(fs.output(t:path("b")))
  local new <close> = assert(t.root:output("c"))
  test.equal({ output.id == input.id, new.id, input.size }, { true, nil, 4 })
  test.equal(fs.output("/dev/null").id, nil)
  fails("unsupported", nil, t.root:output("b"))
  fails("unsupported", nil, t.root:input("b"))
  fails("missing", nil, t.root:input("c"))
  fails("unsupported", nil, fs.input(t.folder))
  fails("unsupported", nil, fs.output(t.folder))
end)

test.it("says that a file was written to while it was read", function(t)
  t:write("a", bytes(3000000))
  local input <close> = assert(t.root:input("a"))
  t:write("b", "x")
  local seal <close> = assert(age.seal { key:recipient() })
  local output <close> = assert(t.root:output("c"))
  assert(t:run { "truncate", "-s", "2000000", "a" })
  fails("changed", nil, seal:encrypt(input, output))
end)

test.it("refuses to read what was closed or wiped", function(t)
  t:write("a", assert(age.encrypt({ key:recipient() }, "hello")))
  local input <const> = assert(t.root:input("a"))
  local file <close> = assert(age.open(input))
  input:close()
  test.raises("closed", function() file:unlock { key } end)
  local sealed <const> = secret.new(t:read("a"))
  local from <close> = assert(age.open(sealed))
  sealed:wipe()
  test.raises("wiped", function() from:unlock { key } end)
end)

test.it("measures a file without a key", function()
  local clear <const> = bytes(200000)
  local sealed <const> = assert(age.encrypt({ key:recipient() }, clear))
  local file <close> = assert(age.open(sealed))
  test.equal(file:inspect(), {
    version = "age-encryption.org/v1", armored = false, postquantum = "no",
    sizes = { header = #sealed - 200080, armor = 0, overhead = 80, text = 200000 } })
  local armored <const> = assert(age.encrypt({ key:recipient() }, "", { armor = true }))
  local sizes <const> = assert(assert(age.open(armored)):inspect()).sizes
  test.equal({ sizes.overhead, sizes.text, sizes.armor + sizes.header + 32 }, { 32, 0, #armored })
  local passphrase <const> = assert(age.encrypt_passphrase("x", "", { work_factor = 1 }))
  test.equal(assert(assert(age.open(passphrase)):inspect()).postquantum, "yes")
  fails("format", "payload", assert(age.open(sealed:sub(1, -200064))):inspect())
end)

test.it("says which part of a file is wrong", function()
  local sealed <const> = assert(age.encrypt({ key:recipient() }, "hello"))
  local armored <const> = assert(age.encrypt({ key:recipient() }, "hello", { armor = true }))
  local header <const> = #sealed - 5 - 32
  fails("format", "header", age.open("age-encryption.org/v2\n"))
  test.contains(fails("format", "header", age.open((sealed:gsub("-> X", "->  X")))).message,
    "line 2")
  test.contains(fails("format", "header",
    age.decrypt({ key }, (sealed:gsub("X25519 ", "X25519 A")))).message, "stanza 1")
  test.contains(fails("format", "armor", age.decrypt({ key }, (armored:gsub("\n", "\n ", 2))))
    .message, "line 2")
  fails("auth", "mac", age.decrypt({ key }, (sealed:gsub("%-%-%- .", function(mac)
    return mac == "--- A" and "--- B" or "--- A"
  end))))
  fails("format", "header", age.decrypt({ key }, sealed:sub(1, header + 8)))
  fails("format", "payload", age.decrypt({ key }, sealed:sub(1, header + 16)))
  fails("auth", "payload", age.decrypt({ key }, sealed:sub(1, -2)))
end)
