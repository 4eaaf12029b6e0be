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
local function table_of(a, b)
  local rows <const> = {}
  for i = #a + 1, 1, -1 do
    rows[i] = {}
    for j = #b + 1, 1, -1 do
      if i > #a or j > #b then
        rows[i][j] = 0
      elseif a[i] == b[j] then
        rows[i][j] = rows[i + 1][j + 1] + 1
      else
        rows[i][j] = math.max(rows[i + 1][j], rows[i][j + 1])
      end
    end
  end
  return rows
end

local function middle(out, a, b)
  if #a > LARGEST or #b > LARGEST then
    for _, line in ipairs(a) do
      table.insert(out, { "-", line })
    end
    for _, line in ipairs(b) do
      table.insert(out, { "+", line })
    end
    return
  end
  local rows <const>, i, j = table_of(a, b), 1, 1
  while i <= #a or j <= #b do
    if i <= #a and j <= #b and a[i] == b[j] then
      table.insert(out, { " ", a[i] })
      i, j = i + 1, j + 1
    elseif j > #b or i <= #a and rows[i + 1][j] >= rows[i][j + 1] then
      table.insert(out, { "-", a[i] })
      i = i + 1
    else
      table.insert(out, { "+", b[j] })
      j = j + 1
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
