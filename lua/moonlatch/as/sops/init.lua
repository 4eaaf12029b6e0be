--- as.sops — the command line of sops: its commands, flags, exit codes and messages.
--
-- Flags may stand with one dash or two and also behind the file name. Like its peer this face asks
-- nothing and remembers nothing: the recipients that the command line or .sops.yaml says are taken.
-- Where it differs from sops, and why, is in docs/sops-differences.md.

local codes    <const> = require "moonlatch.as.sops.codes"
local commands <const> = require "moonlatch.as.sops.commands"
local ending   <const> = require "moonlatch.as.ending"
local fail     <const> = require "moonlatch.fail"
local flags    <const> = require "moonlatch.as.sops.flags"
local host     <const> = require "moonlatch.host"

local face = {}

--- The module and the function of it that runs a command.
local RUNNERS <const> = {
  encrypt = { "encrypt", "run" }, decrypt = { "decrypt", "run" }, edit = { "edit", "run" },
  rotate = { "rotate", "run" }, set = { "set", "run" }, unset = { "set", "run_unset" },
  updatekeys = { "updatekeys", "run" }, filestatus = { "filestatus", "run" },
  ["groups add"] = { "groups", "add" }, ["groups delete"] = { "groups", "delete" },
  ["exec-env"] = { "exec", "env" }, ["exec-file"] = { "exec", "file" },
  publish = { "publish", "run" }, keyservice = { "keyservice", "run" },
}

local function module(name)
  return require("moonlatch.as.sops." .. name)
end

local function help(command)
  assert(host.out(module "usage".text(command)))
end

--- Help for the words behind `help`.
local function help_for(words)
  local name <const> = table.concat(words, " ")
  local command <const> = name == "" and commands.root or commands.find(name)
  if not command then
    codes.leave(3, ("No help topic for '%s'"):format(name))
  end
  help(command)
end

--- A command with the words behind its name; `global`: the flags before it.
local function run(command, words, global)
  local found <const>, operands <const> = flags.parse(command, words)
  if not found then
    flags.refuse(command, operands)
  elseif found.help then
    return help(command)
  end
  for _, name in ipairs(commands.GLOBAL) do
    if found[name] == nil then
      found[name] = global[name]
    end
  end
  local shell <const> = command.name:match "^completion (.+)$"
  if shell then
    assert(host.out(module "usage".completion(shell)))
    return nil
  end
  local runner <const> = RUNNERS[command.name]
  return module(runner[1])[runner[2]](found, operands)
end

--- A command whose name has two words.
local function run_group(group, words, global)
  local name <const> = words[1]
  if not name or name == "help" or name == "h" or name == "-h" or name == "--help" then
    return help(group)
  end
  local command <const> = commands.find(group.name .. " " .. name)
  if not command and name:match "^%-" then
    flags.refuse(group, "flag provided but not defined: " .. name:gsub("^%-%-", "-"))
  elseif not command then
    codes.leave(3, ("No help topic for '%s'"):format(name))
  end
  return run(command, table.move(words, 2, #words, 1, {}), global)
end

local function is_command(word)
  return word == "help" or word == "h" or commands.find(word) ~= nil
end

local function dispatch(words)
  if words[#words] == "--generate-bash-completion" then
    assert(host.out(module "usage".candidates(table.move(words, 1, #words - 1, 1, {}))))
    return nil
  end
  local global <const>, rest <const> = flags.parse(commands.root, words, is_command)
  if not global then
    flags.refuse(commands.root, rest)
  elseif global.help then
    return help(commands.root)
  elseif global.version then
    assert(host.out(module "usage".version()))
    return nil
  end
  local name <const> = rest[1]
  local behind <const> = table.move(rest, 2, #rest, 1, {})
  if name == "help" or name == "h" then
    return help_for(behind)
  end
  local command <const> = name and commands.find(name)
  if command then
    return (command.group and run_group or run)(command, behind, global)
  end
  return module "legacy".run(global, rest)
end

--- Run a command line of sops.
---@param words string[]
---@return integer status
function face.run(words)
  return ending.run(dispatch, words, function(err)
    return codes.generic, fail.describe(err)
  end)
end

return face
