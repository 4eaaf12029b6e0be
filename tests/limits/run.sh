#!/bin/sh
# run.sh — large and deep documents: each is sealed and opened again, byte for byte, or refused with
# the name of the limit it reached; in bounded memory. How time grows is measured by `make bench`.
# MEGABYTES says how large the large ones are.
set -u
cd "$(dirname "$0")/../.." || exit 2
PROGRAM=$(realpath "${PROGRAM:-build/moonlatch}")
MEGABYTES=${MEGABYTES:-50}
FORMATS=${FORMATS:-yaml json env ini bin}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work" XDG_STATE_HOME="$work/state" XDG_CONFIG_HOME="$work/config"
unset SOPS_AGE_KEY SOPS_AGE_KEY_CMD SOPS_AGE_RECIPIENTS XDG_RUNTIME_DIR
export SOPS_AGE_KEY_FILE="$work/key.txt"
"$PROGRAM" keygen -q -o "$work/key.txt" || exit 2
recipient=$("$PROGRAM" keygen --public "$work/key.txt")
passed=0 failed=0
# the sanitizers map terabytes
case $PROGRAM in */asan/*) limited= ;; *) limited=yes ;; esac

verdict() { # verdict WHAT PROBLEM: no problem is a pass
  if [ -z "$2" ]; then
    passed=$((passed + 1))
    return
  fi
  failed=$((failed + 1))
  echo "FAILED: $1: $2"
}

# How many bytes of memory one byte may take. A short value is many times as long when it is sealed.
factor=14

bounded() { # bounded FILE COMMAND…: within the memory that a file of this size may take
  size=$(($(stat -c %s "$1") / 1024))
  shift
  ([ -z "$limited" ] || ulimit -v $((size * factor + 300 * 1024)) && exec "$@")
}

# Sealed and opened again, or refused by a limit. Says which.
round_trip() { # round_trip SHAPE BYTES
  file=$work/$1
  lua5.4 tests/limits/make.lua "$1" "$2" > "$file" || exit 2
  problem= outcome='as it was'
  if bounded "$file" "$PROGRAM" as sops encrypt --age "$recipient" --output "$file.sealed" "$file" \
    2> "$work/errors"; then
    bounded "$file.sealed" "$PROGRAM" as sops decrypt --filename-override "$file" --output \
      "$file.opened" "$file.sealed" 2> "$work/errors" ||
      problem="sealed and not opened: $(head -n 2 "$work/errors")"
    [ -n "$problem" ] || cmp -s "$file" "$file.opened" || problem='not as it was'
  elif grep -qE 'than [0-9]+' "$work/errors"; then
    outcome=$(tr '\n' ' ' < "$work/errors" | sed "s|$work/||g")
  else
    problem="status $?: $(head -n 2 "$work/errors")"
  fi
  verdict "$1" "$problem"
  [ -n "$problem" ] || printf '  %-16s %10d: %s\n' "$1" "$2" "$outcome"
  rm -f "$file" "$file".*
}

has_format() { # has_format SHAPE
  case " $FORMATS " in *" ${1##*.} "*) return 0 ;; *) return 1 ;; esac
}

million=1048576
large=$((MEGABYTES * million))
for shape in lines.yaml lines.json lines.env lines.ini bytes.bin; do
  has_format "$shape" && round_trip "$shape" "$large"
done
for shape in text.yaml text.json text.env text.ini block.yaml; do
  has_format "$shape" && round_trip "$shape" $((large / 2))
done
factor=80
for shape in keys.yaml keys.json keys.env list.yaml comments.yaml beside.yaml; do
  has_format "$shape" && round_trip "$shape" $((large / 14)) # a million keys or more
done
factor=14
for shape in deep.yaml deep-maps.yaml deep-lines.yaml deep.json open.json; do
  round_trip "$shape" 10000
done
for shape in deep.yaml deep-maps.yaml deep.json open.json; do
  round_trip "$shape" $((large / 4))
done
round_trip aliases.yaml 30
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
