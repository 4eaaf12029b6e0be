-- For the tests: an age plugin, in plain Lua 5.4. A program age-plugin-NAME is a few lines that
-- load this file; it wraps a file key by writing it backwards.
--
--     local plugin = dofile "…/plugin.lua"
--     plugin.say { "msg", body = "hello" }      -- optional: whatever the test is about
--     plugin.serve {}
--
-- luacheck: std lua54

io.stdout:setvbuf "full"

local plugin = { machine = arg[1] and arg[1]:match "^%-%-age%-plugin=(.+)$", heard = {} }

local ALPHABET <const> = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

function plugin.base64(bytes)
  local out <const> = {}
  for i = 1, #bytes, 3 do
    local a <const>, b <const>, c <const> = bytes:byte(i, i + 2)
    local n <const> = a << 16 | (b or 0) << 8 | (c or 0)
    for k = 0, (c and 3 or b and 2 or 1) do
      local at <const> = (n >> 18 - 6 * k & 63) + 1
      table.insert(out, ALPHABET:sub(at, at))
    end
  end
  return table.concat(out)
end

function plugin.unbase64(text)
  local out <const> = {}
  local n, bits = 0, 0
  for c in text:gmatch "." do
    n, bits = n << 6 | ALPHABET:find(c, 1, true) - 1, bits + 6
    if bits >= 8 then
      bits = bits - 8
      table.insert(out, string.char(n >> bits & 255))
    end
  end
  return table.concat(out)
end

--- One stanza of the client: { word, …, body = bytes }.
function plugin.read()
  local first <const> = io.read "L"
  if not first then
    os.exit(1) -- the client has gone
  end
  local stanza <const>, body <const> = {}, {}
  for word in first:gmatch "%S+" do
    table.insert(stanza, word)
  end
  assert(table.remove(stanza, 1) == "->", first)
  repeat
    local line <const> = io.read "l"
    table.insert(body, line)
  until #line < 64
  stanza.body = plugin.unbase64(table.concat(body))
  return stanza
end

function plugin.write(text)
  io.write(text)
  io.flush()
end

--- Say a stanza { word, …, body = bytes }, and read the reply.
function plugin.say(stanza)
  plugin.tell(stanza)
  return plugin.read()
end

--- Say one that has no reply.
function plugin.tell(stanza)
  local lines <const>, body <const> = {}, plugin.base64(stanza.body or "")
  table.insert(lines, "-> " .. table.concat(stanza, " "))
  for at = 1, #body + 1, 64 do
    table.insert(lines, body:sub(at, at + 63))
  end
  plugin.write(table.concat(lines, "\n") .. "\n")
end

--- What the client said before it was our turn, by words.
local function listen()
  repeat
    local stanza <const> = plugin.read()
    table.insert(plugin.heard, stanza)
  until stanza[1] == "done"
end

--- All stanzas of the client that begin with this word.
function plugin.all(word)
  local list <const> = {}
  for _, stanza in ipairs(plugin.heard) do
    table.insert(list, stanza[1] == word and stanza or nil)
  end
  return list
end

--- Do what a good plugin does.
---@param how { labels: string[]?, stanzas: integer? }
function plugin.serve(how)
  for _, command in ipairs(plugin.all "wrap-file-key") do
    for _ = 1, how.stanzas or 1 do
      plugin.say { "recipient-stanza", "0", "backwards", "arg", body = command.body:reverse() }
    end
    if how.labels and #plugin.all "extension-labels" > 0 then
      plugin.say { "labels", table.unpack(how.labels) }
    end
  end
  for _, stanza in ipairs(plugin.all "recipient-stanza") do
    if stanza[3] == "backwards" and stanza[4] == "arg" then
      plugin.say { "file-key", "0", body = stanza.body:reverse() }
      break
    end
  end
  plugin.tell { "done" }
end

--- Write what a test wants to see beside the program.
function plugin.note(name, text)
  local file <const> = assert(io.open(arg[0]:gsub("[^/]*$", name), "w"))
  file:write(text)
  file:close()
end

listen()
return plugin
