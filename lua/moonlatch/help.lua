--- help — what the sources say about a name: the text of `:help` in the REPL.
--
-- The comments that editors read are the only place where it is written: of the modules in C in
-- meta/, of the standard modules in their own files.

local host <const> = require "moonlatch.host"

local help = {}

---@class moonlatch.HelpEntry
---@field owner string       the module ("fs") or class ("Root") it belongs to
---@field name string?       nil: the owner itself
---@field signature string   "fs.root(path)"
---@field prose string[]     lines
---@field tags string[]      lines such as "@param path string"

local function entry(owner, name, signature, block)
  local made <const> = { owner = owner, name = name, signature = signature, prose = {}, tags = {} }
  for _, line in ipairs(block) do
    if line:match("^@") or #made.tags > 0 then
      table.insert(made.tags, line)
    else
      table.insert(made.prose, line)
    end
  end
  return made
end

--- The type that a comment declares: "Root", or of a module in C "fs".
local function class_of(block)
  for _, line in ipairs(block) do
    local kind <const>, class <const> = line:match("^@(%a+) moonlatch%.([%w_.]+)")
    if kind == "class" or kind == "alias" then
      return class
    end
  end
end

--- What the first line behind a comment declares.
local function declare(found, block, line)
  local variable <const>, joint <const>, name <const>, arguments <const> =
    line:match("^function ([%w_]+)([.:])([%w_]+)(%b())")
  local table_name <const>, field <const> = line:match("^([%w_]+)%.([%w_]+) = ")
  if variable and name:sub(1, 2) ~= "__" then
    local owner <const> = found.owners[variable] or variable
    table.insert(found, entry(owner, name, owner .. joint .. name .. arguments, block))
  elseif table_name and #block > 0 then
    local owner <const> = found.owners[table_name] or table_name
    table.insert(found, entry(owner, field, owner .. "." .. field, block))
  elseif class_of(block) then
    local class <const> = class_of(block)
    found.owners[line:match("^local ([%w_]+)") or ""] = class
    table.insert(found, entry(class, nil, class, block))
  elseif block.header then
    table.insert(found, entry(found.module, nil, found.module, block))
  end
end

--- All that a file of Lua documents, in its order.
---@param source string
---@param module string  its name: "cli.text"
---@return moonlatch.HelpEntry[]
local function read(source, module)
  local returned <const> = source:match("\nreturn ([%w_]+)[^\n]*\n*$")
  local found <const> = { module = module, owners = { [returned or ""] = module } }
  local block, first = {}, true
  for line in (source .. "\n"):gmatch("(.-)\n") do
    local comment <const> = line:match("^%-%-%-? ?(.*)$")
    if comment then
      table.insert(block, comment)
    else
      block.header = first and line == "" and not (block[1] or "@"):match("^@")
      declare(found, block, line)
      block, first = {}, first and line == "" and #block == 0
    end
  end
  return found
end

--- The file that describes a module, if there is one.
local function source_of(module)
  local path <const> = module:gsub("%.", "/")
  for _, pattern in ipairs { "meta/%s.lua", "%s.lua", "%s/init.lua" } do
    local source <const> = host.source("lua/moonlatch/" .. pattern:format(path))
    if source then
      return source
    end
  end
end

--- The entries of the file in which a class stands.
local function find_class(class)
  for _, file in ipairs(host.files "lua/moonlatch/") do
    local source <const> = host.source(file)
    if source:find("moonlatch." .. class, 1, true) then
      local name <const> = file:gsub("^lua/moonlatch/", ""):gsub("^meta/", "")
        :gsub("%.lua$", ""):gsub("/init$", ""):gsub("/", ".")
      local found <const> = read(source, name)
      for _, e in ipairs(found) do
        if e.owner == class then
          return found
        end
      end
    end
  end
end

--- The tags that say something to a person, and what stands before their text.
local SHOWN <const> = { alias = "", field = "", param = "", type = "", ["return"] = "-> " }

local function add_entry(out, e)
  table.insert(out, e.signature)
  local shown <const> = {}
  for _, line in ipairs(e.tags) do
    local tag <const>, rest <const> = line:match("^@(%w+)%s*(.*)$")
    if not tag then -- goes on with the line above
      table.insert(shown, "  " .. line)
    elseif SHOWN[tag] then
      table.insert(shown, "  " .. SHOWN[tag] .. rest:gsub("moonlatch%.(%u)", "%1"))
    end
  end
  for _, part in ipairs { e.prose, shown } do
    if #part > 0 then
      table.insert(out, "")
      table.move(part, 1, #part, #out + 1, out)
    end
  end
end

--- The owner with a line for all that belongs to it.
local function overview(found, owner)
  local out <const> = {}
  for _, e in ipairs(found) do
    if e.owner == owner and not e.name then
      add_entry(out, e)
      break
    end
  end
  local heading
  for _, e in ipairs(found) do
    if e.name and (e.owner == owner or owner == found.module) then
      if heading ~= e.owner then
        heading = e.owner
        table.insert(out, "")
      end
      table.insert(out, "  " .. e.signature)
    end
  end
  return out
end

--- What is known about a name: a module ("fs"), a function ("fs.root"), a class ("Root"), a method
--- ("Root:read"). `moonlatch.` may stand before it.
---@param name string
---@return string? text  lines
function help.text(name)
  name = name:gsub("^moonlatch%.", "")
  local whole <const> = source_of(name)
  if whole then
    return table.concat(overview(read(whole, name), name), "\n") .. "\n"
  end
  local class <const> = find_class(name)
  if class then
    return table.concat(overview(class, name), "\n") .. "\n"
  end
  local owner <const>, member <const> = name:match("^(.+)[.:]([%w_]+)$")
  if not owner then
    return nil
  end
  local source <const> = source_of(owner)
  for _, e in ipairs(source and read(source, owner) or find_class(owner) or {}) do
    if e.owner == owner and e.name == member then
      local out <const> = {}
      add_entry(out, e)
      return table.concat(out, "\n") .. "\n"
    end
  end
  return nil
end

return help
