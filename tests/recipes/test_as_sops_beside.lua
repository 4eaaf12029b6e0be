-- The face of sops beside the real sops: the same command lines in equal folders end with the same
-- exit code, print the same, and leave the same files.

local test <const> = require "moonlatch.test"

local beside <const> = test.helper "tests/recipes/beside.lua"
local face <const> = test.helper "tests/recipes/sops_face.lua"

local CLEAR <const> = "a: 1\nb: x\nc:\n    - 1\n    - two\nd:\n    e: f\n"

local DESTINATIONS <const> = [[
destination_rules:
  - { path_regex: s3, s3_bucket: bucket, s3_prefix: pre/ }
  - { path_regex: gcs, gcs_bucket: bucket, gcs_prefix: pre/ }
  - { path_regex: vault, vault_path: v/, vault_address: "http://127.0.0.1:1" }
  - { path_regex: again, s3_bucket: bucket, recreation_rule: { age: %s } }
  - { path_regex: both, s3_bucket: bucket, gcs_bucket: bucket }
]]

--- The folder `proto` for all lines.
local function setup(t)
  beside.install(t, "sops", "sops")
  local one <const> = face.key(t, "home/key.txt")
  local two <const> = face.key(t, "proto/other.txt")
  local function seal(name, text)
    t:write("proto/" .. name, text)
    t:write("proto/sealed-" .. name, face.run(t, { "encrypt", "--age", one, "proto/" .. name,
      program = t:path "real/sops" }).stdout)
    return t:read("proto/sealed-" .. name)
  end
  local sealed <const> = seal("p.yaml", CLEAR)
  seal("p.json", '{\n\t"a": 1,\n\t"b": "x"\n}\n')
  seal("p.bin", "secret")
  seal("p.env", "A=1\nB=two words\n")
  seal("p.ini", "[x]\na = 1\n")
  seal("w.yaml", 'y: "yes"\nt: "1:30"\nm: |\n    a\n    b\nn:\n    # note\n    k: v\n    l: |-\n'
    .. "        c\n        d\no:\n    - p:\n        q: |\n            a\n            b\n"
    .. "    - |\n      c\n      d\n")
  seal("v.yaml", "t: 2025-01-02\nn:\nf: 1.5\ng: 1.0\nh: 0.00000012\n")
  t:write("proto/badmac.yaml", (sealed:gsub("mac: ENC%b[]",
    "mac: ENC[AES256_GCM,data:AAAA,iv:AAAA,tag:AAAA,type:str]")))
  t:write("proto/nomac.yaml", (sealed:gsub("\n *mac: [^\n]*", "")))
  t:write("proto/plain.yaml", (sealed:gsub("\nb: [^\n]*", "\nb: plain")))
  t:write("proto/broken.yaml", (sealed:gsub("\nb: ENC%b[]",
    "\nb: ENC[AES256_GCM,data:AAAA,iv:AAAA,tag:AAAA,type:str]")))
  t:write("proto/gone.yaml", (sealed:gsub("^a: [^\n]*\n", "")))
  t:write("proto/empty.yaml", "")
  t:write("proto/list.yaml", "- 1\n")
  t:write("proto/double.yaml", "a: 1\na: 2\n")
  t:write("proto/bad.yaml", "a: [\n")
  t:write("proto/list.json", "[1]\n")
  t:write("proto/value.json", '"v"\n')
  t:write("proto/rules/.sops.yaml", ("creation_rules:\n  - path_regex: alpha\n    age: %s\n"
    .. "  - path_regex: beta\n    age: %s,%s\n  - path_regex: gamma\n    encrypted_regex: x\n")
    :format(one, one, two))
  for _, name in ipairs { "alpha", "beta" } do
    t:write(("proto/rules/%s.yaml"):format(name), sealed)
  end
  t:write("proto/rules/gamma.yaml", CLEAR)
  t:write("proto/send/.sops.yaml", DESTINATIONS:format(two))
  for _, name in ipairs { "s3", "gcs", "vault", "again", "both", "sub/s3-b" } do
    t:write(("proto/send/%s.yaml"):format(name), sealed)
  end
  t:write("proto/rules/new-alpha.yaml", CLEAR)
  return { one = one, two = two }
end

