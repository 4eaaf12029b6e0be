--- as.sops.usage — help, version and completion, made from the tables of the commands.

local commands <const> = require "moonlatch.as.sops.commands"
local host     <const> = require "moonlatch.host"
local sops     <const> = require "moonlatch.sops"

local usage = {}

local function rows(list)
  local width, lines = 0, {}
  for _, row in ipairs(list) do
    width = math.max(width, #row[1])
  end
  for _, row in ipairs(list) do
    table.insert(lines, ("   %s%s  %s\n"):format(row[1], (" "):rep(width - #row[1]), row[2]))
  end
  return table.concat(lines)
end

local function flag_rows(flags)
  local list <const> = {}
  for _, flag in ipairs(flags) do
    local value <const> = flag.kind == "switch" and "" or " value"
    local short <const> = flag.short
      and (", %s%s%s"):format(#flag.short == 1 and "-" or "--", flag.short, value) or ""
    table.insert(list, { "--" .. flag.name .. value .. short,
      flag.about .. (flag.env and (" [$%s]"):format(flag.env) or "") })
  end
  return list
end

--- The commands directly below one: of "groups" add and delete.
local function below(command)
  local list <const> = {}
  for _, other in ipairs(commands.list) do
    local name <const> = command.name == "" and other.name
      or other.name:match("^" .. command.name .. " (.+)$")
    if name and not name:find " " then
      table.insert(list, { name, other.about })
    end
  end
  return list
end

--- The help text of a command.
---@param command moonlatch.SopsCommand
---@return string
function usage.text(command)
  local name <const> = command.name == "" and "sops" or "sops " .. command.name
  local parts <const> = { ("NAME:\n   %s - %s\n\nUSAGE:\n   %s [flags] %s\n"):format(name,
    command.about, name, command.takes) }
  local list <const> = (command.name == "" or command.group) and below(command) or {}
  if #list > 0 then
    table.insert(parts, "\nCOMMANDS:\n" .. rows(list))
  end
  if #command.flags > 0 then
    table.insert(parts, "\nOPTIONS:\n" .. rows(flag_rows(command.flags)))
  end
  if command.name == "" then
    table.insert(parts, ("\nThis is moonlatch %s, which behaves as sops %s does.\n")
      :format(host.version, sops.version))
  end
  return table.concat(parts)
end

--- What `--version` prints. Its first line is what programs read; no network is asked.
---@return string
function usage.version()
  return ("sops %s\nmoonlatch %s\n"):format(sops.version, host.version)
end

local BASH <const> = [[
_sops() {
  local word="${COMP_WORDS[COMP_CWORD]}" line="${COMP_WORDS[*]:1:COMP_CWORD-1}" words=""
  case "$line" in
%s    *) words="%s" ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
  if [ "${word#-}" = "$word" ]; then
    COMPREPLY+=($(compgen -f -- "$word"))
  fi
}
complete -o filenames -F _sops sops
]]

local function words_of(command)
  local words <const> = {}
  for _, row in ipairs(below(command)) do
    table.insert(words, row[1])
  end
  for _, flag in ipairs(command.flags) do
    table.insert(words, "--" .. flag.name)
  end
  return table.concat(words, " ")
end

--- What may stand at the end of a command line, a word a line: what the script of sops asks for,
--- which may still be there where sops was.
---@param words string[]  the last one begun, or complete
---@return string
function usage.candidates(words)
  local command, lines <const> = commands.root, {}
  for _, word in ipairs(words) do
    command = commands.find(command.group and command.name .. " " .. word or word) or command
  end
  local begun <const> = (words[#words] or ""):match "^%-+(.*)$"
  for _, flag in ipairs(begun and command.flags or {}) do
    if flag.name:sub(1, #begun) == begun then
      table.insert(lines, "--" .. flag.name .. "\n")
    end
  end
  if not begun and (command == commands.root or command.group) then
    for _, row in ipairs(below(command)) do
      table.insert(lines, row[1] .. "\n")
    end
    table.insert(lines, "help\nh\n")
  end
  return table.concat(lines)
end

--- The script that a shell reads for completion.
---@param shell "bash"|"zsh"
---@return string
function usage.completion(shell)
  local cases <const> = {}
  for i = #commands.list, 1, -1 do -- "groups add" before "groups"
    local command <const> = commands.list[i]
    table.insert(cases, ("    %q*) words=%q ;;\n"):format(command.name, words_of(command)))
  end
  local script <const> = BASH:format(table.concat(cases), words_of(commands.root))
  return shell == "zsh" and "autoload -U +X bashcompinit && bashcompinit\n" .. script or script
end

return usage
