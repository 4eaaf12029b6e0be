#!/bin/sh
# check-c.sh PROGRAM… — runs the C tests and adds up what cmocka says of each program.
# Of a program that passes only its name is shown; of one that fails, everything.
# The last line is `N passed, N failed, N skipped`.
set -u
# cmocka catches SIGSEGV and would hide the sanitizer's report of a crash
export ASAN_OPTIONS="handle_segv=2:allow_user_segv_handler=0${ASAN_OPTIONS:+:$ASAN_OPTIONS}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
passed=0 failed=0 skipped=0

count() { # the number that cmocka gives under one heading
  sed -n "s/^\[  *$1  *\] \([0-9][0-9]*\) test(s).*/\1/p" "$log" | head -n 1
}

for program in "$@"; do
  "$program" > "$log" 2>&1
  status=$?
  p=$(count PASSED) s=$(count SKIPPED) f=$(count FAILED)
  if [ "$status" -ne 0 ] || [ -z "$p" ]; then
    # a crash leaves no count at all, and is one failure
    [ "${f:-0}" -gt 0 ] || f=1
    cat "$log"
  fi
  echo "  ${program##*/}: ${p:-0} passed, ${f:-0} failed, ${s:-0} skipped"
  passed=$((passed + ${p:-0})) failed=$((failed + ${f:-0})) skipped=$((skipped + ${s:-0}))
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
