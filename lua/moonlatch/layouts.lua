--- layouts — where the files of a var are.
--
-- The layout of clan is the default. An older or own one is a pair of path templates with
-- `{machine}`, `{generator}` and `{file}`, each standing for one name without a slash.

local fail <const> = require "moonlatch.fail"

local layouts = {}

---@class moonlatch.VarName
---@field machine string?     nil: shared
---@field generator string
---@field file string

local function check_name(name, what)
  if type(name) ~= "string" or name == "" or name == "." or name == ".."
    or name:find("[/%c]") then
    fail("argument", ("'%s' cannot be the name of a %s"):format(tostring(name), what),
      "one name, without a slash")
  end
end

local function fill(template, var)
  return (template:gsub("{(%w+)}", function(field)
    if not var[field] then
      fail("argument", ("the layout %s needs a %s"):format(template, field))
    end
    return var[field]
  end))
end

--- Paths of a var, relative to the root.
---@param layout "clan"|{ secret: string, public: string }|nil  of the site file
---@param var moonlatch.VarName
---@return { secret: string, public: string }
function layouts.paths(layout, var)
  for _, field in ipairs { "generator", "file" } do
    check_name(var[field], field)
  end
  if var.machine then
    check_name(var.machine, "machine")
  end
  if type(layout) == "table" then
    return { secret = fill(layout.secret, var), public = fill(layout.public, var) }
  end
  local place <const> = var.machine and "per-machine/" .. var.machine or "shared"
  local folder <const> = ("vars/%s/%s/%s/"):format(place, var.generator, var.file)
  return { secret = folder .. "secret", public = folder .. "value" }
end

--- A Lua pattern for a template, and the fields in the order it captures them. A field takes as
--- little as it can, so `{generator}.{file}` splits at the first dot.
local function pattern_of(template)
  local fields <const>, parts <const>, from = {}, {}, 1
  for before, field, behind in template:gmatch("()%{(%w+)%}()") do
    table.insert(parts, (template:sub(from, before - 1):gsub("%p", "%%%0")))
    table.insert(parts, "([^/]-)")
    table.insert(fields, field)
    from = behind
  end
  table.insert(parts, (template:sub(from):gsub("%p", "%%%0")))
  return "^" .. table.concat(parts) .. "$", fields
end

local CLAN <const> = {
  { "vars/per-machine/{machine}/{generator}/{file}/secret", "secret" },
  { "vars/per-machine/{machine}/{generator}/{file}/value", "public" },
  { "vars/shared/{generator}/{file}/secret", "secret" },
  { "vars/shared/{generator}/{file}/value", "public" },
}

--- The var whose file this is, if it is one.
---@param layout "clan"|{ secret: string, public: string }|nil
---@param path string
---@return moonlatch.VarName? var
---@return "secret"|"public"|nil kind
function layouts.match(layout, path)
  local templates = CLAN
  if type(layout) == "table" then
    templates = { { layout.secret, "secret" }, { layout.public, "public" } }
  end
  for _, template in ipairs(templates) do
    local pattern <const>, fields <const> = pattern_of(template[1])
    local values <const> = { path:match(pattern) }
    if values[1] then
      local var <const> = {}
      for i, field in ipairs(fields) do
        var[field] = values[i]
      end
      return var, template[2]
    end
  end
end

return layouts
