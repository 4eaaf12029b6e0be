-- For the tests of recipients: people with keys of their own, who approve what they see at first
-- use, and a file for them.

local crew = {
  FILE = "# who\nname: crew   # here\nport_unencrypted: 80\nlist: [a, b]\n",
}

--- Make a key home/NAME.txt for each; returns the public keys by name in capitals.
---@param t moonlatch.TestCase
---@param names string[]
---@return table<string, string>
function crew.keys(t, names)
  local keys <const> = {}
  for _, name in ipairs(names) do
    t:expect { "keygen", "-q", "-o", ("home/%s.txt"):format(name) }
    keys[name:upper()] = t:read(("home/%s.txt"):format(name)):match "public key: (%S+)"
  end
  return keys
end

--- A text with the public keys where it has names in capitals.
function crew.with_keys(keys, text)
  return (text:gsub("%u+", keys))
end

--- The environment of one of them.
function crew.as(t, name)
  return { SOPS_AGE_KEY_FILE = t:path(("home/%s.txt"):format(name)),
    MOONLATCH_ACCEPT = "first-use" }
end

--- Run this program as "me", unless the command has an environment; `status` as for `t:expect`.
function crew.run(t, command, status)
  command.env = command.env or crew.as(t, "me")
  return t:expect(command, status)
end

--- Write the file and seal it in place; more words are of `encrypt`.
function crew.seal(t, path, ...)
  t:write(path, crew.FILE)
  crew.run(t, { "encrypt", "-q", "-i", path, ... })
  return t:read(path)
end

return crew
