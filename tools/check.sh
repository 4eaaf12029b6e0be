#!/bin/sh
# check.sh C_TEST… — every kind of test and one line with all their counts. The recipes' tests, which
# take longest and use one processor, run beside the others; they are shown last.
# A kind that ran nothing has failed. PROGRAM is the program to test, TESTKIT the runner of vectors.
set -u
cd "$(dirname "$0")/.." || exit 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0
summary=
total_passed=0 total_failed=0 total_skipped=0

run() { # run NAME COMMAND…: keeps what it prints and its exit code
  name=$1
  shift
  "$@" > "$work/$name" 2>&1
  echo $? > "$work/$name.code"
}

show() { # show NAME: of a runner whose last count line is `N passed, N failed[, N skipped]`
  echo "== $1 tests"
  cat "$work/$1"
  line=$(grep -E '^[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?$' "$work/$1" | tail -n 1)
  passed=$(echo "$line" | sed -n 's/^\([0-9]*\) passed.*/\1/p')
  failed=$(echo "$line" | sed -n 's/.* \([0-9]*\) failed.*/\1/p')
  skipped=$(echo "$line" | sed -n 's/.* \([0-9]*\) skipped.*/\1/p')
  [ "${passed:-0}" -gt 0 ] || [ "${skipped:-0}" -gt 0 ] || {
    echo "no $1 test has run"
    status=1
  }
  [ "$(cat "$work/$1.code")" = 0 ] && [ "${failed:-0}" -eq 0 ] || status=1
  total_passed=$((total_passed + ${passed:-0}))
  total_failed=$((total_failed + ${failed:-0}))
  total_skipped=$((total_skipped + ${skipped:-0}))
  summary="$summary$1 ${passed:-0} passed"
  [ "${failed:-0}" -eq 0 ] || summary="$summary, ${failed} failed"
  [ "${skipped:-0}" -eq 0 ] || summary="$summary, ${skipped} skipped"
  summary="$summary; "
}

kind() { # kind NAME COMMAND…
  run "$@"
  show "$1"
}

if [ -n "${PROGRAM:-}" ]; then
  # a shell's background jobs ignore Ctrl-C, and their tests are to see it
  run recipe env --default-signal=INT,QUIT "$PROGRAM" test tests/recipes &
fi
kind C sh tools/check-c.sh "$@"
[ -z "${TESTKIT:-}" ] || kind vector "$TESTKIT" tests/vectors/age/kit
if [ -n "${PROGRAM:-}" ]; then
  kind Lua "$PROGRAM" test tests/lua
  kind interop sh tests/interop/run.sh
  kind limit sh tests/limits/run.sh
  kind kill sh tests/kill/run.sh
  kind fault sh tests/kill/faults.sh
  wait
  show recipe
fi
echo "== all: $total_passed passed, $total_failed failed, $total_skipped skipped (${summary%; })"
exit $status
