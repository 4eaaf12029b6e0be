#!/bin/sh
# install.sh install|uninstall — one list of what goes where, so that the two agree.
#
# BUILD, PREFIX and DESTDIR are the Makefile's, REQUIRES and LIBS what a program that embeds the
# runtime links besides. No link named sops or age is made: those names belong to other programs.
set -eu
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$DESTDIR$PREFIX

case $1 in
install)
  place() { # place MODE SOURCE TARGET: installs one file
    install -D -m "$1" "$2" "$root/$3"
  }
  ;;
uninstall)
  place() {
    rm -f "$root/$3"
  }
  ;;
*)
  echo 'usage: install.sh install|uninstall' >&2
  exit 3
  ;;
esac

version=$(sed -n 's/.*ML_VERSION "\(.*\)"/\1/p' "$BUILD/gen/ml_version.h")
sed -e "s|@PREFIX@|$PREFIX|; s|@VERSION@|$version|" \
  -e "s|@REQUIRES@|$REQUIRES|; s|@LIBS@|$LIBS|" moonlatch.pc.in > "$work/moonlatch.pc"
for shell in bash fish zsh; do
  "$BUILD/moonlatch" completion "$shell" > "$work/$shell"
done

place 755 "$BUILD/moonlatch" bin/moonlatch
place 644 include/moonlatch.h include/moonlatch.h
place 644 "$BUILD/libmoonlatch.a" lib/libmoonlatch.a
place 644 "$work/moonlatch.pc" lib/pkgconfig/moonlatch.pc
place 644 "$work/bash" share/bash-completion/completions/moonlatch
place 644 "$work/fish" share/fish/vendor_completions.d/moonlatch.fish
place 644 "$work/zsh" share/zsh/site-functions/_moonlatch
for page in "$BUILD"/man/*.[15]; do
  place 644 "$page" "share/man/man${page##*.}/${page##*/}"
done
