--- make.lua — what is measured on: `moonlatch run tests/bench/make.lua FOLDER`.
--
-- In FOLDER: key.txt, which opens everything, and public.txt, for whom it is sealed; small.yaml
-- with 20 values and large.yaml with 100,000, about 4 MB in clear, both also as they were, in
-- small.clear.yaml and large.clear.yaml; flat.yaml with 20 values at the top; and site/, a thousand
-- files for nine recipients under a rule that names ten.

local age  <const> = require "moonlatch.age"
local fs   <const> = require "moonlatch.fs"
local sops <const> = require "moonlatch.sops"

local RECIPIENTS <const> = 10
local FILES <const> = 1000

local root <const> = assert(fs.root((...)))
local tx <const> = assert(fs.transaction { roots = { root } })

--- `groups` maps of `size` values each.
local function document(groups, size)
  local lines <const> = {}
  for group = 1, groups do
    table.insert(lines, ("group_%04d:"):format(group))
    for i = 1, size do
      table.insert(lines, ("    key_%03d: value %04d-%03d of the sample"):format(i, group, i))
    end
  end
  return table.concat(lines, "\n") .. "\n"
end

local function seal(path, clear, keys)
  local sealed <const> = assert(sops.encrypt(clear, { path = path, format = "yaml",
    recipients = assert(sops.approved(keys)) }))
  assert(tx:write(root, path, sealed, { kind = "sealed" }))
end

local identity <const> = assert(age.generate())
local keys <const> = { identity:recipient() }
for i = 2, RECIPIENTS do
  keys[i] = age.generate():recipient()
end

assert(tx:write(root, "key.txt", identity:secret(), { kind = "clear" }))
seal("small.yaml", document(1, 20), { keys[1] })
seal("large.yaml", document(1000, 100), { keys[1] })
seal("flat.yaml", document(1, 20):gsub("^[^\n]+\n", ""):gsub("    ", ""), { keys[1] })
assert(tx:write(root, "small.clear.yaml", document(1, 20), { kind = "public" }))
assert(tx:write(root, "large.clear.yaml", document(1000, 100), { kind = "public" }))
assert(tx:write(root, "public.txt", keys[1] .. "\n", { kind = "public" }))
assert(tx:write(root, "site/.sops.yaml",
  ("creation_rules:\n  - path_regex: secrets/.*\n    age: %s\n"):format(table.concat(keys, ",")),
  { kind = "public" }))
local before <const> = table.move(keys, 1, RECIPIENTS - 1, 1, {})
for i = 1, FILES do
  seal(("site/secrets/%04d.yaml"):format(i), document(1, 5), before)
end
assert(tx:commit())
