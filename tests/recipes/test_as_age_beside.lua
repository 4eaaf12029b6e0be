-- The faces of age, age-keygen and age-inspect beside the real ones: the same command lines in
-- equal folders end with the same exit code, print the same, and leave the same files.

local host <const> = require "moonlatch.host"
local proc <const> = require "moonlatch.proc"
local test <const> = require "moonlatch.test"

local beside <const> = test.helper "tests/recipes/beside.lua"

--- Keys, and files sealed by the real age.
local PROTO <const> = [[
set -e
mkdir proto && cd proto
age-keygen -o k.txt 2> /dev/null
age-keygen -o k2.txt 2> /dev/null
age-keygen -pq -o pq.txt 2> /dev/null
for type in ed25519 ecdsa rsa; do ssh-keygen -q -t $type -N '' -C '' -f $type; done
ssh-keygen -q -t ed25519 -N 'pass phrase' -C '' -f protected
ssh-keygen -q -t rsa -b 2048 -N 'pass phrase' -C '' -f protected-rsa
echo hello > in
: > empty
printf 'AGE-SECRET-KEY-1FOO\n' > bad-key.txt
printf ' %s\n' "$(tail -n 1 k.txt)" > indented.txt
printf '%s\r\n' "$(tail -n 1 k.txt)" > crlf.txt
{ cat k.txt; printf '\n\n'; } > blanks.txt
{ echo '# c'; age-keygen -y k.txt; echo foo; } > bad-recipients
{ echo '# c'; age-keygen -y k.txt; cat ecdsa.pub; } > recipients
printf 'ssh-rsa AAAA\n' > bad-ssh
{ echo '-----BEGIN OPENSSH PRIVATE KEY-----'; head -c 20000 /dev/zero | base64; } > long-ssh
r=$(age-keygen -y k.txt)
age -r "$r" -o f.age in
age -a -r "$r" -o a.age in
age -r "$r" -o nothing.age empty
age -R ed25519.pub -o ed.age in
age -R protected.pub -o protected.age in
head -c 200000 /dev/zero | age -r "$r" -o big.age
head -c 100000 big.age > cut.age
{ cat f.age; echo x; } > tail.age
head -c 205 f.age > short.age
mac=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
{ head -n 3 f.age; echo "--- $mac"; tail -c 38 f.age; } > mac.age
head -c 30 f.age > header.age
sed 's/^--- /---  /' f.age > foot.age
sed 's/-> X25519/-> /' f.age > stanza.age
sed 's/-> X25519 .*/-> X25519 AAAA/' f.age > share.age
printf -- '-----BEGIN AGE ENCRYPTED FILE-----\nAAAA\n!!\n' > armor.age
AGE_PASSPHRASE=abc AGE_PASSPHRASE_WORK_FACTOR=10 age -e -j batchpass -o p.age in
AGE_PASSPHRASE=abc AGE_PASSPHRASE_WORK_FACTOR=10 age -e -j batchpass -o sealed-key.age k.txt
mkdir folder
]]

--- The folder `proto`, made once a test; returns the public keys in it as variables.
local function setup(t)
  if t.root:exists "proto" then
    return t.keys
  end
  for _, name in ipairs { "age", "age-keygen", "age-inspect" } do
    beside.install(t, name, "age-current/" .. name)
  end
  local batchpass <const> = test.peer "age-current/age-plugin-batchpass"
  for _, folder in ipairs { "ours", "real" } do
    assert(t.root:symlink(folder .. "/age-plugin-batchpass", batchpass))
  end
  local made <const> = beside.shell(t, "real", PROTO)
  test.equal({ made.status, made.stderr }, { 0, "" })
  local function key(name)
    return beside.shell(t, "real", "age-keygen -y proto/" .. name).stdout:gsub("\n", "")
  end
  t.keys = { K = key "k.txt", K2 = key "k2.txt", P = key "pq.txt" }
  return t.keys
end

--- What differs by nature: keys and times, that a plugin was slow; and where to report an error of
--- the program.
local function normal(text)
  return (text:gsub("AGE%-SECRET%-KEY%-[%u%d-]+", "SECRET"):gsub("age1[%l%d]+", "KEY")
    :gsub("created: %S+", "created: T")
    :gsub("[^\n]*waiting [^\n]*plugin[^\n]*\n", "")
    :gsub("(report unexpected or unhelpful errors)[^\n]*", "%1")
    :gsub("Usage:\n.*", "Usage:\n")) -- the usage text is each program's own
end

local function compare(t, lines, what)
  beside.compare(t, lines, what, { env = setup(t), normal = normal })
end

local ALL <const>, OUT <const> = beside.ALL, beside.OUT

