#!/bin/sh
# peers.sh — the real sops and ssh-to-age in build/peers, built by Go's own client, and the real bw
# by npm's.
#
# What is on the PATH already stays in use. Without Go or npm nothing happens and the tests that
# need them are skipped and counted; with CI=true a peer that cannot be had is an error.
set -eu
cd "$(dirname "$0")/.."
sops_version=v3.13.3
bw_version=2026.6.0 # the last for Node 20
mkdir -p build/peers
bin=$PWD/build/peers
PATH="$bin:$PATH"

has() {
  command -v "$1" > /dev/null
}

said() { # said PROGRAM…: where they are now; fails for one that is not
  for program in "$@"; do
    has "$program" || {
      echo "$program could not be built" >&2
      return 1
    }
    echo "$program: $(command -v "$program")"
  done
}

if has go; then
  has sops || GOBIN=$bin go install "github.com/getsops/sops/v3/cmd/sops@$sops_version"
  has ssh-to-age || (cd tools/peers && GOFLAGS=-mod=readonly go build -trimpath \
    -o "$bin/ssh-to-age" github.com/Mic92/ssh-to-age/cmd/ssh-to-age)
  said sops ssh-to-age
else
  echo 'no Go here: sops and ssh-to-age are not built' >&2
fi

if has npm; then
  has bw || {
    npm install --prefix "$bin/npm" --ignore-scripts --omit=dev --no-audit --no-fund --no-save \
      --loglevel=error "@bitwarden/cli@$bw_version"
    ln -sf npm/node_modules/.bin/bw "$bin/bw"
  }
  said bw
else
  echo 'no npm here: bw is not installed' >&2
fi
