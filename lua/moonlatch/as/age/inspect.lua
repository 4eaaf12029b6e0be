--- as.age.inspect — `age-inspect`: what can be told of an age file without a key.

local age     <const> = require "moonlatch.age"
local ending  <const> = require "moonlatch.as.ending"
local fail    <const> = require "moonlatch.fail"
local fs      <const> = require "moonlatch.fs"
local host    <const> = require "moonlatch.host"
local program <const> = require "moonlatch.as.age.program"

local inspect <const> = program.new {
  name = "age-inspect",
  usage = [[
Usage:
    age-inspect [--json] [INPUT]

Options:
    --json       Print JSON.
    --version    Print the version.

INPUT is standard input where it is absent or "-".
]],
  flags = { { "json", kind = "switch" } },
}

local POSTQUANTUM <const> = {
  yes = "This file uses post-quantum encryption.",
  no = "This file does NOT use post-quantum encryption.",
  unknown = "It is unknown whether this file uses post-quantum encryption.",
}

--- The types of the stanzas, as they stand in the file.
local function types_of(file)
  local types <const> = {}
  for i, stanza in ipairs(file:stanzas()) do
    types[i] = stanza.type
  end
  return types
end

--- JSON with the fields in the order of age, which its readers may have come to count on.
local function as_json(types, found)
  local sizes <const> = found.sizes
  local lines <const> = {}
  for i, type in ipairs(types) do
    lines[i] = ("        %s"):format(ending.quoted(type))
  end
  return ([[
{
    "version": "%s",
    "postquantum": "%s",
    "armor": %s,
    "stanza_types": [
%s
    ],
    "sizes": {
        "header": %d,
        "armor": %d,
        "overhead": %d,
        "min_payload": %d,
        "max_payload": %d,
        "min_padding": 0,
        "max_padding": 0
    }
}
]]):format(found.version, found.postquantum, found.armored, table.concat(lines, ",\n"),
    sizes.header, sizes.armor, sizes.overhead, sizes.text, sizes.text)
end

--- One row of the table of sizes.
local function row(what, size)
  return ("    %-20s%12d bytes\n"):format(what, size)
end

local function as_text(name, types, found)
  local sizes <const> = found.sizes
  local parts <const> = { ('%s is an age file, version "%s".\n\n'):format(name, found.version),
    found.armored and "This file is ASCII-armored.\n\n" or "",
    "This file is encrypted to the following recipient types:\n" }
  for _, type in ipairs(types) do
    table.insert(parts, ("  - %s\n"):format(ending.quoted(type)))
  end
  table.insert(parts, ("\n%s\n\nSize breakdown (assuming it decrypts successfully):\n\n")
    :format(POSTQUANTUM[found.postquantum]))
  table.insert(parts, row("Header", sizes.header))
  table.insert(parts, found.armored and row("Armor overhead", sizes.armor) or "")
  table.insert(parts, row("Encryption overhead", sizes.overhead))
  table.insert(parts, row("Payload", sizes.text))
  table.insert(parts, ("%s-------------------\n"):format((" "):rep(24)))
  table.insert(parts, row("Total", sizes.header + sizes.armor + sizes.overhead + sizes.text))
  table.insert(parts, "\nTip: for machine-readable output, use --json.\n")
  return table.concat(parts)
end

local function body(found, operands)
  if #operands > 1 then
    ending.leave(1, (inspect.usage:gsub("\n$", "")))
  end
  local path <const> = program.input(operands)
  local input <const>, err <const> = fs.input(path)
  if not input and fail.is(err, "unsupported") then -- a folder
    inspect:fatal("inspection failed: " .. program.reason(err, "read", path))
  elseif not input then
    inspect:fatal(("failed to open input file %s: %s"):format(ending.quoted(path),
      program.reason(err, "open", path)))
  end
  local file <close>, unread <const> = age.open(input)
  if not file then
    inspect:fatal("inspection failed: failed to read header: " .. unread.message, unread.hint)
  end
  local types <const> = types_of(file)
  local result <const>, bad <const> = file:inspect()
  if not result then
    inspect:fatal("inspection failed: " .. bad.message, bad.hint)
  end
  return assert(host.out(found.json and as_json(types, result)
    or as_text(operands[1] == path and host.escape(path) or "<stdin>", types, result)))
end

return { run = function(words) return inspect:run(words, body) end }
