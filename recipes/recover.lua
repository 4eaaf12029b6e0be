--- recover — finish or undo what an earlier run left open.

local fs   <const> = require "moonlatch.fs"
local json <const> = require "moonlatch.json"

local function say(report, done)
  local list <const> = json.array {}
  for _, transaction in ipairs(done) do
    report:say(("%s: %s"):format(transaction.id,
      transaction.finished and "finished, the new state is complete"
        or "undone, or left as it is; the list says what each file holds"))
    local files <const> = json.array {}
    for _, file in ipairs(transaction.files) do
      report:say(("  %s  %s"):format(file.found, file.path))
      table.insert(files, { path = file.path, found = file.found })
    end
    table.insert(list, { id = transaction.id, finished = transaction.finished, files = files })
  end
  report:result("transactions", list)
end

local function run(args, ctx)
  local report <const> = ctx.report
  local open <const> = fs.pending()
  if #open == 0 then
    report:say "nothing is left open"
    return report:finish()
  end
  if ctx.global.dry_run then
    for _, transaction in ipairs(open) do
      report:say(("%s: %s, %d files below %s"):format(transaction.id, transaction.state,
        transaction.entries, table.concat(transaction.roots, ", ")))
    end
    return report:finish(1)
  end
  local done <const>, err <const>, before <const> = fs.recover { give_up = args.give_up or false }
  say(report, done or before)
  if not done then
    err.hint = err.hint or "`moonlatch recover --give-up` leaves every file as it is now"
    error(err, 0)
  end
  return report:finish()
end

---@type moonlatch.Recipe
return {
  name     = "recover",
  summary  = "finish or undo what an earlier run left open",
  about    = "A run that was killed leaves a journal. Recovery finishes the change if it had been "
    .. "decided, and undoes it otherwise. Every recipe that writes does the same before it starts.",
  group    = "host",
  takes    = {},
  options  = { { "--give-up", "leave every file as it is now, and forget the journal" } },
  examples = { "moonlatch recover --dry-run" },
  run      = run,
}
