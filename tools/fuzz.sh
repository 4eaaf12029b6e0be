#!/bin/sh
# fuzz.sh FUZZER… — runs each fuzzer for FUZZ_SECONDS, one a processor at a time. With FUZZ_SEED=N a
# run goes the same way each time, as a gate should: without what is seen in comparisons, since some
# are with random bytes. Without it each run looks elsewhere. New inputs stay in the build folder; an
# input that fails is kept beside them and named. The last line is `N passed, N failed`.
set -u
cd "$(dirname "$0")/.." || exit 2
seconds=${FUZZ_SECONDS:-20}
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# The files in the vectors of age, for its fuzzers to begin with: what is behind the empty line.
age_files() { # age_files FOLDER
  mkdir -p "$1"
  for vector in tests/vectors/age/kit/*; do
    grep -aq '^compressed: ' "$vector" || sed '1,/^$/d' "$vector" > "$1/${vector##*/}"
  done
}

fuzz() { # fuzz FUZZER
  name=${1##*/fuzz_}
  found=$(dirname "$1")/found/$name
  mkdir -p "$found" "tests/fuzz/corpus/$name"
  case $name in
  age_armor | age_header | age_file)
    more=$(dirname "$1")/age_files_$name
    age_files "$more"
    ;;
  *) more= ;;
  esac
  case ${FUZZ_SEED:-0} in
  0) way=-seed=0 ;;
  *) way="-seed=$FUZZ_SEED -use_cmp=0" ;;
  esac
  if "$1" -max_total_time="$seconds" $way -timeout=20 -rss_limit_mb=2560 \
    -artifact_prefix="$(dirname "$1")/$name-" "$found" "tests/fuzz/corpus/$name" $more > "$log" 2>&1; then
    echo "  $name: $(grep '^Done' "$log")"
  else
    echo "$(tail -n 60 "$log")
  $name: FAILED, the input is named above"
  fi
}

# Called by itself for each of them.
if [ "$1" = --one ]; then
  fuzz "$2"
  exit
fi
printf '%s\n' "$@" | xargs -P "$(nproc)" -n 1 sh tools/fuzz.sh --one | tee "$log"
passed=$(grep -c ': Done ' "$log") failed=$(grep -c ': FAILED, ' "$log")
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -eq $# ]
