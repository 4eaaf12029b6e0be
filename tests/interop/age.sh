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
debian=$(command -v age || true)
PATH="$PATH:$peers/age-current" # for its plugin
npm=$peers/npm-age/node_modules/age-encryption/dist/index.js
sizes=${AGE_SIZES:-0 1 65535 65536 65537 10485760}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work/home" XDG_STATE_HOME="$work/state" XDG_CONFIG_HOME="$work/config"
unset SOPS_AGE_KEY SOPS_AGE_KEY_FILE SOPS_AGE_KEY_CMD SOPS_AGE_SSH_PRIVATE_KEY_FILE XDG_RUNTIME_DIR
mkdir -p "$HOME" "$work/ours"
ln -s "$PROGRAM" "$work/ours/age" # through this link it is age
# the passphrase, as ours, and as the plugin that comes with a current age, are told it
export MOONLATCH_AGE_PASSPHRASE='secret words' AGE_PASSPHRASE='secret words'
export AGE_PASSPHRASE_WORK_FACTOR=10
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
  debian) [ -n "$debian" ] ;;
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
  for name in x25519 other hybrid; do
    "$PROGRAM" as age-keygen $([ "$name" != hybrid ] || echo -pq) -o "$name.key" 2> log &&
      "$PROGRAM" as age-keygen -y -o "$name.pub" "$name.key"
  done
  ssh_key ssh-ed25519 -t ed25519
  ssh_key ssh-rsa -t rsa -b 3072
  ssh_key pkcs1 -t rsa -b 2048 -m PEM
  ssh_key pkcs8 -t rsa -b 4096 -m PKCS8
  # opened with the last of them
  cat other.pub x25519.pub > several.pub
  cp x25519.key several.key
  cat x25519.pub ssh-ed25519.pub ssh-rsa.pub > mixed.pub
  cp ssh-rsa.key mixed.key
}

at_terminal() { # at_terminal COMMAND: the passphrase typed twice
  printf 'secret words\nsecret words\n' | script -qec "$*" /dev/null
}

program_of() { # program_of WHO: of those that have the command line of age
  case $1 in
  ours) echo "$work/ours/age" ;;
  debian) echo "$debian" ;;
  current) echo "$peers/age-current/age" ;;
  esac
}

seal() { # seal WHO KIND ARMOR IN OUT
  armor=$([ "$3" = no ] || echo -a)
  age=$(program_of "$1")
  case $1-$2 in
  npm-*) node "$source/tests/interop/age.mjs" "$npm" seal "$2" "$3" "$4" "$5" ;;
  debian-passphrase) at_terminal "$age -p $armor -o $5 $4" ;;
  current-passphrase) "$age" -e $armor -j batchpass -o "$5" "$4" ;;
  ours-passphrase) "$age" -p $armor -o "$5" "$4" ;;
  *) "$age" $armor -R "$2.pub" -o "$5" "$4" ;;
  esac
}

open() { # open WHO KIND IN OUT
  age=$(program_of "$1")
  case $1-$2 in
  npm-*) node "$source/tests/interop/age.mjs" "$npm" open "$2" "$3" "$4" ;;
  debian-passphrase) at_terminal "$age -d -o $4 $3" ;;
  current-passphrase) "$age" -d -j batchpass -o "$4" "$3" ;;
  ours-passphrase) "$age" -d -o "$4" "$3" ;;
  # by name, Debian's makes no file of an empty text
  *) "$age" -d -i "$2.key" "$3" > "$4" ;;
  esac
}

exchange() { # exchange FROM TO KIND ARMOR CLEAR: what one seals the other opens
  rm -f sealed opened
  if seal "$1" "$3" "$4" "$5" sealed > log 2>&1 &&
    open "$2" "$3" sealed opened > log 2>&1 && cmp "$5" opened > log 2>&1; then
    passed=$((passed + 1))
    return
  fi
  failed=$((failed + 1))
  echo "FAILED: $3, $5, armored: $4: sealed by $1, opened by $2"
  cat log
}

both_ways() { # both_ways PEER KIND
  # each passphrase takes a second
  for size in $([ "$2" = passphrase ] && echo 1 65537 || echo "$sizes"); do
    for armor in no yes; do
      exchange ours "$1" "$2" "$armor" "clear-$size"
      exchange "$1" ours "$2" "$armor" "clear-$size"
    done
  done
}

cd "$work" || exit 2
keys
for size in $sizes 1 65537; do head -c "$size" /dev/urandom > "clear-$size"; done
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
