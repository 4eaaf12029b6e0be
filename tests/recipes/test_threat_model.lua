-- docs/threat-model.md names a test for each thing that holds: they must all be there.

local fs   <const> = require "moonlatch.fs"
local test <const> = require "moonlatch.test"

--- Path and name of every test that the page names: `path`: "name"; "name" …
local function named(page)
  local list <const>, path = {}, nil
  for line in page:gsub("\n([^|\n#])", " %1"):gmatch "[^\n]+" do
    for mark, text in line:gmatch '([`"])(.-)%1' do
      if mark == "`" then
        path = text:match "^tests/.*/test_[%w_]+%.%a+$" or text:match "^tests/" and path
      elseif path then
        table.insert(list, { path = path, name = text })
      end
    end
    path = nil
  end
  return list
end

--- Is there a test of this name in a source? Those of a table have a part of their name in it.
local function has(source, name)
  local variants <const> = { ('test.it("%s"'):format(name), ("static void %s(void **"):format(name),
    ('attack("%s"'):format(name:gsub("^withstands ", "")) }
  for _, variant in ipairs(variants) do
    if source:find(variant, 1, true) then
      return true
    end
  end
  -- one of a family: the part behind the family's name is a key of its table, or a name in a list
  local rest <const> = name:match "^withstands a site file that (.+)$"
    or name:match "^withstands (%S+) that others can write$"
  return rest ~= nil and source:find(('"%s"'):format(rest), 1, true) ~= nil
end

test.it("names only tests that exist, and some for every actor", function()
  local root <const> = assert(fs.root ".")
  local page <const> = assert(root:read "docs/threat-model.md")
  local list <const>, sources <const> = named(page), {}
  test.equal(#list > 40, true)
  for _, one in ipairs(list) do
    sources[one.path] = sources[one.path] or assert(root:read(one.path))
    test.equal(has(sources[one.path], one.name), true, one.path .. ": " .. one.name)
  end
  for part in page:gsub("\n## ", "\0"):gmatch "%z([^%z]+)" do
    test.equal(#named(part) > 0, true, part:match "^[^\n]*")
  end
end)
