#!/bin/sh
# age.sh — age files exchanged with the real programs, both ways: Debian's age, a current one of Go's,
# and npm's age-encryption (see tools/peers.sh). Each kind of recipient that the peer knows, each size
# at which the chunks of a payload change, binary and armored. A peer that is missing is a skipped
# test, and with CI=true a failed one.
set -u
cd "$(dirname "$0")/../.." || exit 2
source=$PWD
PROGRAM=$(realpath "${PROGRAM:-build/moonlatch}")
peers=$source/build/peers
npm=$peers/npm-age/node_modules/age-encryption/dist/index.js
SIZES=${SIZES:-0 1 65535 65536 65537 10485760}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work/home" XDG_STATE_HOME="$work/state" XDG_CONFIG_HOME="$work/config"
unset SOPS_AGE_KEY SOPS_AGE_KEY_FILE SOPS_AGE_KEY_CMD SOPS_AGE_SSH_PRIVATE_KEY_FILE XDG_RUNTIME_DIR
mkdir -p "$HOME"
passed=0 failed=0 skipped=0

# The kinds of recipient that each peer has; `several` and `mixed` are more than one.
kinds_of() {
  case $1 in
  debian) echo 'x25519 several ssh-ed25519 ssh-rsa pkcs1 pkcs8 mixed passphrase' ;;
  current) echo 'x25519 several hybrid ssh-ed25519 ssh-rsa pkcs1 pkcs8 mixed passphrase' ;;
  npm) echo 'x25519 several hybrid passphrase' ;;
  esac
}

missing() { # missing PEER: counts it
  echo "  $1: not here"
  if [ "${CI:-}" = true ]; then failed=$((failed + 1)); else skipped=$((skipped + 1)); fi
}

is_here() { # is_here PEER
  case $1 in
  debian) command -v age > /dev/null ;;
  current) [ -x "$peers/age-current/age" ] ;;
  npm) command -v node > /dev/null && [ -e "$npm" ] ;;
  esac
}

ssh_key() { # ssh_key NAME OPTION…: one of ssh-keygen's
  name=$1
  shift
  ssh-keygen -q "$@" -N '' -C 'a key' -f "$name.key" && mv "$name.key.pub" "$name.pub"
}

# The keys of all kinds: NAME.pub and NAME.key.
keys() {
  printf 'secret words' > passphrase.key
  for name in x25519 other; do
    "$PROGRAM" keygen -q -o "$name.key" && "$PROGRAM" keygen --public "$name.key" > "$name.pub"
  done
  ssh_key ssh-ed25519 -t ed25519
  ssh_key ssh-rsa -t rsa -b 3072
  ssh_key pkcs1 -t rsa -b 2048 -m PEM
  ssh_key pkcs8 -t rsa -b 4096 -m PKCS8
  if [ -x "$peers/age-current/age-keygen" ]; then
    "$peers/age-current/age-keygen" -pq -o hybrid.key 2> /dev/null
    "$peers/age-current/age-keygen" -y hybrid.key > hybrid.pub
  elif [ -e "$npm" ]; then
    node -e 'import(process.argv[1]).then(async (age) => { const fs = require("fs");
      const key = await age.generateHybridIdentity(); fs.writeFileSync("hybrid.key", key + "\n");
      fs.writeFileSync("hybrid.pub", await age.identityToRecipient(key) + "\n") })' "$npm"
  fi
  # opened with the last of them
  cat other.pub x25519.pub > several.pub
  cp x25519.key several.key
  cat x25519.pub ssh-ed25519.pub > mixed.pub
  cp ssh-ed25519.key mixed.key
}

# PROGRAM at a terminal, the passphrase typed twice.
at_terminal() {
  printf 'secret words\nsecret words\n' | script -qec "$*" /dev/null
}

of_age() { # of_age AGE WORD…: a seal or open of Go's program, of either age
  age=$1 step=$2 kind=$3
  shift 3
  armor=
  if [ "$step" = seal ]; then
    [ "$1" = no ] || armor=-a
    shift
  fi
  case $age-$step-$kind in
  age-seal-passphrase) at_terminal "age -p $armor -o $2 $1" ;;
  age-open-passphrase) at_terminal "age -d -o $2 $1" ;;
  *-seal-passphrase) "$age" -e $armor -j batchpass -o "$2" "$1" ;;
  *-open-passphrase) "$age" -d -j batchpass -o "$2" "$1" ;;
  *-seal-*) "$age" $armor -R "$kind.pub" -o "$2" "$1" ;;
  # by name, Debian's makes no file of an empty text
  *-open-*) "$age" -d -i "$kind.key" "$1" > "$2" ;;
  esac
}

run_as() { # run_as WHO seal KIND ARMOR IN OUT, run_as WHO open KIND IN OUT
  who=$1
  shift
  case $who in
  ours) "$PROGRAM" run "$source/tests/interop/age.lua" "$@" ;;
  debian) of_age age "$@" ;;
  current)
    AGE_PASSPHRASE='secret words' AGE_PASSPHRASE_WORK_FACTOR=10 \
      PATH="$peers/age-current:$PATH" of_age "$peers/age-current/age" "$@"
    ;;
  npm) node "$source/tests/interop/age.mjs" "$npm" "$@" ;;
  esac
}

exchange() { # exchange FROM TO KIND ARMOR CLEAR: what one seals the other opens
  rm -f sealed opened
  if run_as "$1" seal "$3" "$4" "$5" sealed > log 2>&1 &&
    run_as "$2" open "$3" sealed opened > log 2>&1 && cmp "$5" opened > log 2>&1; then
    passed=$((passed + 1))
    return
  fi
  failed=$((failed + 1))
  echo "FAILED: $3, $5, armored: $4: sealed by $1, opened by $2"
  cat log
}

both_ways() { # both_ways PEER KIND
  sizes=$SIZES
  # at a terminal there is no choice of work factor: each takes a second
  [ "$1-$2" != debian-passphrase ] || sizes='1 65537'
  for size in $sizes; do
    for armor in no yes; do
      exchange ours "$1" "$2" "$armor" "clear-$size"
      exchange "$1" ours "$2" "$armor" "clear-$size"
    done
  done
}

cd "$work" || exit 2
keys
for size in $SIZES 1 65537; do head -c "$size" /dev/urandom > "clear-$size"; done
for peer in debian current npm; do
  is_here "$peer" || {
    missing "$peer"
    continue
  }
  before=$passed
  for kind in $(kinds_of "$peer"); do both_ways "$peer" "$kind"; done
  echo "  $peer: $((passed - before)) files"
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
