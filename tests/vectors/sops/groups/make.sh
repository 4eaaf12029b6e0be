#!/bin/sh
# make.sh — makes these files anew with the real sops: `SOPS=sops sh tests/vectors/sops/groups/make.sh`.
#
# two.*: two key groups, of which both are needed. three.*: three, of which two are. Each group has
# one of the keys of ../keys.txt, in their order; the first of two.* has the third key too.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
SOPS=${SOPS:-sops}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
set -- $(sed -n 's/^# public key: //p' "$here/../keys.txt")
cat > .sops.yaml << END
creation_rules:
  - path_regex: two
    key_groups: [age: [$1, $3], age: [$2]]
  - path_regex: three
    shamir_threshold: 2
    key_groups: [age: [$1], age: [$2], age: [$3]]
END
for name in two three; do
  printf 'name: crew\nlist:\n    - 1\n    - true\n' > $name.yaml
  printf '{"name": "crew", "n": 1.5}\n' > $name.json
  printf 'NAME=crew\n' > $name.env
  printf '[top]\nname = crew\n' > $name.ini
  printf 'bytes\n' > $name.bin
  for file in $name.*; do
    "$SOPS" encrypt "$file" > "$here/$file"
  done
done
