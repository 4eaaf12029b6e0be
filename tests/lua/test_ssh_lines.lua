-- Lines of known_hosts and authorized_keys, and the keys of an agent, beside OpenSSH.

local host, ssh, test = require "moonlatch.host", require "moonlatch.ssh", require "moonlatch.test"

local function make_key(t, name)
  local made <const> = t:run { "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f",
    name }
  test.equal(made.status, 0, made.stderr)
  return (t:read(name .. ".pub"):gsub("\n$", ""))
end

--- Hosts as they stand in a line; a name; its port.
local HOSTS <const> = {
  { "h", "h" }, { "h", "H" }, { "H", "h" }, { "h", "g" }, { "a,b,c", "b" }, { "a,b,c", "d" },
  { "*.example.org", "a.example.org" }, { "*.example.org", "example.org" },
  { "*.example.org", "a.b.example.org" }, { "h?", "h1" }, { "h?", "h" }, { "*", "anything" },
  { "*a*a*a*b", ("a"):rep(60) }, { "*.org,!bad.org", "good.org" }, { "*.org,!bad.org", "bad.org" },
  { "!bad.org,*.org", "bad.org" }, { "!bad.org", "good.org" }, { "[h]:2222", "h", 2222 },
  { "[h]:2222", "h" }, { "[h]:22", "h" }, { "h", "h", 2222 }, { "[*]:2222", "h", 2222 },
  { "192.0.2.1", "192.0.2.1" }, { "[2001:db8::1]:2222", "2001:db8::1", 2222 },
  { "2001:db8::1", "2001:DB8::1" }, { "a,,b", "b" },
}

--- Does ssh-keygen find a host in a file?
local function found(t, name, port)
  local word <const> = port and ("[%s]:%d"):format(name, port) or name
  return #t:run { "ssh-keygen", "-F", word, "-f", t:path "hosts" }.stdout > 0
end

test.it("hosts match as they do for OpenSSH", function(t)
  local key <const> = make_key(t, "k")
  for _, row in ipairs(HOSTS) do
    local hosts <const>, name <const>, port <const> = table.unpack(row)
    t:write("hosts", hosts .. " " .. key .. "\n")
    local parsed <const> = assert(ssh.public(hosts .. " " .. key))
    test.equal(parsed.hosts, hosts)
    test.equal(ssh.matches_host(parsed.hosts, name, port), found(t, name, port),
      hosts .. " " .. name)
  end
end)

test.it("hashed hosts match as they do for OpenSSH", function(t)
  local key <const> = make_key(t, "k")
  t:write("hosts", ("h,192.0.2.1 %s\n[h]:2222 %s\n"):format(key, key))
  test.equal(t:run({ "ssh-keygen", "-H", "-f", t:path "hosts" }).status, 0)
  local hashed <const> = {}
  for line in t:read("hosts"):gmatch "[^\n]+" do
    table.insert(hashed, assert(ssh.public(line)).hosts)
  end
  test.equal(#hashed, 3)
  local function matching(name, port)
    local list <const> = {}
    for i, hosts in ipairs(hashed) do
      table.insert(list, assert(ssh.matches_host(hosts, name, port) ~= nil)
        and ssh.matches_host(hosts, name, port) and i or nil)
    end
    return list
  end
  test.equal({ #matching "h", #matching "H", #matching "192.0.2.1", #matching("h", 2222),
    #matching "g", #matching("h", 2223) }, { 1, 1, 1, 1, 0, 0 })
end)

test.it("hashes that are none are refused", function()
  local salt <const>, hash <const> = "cGxlYXNlIGdpdmUgc2FsdCE=", "F1E1KeoE/eEWhi10WpGv4OdiO6Y="
  local good <const> = "|1|" .. ("A"):rep(27) .. "=|" .. hash
  test.equal(ssh.matches_host(good, "h"), false)
  for _, hosts in ipairs { "|1|", "|2|" .. good:sub(4), "|1|" .. salt .. "|" .. hash,
    good .. "A", good:sub(1, -2), good .. ",h", "|1|" .. ("B"):rep(27) .. "=|" .. hash,
    (good:gsub("=|", "=!")) } do
    local matches <const>, err <const> = ssh.matches_host(hosts, "h")
    test.equal({ matches, err and err.code }, { nil, "format" }, hosts)
  end
  test.equal(select(2, ssh.matches_host("h", ("a"):rep(2000))).code, "argument")
  test.raises("port", function() return ssh.matches_host("h", "h", 65536) end)
end)

test.it("markers, several hosts and comments are told apart", function(t)
  local key <const> = make_key(t, "a comment")
  local line <const> = assert(ssh.public("@cert-authority *.example.org,[h]:22 " .. key))
  test.equal({ line.marker, line.hosts, line.comment, line.kind },
    { "@cert-authority", "*.example.org,[h]:22", "a comment", "ed25519" })
end)

test.it("options before a key are read", function(t)
  local key <const> = make_key(t, "a comment")
  local function options(text)
    local line <const>, err <const> = ssh.authorized(text .. " " .. key)
    return line and line.options or err.code, line and line.comment
  end
  test.equal({ ssh.authorized(key).options, ssh.authorized(key).comment }, { {}, "a comment" })
  test.equal({ options "no-pty" }, { { { name = "no-pty" } }, "a comment" })
  test.equal({ options 'command="a, b \\"c d\\" \\\\x",no-pty,from="*.org,!x.org"' }, { {
    { name = "command", value = 'a, b "c d" \\\\x' }, { name = "no-pty" },
    { name = "from", value = "*.org,!x.org" } }, "a comment" })
  test.equal(options 'permitopen="h:1",permitopen="h:2",environment=""',
    { { name = "permitopen", value = "h:1" }, { name = "permitopen", value = "h:2" },
      { name = "environment", value = "" } })
  for _, text in ipairs { 'command="open', "command=bare", "a,,b", ",a", "a,", '"x"', "a=",
    'a="b"c', 'a="b"="c"', "a;b", 'command="x\\"' } do
    test.equal(options(text), "format", text)
  end
  test.equal(select(2, ssh.authorized "# comment").code, "format")
  test.equal(select(2, ssh.authorized "no-pty").code, "format")
  test.equal(select(2, ssh.authorized "ssh-ed25519 AAAA").code, "format")
end)

test.it("the keys of an agent are listed", function(t)
  make_key(t, "one")
  make_key(t, "two")
  t:write("list.lua", [[
local host, ssh = require "moonlatch.host", require "moonlatch.ssh"
for _, key in ipairs(assert(ssh.agent_keys())) do
  host.out(("%s %s\n"):format(key.line, key.comment))
end
]])
  local run <const> = t:run { "ssh-agent", "sh", "-c", 'ssh-add -q one two && "$0" run list.lua',
    assert(host.program()) }
  test.equal({ run.status, run.stdout }, { 0, t:read "one.pub" .. t:read "two.pub" }, run.stderr)
  local empty <const> = t:run { "ssh-agent", assert(host.program()), "run", "list.lua" }
  test.equal({ empty.status, empty.stdout }, { 0, "" }, empty.stderr)
end)

test.it("no agent is an error that says so", function(t)
  t:write("list.lua", 'assert(require "moonlatch.ssh".agent_keys())\n')
  test.contains(t:expect({ "run", "list.lua" }, 2).stderr, "SSH_AUTH_SOCK")
  test.contains(t:expect({ "run", "list.lua", env = { SSH_AUTH_SOCK = t:path "none" } }, 2).stderr,
    "[missing]")
end)