--- What differs from run to run by nature: times, ciphertext, the folder; and quotes, of which this
--- program writes more around selectors.
local function normal(t, text)
  return (text:gsub("time=\"[^\"]*\"", "time=T")
    :gsub("%d%d%d%d/%d%d/%d%d %d%d:%d%d:%d%d", "DATE")
    :gsub("ENC%[[^%]]*type:", "ENC[type:")
    :gsub("%-%-%-%-%-BEGIN.-%-%-%-%-%-END[^\n]*", "KEY")
    :gsub("lastmodified[^\n]*", "lastmodified")
    :gsub('(crypted_%a+): "([^"\n]*)"', "%1: %2")
    :gsub(t.folder:gsub("%p", "%%%0"), "DIR")
    :gsub("(Incorrect Usage[^\n]*\n).*", "%1")) -- the usage text is each program's own
end

local function compare(t, lines, what)
  local keys <const> = setup(t)
  beside.compare(t, lines, what, {
    env = { SOPS_AGE_KEY_FILE = t:path "home/key.txt", K = keys.one, K2 = keys.two,
      SOPS_DISABLE_VERSION_CHECK = "true" },
    normal = function(text) return normal(t, text) end,
  })
end

local ALL <const>, OUT <const> = beside.ALL, beside.OUT

test.it("reads command lines", function(t)
  compare(t, [[
sops
sops --bogus
sops encrypt --bogus p.yaml
sops decrypt --version
sops encrypt --age
sops encrypt --age $K --shamir-secret-sharing-threshold x p.yaml
sops decrypt --ignore-mac=foo sealed-p.yaml
sops decrypt --in-place=false sealed-p.yaml
sops -version | head -1
sops --version | head -1
sops groups bogus
sops completion fish
sops --generate-bash-completion | sort
sops groups --generate-bash-completion | sort
sops encrypt --generate-bash-completion
sops --de --generate-bash-completion
sops help bogus
sops help encrypt | head -1
]], ALL)
end)

test.it("encrypts", function(t)
  compare(t, [[
sops encrypt --age $K p.yaml
sops encrypt -age=$K p.yaml
sops encrypt p.yaml --age $K
sops encrypt --age $K p.json
sops encrypt --age $K p.bin
sops encrypt --age $K,$K2 p.bin
sops encrypt --age $K --input-type foo p.bin
SOPS_AGE_RECIPIENTS=$K sops encrypt p.yaml
sops encrypt --age $K -i p.yaml && cat p.yaml
sops encrypt --age $K --output o.yaml p.yaml && cat o.yaml
cat p.yaml | sops encrypt --age $K --filename-override x.yaml
cd rules && sops encrypt new-alpha.yaml
cd rules && sops encrypt -i new-alpha.yaml && cat new-alpha.yaml
sops --config rules/.sops.yaml encrypt rules/new-alpha.yaml
SOPS_CONFIG=rules/.sops.yaml sops encrypt rules/new-alpha.yaml
sops encrypt --age $K --encrypted-suffix a p.yaml
sops encrypt --age $K --unencrypted-suffix a p.yaml
sops encrypt --age $K p.yaml extra
sops encrypt --age $K --encrypted-regex x p.bin
sops encrypt --age $K --output-type json p.bin
sops encrypt --age $K --input-type yaml --filename-override p.txt p.yaml
cp p.env e; sops encrypt -i --age $K --input-type dotenv e; sops decrypt --output-type dotenv e
]], ALL)
end)

test.it("says why it does not encrypt", function(t)
  compare(t, [[
sops encrypt
sops encrypt -i
sops encrypt nofile.yaml
sops encrypt p.yaml
sops encrypt --age $K -i --output x p.yaml
sops encrypt --age $K sealed-p.yaml 2>&1 | head -1
sops encrypt --age $K empty.yaml
sops encrypt --age bogus p.yaml
sops encrypt --age "$K," p.yaml
sops encrypt --age $K --encrypted-regex a --unencrypted-regex b p.yaml
cd rules && sops encrypt gamma.yaml
cd rules && sops encrypt --encrypted-suffix q gamma.yaml
cd rules && cp ../p.json . && sops encrypt p.json
cd rules && cp ../p.json . && sops encrypt --age $K p.json
sops encrypt --age $K --output-type dotenv p.yaml
sops --config nofile encrypt p.yaml
SOPS_CONFIG=nofile sops encrypt p.yaml
]], ALL)
end)

