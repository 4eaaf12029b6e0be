--- sealing — for whom, and how, a text in clear becomes a sealed file: what `encrypt`, `new` and
--- `edit` have in common.

local envelope   <const> = require "moonlatch.envelope"
local fail       <const> = require "moonlatch.fail"
local files      <const> = require "moonlatch.files"
local fs         <const> = require "moonlatch.fs"
local governing  <const> = require "moonlatch.governing"
local key_groups <const> = require "moonlatch.key_groups"
local recipients <const> = require "moonlatch.recipients"
local sops       <const> = require "moonlatch.sops"
local trim       <const> = require "moonlatch.text".trim

local sealing = {}

--- The options of a recipe that seals.
sealing.OPTIONS = {
  { "-a, --recipient KEY", "seal for this key, without a rule", many = true,
    complete = "recipient" },
  { "--encrypted-regex PATTERN", "with -a: seal only what matches" },
  { "--unencrypted-regex PATTERN", "with -a: leave what matches in clear" },
  { "--encrypted-suffix TEXT", "with -a: seal only keys that end so" },
  { "--unencrypted-suffix TEXT", "with -a: leave keys that end so in clear" },
  { "--catch-all", "take a rule that matches every path" },
}

local SELECTORS <const> = { "encrypted_regex", "unencrypted_regex", "encrypted_suffix",
  "unencrypted_suffix" }

local function selectors_of(args)
  local chosen <const> = {}
  for _, name in ipairs(SELECTORS) do
    chosen[name] = args[name]
  end
  return next(chosen) and chosen or nil
end

--- Does the command line say for whom, or which values?
---@param args table  of the options above
---@return boolean
function sealing.chosen(args)
  return #args.recipient > 0 or args.catch_all ~= nil or selectors_of(args) ~= nil
end

--- The approved recipients of a rule.
local function approve_rule(governed, global)
  local model <const>, rule <const> = governed.rules, governed.rule
  local named <const>, threshold <const> = model:groups(rule)
  if not named then
    return nil, threshold
  elseif #rule.keys == 0 then
    return nil, fail.new("format", ("rule %d names no recipient: nobody could open the file")
      :format(rule.index), nil, { path = model.path, line = rule.line })
  end
  local groups <const>, incomplete <const> = key_groups.complete(named)
  if not groups then
    return nil, incomplete
  end
  local approval <const>, err <const> = recipients.open(governed.site.root, global)
  if not approval then
    return nil, err
  end
  return approval:approve(recipients.of_groups(model, rule, groups),
    { known = recipients.of_rules(model), groups = groups, threshold = threshold })
end

--- The approved set of recipients that were named on the command line.
local function approve_named(keys, place, global)
  local claims <const>, words <const>, group <const> = {}, {}, {}
  for _, word in ipairs(keys) do
    for text in word:gmatch("[^,]+") do
      local key <const>, malformed <const> = key_groups.parse((trim(text)))
      if not key then
        return nil, malformed
      end
      table.insert(group, key)
      table.insert(words, key.recipient)
      table.insert(claims, { key = key.recipient, kind = key.kind })
    end
  end
  local root <const> = place and place.root or assert(fs.root ".")
  local approval <const>, err <const> = recipients.open(root, global)
  if not approval then
    return nil, err
  end
  return approval:approve(claims, { named = words, groups = { group } })
end

--- Approved recipients and selectors for a file, by its rule or by the command line. Raises.
---@param args table  of the options above
---@param ctx moonlatch.Context
---@param place moonlatch.Place?  nil: standard input
---@return moonlatch.Approved approved
---@return moonlatch.Selectors? selectors
function sealing.settle(args, ctx, place)
  if #args.recipient > 0 then
    return assert(approve_named(args.recipient, place, ctx.global)), selectors_of(args)
  end
  if not place then
    fail("usage", "standard input has no path, and so no rule", "--path PATH, or -a RECIPIENT")
  end
  if selectors_of(args) then
    fail("usage", "the rule says which values are sealed", "-a RECIPIENT goes without a rule")
  end
  local governed <const> = assert(governing.of(place, ctx.global))
  if not governed.rule then
    fail("missing", governed.rules and "no creation rule matches this path"
      or "no .sops.yaml is here or above", (governed.rules and "add a rule for it to .sops.yaml"
      or "`moonlatch init` makes one") .. ", or name with -a RECIPIENT who may open it",
      { path = place.shown })
  end
  if governed.rules:catch_all(governed.rule) and not args.catch_all then
    fail("conflict", ("only rule %d matches, which takes files at any path")
      :format(governed.rule.index), "--catch-all if that is meant; else add a rule",
      { path = place.shown })
  end
  local selectors <const> = governed.rule.selectors
  return assert(approve_rule(governed, ctx.global)), next(selectors) and selectors or nil
end

--- Seals a text for them; what does not come back as it was is told. Raises.
---@param clear moonlatch.Bytes
---@param ctx moonlatch.Context
---@param options table  approved, selectors, path, format
---@return string sealed
function sealing.seal(clear, ctx, options)
  local data_key <close> = assert(envelope.new(options.approved))
  local sealed <const>, notes <const> = sops.encrypt(clear, { envelope = data_key,
    selectors = options.selectors, path = options.path, format = options.format })
  if not sealed then
    error(notes, 0)
  end
  for _, note in ipairs(notes) do
    ctx.report:warn(("%s:%d: %s"):format(options.path, note.line or 0, note.message))
  end
  return sealed
end

--- What came of a visit to the editor, as an exit status. Raises.
---@param ctx moonlatch.Context
---@param path string
---@param status any        the results of `editing.edit`
---@param why moonlatch.Error|string|nil
---@return integer
function sealing.edited(ctx, path, status, why)
  if status == nil then
    error(why, 0)
  elseif status == false then
    ctx.report:say(path .. ": nothing was changed")
    if why then
      ctx.report:warn(why)
    end
  end
  return status or 0
end

--- A new sealed file: `args.from` as it is, or what the editor makes of an example. Who may open it
--- is settled before anybody types. Raises.
---@param args table  file, from, format, shared, and the options above
---@param ctx moonlatch.Context
---@param place moonlatch.Place
---@return integer status
function sealing.new_file(args, ctx, place)
  local format <const> = args.format or sops.format_of(args.file)
  assert(files.stays(place))
  local approved <const>, selectors <const> = sealing.settle(args, ctx, place)
  local function write(clear)
    local sealed <const> = sealing.seal(clear, ctx,
      { approved = approved, selectors = selectors, path = args.file, format = format })
    return files.write(ctx, sealed, { in_place = place },
      { kind = "sealed", title = "new " .. args.file, read = false })
  end
  if args.from then
    local clear <close> = assert(files.read(args.from))
    return write(clear)
  end
  local status <const>, why <const> = require("moonlatch.editing").edit {
    text = require("moonlatch.example").text(format), format = format,
    name = place.name:match "[^/]*$", shared = args.shared, accept = write }
  return sealing.edited(ctx, args.file, status, why)
end

return sealing
