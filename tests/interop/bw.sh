#!/bin/sh
# bw.sh — our Bitwarden provider with the real bw, which talks to bw-server.js on 127.0.0.1: one
# account, items of every shape made by bw itself. Without bw it is one skipped test; with CI=true
# and npm here, a failed one.
set -u
cd "$(dirname "$0")/../.." || exit 2
source=$PWD
PROGRAM=$(realpath "${PROGRAM:-build/moonlatch}")
PATH="$source/build/peers:$PATH"
passed=0 failed=0

for program in bw node openssl ssh-keygen; do
  command -v "$program" > /dev/null && continue
  echo "$program is not here"
  if [ "${CI:-}" = true ] && command -v npm > /dev/null; then
    echo '0 passed, 1 failed, 0 skipped'
    exit 1
  fi
  echo '0 passed, 0 failed, 1 skipped'
  exit 0
done

work=$(mktemp -d)
export PATH HOME="$work/home" XDG_STATE_HOME="$work/state" XDG_CONFIG_HOME="$work/config"
export BITWARDENCLI_APPDATA_DIR="$work/bw" NODE_EXTRA_CA_CERTS="$work/cert.pem"
export BW_NOINTERACTION=true PASSWORD='correct horse battery'
unset BW_SESSION SOPS_AGE_KEY_FILE XDG_RUNTIME_DIR
email=me@example.org
mkdir -p "$HOME" "$work/repo" "$work/keys"

result() { # result STATUS WHAT [LOG]: counts; 0 has passed
  if [ "$1" -eq 0 ]; then
    passed=$((passed + 1))
    return
  fi
  failed=$((failed + 1))
  echo "FAILED: bw: $2"
  [ -z "${3:-}" ] || cat "$3"
}

# The server lives as long as descriptor 9 is open here.
serve() {
  openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/key.pem" -out "$work/cert.pem" -days 2 \
    -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 2> /dev/null || return 1
  mkfifo "$work/hold" "$work/port"
  node tests/interop/bw-server.js "$work" "$email" "$PASSWORD" \
    < "$work/hold" > "$work/port" 2> "$work/server.log" &
  exec 9> "$work/hold"
  read -r port < "$work/port"
}
trap 'exec 9>&-; rm -rf "$work"' EXIT

login() { # login: a session of a bw that knows the server
  bw config server "https://127.0.0.1:$port" > /dev/null 2>&1 &&
    bw login "$email" --passwordenv PASSWORD --raw
}

ours() { # ours STATUS TEXT ARGUMENT…: our program ends with STATUS and says TEXT
  wanted=$1 text=$2
  shift 2
  "$PROGRAM" -C "$work/repo" "$@" > "$work/said" 2>&1
  status=$?
  [ "$status" -eq "$wanted" ] && { [ -z "$text" ] || grep -qF -e "$text" "$work/said"; }
  result $? "$* (status $status, wanted $wanted and '$text')" "$work/said"
}

new_key() { # new_key NAME: keys/NAME and keys/NAME.pub
  ssh-keygen -q -t ed25519 -N '' -C "$1" -f "$work/keys/$1"
}

item() { # item SHAPE NAME: an item sops-NAME-ssh with keys/NAME, made by bw
  node -e '
    const fs = require("fs");
    const [shape, name, file] = process.argv.slice(1);
    const text = (path) => fs.readFileSync(path, "utf8");
    const shapes = {
      "ssh-key": () => ({ type: 5, sshKey: { privateKey: text(file),
        publicKey: text(file + ".pub").trim(), keyFingerprint: "SHA256:any" } }),
      login: () => ({ type: 1, notes: text(file), login: { username: name,
        password: text(file + ".pub").trim() } }),
      attachment: () => ({ type: 2, secureNote: { type: 0 } }),
      note: () => ({ type: 2, notes: text(file), secureNote: { type: 0 } }),
    };
    const made = { name: `sops-${name}-ssh`, notes: null, favorite: false, ...shapes[shape]() };
    console.log(Buffer.from(JSON.stringify(made)).toString("base64"));
  ' "$1" "$2" "$work/keys/$2" | bw create item
}

