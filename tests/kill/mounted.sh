#!/bin/sh
# mounted.sh full|unwritable — what root needs a mount for, in a mount namespace of its own; see
# faults.sh, which gives WORK. Status 77: nothing can be mounted here.
set -u
. tests/kill/place.sh

die() {
  echo "$1: $(cat "$work/said")" >&2
  exit 1
}

mount_own() { # mount_own OPTION…: never where others would see it
  [ "$(readlink /proc/self/ns/mnt)" != "$(readlink "/proc/$PPID/ns/mnt")" ] || exit 77
  mount "$@" || exit 77
}

# Each time a few KiB more are free, so that the disk is full at another place.
full() {
  failures=0
  for free in 0 4 8 12 16 20 24 28 32 40 48 56 64 80 96 128; do
    rm -rf "$place"
    mkdir "$place"
    mount_own -t tmpfs -o size=1m tmpfs "$place"
    cp -a "$work/base/." "$place" || exit 1
    cat /dev/zero > "$place/filler" 2> /dev/null
    truncate -s "-${free}K" "$place/filler"
    rotate
    status=$?
    rm "$place/filler"
    if [ $status -eq 2 ]; then
      failures=$((failures + 1))
      unchanged && nothing_left || die "$free KiB free: it failed, and changed something"
      rotate || die "$free KiB free: it fails with enough room too"
    elif [ $status -ne 0 ]; then
      die "$free KiB free: status $status"
    fi
    whole && [ "$state" = new ] || die "$free KiB free: $state"
    umount "$place"
  done
  [ $failures -gt 3 ] || die 'the disk was never full'
}

# One folder of sealed files cannot be written; that of the rules and the key file can.
unwritable() {
  fresh
  hosts=$place/repo/secrets/hosts
  if [ "$(id -u)" = 0 ]; then # whom no mode stops
    mount_own --bind "$hosts" "$hosts"
    mount_own -o remount,ro,bind "$hosts"
  else
    chmod a-w "$hosts"
  fi
  rotate
  [ $? -eq 2 ] || die 'it did not fail'
  unchanged && nothing_left || die 'it failed, and changed something'
  if [ "$(id -u)" = 0 ]; then umount "$hosts"; else chmod u+w "$hosts"; fi
  rotate || die 'it cannot be done afterwards'
  whole && [ "$state" = new ] || die "$state"
}

"$1"
