#!/bin/sh
# fuzz.sh FUZZER… — runs each fuzzer for FUZZ_SECONDS. FUZZ_SEED=N begins at the same place each
# time, as a gate should; without it each run looks elsewhere. New inputs stay in the build folder; an
# input that fails is kept beside them and named. The last line is `N passed, N failed`.
set -u
cd "$(dirname "$0")/.." || exit 2
seconds=${FUZZ_SECONDS:-20}
log=$(mktemp)
trap 'rm -f "$log"' EXIT
passed=0 failed=0

for fuzzer in "$@"; do
  name=${fuzzer##*/fuzz_}
  found=$(dirname "$fuzzer")/found/$name
  mkdir -p "$found" "tests/fuzz/corpus/$name"
  if "$fuzzer" -max_total_time="$seconds" -seed="${FUZZ_SEED:-0}" -timeout=20 -rss_limit_mb=2560 \
    -artifact_prefix="$(dirname "$fuzzer")/$name-" "$found" "tests/fuzz/corpus/$name" > "$log" 2>&1; then
    passed=$((passed + 1))
    echo "  $name: $(grep '^Done' "$log")"
  else
    failed=$((failed + 1))
    tail -n 60 "$log"
    echo "  $name: FAILED, the input is named above"
  fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
