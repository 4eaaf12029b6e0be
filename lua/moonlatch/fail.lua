--- fail — error objects, and the one table of codes.
--
-- A code is a stable word: scripts test it, and `moonlatch help CODE` explains it. Errors and
-- findings share the table, so that a word means the same in a message, in `--json` and in the
-- manual.

local host <const> = require "moonlatch.host"

---@class moonlatch.Error
---@field code string      a word of `codes`
---@field message string   one line, never a byte that could be secret
---@field hint string?     one sentence: what to try
---@field path string?
---@field line integer?
---@field column integer?
---@field errno integer?
---@field part string?     of an age file that is malformed or changed: armor, header, mac, payload
---@field final boolean?   of "interrupted": the process was told to end, not just the work at hand

---@class moonlatch.Code
---@field status integer   exit status of a run that ends in it
---@field finding boolean? it is said by a check, not raised
---@field text string      what it means and what to do

---@type table<string, moonlatch.Code>
local codes <const> = {
  -- the words of the core (src/base/err.h)
  argument    = { status = 3, text = "A value on the command line, or in a call, cannot be used." },
  auth        = { status = 2, text = "Authentication failed: the key is wrong or the data changed "
                    .. "after it was sealed. The two cannot be told apart." },
  busy        = { status = 2, text = "Another process holds the lock. Wait for it, or end it." },
  changed     = { status = 2, text = "A file changed between reading it and writing. Nothing was "
                    .. "written; run the command again." },
  child       = { status = 2, text = "A program that was called failed, took too long or was "
                    .. "killed." },
  closed      = { status = 2, text = "A handle was used after it was closed: a fault of the "
                    .. "recipe." },
  conflict    = { status = 2, text = "Two things that must be equal differ. Nothing was guessed." },
  exists      = { status = 2, text = "It is there already and is not overwritten." },
  format      = { status = 2, text = "A document, key, header or encoding is malformed. The "
                    .. "message names file and line." },
  interrupted = { status = 130, text = "You interrupted the run. Nothing half done is left." },
  key         = { status = 2, text = "None of your private keys opens the file. The message names "
                    .. "the places that were tried, the recipients, and who can help." },
  ["key-source"] = { status = 2, text = "A data key has to be wrapped for a key of another kind "
                    .. "than age, which only the program behind that kind can do." },
  limit       = { status = 2, text = "A limit that guards against hostile input was reached." },
  mac         = { status = 2, text = "The MAC of a sops file is absent or does not match: somebody "
                    .. "changed the file without the data key, for instance in a merge. "
                    .. "`moonlatch repair FILE --dry-run` shows what changed since the last "
                    .. "commit, without --dry-run it seals what it says now." },
  memory      = { status = 2, text = "Memory is out, or could not be locked." },
  missing     = { status = 2, text = "A file, key, path or program is not there." },
  permission  = { status = 2, text = "The system refused, or a file is too open to be trusted." },
  system      = { status = 2, text = "The system reported a failure." },
  unsupported = { status = 2, text = "This version does not do that." },

  -- the words of the standard modules
  approval = { status = 1, text = "A recipient is not approved. Anybody who can write to the "
                 .. "repository can add a recipient, so a key that is new or changed must be "
                 .. "accepted by you: on a terminal, or with --accept-recipient KEY." },
  consent  = { status = 2, text = "The plan needs your consent and there is no terminal to ask. "
                 .. "Read it, then run again with --yes. Nothing was written." },
  declined = { status = 2, text = "You said no. Nothing was written." },
  locked   = { status = 2, text = "The vault is locked. Unlock it and run the command again." },
  ["logged-out"] = { status = 2, text = "The vault program is not logged in." },
  passphrase = { status = 2, text = "A private key is protected by a passphrase and none could be "
                   .. "asked for." },
  pending  = { status = 2, text = "An earlier run was cut short and its journal is open. Run "
                 .. "`moonlatch recover`." },
  site     = { status = 2, text = "moonlatch.lua is not what it must be: one table of data with "
                 .. "known fields." },
  trust    = { status = 2, text = "The repository has its own code under moonlatch/ and you have "
                 .. "not trusted it in this state. Read it, then run `moonlatch trust`; or leave "
                 .. "it out with --no-site." },
  bug      = { status = 2, text = "A fault of this program or of a recipe, not of yours. The "
                 .. "traceback says where." },
  usage    = { status = 3, text = "The command line cannot be understood." },

  -- findings
  ["absent-context"] = { status = 1, finding = true, text = "An identity is not in a place where "
                           .. "it is expected: an anchor, a key.json, the vault, your key file. "
                           .. "`false` in moonlatch.lua says that it need not be there." },
  ["bad-certificate"] = { status = 1, finding = true, text = "An SSH certificate is for another "
                            .. "key than the one it lies beside, or is not valid now. `moonlatch "
                            .. "host-key sign --renew` makes another." },
  ["bad-key-json"] = { status = 1, finding = true, text = "A key.json is malformed: it must be a "
                         .. "list of objects with publickey and type." },
  ["bad-metadata"] = { status = 1, finding = true, text = "The sops metadata of a file is "
                         .. "broken, by hand or in a merge. Take the file from the last commit "
                         .. "in which it was whole." },
  ["bad-rule"] = { status = 1, finding = true, text = "A creation rule, or its pattern, is one "
                     .. "that sops refuses." },
  ["catch-all"] = { status = 1, finding = true, text = "A rule matches every file of a kind. A "
                      .. "file at an unexpected path is then encrypted to the wrong people." },
  ["clear-file"] = { status = 1, finding = true, text = "A file that a rule covers is not "
                       .. "encrypted." },
  ["clan-links"] = { status = 1, finding = true, text = "The recipients of a clan file differ from "
                       .. "what its links say." },
  ["clear-value"] = { status = 1, finding = true, text = "A value in a sealed file is in clear, "
                        .. "though the file's own settings say that it is sealed." },
  ["conflict-marks"] = { status = 1, finding = true, text = "git left its conflict marks in a "
                           .. "sealed file, which nothing can read then. `moonlatch merge FILE` "
                           .. "merges the versions by their values; `moonlatch init --git` makes "
                           .. "git do so." },
  ["duplicate-anchor"] = { status = 1, finding = true, text = "One anchor name is defined twice. "
                             .. "Aliases mean the nearest definition above them." },
  ["duplicate-key"] = { status = 1, finding = true, text = "One key stands twice where it can "
                          .. "stand once." },
  ["key-file-open"] = { status = 1, finding = true, text = "Others can read a file of private "
                          .. "keys. Run chmod 600 on it." },
  ["looping-link"] = { status = 1, finding = true, text = "A link leads to itself or to nowhere. "
                         .. "It is ignored." },
  ["one-human"] = { status = 1, finding = true, text = "Only one person can open some files. "
                      .. "If that key is lost, so are they." },
  ["pair-differs"] = { status = 1, finding = true, text = "The public half that a vault item "
                         .. "states, or that lies beside a private key, is not that of the key." },
  ["recipients-differ"] = { status = 1, finding = true, text = "The recipients of a file differ "
                              .. "from its creation rule. Run `moonlatch update-keys`." },
  ["retired-key"] = { status = 1, finding = true, text = "A key is marked as retired. It is kept "
                        .. "because git history may need it." },
  ["threshold-differs"] = { status = 1, finding = true, text = "A file needs another number of its "
                              .. "key groups than its rule says. `moonlatch groups threshold` "
                              .. "changes it." },
  ["shadowed-rule"] = { status = 1, finding = true, text = "A rule is never reached: an earlier "
                          .. "one matches all it could." },
  ["two-keys"] = { status = 1, finding = true, text = "One identity has different keys in two "
                     .. "places." },
  ["two-names"] = { status = 1, finding = true, text = "One key has two names." },
  ["undefined-alias"] = { status = 1, finding = true, text = "An alias names an anchor that is not "
                            .. "defined above it." },
  ["ungoverned"] = { status = 1, finding = true, text = "No rule and no link says who may open "
                       .. "this sealed file." },
  ["unused-anchor"] = { status = 1, finding = true, text = "An anchor is defined and never used." },
  ["vault-item"] = { status = 1, finding = true, text = "An item of the vault cannot be used: it "
                       .. "holds no key, or one that does not convert." },
  ["vault-differs"] = { status = 1, finding = true, text = "The key in the vault is not the one in "
                          .. "the repository. It is reported, never taken over; see `rotate`." },
  ["weakest-key"] = { status = 1, finding = true, text = "A file is sealed to post-quantum keys "
                        .. "and to others: it is as weak as the weakest of them." },
}

