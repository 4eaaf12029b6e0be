--- diff — how two texts differ, line by line. For public text only.

local diff = {}

local CONTEXT <const> = 2
local LARGEST <const> = 2000 -- lines that differ; beyond, comparing costs more than it tells

local function lines_of(text)
  local lines <const> = {}
  if text == "" then
    return lines
  end
  for line in (text:gsub("\n$", "") .. "\n"):gmatch("([^\n]*)\n") do
    table.insert(lines, line)
  end
  return lines
end

--- Lengths of the longest common subsequences of the ends of a and b.
local function table_of(a, b, same)
  local rows <const> = {}
  for i = #a + 1, 1, -1 do
    rows[i] = {}
    for j = #b + 1, 1, -1 do
      if i > #a or j > #b then
        rows[i][j] = 0
      elseif same(a[i], b[j]) then
        rows[i][j] = rows[i + 1][j + 1] + 1
      else
        rows[i][j] = math.max(rows[i + 1][j], rows[i][j + 1])
      end
    end
  end
  return rows
end

--- Which elements of two lists belong together: of the longest common subsequence, index in `a` to
--- index in `b`. Costs the product of the lengths.
---@generic T
---@param a T[]
---@param b T[]
---@param same fun(x: T, y: T): boolean
---@return table<integer, integer>
function diff.common(a, b, same)
  local rows <const>, pairs_of <const>, i, j = table_of(a, b, same), {}, 1, 1
  while i <= #a and j <= #b do
    if same(a[i], b[j]) then
      pairs_of[i] = j
      i, j = i + 1, j + 1
    elseif rows[i + 1][j] >= rows[i][j + 1] then
      i = i + 1
    else
      j = j + 1
    end
  end
  return pairs_of
end

local function middle(out, a, b)
  local pairs_of <const> = #a <= LARGEST and #b <= LARGEST
    and diff.common(a, b, function(x, y) return x == y end) or {}
  local j = 1
  for i = 1, #a + 1 do
    local with <const> = pairs_of[i] or i > #a and #b + 1
    while with and j < with do
      table.insert(out, { "+", b[j] })
      j = j + 1
    end
    if pairs_of[i] then
      table.insert(out, { " ", a[i] })
      j = j + 1
    elseif a[i] then
      table.insert(out, { "-", a[i] })
    end
  end
end

--- Every line of both, marked " ", "-" or "+".
---@param old string
---@param new string
---@return { [1]: string, [2]: string }[]
function diff.lines(old, new)
  local a <const>, b <const> = lines_of(old), lines_of(new)
  local first = 1
  while first <= #a and first <= #b and a[first] == b[first] do
    first = first + 1
  end
  local last = 0
  while last < #a - first + 1 and last < #b - first + 1 and a[#a - last] == b[#b - last] do
    last = last + 1
  end
  local out <const> = {}
  for i = 1, first - 1 do
    table.insert(out, { " ", a[i] })
  end
  middle(out, table.move(a, first, #a - last, 1, {}), table.move(b, first, #b - last, 1, {}))
  for i = #a - last + 1, #a do
    table.insert(out, { " ", a[i] })
  end
  return out
end

--- The changed lines with a little around them: `- old`, `+ new`, `…` between.
---@param old string
---@param new string
---@return string[]
function diff.short(old, new)
  local all <const>, near <const>, out <const> = diff.lines(old, new), {}, {}
  for i, line in ipairs(all) do
    if line[1] ~= " " then
      for k = i - CONTEXT, i + CONTEXT do
        near[k] = true
      end
    end
  end
  local gap = false
  for i, line in ipairs(all) do
    if near[i] then
      if gap and #out > 0 then
        table.insert(out, "…")
      end
      gap = false
      table.insert(out, line[1] .. " " .. line[2])
    else
      gap = true
    end
  end
  return out
end

return diff