attach() { # attach NAME: keys/NAME as the attachment id_ed25519 of its item
  id=$(node -p 'JSON.parse(fs.readFileSync(0)).id' < "$work/made")
  cp "$work/keys/$1" "$work/id_ed25519"
  bw create attachment --file "$work/id_ed25519" --itemid "$id" > /dev/null
}

# Which recipients the vault's keys are, from the files they came from.
expected() {
  for name in one two three; do "$PROGRAM" ssh-to-age "$work/keys/$name.pub"; done
  "$PROGRAM" keygen --public "$work/keys/four"
}

echo 'keys: []
creation_rules: []' > "$work/repo/.sops.yaml"
echo "return { version = 1, identities = {" > "$work/repo/moonlatch.lua"
for name in one two three four; do
  echo "  $name = { keyfile = 'always', vault = 'sops-$name-ssh' }," >> "$work/repo/moonlatch.lua"
done
echo '} }' >> "$work/repo/moonlatch.lua"
cat > "$work/put.lua" <<- 'END'
	local files, secret = require "moonlatch.files", require "moonlatch.secret"
	return { summary = "", takes = { { "file", "" } }, options = {}, run = function(args, ctx)
	  local vault = assert(require("moonlatch.vault").open(ctx.site))
	  local public = assert(files.read(args.file .. ".pub")):publish()
	  assert(vault:put("sops-one-ssh", assert(files.read(args.file)), public))
	end }
END

ours 2 '[logged-out]' extract-keys
serve && BW_SESSION=$(login)
result $? 'the real bw logs in' "$work/server.log"
ours 2 'the vault is locked [locked]' extract-keys
export BW_SESSION
stale=$(openssl rand -base64 64 | tr -d '\n')
right=$BW_SESSION
BW_SESSION=$stale
ours 2 'BW_SESSION is not, or no longer, its session' extract-keys
BW_SESSION=$right

for name in one two three; do new_key "$name"; done
"$PROGRAM" keygen -q -o "$work/keys/four"
ours 0 '' run "$work/put.lua" "$work/keys/one"
bw get item sops-one-ssh > "$work/made"
node -e 'const key = JSON.parse(fs.readFileSync(0)).sshKey;
  process.exit(key.privateKey === fs.readFileSync(process.argv[1], "utf8") ? 0 : 1)' \
  "$work/keys/one" < "$work/made"
result $? 'bw gives the private key that we stored'
ours 2 'the vault has an item named sops-one-ssh' run "$work/put.lua" "$work/keys/one"

item login two > /dev/null && item note four > /dev/null && item attachment three > "$work/made" &&
  attach three
result $? 'bw keeps items of all shapes' "$work/server.log"
ours 0 'sops-four-ssh' extract-keys --verify
for shape in 'one-ssh *ssh-key' 'two-ssh *login' 'three-ssh *attachment' 'four-ssh *note'; do
  grep -q "sops-$shape " "$work/said"
  result $? "an item of the shape: $shape" "$work/said"
done
ours 0 '' sync-keys -y
expected | sort > "$work/expected"
"$PROGRAM" keygen --public "$work/config/sops/age/keys.txt" | sort | cmp -s - "$work/expected"
result $? 'the key file has the keys of the vault' "$work/expected"

# A key that another bw stores is seen once ours has synced.
new_key five
(
  export BITWARDENCLI_APPDATA_DIR="$work/other"
  BW_SESSION=$(login) && export BW_SESSION && item ssh-key five > /dev/null
)
result $? 'a second bw stores a key' "$work/server.log"
ours 2 '[missing]' extract-keys five
ours 0 'sops-five-ssh' extract-keys five --sync
# What these names have in common begins like an option.
echo "return { version = 1, identities = { six = { keyfile = 'always', vault = 'six-ssh' },
  one = { keyfile = 'always', vault = 'sops-one-ssh' } } }" > "$work/repo/moonlatch.lua"
ours 2 'no item named six-ssh' sync-keys -y
bw lock > /dev/null
ours 2 'BW_SESSION is not, or no longer, its session' sync-keys -y
bw logout > /dev/null
ours 2 '[logged-out]' sync-keys -y
[ ! -s "$work/server.log" ]
result $? 'the server knew every question' "$work/server.log"
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