test.it("ends as sops does where the words are its own", function(t)
  compare(t, [[
sops encrypt --age $K sealed-p.yaml
sops encrypt --age $K list.yaml
sops encrypt --age $K double.yaml
sops encrypt --age $K bad.yaml
sops encrypt --age $K list.json
sops --config p.bin decrypt sealed-p.yaml
sops decrypt --input-type json sealed-p.yaml
sops decrypt badmac.yaml
sops decrypt nomac.yaml
sops decrypt ''
sops encrypt --age $K ''
sops ''
sops decrypt --enable-local-keyservice=false sealed-p.yaml
EDITOR=true sops edit --enable-local-keyservice=false sealed-p.yaml
sops encrypt --age $K --enable-local-keyservice=false p.yaml
sops decrypt plain.yaml
sops decrypt --ignore-mac plain.yaml
sops decrypt broken.yaml
sops decrypt gone.yaml
sops decrypt --output-type binary sealed-p.yaml
sops decrypt --extract '["c"]["b"]' sealed-p.yaml
sops decrypt --extract '["a"]["b"]' sealed-p.yaml
cat sealed-p.yaml | sops decrypt
cat sealed-p.yaml | sops decrypt --input-type yaml
sops set sealed-p.yaml '["c"]["b"]' 5
sops set sealed-p.yaml '["c"][-1]' 5
sops set sealed-p.yaml '["sops"]' 5
sops unset sealed-p.yaml '["c"]["b"]'
sops unset sealed-p.yaml '["c"][-1]'
sops filestatus bad.yaml
sops filestatus p.bin
sops filestatus list.yaml
sops filestatus list.json
sops encrypt --age $K --output-type ini p.yaml
sops decrypt --extract '["d"]' --output-type ini sealed-p.yaml
sops decrypt --extract '["d"]' --output-type binary sealed-p.yaml
sops decrypt --extract '["x"]' sealed-p.ini
sops unset sealed-p.yaml '["d"][0]'
sops set sealed-p.ini '["x"]' '"scalar"'
echo 'no equals' > b.env; sops -e --age $K b.env
echo 'no equals' > b.env; sops filestatus b.env
echo x > b.ini; sops -e --age $K b.ini
echo '[s' > b.ini; sops -e --age $K b.ini
: > b.json; sops -e --age $K b.json
: > b.json; sops filestatus b.json
echo null > b.json; sops -e --age $K b.json
echo '# only' > b.yaml; sops -e --age $K b.yaml
echo '# only' > b.yaml; sops filestatus b.yaml
sed '/enc: /,/recipient:/d' sealed-p.yaml > b.yaml; sops -d b.yaml
sed '/enc: /,/recipient:/d' sealed-p.yaml > b.yaml; sops set b.yaml '["a"]' 1
]], OUT)
end)

test.it("decrypts", function(t)
  compare(t, [[
sops decrypt sealed-p.yaml
sops decrypt sealed-p.json
sops decrypt sealed-p.bin
sops decrypt p.yaml
sops decrypt nofile.yaml
sops decrypt -i sealed-p.yaml && cat sealed-p.yaml
sops decrypt --output o sealed-p.yaml && cat o
sops decrypt sealed-w.yaml
sops decrypt sealed-p.yaml extra
unset SOPS_AGE_KEY_FILE; SOPS_AGE_KEY="$(cat other.txt) $(cat ../home/key.txt)" sops -d sealed-p.env
HOME=/proc sops set sealed-p.yaml '["b"]' '"q"' && sops decrypt sealed-p.yaml
sops decrypt --output '' sealed-p.yaml
sops decrypt --output /none/o sealed-p.yaml
sops decrypt --output-type json sealed-p.yaml
sops decrypt --output-type yaml sealed-p.json
sops decrypt --ignore-mac badmac.yaml
sops decrypt --ignore-mac nomac.yaml
cat sealed-p.yaml | sops decrypt --input-type yaml --output-type yaml
cat sealed-p.yaml | sops decrypt --filename-override x.yaml
grep -v '^ *version:' sealed-p.yaml > n.yaml; sops decrypt n.yaml
sed 's/^ *version:.*/    version: abc/' sealed-p.yaml > n.yaml; sops decrypt n.yaml
grep -v '^ *lastmodified:' sealed-p.yaml > n.yaml; sops decrypt n.yaml
sops decrypt --decryption-order foo sealed-p.yaml
sops decrypt --decryption-order age,age sealed-p.yaml
SOPS_DECRYPTION_ORDER=age,age sops decrypt sealed-p.yaml
]], ALL)
end)

