--- recipients — who was approved to read, by this user, for this repository.
--
-- Recipients are public: whoever can write to a repository can add one. Therefore no data key is
-- wrapped for a key merely because a file says so. Approved is what the user pinned (remembered
-- outside the repository, trusted at first use and shown then), named on the command line, or
-- accepts now. This module is the only maker of approved sets, besides the compatibility faces.

local age        <const> = require "moonlatch.age"
local fail       <const> = require "moonlatch.fail"
local fs         <const> = require "moonlatch.fs"
local host       <const> = require "moonlatch.host"
local key_groups <const> = require "moonlatch.key_groups"
local lists      <const> = require "moonlatch.lists"
local naming     <const> = require "moonlatch.recipients.naming"
local sops       <const> = require "moonlatch.sops"
local state      <const> = require "moonlatch.state"
local tty        <const> = require "moonlatch.tty"

---@class moonlatch.Approval
---@field first_use boolean
---@field pins table<string, { name: string?, since: integer }>
local Approval = {}
Approval.__index = Approval

local recipients = {}

--- What is approved, is so for a whole repository: rules in a folder of it are no new one, or else
--- whoever can write there would have a first use whenever they like.
local function whole(root)
  local top <const> = fs.search_up(root.path, { ".git" })
  return top and assert(fs.root(top)) or root
end

--- The approvals of one repository.
---@param root moonlatch.Root
---@param global table  accept_recipient, accept_recipients, dry_run
---@return moonlatch.Approval?
---@return moonlatch.Error? err
function recipients.open(root, global)
  root = whole(root)
  local known <const>, err <const> = state.read("pins", root)
  if err then
    return nil, err
  end
  return setmetatable({ root = root, global = global,
    first_use = not (known and known.reviewed), pins = known and known.pins or {} }, Approval)
end

recipients.of_rules = naming.of_rules
recipients.of_groups, recipients.of_repo = naming.of_groups, naming.of_repo

local function place(claim)
  if not claim.path then
    return "on the command line"
  end
  return claim.line and ("%s:%d"):format(claim.path, claim.line) or claim.path
end

--- The key that this user knew last under the name a new one claims.
local function former(self, name)
  local found
  for _, key in ipairs(name and lists.names(self.pins) or {}) do
    local pin <const> = self.pins[key]
    if pin.name == name and not (found and self.pins[found].since > pin.since) then
      found = key
    end
  end
  return found
end

local function called(claim)
  return claim.name and "calls itself " .. claim.name or "has no name"
end

--- A file or a vault chose these names; a line break would let them forge a line.
local function show(self, claims, heading)
  host.err(heading .. "\n")
  for _, claim in ipairs(claims) do
    host.err(("  %s\n    %s, at %s\n"):format(host.escape(claim.key), host.escape(called(claim)),
      host.escape(place(claim))))
    local old <const> = former(self, claim.name)
    if old then
      host.err(("    until now %s was %s\n"):format(host.escape(claim.name), host.escape(old)))
    end
  end
end

local function pin(self, claims)
  for _, claim in ipairs(claims) do
    local key <const> = naming.id(claim)
    self.pins[key] = self.pins[key] or { name = claim.name, since = math.floor(host.time()) }
  end
end

--- Remember all that was approved, for later runs. Done at once for what the user was asked about;
--- a key that was merely named is remembered by whoever has carried out what it was named for.
---@param options { reviewed: boolean? }?  reviewed: this user made all that the repository says
---@return boolean? ok
---@return moonlatch.Error? err
function Approval:remember(options)
  self.first_use = self.first_use and not (options and options.reviewed)
  if self.global.dry_run then
    return true
  end
  return state.write("pins", self.root, { pins = self.pins, reviewed = not self.first_use })
end

local function accepts_first_use(self)
  return self.global.accept_recipients == "first-use"
    or host.env "MOONLATCH_ACCEPT" == "first-use"
end

local function set_of(keys)
  local set <const> = {}
  for _, key in ipairs(keys or {}) do
    set[key_groups.canonical(key)] = true
  end
  return set
end

--- Claims that are not approved yet: accepted by --accept-recipient, named as operands, unknown.
local function sort_out(self, claims, names)
  local accept <const>, name <const> = set_of(self.global.accept_recipient), set_of(names)
  local accepted <const>, named <const>, unknown <const> = {}, {}, {}
  for _, claim in ipairs(claims) do
    local key <const> = key_groups.canonical(claim.key)
    if not self.pins[naming.id(claim)] then
      table.insert(accept[key] and accepted or name[key] and named or unknown, claim)
    end
  end
  return accepted, named, unknown
