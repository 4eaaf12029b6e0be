#!/bin/sh
# run.sh — ours against the real programs: random documents through sops both ways, random SSH keys
# against ssh-to-age, age files both ways (age.sh), a vault through bw (bw.sh). The seed is fixed.
# DOCUMENTS says how many of each format of sops, AGE_SIZES how long the texts of age files are;
# SOPS=/path names the sops to compare with. A program that is missing is a skipped test, and with
# CI=true a failed one. KEEP=/folder keeps the documents there.
set -u
cd "$(dirname "$0")/../.." || exit 2
source=$PWD
PROGRAM=$(realpath "${PROGRAM:-build/moonlatch}")
DOCUMENTS=${DOCUMENTS:-1000}
SEED=${SEED:-20251123}
PATH="$source/build/peers:$PATH"
[ -z "${SOPS:-}" ] || PATH="$(dirname "$(realpath "$SOPS")"):$PATH"
work=$(mktemp -d)
trap '[ -z "${KEEP:-}" ] || cp -r "$work/." "$KEEP"; rm -rf "$work"' EXIT
export PROGRAM PATH HOME="$work/home" XDG_STATE_HOME="$work/state" XDG_CONFIG_HOME="$work/config"
export SOPS_DISABLE_VERSION_CHECK=1 GOMAXPROCS=1 GOGC=off # for thousands of short runs
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

# The creation rules of the documents: each selector, one key and several, key groups. The digits
# say which recipients; we do not have the private key of the fourth.
creation_rules() {
  echo 'creation_rules:'
  while IFS='|' read -r name keys settings; do
    echo "  - path_regex: ^$name-"
    case $keys in
    */*)
      echo '    key_groups:'
      for group in $(echo "$keys" | tr / ' '); do
        echo '      - age:'
        recipients_of "$group" | sed 's/^/          - /'
      done
      ;;
    *) echo "    age: $(recipients_of "$keys" | paste -sd, -)" ;;
    esac
    [ -z "$settings" ] || echo "    $settings" | sed 's/; /\n    /g'
    echo "$name" >> "$work/rules"
  done << 'END'
plain|1|
several|413|
groups|1/24|
groups_2_of_3|1/4/3|shamir_threshold: 2
groups_3_of_4|12/4/3/42|shamir_threshold: 3
mac_only|1|mac_only_encrypted: true
unencrypted_suffix|1|unencrypted_suffix: _unencrypted
encrypted_suffix|1|encrypted_suffix: d
unencrypted_regex|12|unencrypted_regex: "^(public|host|port|HOST|x)$"
encrypted_regex|1|encrypted_regex: "^(data|password|secret|api[-_]key|user|[A-P])"
unencrypted_comment|1|unencrypted_comment_regex: "clear:"
encrypted_comment|1|encrypted_comment_regex: "seal:"
mac_only_regex|2/3|encrypted_regex: "(?i)^([a-m]|password|value)"; mac_only_encrypted: true
mac_only_comment|1|unencrypted_comment_regex: "(clear|note)"; mac_only_encrypted: true
END
}

recipients_of() { # recipients_of DIGITS: one in each line
  for digit in $(echo "$1" | sed 's/./& /g'); do echo "$recipients" | sed -n "${digit}p"; done
}

real_sops() { # real_sops STEP FORMAT: in the folder of the documents
  cut -f 1 list | xargs -P "$(nproc)" -n 1 sh "$source/tests/interop/sops.sh" "$1" "$2"
}

ours() { # ours STEP FORMAT
  "$PROGRAM" run "$source/tests/interop/ours.lua" "$1" "$2" || failed=$((failed + 1))
}

documents() { # documents FORMAT
  folder=$work/$1
  ending=$([ "$1" = dotenv ] && echo env || echo "$1")
  mkdir -p "$folder"
  cp "$work/creation_rules" "$folder/.sops.yaml"
  # where no comment is, none can pick a value; bytes have neither names nor comments
  case $1 in
  json) grep -v comment "$work/rules" ;;
  binary) grep -E '^(plain|several|groups)' "$work/rules" ;;
  *) cat "$work/rules" ;;
  esac > "$folder.rules"
  lua5.4 tests/interop/documents.lua "$folder" "$SEED" "$1" "$DOCUMENTS" "$folder.rules" > "$folder/list"
  # and by hand, one for each difference that is seldom met
  for file in tests/interop/shown/*."$ending"; do
    [ -e "$file" ] || continue
    name=plain-shown_${file##*/}
    cp "$file" "$folder/$name"
    printf '%s\tspelling\n' "$name" >> "$folder/list"
  done
  cd "$folder" || exit 2
  real_sops seal "$1"
  ours seal "$1"
  real_sops read "$1"
  ours read "$1"
  lua5.4 "$source/tests/interop/judge.lua" "$1" "$source/tests/interop/differences.tsv" \
    "$work/differences" > log
  sed '$d' log
  counts=$(tail -n 1 log)
  set -- $(echo "$counts" | tr -dc '0-9 ')
  passed=$((passed + ${1:-0}))
  failed=$((failed + ${2:-1}))
  cd "$source" || exit 2
}

# How often each listed difference was met, all formats together. One that a full run does not show
# has no place in the list.
differences() {
  grep -v '^#' tests/interop/differences.tsv | cut -f 1 | while read -r name; do
    awk -F '\t' -v name="$name" '$1 == name { n += $2 } END { print "  " n + 0 " times: " name }' \
      "$work/differences"
  done > "$work/times"
  cat "$work/times"
  if [ "$DOCUMENTS" -ge 1000 ] && grep '^  0 times' "$work/times" > "$work/never"; then
    echo 'FAILED: differences that are listed and never met'
    failed=$((failed + $(wc -l < "$work/never")))
  fi
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

script() { # script NAME: NAME.sh, whose last line has its counts
  sh "tests/interop/$1.sh" > "$work/script.log" 2>&1
  sed '$d' "$work/script.log"
  counts=$(tail -n 1 "$work/script.log")
  echo "  $1: $counts"
  set -- $(echo "$counts" | tr -dc '0-9 ')
  passed=$((passed + ${1:-0}))
  failed=$((failed + ${2:-1}))
  skipped=$((skipped + ${3:-0}))
}

recipients=
for i in 1 2 3 4; do
  "$PROGRAM" keygen -q -o "$work/key$i.txt" || exit 2
  recipients="$recipients$("$PROGRAM" keygen --public "$work/key$i.txt")
"
done
cat "$work/key1.txt" "$work/key2.txt" "$work/key3.txt" > "$work/keys.txt"
SOPS_AGE_KEY_FILE=$work/keys.txt
export SOPS_AGE_KEY_FILE
if has sops lua5.4; then
  creation_rules > "$work/creation_rules"
  echo "  $DOCUMENTS documents of each format, seed $SEED"
  for format in ${FORMATS:-yaml json dotenv ini binary}; do documents "$format"; done
  differences
fi
if has ssh-to-age ssh-keygen; then
  ssh_keys 200
fi
script age
script bw
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
