#!/bin/sh
# faults.sh — what else may fail under the program: the disk is full, a folder cannot be written,
# stdout or stdin is closed, stdout is full. PROGRAM is the program to test.
set -u
cd "$(dirname "$0")/../.." || exit 2
. tests/kill/place.sh
passed=0 failed=0 skipped=0

pass() {
  passed=$((passed + 1))
}

fail() { # fail WHAT
  failed=$((failed + 1))
  echo "FAILED: $1"
}

mounted() { # mounted CASE: root has a namespace for mounts, if it may
  own=
  [ "$(id -u)" = 0 ] && unshare -m true 2> /dev/null && own='unshare -m'
  WORK=$work $own sh tests/kill/mounted.sh "$1" 2> "$work/log"
  case $? in
  0) pass ;;
  77)
    echo "skipped: $1: nothing can be mounted here"
    skipped=$((skipped + 1))
    ;;
  *) fail "$1: $(cat "$work/log")" ;;
  esac
}

ends_with() { # ends_with STATUS WORD…
  wanted=$1
  shift
  "$PROGRAM" "$@" 2> "$work/log"
  status=$?
  if [ $status -eq "$wanted" ]; then pass; else fail "status $status, not $wanted: $*"; fi
}

needs_stdout() { # needs_stdout WORD…: results that cannot be written are an error
  ends_with 0 "$@" > "$work/out"
  ends_with 2 "$@" >&-
  ends_with 2 "$@" > /dev/full
}

make_base
fresh
sealed=$place/repo/secrets/test.yaml
needs_stdout help
needs_stdout version
needs_stdout decrypt "$sealed"
needs_stdout get "$sealed" github-token
needs_stdout -C "$place/repo" validate
needs_stdout -C "$place/repo" status
ends_with 0 decrypt --input-format yaml - < "$sealed" > "$work/out"
ends_with 2 decrypt --input-format yaml - <&- > "$work/out"
mounted full
mounted unwritable
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
