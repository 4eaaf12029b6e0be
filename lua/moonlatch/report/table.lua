--- report.table — rows of cells as lines of text, in columns that fit the terminal.

local host <const> = require "moonlatch.host"
local tty  <const> = require "moonlatch.tty"

local columns_of <const> = require "moonlatch.text".columns

local tables = {}

--- What stands before a state's word, and the colour of both.
tables.GLYPHS = {
  ok = "✓", finding = "✗", note = "•", skipped = "–", add = "+", remove = "-", change = "~",
}
tables.COLORS = {
  ok = "green", finding = "red", note = "yellow", skipped = "dim", add = "green", remove = "red",
  change = "yellow",
}
local SGR <const> = { green = 32, red = 31, yellow = 33, dim = 2 }

--- The text of a cell without colour. What came from a file is escaped here, because only then
--- its width is known.
local function plain(cell)
  if type(cell) ~= "table" then
    return host.escape(tostring(cell == nil and "" or cell))
  end
  local glyph <const> = tables.GLYPHS[cell.glyph]
  return (glyph and glyph .. " " or "") .. host.escape(cell.text or "")
end

local function widths_of(header, rows)
  local widths <const> = {}
  for i, title in ipairs(header) do
    widths[i] = columns_of(title)
    for _, row in ipairs(rows) do
      widths[i] = math.max(widths[i], columns_of(plain(row[i])))
    end
  end
  return widths
end

--- Cut at `columns`, at a whole character, with an ellipsis where something was lost.
local function cut(text, columns)
  if columns_of(text) <= columns then
    return text
  end
  local kept, n = {}, 0
  for char in text:gmatch("[^\128-\191][\128-\191]*") do
    n = n + 1
    if n >= columns then
      break
    end
    table.insert(kept, char)
  end
  return table.concat(kept) .. "…"
end

--- The last column gives way on a terminal; in a pipe nothing is cut.
local function fit(widths)
  if not tty.is_terminal("stdout") then
    return
  end
  local used = 2 * (#widths - 1)
  for i = 1, #widths - 1 do
    used = used + widths[i]
  end
  widths[#widths] = math.max(8, math.min(widths[#widths], tty.width() - used))
end

--- The lines of a table, the heading first.
---@param header string[]
---@param rows any[][]   cells: text, or { glyph = "ok", text = … }
---@param color boolean
---@return string[]
function tables.lines(header, rows, color)
  local widths <const> = widths_of(header, rows)
  fit(widths)
  local function line(row, heading)
    local cells <const> = {}
    for i = 1, #header do
      local text <const> = cut(heading and row[i] or plain(row[i]), widths[i])
      local pad <const> = i < #header and (" "):rep(widths[i] - columns_of(text)) or ""
      local cell <const> = row[i]
      local name <const> = type(cell) == "table" and color and tables.COLORS[cell.glyph]
      cells[i] = (name and ("\27[%dm%s\27[0m"):format(SGR[name], text) or text) .. pad
    end
    return table.concat(cells, "  "):match "^(.*%S)" or ""
  end
  local list <const> = { line(header, true) }
  for _, row in ipairs(rows) do
    table.insert(list, line(row))
  end
  return list
end

return tables
