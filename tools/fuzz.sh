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

# The files in the vectors of age, for its fuzzers to begin with: what is behind the empty line.
age_files() { # age_files FOLDER
  mkdir -p "$1"
  for vector in tests/vectors/age/kit/*; do
    grep -aq '^compressed: ' "$vector" || sed '1,/^$/d' "$vector" > "$1/${vector##*/}"
  done
}

for fuzzer in "$@"; do
  name=${fuzzer##*/fuzz_}
  found=$(dirname "$fuzzer")/found/$name
  mkdir -p "$found" "tests/fuzz/corpus/$name"
  case $name in
  age_armor | age_header | age_file)
    more=$(dirname "$fuzzer")/age_files
    age_files "$more"
    ;;
  *) more= ;;
  esac
  if "$fuzzer" -max_total_time="$seconds" -seed="${FUZZ_SEED:-0}" -timeout=20 -rss_limit_mb=2560 \
    -artifact_prefix="$(dirname "$fuzzer")/$name-" "$found" "tests/fuzz/corpus/$name" $more > "$log" 2>&1; then
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
