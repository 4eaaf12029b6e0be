#!/bin/sh
# Compares the regular expressions with Go's on random patterns (fixed seed). Run from the root of
# the source after `make`: tests/interop/regex/run.sh [BUILD [COUNT [SEED]]]. Skipped without Go,
# unless CI=true asks for it.
set -eu
build=${1:-build} count=${2:-40000} seed=${3:-1}
here=$(dirname "$0")

if ! command -v go >/dev/null 2>&1; then
    echo "regex against Go: no go program here"
    if [ "${CI:-}" = true ]; then echo "0 passed, 1 failed"; exit 1; fi
    echo "0 passed, 0 failed, 1 skipped"
    exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(GO111MODULE=off GOTOOLCHAIN=local go run "$here/cases.go" -count "$count" -seed "$seed") > "$work/cases"
# shellcheck disable=SC2046
${CC:-cc} -std=c11 -D_GNU_SOURCE -O2 -Isrc -o "$work/compare" "$here/compare.c" \
    "$build/libmoonlatch-core.a" $(pkg-config --libs libpcre2-8 libsodium)
"$work/compare" ${VERBOSE:+-v} < "$work/cases"
