#!/bin/sh
# deps.sh demo|man|check|lint|fuzz|compdb|ci — sees that the Debian packages of one job are installed.
#
# With all of them there it does nothing. Otherwise: as root, apt-get installs what is missing;
# with sudo, the command is shown and then run; else the command is printed and the status is 2.
# On a system without dpkg it says which libraries to look for, and goes on.
set -eu

build='gcc libc6-dev make pkg-config liblua5.4-dev libsodium-dev libyaml-dev libcjson-dev nettle-dev
  libpcre2-dev libcrypt-dev libssl-dev libssl3 libedit2'
check="$build libcmocka-dev zlib1g-dev lua5.4 age openssh-client openssh-server strace scdoc git"
lint="$build clang clang-format clang-tidy cppcheck lua-check lua5.4"

case ${1:-} in
demo) wanted=$build ;;
check) wanted=$check ;;
man) wanted="$build scdoc" ;;
lint) wanted=$lint ;;
fuzz) wanted="$build clang libclang-rt-14-dev" ;;
compdb) wanted="$check bear" ;;
ci) wanted="$check $lint libclang-rt-14-dev gnupg valgrind" ;;
*)
  echo 'usage: deps.sh demo|man|check|lint|fuzz|compdb|ci' >&2
  exit 3
  ;;
esac

if ! command -v dpkg-query > /dev/null; then
  echo "not Debian: the counterparts of these packages are needed:" $wanted >&2
  exit 0
fi

missing=
for package in $wanted; do
  case $(dpkg-query -W -f='${Status}' "$package" 2> /dev/null || true) in
  'install ok installed') ;;
  *) missing="$missing $package" ;;
  esac
done
[ -n "$missing" ] || exit 0

install="apt-get install -y --no-install-recommends$missing"
if [ "$(id -u)" = 0 ]; then
  run=env
elif command -v sudo > /dev/null && { [ -t 0 ] || sudo -n true 2> /dev/null; }; then
  run='sudo env'
  echo "these packages are missing; running: sudo $install" >&2
else
  echo 'these packages are missing. As root, run:' >&2
  echo "  $install" >&2
  exit 2
fi
# a list of packages that is too old or absent makes the first try fail
$run DEBIAN_FRONTEND=noninteractive $install > /dev/null 2>&1 || {
  $run apt-get update -q
  $run DEBIAN_FRONTEND=noninteractive $install
}
