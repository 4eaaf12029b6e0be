#!/bin/sh
# clean-root.sh — the two set-up commands in a fresh Debian 12, where only make, git and
# ca-certificates were added: `make demo`, then `make check`. Needs root and debootstrap.
#
# The folder is made once (CLEAN_ROOT, default build/clean-root) and kept as an archive beside it,
# so that the next run begins with the same fresh system. What the commands print goes to the
# terminal and to build/clean-root.log.
set -eu
cd "$(dirname "$0")/.."
root=${CLEAN_ROOT:-$PWD/build/clean-root}
archive=$root.tar
log=$PWD/build/clean-root.log

[ "$(id -u)" = 0 ] || {
  echo 'clean-root needs root, for chroot and mounts' >&2
  exit 2
}
command -v debootstrap > /dev/null || {
  echo 'debootstrap is missing: apt-get install debootstrap' >&2
  exit 2
}

leave() {
  for place in dev/pts dev proc; do
    ! mountpoint -q "$root/$place" || umount -l "$root/$place"
  done
}
trap leave EXIT

leave
rm -rf "$root"
mkdir -p "$root"
if [ -f "$archive" ]; then
  tar -xf "$archive" -C "$root"
else
  # this machine's own sources and keys, so that the same mirror and proxy serve the new system
  mirror=$(sed -n 's/^deb \(\[[^]]*\] \)\{0,1\}\([^ ]*\) bookworm main.*/\2/p; s/^URIs: \([^ ]*\).*/\1/p' \
    /etc/apt/sources.list /etc/apt/sources.list.d/* 2> /dev/null | head -n 1)
  debootstrap --variant=minbase --include=make,git,ca-certificates bookworm "$root" "${mirror:-}"
  tar -cf "$archive" -C "$root" .
fi
for place in etc/resolv.conf etc/hosts; do
  [ ! -f "/$place" ] || cp "/$place" "$root/$place"
done
cp -r /etc/apt/apt.conf.d/. "$root/etc/apt/apt.conf.d/"
for folder in /usr/local/share/ca-certificates /etc/ssl/certs; do
  mkdir -p "$root$folder"
  cp -rL "$folder/." "$root$folder/" 2> /dev/null || true
done
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"

git clone -q . "$root/moonlatch"
for word in demo check; do
  echo "== make $word in a fresh Debian"
  chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb \
    http_proxy="${http_proxy:-}" https_proxy="${https_proxy:-}" \
    sh -c "cd /moonlatch && make $word" 2>&1
done | tee "$log"
grep -q '^== all: .* 0 failed' "$log"
