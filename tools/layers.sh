#!/bin/sh
# layers.sh BUILD — the core linked whole without Lua, and no mutable global that is not listed.
#
# CC, CFLAGS and LIBS are the Makefile's. docs/decisions.md has the table of mutable globals, each
# with its reason: one line `| NAME | FILE | why |`.
set -eu
cd "$(dirname "$0")/.."
build=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0

echo 'int main(void) { return 0; }' > "$work/empty.c"
# word splitting of the flags is meant
if $CC $CFLAGS -o "$work/core" "$work/empty.c" -Wl,--whole-archive "$build/libmoonlatch-core.a" \
  -Wl,--no-whole-archive $LIBS 2> "$work/log"; then
  passed=$((passed + 1))
else
  cat "$work/log"
  echo 'FAILED: the core does not link without Lua'
  failed=$((failed + 1))
fi

# What stands in .data and .bss; constants that only relocation writes to are in .data.rel.ro.
found=$(find "$build/src" -name '*.o' | sort | while read -r object; do
  nm -f sysv --defined-only "$object" | tr -d ' ' | awk -F'|' -v file="$object" \
    '$7 ~ /^\.t?(data|bss)(\.|$)/ && $7 !~ /rel\.ro/ && $4 == "OBJECT" { print $1, file }'
done | grep -v '^__' | sed "s|$build/||; s|\.o$|.c|; s|\.[0-9][0-9]* | |" | sort -u)
listed=$(sed -n 's/^| `\([a-z_]*\)` | \(src[^ ]*\) |.*/\1 \2/p' docs/decisions.md | sort -u)
if [ "$found" = "$listed" ]; then
  passed=$((passed + 1))
else
  printf 'found:\n%s\nlisted in docs/decisions.md:\n%s\n' "$found" "$listed"
  echo 'FAILED: mutable globals differ from the list'
  failed=$((failed + 1))
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
