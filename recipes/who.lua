--- who — access both ways: who opens a file, and which files somebody opens. No key is needed.

local access    <const> = require "moonlatch.access"
local age       <const> = require "moonlatch.age"
local fail      <const> = require "moonlatch.fail"
local files     <const> = require "moonlatch.files"
local governing <const> = require "moonlatch.governing"
local json      <const> = require "moonlatch.json"

--- How a path is opened: by its recipients if it is sealed, else by its rule; and that rule.
local function of_path(path, around)
  local place <const> = assert(files.locate(path))
  local sealed <const>, err <const> = files.open(path)
  if sealed then
    return access.of_file(path, sealed)
  elseif not fail.is(err, "format") and place.root:exists(place.name) then
    error(err, 0)
  end
  local rule, bad
  if around.all and around.all.rules then
    rule, bad = governing.rule(around.all, path)
  end
  if not rule then
    error(bad or err, 0)
  end
  return access.of_rule(path, rule), rule
end

local function add_rows(rows, entry, around)
  local keys <const> = json.array {}
  for number, group in ipairs(entry.groups) do
    for _, recipient in ipairs(group) do
      local name <const> = around.name(recipient.recipient)
      table.insert(rows, { entry.path, name, recipient.kind, number, recipient.recipient })
      table.insert(keys, { name = name, key = recipient.recipient, kind = recipient.kind,
        group = number, line = recipient.line })
    end
  end
  return keys
end

--- Where a file's recipients are not those that its rule or its links want.
local function note_drift(ctx, path, around)
  local sealed <const> = access.governed(path, around)
  local found <const> = sealed and access.drift(around.all, around.who, sealed)
  if found then
    ctx.report:note(found.code, found.message, { path = path, line = found.line,
      missing = found.missing, extra = found.extra })
  end
end

local function who_opens(args, ctx)
  local rows <const>, list <const> = {}, json.array {}
  local around
  for _, path in ipairs(args.file) do
    local before <const> = around
    around = access.surroundings(assert(files.locate(path)).root.path, ctx.global, before)
    if around ~= before then
      access.tell(around, ctx.report)
    end
    local entry <const>, rule <const> = of_path(path, around)
    local sentence <const> = access.sentence(entry, around.name)
    table.insert(list, { path = path, sealed = not rule, access = sentence,
      threshold = entry.needed, groups = #entry.groups,
      recipients = add_rows(rows, entry, around) })
    ctx.report:say(("%s: %s%s"):format(path, sentence,
      rule and (", by rule %d; it is not sealed yet"):format(rule.index) or ""))
    note_drift(ctx, path, around)
  end
  if ctx.global.json then
    ctx.report:result("files", list)
  else
    ctx.report:table({ "FILE", "IDENTITY", "KIND", "GROUP", "KEY" }, rows)
  end
  return ctx.report:finish()
end

--- The keys that a word means, and what to call them.
local function identity(word, around)
  local found <const>, err <const> = around.who:find(word)
  if found then
    return found.keys, found.id
  elseif age.recipient(word) then
    return { word }, word -- a stranger's key is no identity, and may be in files all the same
  end
  error(err, 0)
end

local function what_opens(args, ctx)
  if #args.file > 0 then
    fail("usage", "--identity asks for files, so none is named")
  end
  local around <const> = access.surroundings(ctx.site.path, ctx.global)
  access.tell(around, ctx.report)
  local keys <const>, name <const> = identity(args.identity, around)
  local rows <const>, alone = {}, 0
  for _, f in ipairs(around.all.files) do
    local entry <const> = access.of_file(f.path, f.file)
    local how <const>, rest <const> = access.by(entry, keys)
    if how then
      alone = alone + (how == "alone" and 1 or 0)
      table.insert(rows, { f.path, f.tier, how == "alone" and "alone"
        or "with " .. access.sentence(rest, around.name) })
    end
  end
  ctx.report:table({ "FILE", "TIER", "OPENS" }, rows, "files")
  ctx.report:summary(("%s opens %d of %d sealed files%s"):format(name, alone,
    #around.all.files, #rows > alone and (" alone, %d with others"):format(#rows - alone) or ""))
  ctx.report:result("identity", name)
  return ctx.report:finish()
end

local function run(args, ctx)
  if args.identity then
    return what_opens(args, ctx)
  elseif #args.file == 0 then
    fail("usage", "FILE, or --identity ID, is missing", "see `moonlatch help who`")
  end
  return who_opens(args, ctx)
end

---@type moonlatch.Recipe
return {
  name     = "who",
  summary  = "who can open a file, and what somebody can open",
  about    = "Lists the recipients of sealed files, with the names that .sops.yaml and key.json "
    .. "give them; of a file that is not sealed, or not there yet, those that its rule names. "
    .. "Where a file has several key groups, a key of each is needed, or of as many as its "
    .. "threshold says.\n\nWith --identity it lists the files that an identity or a key opens. No "
    .. "private key is needed.",
  group    = "files",
  takes    = { { "file", "sealed files, or paths that rules cover", many = true, optional = true,
    complete = "file" } },
  options  = {
    { "--identity ID", "which files this identity or key opens", complete = "identity" },
  },
  examples = { "moonlatch who secrets/shared.yaml", "moonlatch who --identity tara" },
  run      = run,
}
