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

--- The fields of a class as the meta files describe them: whether each may be nil.
local function fields_of(class)
  local fields <const> = {}
  for _, file in ipairs(host.files(PREFIX)) do
    local inside = false
    for line in host.source(file):gmatch("[^\n]*") do
      inside = line == "---@class moonlatch." .. class or inside and line:match("^%-%-%-") ~= nil
      local name <const>, type_name <const> = line:match("^%-%-%-@field ([%w_]+) (%S+)")
      if inside and name then
        fields[name] = type_name:match("%?$") ~= nil
      end
    end
  end
  return fields
end

test.it("handles have the fields that they are described with", function(t)
  local age, doc, sops, ssh = require "moonlatch.age", require "moonlatch.doc",
    require "moonlatch.sops", require "moonlatch.ssh"
  local identity <const> = assert(age.generate())
  local document <const> = assert(doc.parse("a: &b 1\n", { path = "a.yaml" }))
  local sealed <const> = assert(sops.encrypt("a: 1\n", { path = "a.yaml",
    recipients = assert(sops.approved { identity:recipient() }) }))
  for class, value in pairs {
    Root = t.root, AgeIdentity = identity, Document = document, Node = document:find "a",
    Recipient = assert(age.recipient(identity:recipient())), SshKey = assert(ssh.generate()),
    SopsFile = assert(sops.open(sealed, { path = "a.yaml" })) } do
    local fields <const> = fields_of(class)
    test.equal(next(fields) ~= nil, true, class)
    for name, optional in pairs(fields) do
      test.equal(optional or value[name] ~= nil, true, class .. "." .. name)
    end
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