test.it("extracts", function(t)
  compare(t, [=[
sops decrypt --extract '["a"]' sealed-p.yaml
sops decrypt --extract '["b"]' sealed-p.yaml
sops decrypt --extract '["c"]' sealed-p.yaml
sops decrypt --extract '["c"][1]' sealed-p.yaml
sops decrypt --extract "['d']['e']" sealed-p.yaml
sops decrypt --extract '["d"]' sealed-p.yaml
sops decrypt --extract '["a"]' sealed-p.json
sops decrypt --extract '["c"]' --output-type json sealed-p.yaml
sops decrypt --extract '["d"]' --output-type json sealed-p.yaml
sops decrypt --extract '["data"]' sealed-p.bin
sops decrypt --extract '' sealed-p.yaml
sops decrypt --extract '["t"]' sealed-v.yaml
sops decrypt --extract '["t"]' --output-type json sealed-v.yaml
sops decrypt --extract '["n"]' sealed-v.yaml
sops decrypt --extract '["n"]' --output-type json sealed-v.yaml
sops decrypt --extract '["f"]' sealed-v.yaml
sops decrypt --extract '["f"]' --output-type json sealed-v.yaml
sops decrypt --extract '["h"]' --output-type json sealed-v.yaml
sops decrypt --extract '["n"]' sealed-w.yaml
sops decrypt --extract '["n"]' --output-type dotenv sealed-w.yaml
sops decrypt --extract '["d"]' --output-type dotenv sealed-p.yaml
sops decrypt --extract '["c"]' --output-type binary sealed-p.yaml
sops decrypt --extract '[""]' sealed-p.yaml
sops decrypt --extract '["c"][0x1]' sealed-p.yaml
sops decrypt --extract a sealed-p.yaml
sops decrypt --extract '["d"]x' sealed-p.yaml
sops decrypt --extract '["zz"]' sealed-p.yaml
sops decrypt --extract '["c"][7]' sealed-p.yaml
sops decrypt --extract '["c"][0]' --output-type dotenv sealed-p.yaml
sops -d -i --extract '["a"]' sealed-p.yaml && cat sealed-p.yaml
]=], ALL)
end)

test.it("reports keys that are not there", function(t)
  compare(t, [[
SOPS_AGE_KEY_FILE=/none sops decrypt sealed-p.yaml
SOPS_AGE_KEY_FILE=$PWD/other.txt sops decrypt sealed-p.yaml
unset SOPS_AGE_KEY_FILE; sops decrypt sealed-p.yaml
unset SOPS_AGE_KEY_FILE; SOPS_AGE_KEY=$(cat other.txt) sops decrypt sealed-p.yaml
SOPS_AGE_KEY_FILE=/none sops set sealed-p.yaml '["a"]' 2
SOPS_AGE_KEY_FILE=/none sops rotate sealed-p.yaml
cd rules && SOPS_AGE_KEY_FILE=/none sops updatekeys -y beta.yaml
]], ALL)
end)

test.it("sets and unsets", function(t)
  compare(t, [=[
sops set sealed-p.yaml '["x"]' 5 && sops decrypt sealed-p.yaml
sops set sealed-p.yaml '["a"]["b"]' 5 && sops decrypt sealed-p.yaml
sops set sealed-p.yaml '["c"][9]' 5 && sops decrypt sealed-p.yaml
sops set sealed-p.yaml '["c"][0]' '"x"' && sops decrypt sealed-p.yaml
sops set sealed-p.yaml '["new"][0]["x"]' true && sops decrypt sealed-p.yaml
sops set sealed-p.yaml '["d"]["e"]' '{"x":{"y":1},"z":null}' && sops decrypt sealed-p.yaml
sops set sealed-p.yaml '["a"]' -5 && sops decrypt sealed-p.yaml
sops set sealed-p.yaml '["f"]' 1.50 && sops decrypt sealed-p.yaml
sops set sealed-p.json '["y"]' '{"a":5,"b":[1,2]}' && sops decrypt --output-type yaml sealed-p.json
sops set sealed-p.json '["n"]' null && sops decrypt --output-type yaml sealed-p.json
sops set sealed-p.ini '["new"]' '{"k": "v"}' && sops decrypt sealed-p.ini
sops set --value-file sealed-p.yaml '["x"]' value.json && sops decrypt sealed-p.yaml
cat value.json | sops set --value-stdin sealed-p.yaml '["x"]' && sops decrypt sealed-p.yaml
cp sealed-p.yaml b; sops set --idempotent sealed-p.yaml '["b"]' '"x"'; cmp sealed-p.yaml b
sops unset sealed-p.yaml '["c"]' && sops decrypt sealed-p.yaml
sops unset sealed-p.yaml '["c"][0]' && sops decrypt sealed-p.yaml
sops unset sealed-p.yaml '["d"]["e"]' && sops decrypt sealed-p.yaml
cp sealed-p.yaml b; sops unset --idempotent sealed-p.yaml '["nope"]'; cmp sealed-p.yaml b
sops set --ignore-mac badmac.yaml '["b"]' 2 && sops decrypt badmac.yaml
]=], ALL)
end)