end

local function refuse_first_use(claims)
  return nil, fail.new("approval", ("this repository is new to you: its %d recipients are not "
    .. "approved"):format(#claims), "where there is nothing to compare with, "
    .. "--accept-recipients=first-use takes them as they are")
end

local function refuse(unknown)
  local claim <const> = unknown[1]
  local more <const> = #unknown > 1 and (" (and %d more)"):format(#unknown - 1) or ""
  return nil, fail.new("approval", ("%s, which %s, is not approved%s")
    :format(claim.key, called(claim), more),
    ("ask its owner; then --accept-recipient %s"):format(claim.key),
    { path = claim.path, line = claim.line, recipients = unknown })
end

--- Typed in full: a habit of pressing y must not approve a stranger.
local function ask(self, claims, heading)
  show(self, claims, heading)
  return tty.line "Type yes to approve: " == "yes"
end

--- The first time, all that the repository says is looked at together.
local function review_first(self, unknown, options)
  local all <const> = table.move(unknown, 1, #unknown, 1, {})
  local listed <const> = {}
  for _, claim in ipairs(all) do
    listed[naming.id(claim)] = true
  end
  local _, _, others <const> = sort_out(self, options.known or {}, options.named)
  for _, claim in ipairs(others) do
    if not listed[naming.id(claim)] then
      table.insert(all, claim)
    end
  end
  if accepts_first_use(self) then
    show(self, all, "First use of this repository. Accepted as they are:")
  elseif not tty.available() then
    return refuse_first_use(all)
  elseif not ask(self, all, "First use of this repository. Its recipients are:") then
    return nil, fail.new("approval", "the recipients were not approved")
  end
  self.first_use = false
  return all
end

local function review_new(self, unknown)
  if not tty.available() then
    return refuse(unknown)
  elseif not ask(self, unknown, "New since you last approved:") then
    return nil, fail.new("approval", "the recipients were not approved")
  end
  return unknown
end

--- Nobody is asked about what is no key at all.
local function check(claims)
  for _, claim in ipairs(claims) do
    local recipient, err = true, nil
    if (claim.kind or "age") == "age" then
      recipient, err = age.recipient(claim.key)
    end
    if not recipient then
      err.path, err.line = claim.path, claim.line
      return nil, err
    end
  end
  return true
end

--- The groups that a set is made of: all whom they name must have been approved.
local function set(claims, options)
  local list <const>, approved <const> = {}, {}
  for i, claim in ipairs(claims) do
    list[i], approved[naming.id(claim)] = claim.key, true
  end
  if not options.groups then
    return sops.approved(list)
  end
  for _, key in ipairs(key_groups.keys(options.groups)) do
    if not approved[naming.id { key = key.recipient, kind = key.kind }] then
      error("a key of the groups was not claimed: " .. key.recipient)
    end
  end
  return sops.approved { groups = options.groups, threshold = options.threshold }
end

---@class moonlatch.ApproveOptions
---@field named string[]?          keys the user gave as operands
---@field known moonlatch.Claim[]?  what the repository says, pinned at first use
---@field groups moonlatch.Key[][]?  of the claimed keys; default: one group of age keys
---@field threshold integer?       of these groups

--- An approved set with exactly these recipients, or an error of code "approval".
---@param claims moonlatch.Claim[]
---@param options moonlatch.ApproveOptions?
---@return moonlatch.Approved? approved
---@return moonlatch.Error? err
function Approval:approve(claims, options)
  options = options or {}
  local well_formed <const>, malformed <const> = check(claims)
  if not well_formed then
    return nil, malformed
  end
  local accepted <const>, named <const>, unknown <const> = sort_out(self, claims, options.named)
  if #unknown > 0 then
    local review <const> = self.first_use and review_first or review_new
    local reviewed <const>, err <const> = review(self, unknown, options)
    if not reviewed then
      return nil, err
    end
    table.move(reviewed, 1, #reviewed, #accepted + 1, accepted)
  end
  if #accepted > 0 then
    pin(self, accepted)
    local ok <const>, err <const> = self:remember()
    if not ok then
      return nil, err
    end
  end
  pin(self, named)
  return set(claims, options)
end

--- Is a key approved already?
---@param key string
---@param kind string?  default: age
---@return boolean
function Approval:has(key, kind)
  return self.pins[naming.id { key = key, kind = kind }] ~= nil
end

return recipients
