-- The types that editors show, against the program: names on both sides, functions and methods.

local host, test = require "moonlatch.host", require "moonlatch.test"

local PREFIX <const> = "lua/moonlatch/meta/"

--- What a meta file declares: the module, and the methods of its handles by type.
local function declared(file)
  local chunk <const> = assert(host.load_text(assert(host.source(file), file), file))
  return chunk()
end

--- Fails for each name that only one of two tables has.
local function same_names(file, meta, real)
  for name in pairs(meta) do
    if real[name] == nil then
      error(("%s declares %s, which the program does not have"):format(file, name), 0)
    end
  end
  for name, value in pairs(real) do
    if meta[name] == nil then
      error(("%s is missing in %s"):format(name, file), 0)
    end
    test.equal(type(meta[name]) == "function", type(value) == "function", file .. ": " .. name)
  end
end

test.it("describes every module in C, and no other", function()
  local files <const> = {}
  for _, file in ipairs(host.files(PREFIX)) do
    files["moonlatch." .. file:match("([%w_]+)%.lua$")] = true
  end
  files["moonlatch.types"] = nil -- what several modules share
  local modules <const> = {}
  for _, name in ipairs(host.primitives()) do
    modules[name] = true
  end
  test.equal(files, modules)
end)

for _, module in ipairs(host.primitives()) do
  local file <const> = PREFIX .. module:match("[%w_]+$") .. ".lua"

  test.it(module .. " has the functions that it is described with", function()
    same_names(file, (declared(file)), require(module))
  end)
end

test.it("handles have the methods that they are described with", function()
  local described <const> = {}
  for _, module in ipairs(host.primitives()) do
    require(module)
    local file <const> = PREFIX .. module:match("[%w_]+$") .. ".lua"
    local _, handles <const> = declared(file)
    for type_name, methods in pairs(handles or {}) do
      test.equal(described[type_name], nil, type_name .. " is described twice")
      described[type_name] = { file = file, methods = methods }
    end
  end
  local real <const> = host.types()
  for type_name, methods in pairs(real) do
    local meta <const> = described[type_name]
    if meta then
      same_names(meta.file, meta.methods, methods)
    else
      -- one that can do nothing but be closed holds C's memory during a call; no recipe meets it
      test.equal(next(methods) == "close" and next(methods, "close") == nil, true,
        type_name .. " is not described")
    end
  end
  for type_name, meta in pairs(described) do
    test.equal(real[type_name] ~= nil, true, meta.file .. ": " .. type_name)
  end
end)

test.it("no class is declared in two places", function()
  local places <const> = {}
  for _, file in ipairs(host.files "") do
    for class in host.source(file):gmatch("%-%-%-@class ([%w_.]+)") do
      test.equal(places[class], nil, class .. " in " .. file)
      places[class] = file
    end
  end
end)
