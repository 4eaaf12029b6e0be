# place.sh — sourced by the tests of this folder: where they work, and what they rotate there.
source=$PWD/tests/kill
PROGRAM=$(realpath "${PROGRAM:-build/moonlatch}")
if [ -n "${WORK:-}" ]; then
  work=$WORK # of the script that called this one
else
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
fi
place=$work/place # always the same: journals name whole paths
HOME=$place/home
XDG_STATE_HOME=$HOME/.local/state
XDG_CONFIG_HOME=$HOME/.config
MOONLATCH_ACCEPT=first-use
export HOME XDG_STATE_HOME XDG_CONFIG_HOME MOONLATCH_ACCEPT
unset SOPS_AGE_KEY SOPS_AGE_KEY_FILE SOPS_AGE_KEY_CMD XDG_RUNTIME_DIR

make_base() {
  mkdir -p "$place"
  "$PROGRAM" run "$source/make.lua" "$place" || exit 2
  mv "$place" "$work/base"
}

fresh() {
  rm -rf "$place"
  cp -a "$work/base" "$place"
}

rotate() { # rotate [COMMAND…]: which runs it
  (cd "$place/repo" && "$@" "$PROGRAM" rotate owner-user --new-key ../new.txt --yes \
    > "$work/said" 2>&1)
}

# Neither staged files nor a journal. (Pins are files by themselves, outside all transactions.)
nothing_left() {
  [ -z "$(find "$place/repo" "$place/vault" "$XDG_CONFIG_HOME" -name '.*.ml-*')" ] &&
    [ -z "$(find "$XDG_STATE_HOME" -path '*/tx/*' 2> /dev/null)" ]
}

# Old or new, as check.lua sees it; nothing is left of what was staged, and old is the very same.
whole() {
  state=$("$PROGRAM" run "$source/check.lua" "$place" 2>&1) && nothing_left &&
    { [ "$state" = new ] || unchanged; }
}

unchanged() {
  diff -r "$work/base/repo" "$place/repo" > /dev/null &&
    diff -r "$work/base/home/.config" "$XDG_CONFIG_HOME" > /dev/null
}