test.it("says why it does not set or unset", function(t)
  compare(t, [=[
sops set sealed-p.yaml
sops set sealed-p.yaml '["x"]'
sops set sealed-p.yaml x 1
sops set sealed-p.yaml '[x]' 1
sops set sealed-p.yaml '["q"' '"z"'
sops set sealed-p.yaml '["d"]x["e"]' 1
sops set sealed-p.yaml '["x"]' notjson
sops set none.yaml '["x"]' 1
sops set p.yaml '["x"]' 1
sops set sealed-p.yaml '["sops"]' 5 2>&1 | head -1
sops set sealed-p.env '["A"]' '{"x": 1}'
sops set sealed-p.env '["A"]["B"]' '"x"'
sops set sealed-p.env '["sops_x"]' '"x"' 2>&1 | head -1
sops set --value-file sealed-p.yaml '["x"]' nofile
sops set --value-file --value-stdin sealed-p.yaml '["x"]'
sops set --value-stdin sealed-p.yaml '["x"]' 1
sops unset sealed-p.yaml
sops unset sealed-p.yaml x
sops unset sealed-p.yaml '["nope"]'
sops unset sealed-p.yaml '["sops"]'
sops unset sealed-p.yaml '["c"][99]'
sops unset sealed-p.yaml '["d"]' extra
sops unset none.yaml '["x"]'
]=], ALL)
end)

test.it("rotates, and adds and removes keys", function(t)
  compare(t, [[
sops rotate sealed-p.yaml
sops rotate -i --add-age $K2 sealed-p.yaml && cat sealed-p.yaml
sops rotate -i --add-age $K2 --rm-age $K sealed-p.yaml && grep recipient sealed-p.yaml
sops rotate --rm-age $K sealed-p.yaml
sops rotate --add-age bogus sealed-p.yaml
sops rotate
sops rotate p.yaml
sops rotate none.yaml
sops rotate --add-age $K2 none.yaml
sops rotate -i --output x sealed-p.yaml
sops -r --ignore-mac -i badmac.yaml && sops decrypt badmac.yaml
]], ALL)
end)

test.it("updates keys by the rules", function(t)
  compare(t, [[
sops updatekeys sealed-p.yaml
printf 'stores: {}' > .sops.yaml; sops updatekeys sealed-p.yaml
cd rules && sops updatekeys
cd rules && sops updatekeys alpha.yaml
cd rules && sops updatekeys -y beta.yaml && grep recipient beta.yaml
cd rules && sops updatekeys beta.yaml
cd rules && echo n | sops updatekeys beta.yaml
cd rules && printf 'x\ny\n' | sops updatekeys beta.yaml && grep recipient beta.yaml
cd rules && cp beta.yaml beta-2.yaml && yes | sops updatekeys beta.yaml beta-2.yaml
cd rules && (echo y; echo rest) | (sops updatekeys beta.yaml && cat)
cd rules && sops updatekeys -y no.yaml
cd rules && sops updatekeys -y gamma.yaml
cd rules && sops updatekeys -y .
cd rules && cp ../sealed-p.json p.json && sops updatekeys -y alpha.yaml no.yaml p.json
]], ALL)
end)

