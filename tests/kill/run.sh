#!/bin/sh
# run.sh — `rotate`, killed at each system call that changes something, is made whole by `recover`.
#
# One run is recorded by strace. Then, for each changing call X and each time i it was made, a fresh
# copy of the same repository is rotated and killed at the i-th X. What is there then opens with the
# key file that is there then. After `recover` all files are old or all are new, each opens with its
# key, nothing is left over, and `validate` is content. The simulated disk (test_tx_crash.c) also
# loses what was not synced; this shows that it is modelled on what really happens.
set -u
cd "$(dirname "$0")/../.." || exit 2
. tests/kill/place.sh
passed=0 failed=0

finish() { # finish SKIPPED
  echo "$passed passed, $failed failed, $1 skipped"
  [ "$failed" -eq 0 ]
  exit
}

cannot() { # cannot WHY
  echo "  skipped: $1"
  [ "${CI:-}" = true ] && failed=1 && finish 0
  finish 1
}

case $PROGRAM in */asan/*) echo '  the sanitizers make calls of their own: not killed' && finish 1 ;; esac
command -v strace > /dev/null || cannot 'strace is not here'
strace -o /dev/null true 2> /dev/null || cannot 'nothing can be traced here'

strace_rotate() { # strace_rotate OPTION…
  rotate strace -f -qq "$@"
}

# Calls that change a file, a folder or the state of a disk.
calls='rename renameat renameat2 link linkat symlink symlinkat unlink unlinkat mkdir mkdirat rmdir
  fchmod fchmodat fchown fchownat ftruncate fsync fdatasync syncfs write pwrite64 writev openat openat2'

make_base
fresh
strace_rotate -o "$work/trace" -y -e "trace=$(echo $calls | tr ' ' ',')" || {
  cat "$work/said"
  exit 2
}
[ "$("$PROGRAM" run "$source/check.lua" "$place")" = new ] || exit 2

# A line `CALL NUMBER` for each change. Opening changes nothing unless it makes a file, and what is
# written to the terminal is no change; but both are counted, as strace counts them. It counts for
# each thread, and only the first one makes changes.
first=$(head -n 1 "$work/trace" | cut -d ' ' -f 1)
sed -n "s/^$first  *//p" "$work/trace" | awk '
  match($0, /^[a-z0-9]+\(/) {
    call = substr($0, 1, RLENGTH - 1)
    number[call]++
    if (call ~ /^open/ && $0 !~ /O_CREAT|O_TMPFILE/) next
    if (call ~ /^p?write/ && $0 ~ /^[a-z0-9]+\([12]</) next
    print call, number[call]
  }' > "$work/points"
total=$(wc -l < "$work/points")
echo "  $total kill points: $(cut -d ' ' -f 1 "$work/points" | sort | uniq -c | awk '{ printf "%s%s %s", s, $2, $1; s = ", " }')"
[ "$total" -ge 50 ] || {
  echo '  these are too few: was the run traced?'
  exit 2
}

old=0 new=0
while read -r call number; do
  fresh
  strace_rotate -o "$work/killed" -e "trace=$call" -e "inject=$call:signal=KILL:when=$number"
  grep -q 'killed by SIGKILL' "$work/killed" || {
    echo "FAILED: $call $number: it was not killed"
    failed=$((failed + 1))
    continue
  }
  if ! "$PROGRAM" run "$source/check.lua" "$place" opens > "$work/opened" 2>&1; then
    echo "FAILED: $call $number: before the recovery: $(cat "$work/opened")"
    failed=$((failed + 1))
  elif ! "$PROGRAM" recover > "$work/recovered" 2>&1 < /dev/null; then
    echo "FAILED: $call $number: recover: $(cat "$work/recovered")"
    failed=$((failed + 1))
  elif ! whole; then
    echo "FAILED: $call $number: not whole: $state"
    failed=$((failed + 1))
  elif ! (cd "$place/repo" && "$PROGRAM" validate --quiet) > "$work/validated" 2>&1; then
    echo "FAILED: $call $number: $state, but: $(cat "$work/validated")"
    failed=$((failed + 1))
  else
    passed=$((passed + 1))
    [ "$state" = old ] && old=$((old + 1)) || new=$((new + 1))
  fi
done < "$work/points" 2> /dev/null # the shell tells of each kill
echo "  $old times the old state, $new times the new one"

expect() { # expect WHAT COMMAND…
  what=$1
  shift
  if "$@"; then
    passed=$((passed + 1))
  else
    echo "FAILED: $what: $(cat "$work/said")"
    failed=$((failed + 1))
  fi
}

# A journal that is left: who only reads leaves it alone, and elsewhere work goes on.
is_open() {
  [ "$(find "$XDG_STATE_HOME" -path '*/tx/*' | wc -l)" -eq 1 ]
}

says() { # says STATUS WORD…: and the journal stays
  wanted=$1
  shift
  (cd "$place/repo" && "$PROGRAM" "$@" > "$work/out" 2> "$work/said")
  [ $? -eq "$wanted" ] && is_open
}

seals_elsewhere() {
  echo 'a: b' > "$place/clear.yaml"
  mv "$place/repo" "$place/moved"
  (cd "$place" && "$PROGRAM" encrypt -i -a "$("$PROGRAM" keygen --public new.txt)" clear.yaml) \
    > "$work/said" 2>&1
  sealed=$?
  mv "$place/moved" "$place/repo"
  [ $sealed -eq 0 ] && is_open && grep -q 'cannot open the folder' "$work/said"
}

# The last rename of the transaction; what was approved is remembered behind it, by one more.
last=$(($(grep -c renameat "$work/points") - 1))
fresh
{
  strace_rotate -o "$work/killed" -e trace=renameat \
    -e "inject=renameat:signal=KILL:when=$last"
} 2> /dev/null
expect 'killed before the last rename' is_open
expect 'decrypt to stdout' says 0 decrypt secrets/test.yaml
expect 'a dry run' says 1 renew -n secrets/test.yaml
expect 'a file elsewhere' seals_elsewhere
expect 'recovery' "$PROGRAM" recover -q
expect 'the new state' whole
if [ "$old" -eq 0 ] || [ "$new" -eq 0 ] || [ $((old + new)) -ne "$total" ]; then
  echo 'FAILED: kills before and after the commit point, and all of them, were expected'
  failed=$((failed + 1))
fi
finish 0
