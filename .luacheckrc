-- House rules of every Lua file: Lua 5.4, no globals, lines of 100 columns.
std = "lua54"
max_line_length = 100
self = false
files["lua/moonlatch/meta"] = { ignore = { "212" } }
