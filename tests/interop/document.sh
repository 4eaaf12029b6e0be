#!/bin/sh
# document.sh FORMAT NAME KIND — one document through the real sops and through ours, both ways.
# KIND `exact`: it must come back byte for byte. Prints nothing, or one line that begins with FAILED.
# From run.sh: PROGRAM, RECIPIENT and the current folder with NAME in it.
set -u
format=$1 name=$2 kind=$3

failed() { # failed WHAT [FILE]
  echo "FAILED: $name: $1"
  [ -z "${2:-}" ] || head -n 3 "$2" | sed 's/^/    /'
  exit 0
}

theirs() { # theirs COMMAND IN OUT
  sops "$1" ${RECIPIENT:+$([ "$1" = encrypt ] && echo "--age $RECIPIENT")} --input-type "$format" \
    --output-type "$format" "$2" > "$3" 2> "$name.log"
}

ours() { # ours COMMAND IN OUT
  "$PROGRAM" as sops "$1" $([ "$1" = encrypt ] && echo "--age $RECIPIENT") --input-type "$format" \
    --output-type "$format" "$2" > "$3" 2> "$name.log"
}

# What the values are: what sops makes of them. A document that sops refuses we may refuse too.
if ! theirs encrypt "$name" "$name.theirs"; then
  echo "REFUSED: $name"
  exit 0
fi
theirs decrypt "$name.theirs" "$name.values" || failed 'sops cannot read its own file' "$name.log"

# A comment that sops cannot open in its own file stays sealed there; we open it. Then, and only
# then, the values are compared as JSON, which has no comments.
as=$format
! grep -q '#ENC\[' "$name.values" || as=json
values() { # values SEALED OUT
  sops decrypt --input-type "$format" --output-type "$as" "$1" > "$2" 2> "$name.log"
}
values "$name.theirs" "$name.values"

# sops seals, we open: the same values, by sops' own reading of what we wrote.
ours decrypt "$name.theirs" "$name.opened" || failed 'we cannot open the file of sops' "$name.log"
theirs encrypt "$name.opened" "$name.again" || failed 'sops cannot read what we opened' "$name.log"
values "$name.again" "$name.again.values" || failed 'sops cannot open it again'
cmp -s "$name.values" "$name.again.values" || failed 'we opened other values than sops'

# We seal, sops opens: the same values; and we give back the very bytes.
if ! ours encrypt "$name" "$name.ours"; then
  grep -q 'the selector picks no value' "$name.log" || failed 'we cannot seal what sops seals' "$name.log"
  echo "STRICTER: $name: nothing in it would be sealed"
  exit 0
fi
values "$name.ours" "$name.ours.values" || failed 'sops cannot open our file' "$name.log"
if ! cmp -s "$name.values" "$name.ours.values"; then
  # A comment at the very end may belong to another list or map now that metadata follows it.
  as=json
  values "$name.theirs" "$name.values"
  values "$name.ours" "$name.ours.values"
  cmp -s "$name.values" "$name.ours.values" || failed 'sops opens other values than were sealed'
  echo "MOVED: $name: a comment"
fi
ours decrypt "$name.ours" "$name.back" || failed 'we cannot open our own file' "$name.log"
[ "$kind" != exact ] || cmp -s "$name" "$name.back" || failed 'it does not come back byte for byte'
echo "ok: $name"
