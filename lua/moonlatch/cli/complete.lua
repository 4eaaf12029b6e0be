--- cli.complete — what can stand at the end of a command line, and the scripts that ask for it.
--
-- The scripts hold no list: they run `moonlatch completion --complete -- WORDS`, which prints one
-- candidate a line, as WORD or WORD<tab>DESCRIPTION; `:file` and `:folder` hand over to the shell.

local options <const> = require "moonlatch.cli.options"

local complete = {}

---@class moonlatch.Completer
---@field names string[]                                  all recipes
---@field load fun(name: string): moonlatch.Recipe?
---@field summary (fun(name: string): string?)?
---@field values table<string, fun(given: string[]): string[]>
---  "identity", "rule", …: from the site, or from the operands that were given

local function add(out, word, about)
  table.insert(out, about and word .. "\t" .. about or word)
end

local function starts(word, prefix)
  return word:sub(1, #prefix) == prefix
end

local function values(out, c, what, prefix, given, before)
  if what == "file" or what == "folder" then
    return add(out, ":" .. what)
  end
  local list = what
  if type(what) == "string" then
    list = c.values[what] and c.values[what](given) or {}
  end
  for _, value in ipairs(list or {}) do
    if starts(value, prefix) then
      add(out, (before or "") .. value)
    end
  end
end

--- The longest recipe name at the front of `operands`, and where its own operands begin.
local function recipe_at(c, operands)
  local two <const> = operands[2] and operands[1] .. " " .. operands[2]
  for _, name in ipairs(c.names) do
    if name == two then
      return name, 3
    end
  end
  for _, name in ipairs(c.names) do
    if name == operands[1] then
      return name, 2
    end
  end
end

local function names(out, c, operands, prefix)
  local seen <const> = {}
  local group <const> = operands[1] and operands[1] .. " " or ""
  for _, name in ipairs(c.names) do
    if starts(name, group) then
      local word <const> = name:sub(#group + 1):match("^%S+")
      if starts(word, prefix) and not seen[word] then
        seen[word] = true
        add(out, word, c.summary and name == group .. word and c.summary(name) or nil)
      end
    end
  end
end

--- Splits the words before the last into operands and the option that waits for its value.
local function scan(words, by)
  local operands <const>, waiting, ended = {}, nil, false
  for i = 1, #words - 1 do
    local word <const> = words[i]
    if waiting then
      waiting = nil
    elseif not ended and word == "--" then
      ended = true
    elseif not ended and word:sub(1, 1) == "-" and word ~= "-" then
      local o <const> = by[word]
      waiting = o and o.value and o or nil
    else
      table.insert(operands, word)
    end
  end
  return operands, waiting, ended
end

local function option_words(out, list, prefix)
  for _, o in ipairs(list) do
    for _, word in ipairs(options.spellings(o)) do
      if starts(word, prefix) then
        add(out, word, o.text)
      end
    end
  end
end

--- Candidates for the last of `words` (which may be empty), those before it being given.
---@param c moonlatch.Completer
---@param words string[]  without the program's name
---@return string[] lines
function complete.candidates(c, words)
  local out <const> = {}
  local prefix <const> = words[#words] or ""
  local list, by = options.of { name = "" }
  local operands, waiting, ended = scan(words, by)
  local name, first = recipe_at(c, operands)
  local recipe <const> = name and c.load(name) or nil
  if recipe then
    list, by = options.of(recipe)
    operands, waiting, ended = scan(words, by)
    name, first = recipe_at(c, operands)
  end
  local given <const> = table.move(operands, first or 1, #operands, 1, {})
  if waiting then
    values(out, c, waiting.choices or waiting.complete or "file", prefix, given)
  elseif not ended and prefix:match("^%-%-[^=]+=") then
    local spelled <const>, value <const> = prefix:match("^(%-%-[^=]+)=(.*)$")
    local o <const> = by[spelled]
    if o and o.value then
      values(out, c, o.choices or o.complete or "file", value, given, spelled .. "=")
    end
  elseif not ended and prefix:sub(1, 1) == "-" then
    option_words(out, list, prefix)
  elseif recipe and name then
    local takes <const> = recipe.takes or {}
    local take = takes[#given + 1] or takes[#takes]
    if take and (#given < #takes or take.many or take.rest) then
      values(out, c, take.choices or take.complete or "file", prefix, given)
    end
  else
    names(out, c, operands, prefix)
  end
  return out
end

local SCRIPTS <const> = {}

SCRIPTS.bash = [=[
_moonlatch() {
  local line word IFS=$'\n'
  COMPREPLY=()
  while read -r line; do
    word=${line%%$'\t'*}
    case $word in
      :file) compopt -o default ;;
      :folder) compopt -o dirnames ;;
      *) COMPREPLY+=("$(printf '%q' "$word")") ;;
    esac
  done < <(moonlatch completion --complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _moonlatch moonlatch
]=]

SCRIPTS.zsh = [=[
#compdef moonlatch
_moonlatch() {
  local line word
  local -a found
  while IFS= read -r line; do
    word=${line%%$'\t'*}
    case $word in
      :file) _files ;;
      :folder) _files -/ ;;
      *) if [[ $line == *$'\t'* ]]; then
           found+=("${word//:/\\:}:${line#*$'\t'}")
         else
           found+=("${word//:/\\:}")
         fi ;;
    esac
  done < <(moonlatch completion --complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)
  (( $#found )) && _describe moonlatch found
}
# found through $fpath, this file is the function's first call; else it only defines it
if [[ ${funcstack[1]} == _moonlatch ]]; then _moonlatch; else compdef _moonlatch moonlatch; fi
]=]

SCRIPTS.fish = [=[
function __moonlatch_complete
  set -l words (commandline -opc)[2..-1] (commandline -ct)
  for line in (moonlatch completion --complete -- $words 2>/dev/null)
    switch $line
      case ':file'
        __fish_complete_path (commandline -ct)
      case ':folder'
        __fish_complete_directories (commandline -ct)
      case '*'
        printf '%s\n' $line
    end
  end
end
complete -c moonlatch -f -a '(__moonlatch_complete)'
]=]

--- The shells there is a script for.
complete.SHELLS = { "bash", "fish", "zsh" }

--- The script that a shell evaluates.
---@param shell string
---@return string?
function complete.script(shell)
  return SCRIPTS[shell]
end

return complete
