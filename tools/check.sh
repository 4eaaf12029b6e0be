#!/bin/sh
# check.sh C_TEST… — every kind of test, one after the other, and one line with all their counts.
# A kind that ran nothing has failed. PROGRAM is the program to test, TESTKIT the runner of vectors.
set -u
cd "$(dirname "$0")/.." || exit 2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
status=0
summary=
total_passed=0 total_failed=0 total_skipped=0

kind() { # kind NAME COMMAND…: a runner whose last count line is `N passed, N failed[, N skipped]`
  name=$1
  shift
  echo "== $name tests"
  "$@" > "$log" 2>&1
  code=$?
  cat "$log"
  line=$(grep -E '^[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?$' "$log" | tail -n 1)
  passed=$(echo "$line" | sed -n 's/^\([0-9]*\) passed.*/\1/p')
  failed=$(echo "$line" | sed -n 's/.* \([0-9]*\) failed.*/\1/p')
  skipped=$(echo "$line" | sed -n 's/.* \([0-9]*\) skipped.*/\1/p')
  [ "${passed:-0}" -gt 0 ] || [ "${skipped:-0}" -gt 0 ] || {
    echo "no $name test has run"
    status=1
  }
  [ "$code" -eq 0 ] && [ "${failed:-0}" -eq 0 ] || status=1
  total_passed=$((total_passed + ${passed:-0}))
  total_failed=$((total_failed + ${failed:-0}))
  total_skipped=$((total_skipped + ${skipped:-0}))
  summary="$summary$name ${passed:-0} passed"
  [ "${failed:-0}" -eq 0 ] || summary="$summary, ${failed} failed"
  [ "${skipped:-0}" -eq 0 ] || summary="$summary, ${skipped} skipped"
  summary="$summary; "
}

kind C sh tools/check-c.sh "$@"
[ -z "${TESTKIT:-}" ] || kind vector "$TESTKIT" tests/vectors/age/kit
if [ -n "${PROGRAM:-}" ]; then
  kind Lua "$PROGRAM" test tests/lua
  kind recipe "$PROGRAM" test tests/recipes
  kind interop sh tests/interop/run.sh
  kind limit sh tests/limits/run.sh
  kind kill sh tests/kill/run.sh
  kind fault sh tests/kill/faults.sh
fi
echo "== all: $total_passed passed, $total_failed failed, $total_skipped skipped (${summary%; })"
exit $status
