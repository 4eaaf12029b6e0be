#!/bin/sh
# Prints those of the given compiler flags that $CC accepts; names the others on stderr.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo 'int main(void) { return 0; }' > "$work/try.c"
for flag in "$@"; do
  if ${CC:-cc} -Werror "$flag" -c -o "$work/try.o" "$work/try.c" 2> /dev/null; then
    printf '%s ' "$flag"
  else
    echo "left out: ${CC:-cc} does not know $flag" >&2
  fi
done