test.it("tells whether a file is sealed", function(t)
  compare(t, [[
sops filestatus sealed-p.yaml
sops filestatus sealed-p.json
sops filestatus sealed-p.bin
sops filestatus --input-type json sealed-p.bin
sops filestatus p.yaml
sops filestatus nomac.yaml
sops filestatus no.yaml
sops filestatus
]], ALL)
end)

test.it("knows the flags of old", function(t)
  compare(t, [[
sops -d
sops -e
sops -d sealed-p.yaml
sops -e --age $K p.yaml
sops -r sealed-p.yaml
sops -r -i --add-age $K2 sealed-p.yaml && cat sealed-p.yaml
sops -d nofile.yaml
sops -e nofile.yaml
sops -r nofile.yaml
sops -i -d sealed-p.yaml && cat sealed-p.yaml
sops --set '["a"] "x"' sealed-p.yaml && sops -d sealed-p.yaml
sops --set '["a"]' sealed-p.yaml
sops --set 'x 1' sealed-p.yaml
sops --set '["a"] 1' nofile.yaml
sops -d --set '["a"] "x"' sealed-p.yaml && sops -d sealed-p.yaml
cd rules && sops -e -i --set '["a"] "x"' alpha.yaml; sops -d alpha.yaml
cat p.yaml | sops -e --age $K --input-type yaml --output-type yaml /dev/stdin
cat sealed-p.yaml | sops -d --input-type yaml --output-type yaml /dev/stdin
]], ALL)
end)

test.it("edits", function(t)
  compare(t, [=[
sops edit
EDITOR=true sops edit sealed-p.yaml
EDITOR=true sops sealed-p.yaml
EDITOR=false sops sealed-p.yaml
EDITOR='sh -c "exit 3"' sops edit sealed-p.yaml
EDITOR=true sops edit none.yaml
EDITOR=true sops none.yaml
EDITOR=true sops edit --age $K none.yaml
EDITOR=true sops --add-age $K2 none.yaml
EDITOR=true sops edit p.yaml
SOPS_EDITOR='sed -i s/x/new/' EDITOR=false sops edit sealed-p.yaml && sops -d sealed-p.yaml
EDITOR='sed -i s/1/2/' sops sealed-p.env && sops -d sealed-p.env
cp sealed-p.yaml e && EDITOR='sed -i s/x/new/' sops --input-type yaml --output-type yaml e && cat e
EDITOR='cp p.bin' sops edit --age $K new.bin && sops -d new.bin
EDITOR='cp p.yaml' sops edit --age $K none/new.yaml
printf 'a\377' > n; EDITOR='cp n' sops edit sealed-p.bin && sops -d sealed-p.bin | od -c
printf '{"b": 1}' > n; EDITOR='cp n' sops sealed-p.yaml; sops -d --output-type json sealed-p.yaml
printf '{}\n' > e.yaml; sops encrypt -i --age $K e.yaml; cat e.yaml; sops -d e.yaml
printf '{}\n' > e.yaml; sops encrypt -i --age $K e.yaml; EDITOR='cp p.yaml' sops e.yaml; cat e.yaml
EDITOR='cp p.json' sops edit --output-type json sealed-p.yaml; cat sealed-p.yaml
EDITOR='cp p.json' sops edit --ignore-mac --output-type json badmac.yaml; cat badmac.yaml
]=], ALL)
end)

test.it("runs commands with values", function(t)
  compare(t, [=[
sops exec-env
sops exec-env sealed-p.env
sops exec-env sealed-p.env echo x
sops exec-env sealed-p.env 'echo $A $B; exit 7'
sops exec-env sealed-p.bin 'echo $data'
sops exec-env sealed-v.yaml 'echo $t $n $f $g $h'
sops exec-env --pristine sealed-p.env 'env | grep -v PWD | grep -v ^_ | sort'
A=outer sops exec-env sealed-p.env 'echo $A'
sops exec-env --user nobodyx sealed-p.env true
sops exec-env --background sealed-p.env true
sops exec-env --same-process sealed-p.env 'echo $A; exit 4'
echo hi | sops exec-env sealed-p.env cat
sops exec-env p.env true
sops exec-env sealed-p.env 'echo $A' --pristine
sops exec-file
sops exec-file sealed-p.yaml 'cat {}; exit 9'
sops exec-file --no-fifo sealed-p.env 'cat {}; cat {}'
sops exec-file --filename foo sealed-p.env 'basename {}'
sops exec-file --filename /x sealed-p.env 'echo {}'
sops exec-file --filename ../x sealed-p.env 'echo {}'
sops exec-file --filename '' sealed-p.env 'basename {}'
sops exec-file --no-fifo sealed-p.env 'stat -c %a {}'
sops exec-env --background sealed-p.env 'echo x'
sops exec-file --output-type json sealed-p.yaml 'cat {}'
sops exec-file sealed-p.env echo x
]=], ALL)
end)

