-- For tests of what is asked at a terminal: a command there, and somebody who answers each question
-- once it is asked. An answer that is typed before would be shown.

local SCRIPT <const> = [[
rm -f typed shown
mkfifo typed
: > shown
script -qefc "$1" shown < typed > /dev/null &
script=$!
exec 3> typed
shift
while [ $# -gt 1 ]; do
  until grep -qaF -e "$1" shown; do
    kill -0 $script 2> /dev/null || break 2
  done
  printf '%s\n' "$2" >&3
  shift 2
done
wait $script
]]

--- Run a line of shell at a terminal.
---@param t moonlatch.TestCase
---@param line string
---@param answers string[]  a part of the question and what is typed, in turns
---@param env table?
---@return { status: integer, shown: string }
return function(t, line, answers, env)
  local result <const> = t:run { "sh", "-c", SCRIPT, "sh", line, env = env,
    table.unpack(answers) }
  local shown <const> = t:read "shown":gsub("^Script started[^\n]*\n", "")
    :gsub("\n?Script done[^\n]*\n$", "")
  return { status = result.status, shown = shown }
end
