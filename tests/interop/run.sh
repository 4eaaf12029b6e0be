#!/bin/sh
# run.sh — ours against the real programs: random documents through sops both ways, random SSH keys
# against ssh-to-age, a vault through bw (bw.sh). The seed is fixed. DOCUMENTS says how many YAML
# documents (half as many JSON ones, a tenth binary); SOPS=/path names the sops to compare with. A
# program that is missing is a skipped test, and with CI=true a failed one.
set -u
cd "$(dirname "$0")/../.." || exit 2
source=$PWD
PROGRAM=$(realpath "${PROGRAM:-build/moonlatch}")
DOCUMENTS=${DOCUMENTS:-320}
SEED=${SEED:-20251123}
PATH="$source/build/peers:$PATH"
[ -z "${SOPS:-}" ] || PATH="$(dirname "$(realpath "$SOPS")"):$PATH"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export PROGRAM PATH HOME="$work/home" XDG_STATE_HOME="$work/state" XDG_CONFIG_HOME="$work/config"
export SOPS_DISABLE_VERSION_CHECK=1
unset SOPS_AGE_KEY SOPS_AGE_KEY_CMD SOPS_AGE_RECIPIENTS XDG_RUNTIME_DIR
mkdir -p "$HOME"
passed=0 failed=0 skipped=0

has() { # has PROGRAM…: are they here? Counts what is not.
  for program in "$@"; do
    command -v "$program" > /dev/null && continue
    echo "$program is not here"
    if [ "${CI:-}" = true ]; then failed=$((failed + 1)); else skipped=$((skipped + 1)); fi
    return 1
  done
}

documents() { # documents FORMAT COUNT
  folder=$work/$1
  mkdir -p "$folder"
  lua5.4 tests/interop/documents.lua "$folder" "$SEED" "$1" "$2" > "$folder.list"
  (cd "$folder" && xargs -P "$(nproc)" -n 2 sh "$source/tests/interop/document.sh" "$1") \
    < "$folder.list" > "$folder.log"
  grep -v -e '^ok: ' -e '^STRICTER: ' -e '^MOVED: ' "$folder.log"
  ok=$(grep -c '^ok: ' "$folder.log")
  refused=$(grep -c '^REFUSED: ' "$folder.log")
  stricter=$(grep -c '^STRICTER: ' "$folder.log")
  bad=$(($(wc -l < "$folder.list") - ok - refused - stricter))
  echo "  $1: $ok documents both ways, $bad failed, $refused refused by sops, $stricter by us" \
    "alone, $(grep -c '^MOVED: ' "$folder.log") with a comment moved"
  passed=$((passed + ok))
  failed=$((failed + bad))
}

# The conversions of one SSH key, public and private.
same_key() { # same_key FILE
  [ "$(ssh-to-age -i "$1.pub")" = "$("$PROGRAM" ssh-to-age "$1.pub")" ] &&
    [ "$(ssh-to-age -private-key -i "$1")" = "$("$PROGRAM" ssh-to-age --private "$1")" ]
}

ssh_keys() { # ssh_keys COUNT
  good=0 i=0
  while [ "$i" -lt "$1" ]; do
    i=$((i + 1))
    ssh-keygen -q -t ed25519 -N '' -C "key $i" -f "$work/ssh$i"
    if same_key "$work/ssh$i"; then
      good=$((good + 1))
    else
      echo "FAILED: ssh-to-age gives something else for $(cat "$work/ssh$i.pub")"
    fi
    rm -f "$work/ssh$i" "$work/ssh$i.pub"
  done
  echo "  ssh-to-age: $good of $1 keys, public and private"
  passed=$((passed + good))
  failed=$((failed + $1 - good))
}

vault() {
  sh tests/interop/bw.sh > "$work/vault.log" 2>&1
  sed '$d' "$work/vault.log"
  counts=$(tail -n 1 "$work/vault.log")
  echo "  bw: $counts"
  set -- $(echo "$counts" | tr -dc '0-9 ')
  passed=$((passed + ${1:-0}))
  failed=$((failed + ${2:-1}))
  skipped=$((skipped + ${3:-0}))
}

"$PROGRAM" keygen -q -o "$work/key.txt" || exit 2
RECIPIENT=$("$PROGRAM" keygen --public "$work/key.txt")
SOPS_AGE_KEY_FILE=$work/key.txt
export RECIPIENT SOPS_AGE_KEY_FILE
if has sops lua5.4; then
  documents yaml "$DOCUMENTS"
  documents json $((DOCUMENTS / 2))
  documents binary $((DOCUMENTS / 10))
fi
if has ssh-to-age ssh-keygen; then
  ssh_keys 200
fi
vault
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