test.it("reads and writes dotenv and INI", function(t)
  compare(t, [=[
sops encrypt --age $K p.env
sops encrypt --age $K p.ini
sops decrypt sealed-p.env
sops decrypt sealed-p.ini
sops decrypt --output-type json sealed-p.env
sops decrypt --output-type yaml sealed-p.env
sops decrypt --output-type dotenv sealed-p.json
sops decrypt --output-type dotenv sealed-p.yaml
sops decrypt --extract '["A"]' sealed-p.env
sops decrypt --extract '["x"]["a"]' sealed-p.ini
sops set sealed-p.env '["A"]' '"z"' && sops decrypt sealed-p.env
sops set sealed-p.env '["N"]' '"5"' && sops decrypt sealed-p.env
sops set sealed-p.ini '["x"]["b"]' '"z"' && sops decrypt sealed-p.ini
sops unset sealed-p.env '["A"]' && sops decrypt sealed-p.env
sops rotate -i --add-age $K2 sealed-p.env && cat sealed-p.env
sops filestatus sealed-p.env
sops filestatus sealed-p.ini
]=], ALL)
end)

test.it("publishes", function(t)
  compare(t, [[
sops publish sealed-p.yaml
cd send && sops publish
cd send && sops publish none
cd send && sops publish sub
cd send && sops publish --recursive .
cd send && echo n | sops publish s3.yaml
cd send && printf 'x\nn\n' | sops publish s3.yaml
cd send && sops publish s3.yaml
cd send && echo n | sops publish gcs.yaml
cd send && echo n | sops publish vault.yaml
cd send && echo n | sops publish again.yaml
cd send && echo n | sops publish both.yaml
cd send && echo n | sops publish sub/s3-b.yaml
cd send && echo n | sops publish --recursive sub
cd send && echo n | sops publish --omit-extensions s3.yaml
]], ALL)
end)

test.it("says why a key group is not changed", function(t)
  compare(t, [[
sops groups add
sops groups add --age $K2
sops groups delete 0
sops groups delete -f sealed-p.yaml
sops groups delete -f sealed-p.yaml x
sops groups add -f sealed-p.yaml --age $K2 extra
SOPS_AGE_KEY_FILE=$PWD/other.txt sops groups add -f sealed-p.yaml --age $K2
sops groups add -i -f sealed-p.yaml --age $K && sops groups delete -f sealed-p.yaml 0
sops groups add -i -f sealed-p.yaml --age $K2 && sops decrypt sealed-p.yaml
]], ALL)
end)

test.it("writes other formats, as deep as it is told", function(t)
  compare(t, [[
sops encrypt --age $K --output-type json p.yaml
sops encrypt --age $K --output-type yaml p.json
sops encrypt --age $K --output-type json p.env
sops encrypt --age $K --output-type json p.ini
cat p.yaml | sops encrypt --age $K --filename-override x.yaml --output-type json
sops decrypt --output-type json sealed-p.ini
sops decrypt --output-type yaml sealed-p.ini
sops decrypt --output-type dotenv sealed-p.ini
sops decrypt --output-type json sealed-v.yaml
sops --indent 2 decrypt --output-type json sealed-p.yaml
sops --indent 0 decrypt --output-type json sealed-p.yaml
sops --indent 2 decrypt --output-type yaml sealed-p.json
sops --indent 2 -d --extract '["d"]' --output-type json sealed-p.yaml
sops --indent 3 encrypt --age $K --output-type json p.yaml
printf 'stores: {json: {indent: 2}}' > .sops.yaml; sops decrypt --output-type json sealed-p.yaml
printf 'stores: {yaml: {indent: 2}}' > .sops.yaml; sops decrypt --output-type yaml sealed-p.json
printf '[' > .sops.yaml; sops decrypt sealed-p.yaml 2> said; echo $?
]], ALL)
end)
