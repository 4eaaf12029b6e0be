#!/bin/sh
# peers.sh — the real sops, ssh-to-age and a current age in build/peers, built by Go's own client, and
# the real bw and age-encryption by npm's.
#
# What is on the PATH already stays in use. The age there is Debian's, so the current one, which is
# to be tested beside it, is in a folder of its own. Without Go or npm nothing happens and the tests that
# need them are skipped and counted; with CI=true a peer that cannot be had is an error.
set -eu
cd "$(dirname "$0")/.."
sops_version=v3.13.3
age_version=v1.3.2
bw_version=2026.6.0 # the last for Node 20
age_encryption_version=0.3.1
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
  [ -x "$bin/age-current/age" ] ||
    GOBIN=$bin/age-current go install "filippo.io/age/cmd/...@$age_version"
  said sops ssh-to-age "$bin/age-current/age"
else
  echo 'no Go here: sops, ssh-to-age and a current age are not built' >&2
fi

from_npm() { # from_npm FOLDER PACKAGE
  npm install --prefix "$bin/$1" --ignore-scripts --omit=dev --no-audit --no-fund --no-save \
    --loglevel=error "$2"
}

if has npm; then
  has bw || {
    from_npm npm "@bitwarden/cli@$bw_version"
    ln -sf npm/node_modules/.bin/bw "$bin/bw"
  }
  [ -d "$bin/npm-age/node_modules/age-encryption" ] ||
    from_npm npm-age "age-encryption@$age_encryption_version"
  said bw
else
  echo 'no npm here: bw and age-encryption are not installed' >&2
fi
