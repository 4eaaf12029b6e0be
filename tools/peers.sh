#!/bin/sh
# peers.sh — the real sops and ssh-to-age in build/peers, built by Go's own client.
#
# What is on the PATH already stays in use. Without Go nothing happens and the tests that need
# them are skipped and counted; with CI=true a peer that cannot be had is an error.
set -eu
cd "$(dirname "$0")/.."
sops_version=v3.13.3
mkdir -p build/peers
bin=$PWD/build/peers
PATH="$bin:$PATH"

if ! command -v go > /dev/null; then
  echo 'no Go here: sops and ssh-to-age are not built' >&2
  exit 0
fi
if ! command -v sops > /dev/null; then
  GOBIN=$bin go install "github.com/getsops/sops/v3/cmd/sops@$sops_version"
fi
if ! command -v ssh-to-age > /dev/null; then
  (cd tools/peers && GOFLAGS=-mod=readonly go build -trimpath -o "$bin/ssh-to-age" \
    github.com/Mic92/ssh-to-age/cmd/ssh-to-age)
fi
for program in sops ssh-to-age; do
  if command -v "$program" > /dev/null; then
    echo "$program: $(command -v "$program")"
  else
    echo "$program could not be built" >&2
    exit 1
  fi
done
