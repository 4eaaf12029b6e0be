#!/bin/sh
# make.sh — makes cases/ and list.tsv anew with the real sops, from clear/ and from random documents.
#
#   SOPS=sops SOPS_OLD=/path/to/sops-3.9.4 sh tests/vectors/sops/make.sh
#
# Needs sops (3.13.3 made the committed files), an old sops for files of the old layout (3.9.4), and
# lua5.4. Data keys and nonces are random, so the bytes differ from run to run; the clear inputs do
# not. Old means 3.9: `kms: []` and its like in the metadata, keys in another order.
#
# Each case is NAME.clear.EXT (what was sealed), NAME.sealed.EXT (by sops), NAME.opened.EXT (what
# `sops decrypt` made of it again; none where it equals the clear file) and, for YAML that JSON
# can hold, NAME.json (`sops decrypt --output-type json`). list.tsv has one line for each:
# name, format, ending, sops version, number of recipients, `mac_only` or `-`, selector or `-`,
# `exact` or `spelling` or `given` (see tests/interop/documents.lua; given: written by hand).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
SOPS=${SOPS:-sops}
SOPS_OLD=${SOPS_OLD:-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export SOPS_AGE_KEY_FILE="$here/keys.txt"
unset SOPS_AGE_KEY SOPS_AGE_RECIPIENTS || true
recipients=$(sed -n 's/^# public key: //p' "$here/keys.txt")
rm -rf "$here/cases"
mkdir "$here/cases"
: > "$here/list.tsv"

some() { # some COUNT: that many recipients, separated by commas
  echo "$recipients" | head -n "$1" | paste -sd, -
}

# seal NAME INPUT FORMAT PROGRAM RECIPIENTS MAC_ONLY SELECTOR EXACT
seal() {
  name=$1 input=$2 format=$3 program=$4 count=$5 mac_only=$6 selector=$7 exact=$8
  ending=${input##*.}
  {
    echo 'creation_rules:'
    echo "  - age: $(some "$count")"
    [ "$mac_only" = - ] || echo '    mac_only_encrypted: true'
    [ "$selector" = - ] || echo "    $selector"
  } > "$work/config.yaml"
  out="$here/cases/$name"
  if ! "$program" --config "$work/config.yaml" encrypt --input-type "$format" \
    --output-type "$format" "$input" > "$work/sealed" 2> "$work/errors"; then
    echo "left out $name: $(tail -n 1 "$work/errors")"
    return 0
  fi
  if ! "$program" decrypt --input-type "$format" --output-type "$format" "$work/sealed" \
    > "$work/opened" 2> "$work/errors"; then
    echo "left out $name: sops cannot open its own file: $(tail -n 1 "$work/errors")"
    return 0
  fi
  cp "$input" "$out.clear.$ending"
  cp "$work/sealed" "$out.sealed.$ending"
  cmp -s "$work/opened" "$input" || cp "$work/opened" "$out.opened.$ending"
  # a file of several documents would show its first only
  if [ "$format" = yaml ] && ! grep -q '^---$' "$work/opened" &&
    "$program" decrypt --input-type yaml --output-type json "$work/sealed" > "$work/json" 2> "$work/errors"; then
    cp "$work/json" "$out.json"
  fi
  version=$(sed -n 's/.*version"\{0,1\}[ :=]*"\{0,1\}\([0-9.]*\)"\{0,1\}.*/\1/p' "$work/sealed" | tail -n 1)
  printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$name" "$format" "$ending" "$version" "$count" \
    "$mac_only" "$selector" "$exact" >> "$here/list.tsv"
}

format_of() {
  case $1 in
  *.yaml) echo yaml ;;
  *.json) echo json ;;
  *.env) echo dotenv ;;
  *.ini) echo ini ;;
  *) echo binary ;;
  esac
}

# random PREFIX SEED FORMAT AMOUNT PROGRAM RECIPIENTS MAC_ONLY SELECTOR
random() {
  prefix=$1
  shift
  mkdir "$work/of-$prefix"
  lua5.4 "$here/../../interop/documents.lua" "$work/of-$prefix" "$1" "$2" "$3" > "$work/names"
  while IFS='	' read -r file exact; do
    seal "$prefix-${file%%.*}" "$work/of-$prefix/$file" "$2" "$4" "$5" "$6" "$7" "$exact"
  done < "$work/names"
}

for input in "$here"/clear/*; do
  file=${input##*/}
  seal "given-$(echo "$file" | tr . -)" "$input" "$(format_of "$file")" "$SOPS" 1 - - given
done

random yaml 101 yaml 110 "$SOPS" 1 - -
random json 102 json 40 "$SOPS" 1 - -
random binary 103 binary 15 "$SOPS" 1 - -
random dotenv 108 dotenv 25 "$SOPS" 1 - -
random ini 109 ini 25 "$SOPS" 2 - -
random recipients 104 yaml 8 "$SOPS" 3 - -
random recipients-json 105 json 4 "$SOPS" 2 - -
random mac-only 106 yaml 10 "$SOPS" 1 mac_only 'encrypted_regex: "^(password|secret|token|api)"'
random mac-only-json 107 json 5 "$SOPS" 1 mac_only 'unencrypted_suffix: _unencrypted'

selected() { # selected WORD SEED SELECTOR: random and given documents under one selector
  random "$1" "$2" yaml 10 "$SOPS" 1 - "$3"
  random "$1-json" "$2" json 4 "$SOPS" 1 - "$3"
  random "$1-dotenv" "$2" dotenv 4 "$SOPS" 1 - "$3"
  random "$1-ini" "$2" ini 4 "$SOPS" 1 - "$3"
  for input in "$here"/clear/selected_names.* "$here/clear/kubernetes.yaml"; do
    file=${input##*/}
    seal "$1-$(echo "$file" | tr . -)" "$input" "$(format_of "$file")" "$SOPS" 1 - "$3" given
  done
}
selected unencrypted-suffix 201 'unencrypted_suffix: _unencrypted'
selected encrypted-suffix 202 'encrypted_suffix: Templates'
selected unencrypted-regex 203 'unencrypted_regex: "^(public|host|port|apiVersion|kind|metadata)"'
selected encrypted-regex 204 'encrypted_regex: "^(data|stringData|password|secret|api[-_]key)$"'
selected unencrypted-comment 205 'unencrypted_comment_regex: "clear:"'
selected encrypted-comment 206 'encrypted_comment_regex: "seal:"'

if [ -n "$SOPS_OLD" ]; then
  random old 301 yaml 20 "$SOPS_OLD" 1 - -
  random old-json 302 json 8 "$SOPS_OLD" 2 - -
  random old-binary 303 binary 4 "$SOPS_OLD" 1 - -
  random old-regex 304 yaml 5 "$SOPS_OLD" 1 - 'encrypted_regex: "^(password|secret|token|api)"'
  for input in guide.yaml comments.yaml comment_lists.yaml lists.yaml scalars.json line.txt; do
    seal "old-given-$(echo "$input" | tr . -)" "$here/clear/$input" "$(format_of "$input")" "$SOPS_OLD" 1 - - given
  done
else
  echo 'SOPS_OLD is not set: no files of the old layout were made' >&2
fi
wc -l < "$here/list.tsv"
