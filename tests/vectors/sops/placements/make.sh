#!/bin/sh
# make.sh — seals each NN.clear.yaml with the real sops, to NN.sealed.yaml.
#
#   SOPS=sops sh tests/vectors/sops/placements/make.sh
#
# (3.13.3 made the committed files.) aad.tsv says for each comment what sops gave it as additional
# data: which map or list it counts as part of. Nothing there has to be believed: the test opens the
# comments that sops sealed with just that.
set -eu
cd "$(dirname "$0")"
recipient=$(sed -n 's/^# public key: //p' ../keys.txt | head -n 1)
for clear in *.clear.yaml; do
  "${SOPS:-sops}" encrypt --age "$recipient" "$clear" > "${clear%.clear.yaml}.sealed.yaml"
done