test.it("reads command lines", function(t)
  compare(t, [[
age
age -h
age --help
age -x
age -ad in
age ---x
age -d=foo in
age -version | head -n 1
age --version | head -n 1
age -r
age -o
age -i
age in
age -d -r $K f.age
age -d -R ed25519.pub f.age
age -d -a f.age
age -d -p f.age
age -e -d in
age -a -e -d -r x in
age -i k.txt in
age -j foo in
age -i k.txt -r $K in
age -p -r $K in
age -p -R ed25519.pub in
age -p -e -i k.txt in
age -e -j foo -p in
age -r $K in extra
age -r $K in -o x
age -d in x -i k.txt
age -d f.age -i k.txt -o "a b"
age -r $K '' < in | age -d -i k.txt
age -r $K -r $K -r $K -o out in
age -r $K missing
age -r foo missing
age -r $K -o in in
age -r $K -o ./in in
ln -s in link; age -r $K -o link in
ln -s in link; age -r $K -o in link
ln -s . way; age -r $K -o way/in in
age -R ed25519.pub -o ed25519.pub in
ln k.txt other; age -d -i k.txt -o other f.age
age -d -i k.txt -o k.txt f.age
age -R - < ed25519.pub
age -R - -R - in < ed25519.pub
age -d -i - < k.txt
age -d -i - -i - f.age < k.txt
age-keygen -h
age-keygen -x
age-keygen -o
age-keygen -y '' < k.txt
age-keygen -version | head -n 1
age-keygen extra
age-keygen -y k.txt k2.txt
age-keygen -pq -y k.txt
age-inspect -h
age-inspect -x
age-inspect --version | head -n 1
age-inspect f.age a.age
age-inspect f.age --json
age-inspect '' < f.age
]], ALL)
end)

test.it("encrypts", function(t)
  compare(t, [[
age -r $K in | age -d -i k.txt
age -r $K < in | age -d -i k.txt
age -r $K - < in | age -d -i k.txt
age --encrypt --recipient $K --output out in && age -d -i k.txt out
age --armor=false -r $K in | head -n 1
age -a -r $K in | head -n 1
age -r $K -o - in | head -n 1
age -o "" -r $K in | head -n 1
age -o a -o b -r $K in
age -r $K -o out in && stat -c %a out
umask 077; age -r $K -o out in && stat -c %a out
age -r $K -r $K in | age-inspect
age -R ed25519.pub -R ed25519.pub in | age-inspect
age -r $K2 -R recipients -R ed25519.pub -e -i k2.txt in | age-inspect
age -R - in < recipients | age-inspect
ssh-keygen -q -t rsa -b 1024 -N '' -f s; cat recipients s.pub | age -R - in | age -d -i k.txt
ln -s folder/new link; age -r $K -o link in; age -d -i k.txt folder/new
ln -s missing/new link; age -r $K -o link in 2> /dev/null
age -e -i ed25519 in | age-inspect
age -e -i protected in | age-inspect
age -e -i protected-rsa in | age-inspect
age -r $P in | age -d -i pq.txt
age -R rsa.pub in | age -d -i rsa
age -e -i rsa in | age -d -i rsa
age -r $K empty | age -d -i k.txt -o out && stat -c %s out
age -r $K -o folder/x/y in
age -r $K -o folder in
]], ALL)
end)

test.it("decrypts", function(t)
  compare(t, [[
age -d -i k.txt f.age
age -d -i k.txt a.age
age -d -i k.txt < a.age
age -d -i - f.age < k.txt
age --decrypt --identity=k.txt -- f.age
age -d=true -i k.txt f.age
age -d -i k2.txt -i k.txt f.age
age -d -i k.txt -i k.txt f.age
age -d -i blanks.txt f.age
age -d -i crlf.txt f.age
age -d -i ed25519 ed.age
{ echo; cat ed25519; } > spaced; age -d -i spaced ed.age
printf '#\351\n' | cat - k.txt > latin.txt; age -d -i latin.txt f.age
age -d -i ed25519 f.age
age -d -i protected f.age
age -d -i k.txt -o out f.age && cat out
age -d -i k.txt -o out nothing.age && stat -c %s out
age -d -i k.txt -o - f.age
age -d -i k2.txt f.age
age -d -i k2.txt -o out f.age
age -d f.age
age -d -i k.txt p.age
age -d -i missing f.age
age -d -i k.txt missing
age -d -i folder f.age
age -d -i empty f.age
age -d -i f.age f.age
age -d -i k.txt mac.age
age -d -i k.txt tail.age
age -d -i k.txt short.age
age -d -i k.txt cut.age | wc -c
age -d -i k.txt -o folder/x/y f.age
age -d -i k.txt -o folder f.age
age -d -i k.txt -o /dev/full f.age
age -d -i k.txt f.age > /dev/full
age -d -i k.txt big.age | head -c 0
]], ALL)
end)

