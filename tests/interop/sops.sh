#!/bin/sh
# sops.sh STEP FORMAT NAME — what the real sops has to do with one document; judge.lua tells what
# each file is. In the current folder, where .sops.yaml is. What fails leaves its message in
# NAME.RESULT.failed and no result.
set -u
step=$1 format=$2 name=$3

sops_gives() { # sops_gives RESULT ARGUMENT…
  result=$name.$1
  shift
  sops "$@" > "$result" 2> "$result.failed" && rm "$result.failed" || rm "$result"
}

opened() { # opened RESULT SEALED [OUTPUT]
  sops_gives "$1" decrypt --input-type "$format" --output-type "${3:-$format}" "$name.$2"
}

case $step in
seal)
  sops_gives theirs encrypt --input-type "$format" --output-type "$format" "$name"
  [ -e "$name.theirs" ] || exit 0
  opened values theirs
  [ "$format" = json ] || [ "$format" = binary ] || opened json theirs json
  ;;
read)
  [ ! -e "$name.ours" ] || opened ours.values ours
  [ ! -e "$name.opened" ] ||
    sops_gives again encrypt --input-type "$format" --output-type "$format" \
      --filename-override "$name" "$name.opened"
  # a value set by each in the other's file
  [ ! -e "$name.theirs.set" ] || opened theirs.set.json theirs.set json
  if [ -e "$name.set.path" ] && cp "$name.ours" "$name.ours.set" 2> /dev/null; then
    sops set --input-type "$format" --output-type "$format" "$name.ours.set" \
      "$(cat "$name.set.path")" '"set by sops"' 2> "$name.ours.set.failed" &&
      rm "$name.ours.set.failed"
    opened ours.set.json ours.set json
  fi
  ;;
esac