---@class moonlatch.fail
---@field codes table<string, moonlatch.Code>
---@overload fun(code: string, message: string, hint?: string, fields?: table)
local fail = { codes = codes }

-- Of the core's errors too; its __tostring prints place, message and hint.
local meta <const> = host.error_meta

--- Make an error object without raising it.
---@param code string
---@param message string
---@param hint string?
---@param fields table?  path, line, column and whatever a caller may want to read
---@return moonlatch.Error
function fail.new(code, message, hint, fields)
  if not codes[code] then
    error(("'%s' is not in the table of codes"):format(tostring(code)), 2)
  end
  local e <const> = {}
  for name, value in pairs(fields or {}) do
    e[name] = value
  end
  e.code, e.message, e.hint = code, message, hint
  return setmetatable(e, meta)
end

--- Is `value` an error object, ours or the core's; and, if `code` is given, one of that code?
---@param value any
---@param code string?
---@return boolean
function fail.is(value, code)
  return type(value) == "table" and type(value.code) == "string"
    and type(value.message) == "string" and (code == nil or value.code == code)
end

--- The exit status of a run that ended in `value`. What is no error object is a fault: 2.
---@param value any
---@return integer
function fail.status(value)
  local known <const> = fail.is(value) and codes[value.code]
  return known and known.status or 2