test.it("says what is wrong with keys", function(t)
  compare(t, [[
age -r foo in
age -r "" in
age -r "$(cat ecdsa.pub)" in
age -r github:foo in
age -r https://github.com/foo.keys in
age -R missing in
age -R folder in
age -R ecdsa.pub in
age -R in in
age -R bad-recipients in
age -R bad-ssh in
age -R empty in
age -R bad-recipients -r foo in
age -d -i long-ssh f.age
]], ALL)
end)

test.it("says in its own words what is malformed, with the same exit code", function(t)
  compare(t, [[
age -r $P -r $K in
age -r age1foo in
age -r "ssh-ed25519 AAAA" in
age -r "ssh-dss AAAAB3NzaC1kc3MAAACB" in
age -r $(echo $K | tr a-z A-Z) in
age -R k.txt in
age -e -i in in
age -e -i ecdsa in
age -d -i bad-key.txt f.age
age -d -i indented.txt f.age
age -d -i ecdsa f.age
age -d -i k.txt header.age
age -d -i k.txt foot.age
age -d -i k.txt stanza.age
age -d -i k.txt share.age
age -d -i k.txt armor.age
age -d -i k.txt in
age -d
age -d p.age
age -p in
age -d -i protected protected.age
age -d -i sealed-key.age f.age
age -d -i k.txt folder
age-keygen -y in
age-keygen -y ed25519
age-keygen -y sealed-key.age
age-keygen > /dev/full
age-inspect in
age-inspect empty
age-inspect header.age
age-inspect armor.age
age-inspect folder
]], OUT)
end)

test.it("makes keys, and shows their public halves", function(t)
  compare(t, [[
age-keygen
age-keygen | age-keygen -y
age-keygen -o new && stat -c %a new && cat new
age-keygen -o k.txt
age-keygen -o folder/x/y
age-keygen > open; stat -c %a open
umask 077; age-keygen > closed
age-keygen -y k.txt
age-keygen -y < k.txt
age-keygen -y - < k.txt
age-keygen -y blanks.txt
cat k.txt k2.txt | age-keygen -y
age-keygen -y -o new k.txt && cat new && stat -c %a new
age-keygen -y -o k.txt k.txt
age-keygen -y missing
age-keygen -y folder
age-keygen -y empty
]], ALL)
end)

test.it("inspects", function(t)
  compare(t, [[
age-inspect f.age
age-inspect --json f.age
age-inspect -json a.age
age-inspect a.age
age-inspect < f.age
age-inspect - < f.age
cat big.age | age-inspect
cat big.age | age-inspect --json
age-inspect big.age
age-inspect nothing.age
age-inspect p.age
age-inspect --json ed.age
age-inspect cut.age
age-inspect mac.age
sed 's/-> X25519/-> p256tag/' f.age | age-inspect
sed 's/-> X25519/-> piv-p256/' f.age | age-inspect
sed 's/-> X25519/-> mlkem768p256tag/' f.age | age-inspect --json
sed 's/-> X25519/-> unknown/' f.age | age-inspect
age-inspect missing
age -r $P in | age-inspect --json
]], ALL)
end)

test.it("opens what Debian's age seals, and the reverse", function(t)
  local found <const> = proc.find "age"
  if not found then
    test.skip "age is not installed"
  end
  assert(t.root:mkdir("ours", 493))
  assert(t.root:symlink("ours/age", host.program()))
  t:expect { "keygen", "-q", "-o", "k.txt" }
  t:write("in", ("0123456789abcdef"):rep(10000))
  for _, line in ipairs { "%s -e -i k.txt in | %s -d -i k.txt",
    "%s -a -e -i k.txt in | %s -d -i k.txt" } do
    for _, pair in ipairs { { found, t:path "ours/age" }, { t:path "ours/age", found } } do
      test.equal(t:run({ "sh", "-c", line:format(table.unpack(pair)) }).stdout, t:read "in", line)
    end
  end
end)

test.it("uses plugins", function(t)
  compare(t, [[
export AGE_PASSPHRASE=abc; age -d -j batchpass p.age
export AGE_PASSPHRASE=abc; age -e -j batchpass in | age -d -j batchpass
age -d -j foo -i k.txt f.age
echo abc > p; export AGE_PASSPHRASE_FD=4; age -d -j batchpass p.age 4< p
printf 'abc\r\n\n' > p; export AGE_PASSPHRASE_FD=4; age -d -j batchpass p.age 4< p
]], ALL)
  compare(t, [[
age -d -j foo f.age
age -d -j a/b f.age
age -d -j "" f.age
age -e -j foo in
age -d -j batchpass p.age
export AGE_PASSPHRASE=abd; age -d -j batchpass p.age
export AGE_PASSPHRASE=abc; age -d -j batchpass f.age
export AGE_PASSPHRASE=abc AGE_PASSPHRASE_FD=4; age -d -j batchpass p.age 4< in
export AGE_PASSPHRASE_FD=9; age -d -j batchpass p.age
export AGE_PASSPHRASE_FD=x; age -d -j batchpass p.age
]], OUT)
end)
