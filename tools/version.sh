#!/bin/sh
# version.sh FILE — writes the version as a C header, and leaves FILE alone when it says so already.
#
# The version is what git says; without a repository what `git archive` wrote into VERSION.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
version=$(git -C "$here" describe --tags --always --dirty 2> /dev/null || cat "$here/VERSION")
case $version in
'$Format'*) version=unknown ;;
esac
mkdir -p "$(dirname "$1")"
printf '#ifndef ML_VERSION\n#define ML_VERSION "%s"\n#endif\n' "$version" > "$1.new"
if cmp -s "$1.new" "$1"; then rm "$1.new"; else mv "$1.new" "$1"; fi