end

--- An error as people read it: place, message, code; on a line of its own the hint. What came from
--- files is escaped.
---@param err moonlatch.Error
---@return string
function fail.describe(err)
  local at = ""
  if err.path and err.line then
    at = ("%s:%d: "):format(err.path, err.line)
  elseif err.path and not err.message:find(err.path, 1, true) then
    at = err.path .. ": " -- unless the system's own message names it
  end
  if err.step then
    at = ("%s: %s"):format(err.step, at)
  end
  local lines <const> = { ("%s%s [%s]"):format(host.escape(at), host.escape(err.message),
    err.code) }
  for _, detail in ipairs(err.details or {}) do
    table.insert(lines, "  " .. host.escape(detail))
  end
  table.insert(lines, err.hint and "hint: " .. host.escape(err.hint) or nil)
  return table.concat(lines, "\n") .. "\n"
end

--- The text of `moonlatch help CODE`.
---@param code string
---@return string?
function fail.explain(code)
  local known <const> = codes[code]
  if not known then
    return nil
  end
  local kind <const> = known.finding and "finding" or "error"
  return ("%s (%s, exit status %d)\n\n%s\n"):format(code, kind, known.status, known.text)
end

--- Steps from one word to another: insert, delete, change, swap neighbours.
local function distance(a, b)
  local before, above = {}, {}
  for j = 0, #b do
    above[j] = j
  end
  for i = 1, #a do
    local row <const> = { [0] = i }
    for j = 1, #b do
      local same <const> = a:byte(i) == b:byte(j) and 0 or 1
      local best = math.min(above[j] + 1, row[j - 1] + 1, above[j - 1] + same)
      if i > 1 and j > 1 and a:byte(i) == b:byte(j - 1) and a:byte(i - 1) == b:byte(j) then
        best = math.min(best, before[j - 2] + 1)
      end
      row[j] = best
    end
    before, above = above, row
  end
  return above[#b]
end

--- The nearest of `words`, if any is near enough to be meant.
---@param word string
---@param words string[]
---@return string?
function fail.nearest(word, words)
  local LONGEST <const> = 64 -- the comparison is quadratic, and words may come from files
  local best, least
  if #word > LONGEST then
    return nil
  end
  for _, other in ipairs(words) do
    local allowed <const> = math.max(1, #other // 3)
    local d <const> = #other <= LONGEST and distance(word:lower(), other:lower()) or math.huge
    if d <= allowed and (not least or d < least or d == least and other < best) then
      best, least = other, d
    end
  end
  return best
end

--- `word` if it is one of `words`, else an error that names the nearest.
---@param words string[]
---@param word string
---@param what string   "recipe", "option", …
---@param code string?  default "usage"
---@return string? word
---@return moonlatch.Error? err
function fail.choose(words, word, what, code)
  for _, known in ipairs(words) do
    if known == word then
      return word
    end
  end
  local near <const> = fail.nearest(word, words)
  local hint
  if near then
    hint = ("did you mean '%s'?"):format(near)
  elseif #words > 0 and #words <= 12 then
    hint = "known: " .. table.concat(words, ", ")
  end
  return nil, fail.new(code or "usage", ("there is no %s '%s'"):format(what, word), hint)
end

return setmetatable(fail, {
  __call = function(_, code, message, hint, fields)
    error(fail.new(code, message, hint, fields), 0)
  end,
})
