-- make.lua — a large document on stdout: `lua5.4 tests/limits/make.lua SHAPE BYTES`.

local shape <const>, bytes <const> = arg[1], tonumber(arg[2])

---Lines until there are that many bytes; the number of the line stands for each %d.
local function lines(format, size)
  local out, written, n = {}, 0, 0
  while written < size do
    n = n + 1
    local line <const> = format:gsub("%%d", tostring(n))
    table.insert(out, line)
    written = written + #line
    if #out == 10000 then
      io.write(table.concat(out))
      out = {}
    end
  end
  io.write(table.concat(out))
end

local function filled(before, after)
  io.write(before)
  for _ = 1, bytes // 1024 do io.write(("x"):rep(1024)) end
  io.write(after)
end

local function nested(open, close)
  io.write(open:rep(bytes), close:rep(bytes))
end

local TEXT <const> = "value number %d is some text, and more that makes the line as long as most"

local SHAPES <const> = {
  -- lines of a hundred bytes
  ["lines.yaml"] = function() lines("key%d: " .. TEXT .. "\n", bytes) end,
  ["lines.json"] = function()
    io.write "{"
    lines('"key%d": "' .. TEXT .. '",\n', bytes)
    io.write '"last": 1}\n'
  end,
  ["lines.env"] = function() lines("KEY%d=" .. TEXT .. "\n", bytes) end,
  ["lines.ini"] = function() lines("[section %d]\nkey%d = " .. TEXT .. "\n", bytes) end,
  -- as many keys as there can be
  ["keys.yaml"] = function() lines("k%d: v%d\n", bytes) end,
  ["keys.json"] = function()
    io.write "{"
    lines('"k%d":%d,', bytes)
    io.write '"last":1}\n'
  end,
  ["keys.env"] = function() lines("K%d=v%d\n", bytes) end,
  ["list.yaml"] = function()
    io.write "list:\n"
    lines("- v%d\n", bytes)
  end,
  ["comments.yaml"] = function()
    lines("# comment %d\n", bytes)
    io.write "a: 1\n"
  end,
  ["beside.yaml"] = function() lines("k%d: v # comment %d\n", bytes) end,
  -- one value
  ["text.yaml"] = function() filled('a: "', '"\n') end,
  ["text.json"] = function() filled('{"a": "', '"}\n') end,
  ["text.env"] = function() filled("A=", "\n") end,
  ["text.ini"] = function() filled("a = ", "\n") end,
  ["block.yaml"] = function()
    io.write "a: |\n"
    lines("  line %d of the text\n", bytes)
  end,
  ["bytes.bin"] = function() filled("", "") end,
  -- nesting, BYTES deep
  ["deep.yaml"] = function()
    io.write "a: "
    nested("[", "]")
  end,
  ["deep-maps.yaml"] = function()
    io.write "a: "
    nested("{a: ", "}")
  end,
  ["deep-lines.yaml"] = function()
    for i = 0, bytes - 1 do io.write((" "):rep(i), "a:\n") end
    io.write((" "):rep(bytes), "b\n")
  end,
  ["deep.json"] = function()
    io.write '{"a": '
    nested("[", "]")
    io.write "}\n"
  end,
  ["open.json"] = function() io.write('{"a": ', ("["):rep(bytes)) end,
  -- aliases that multiply: ten of the line above on each of BYTES lines
  ["aliases.yaml"] = function()
    io.write "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for i = 1, bytes do
      local above <const> = "*a" .. i - 1
      io.write(("a%d: &a%d [%s]\n"):format(i, i, (above .. ", "):rep(9) .. above))
    end
  end,
}

assert(SHAPES[shape], "no shape " .. tostring(shape))()
