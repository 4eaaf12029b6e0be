#!/bin/sh
# run.sh — ours against an empty program and the real sops and age, in turns, on the same files, in
# one run.
#
# It prints ratios and asserts none: times belong to a machine. Least times are compared, because
# whatever else runs can only add. SOPS=/path names the sops to compare with; RUNS=10 takes ten times
# as many runs. BENCH and EMPTY are the two programs that the Makefile builds. Only
# temporary folders are written.
set -eu
cd "$(dirname "$0")/../.."
source=$PWD
PROGRAM=$(realpath "${PROGRAM:-build/moonlatch}")
BENCH=$(realpath "${BENCH:-build/bench}")
EMPTY=$(realpath "${EMPTY:-build/empty}")
SOPS=${SOPS:-$(PATH="$PWD/build/peers:$PATH" command -v sops || true)}
[ -z "$SOPS" ] || SOPS=$(realpath "$SOPS")
RUNS=${RUNS:-1}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export PROGRAM SOPS HOME="$work/home" XDG_STATE_HOME="$work/state" XDG_CONFIG_HOME="$work/config"
export SOPS_AGE_KEY_FILE="$work/key.txt" SOPS_DISABLE_VERSION_CHECK=1 MOONLATCH_ACCEPT=first-use
unset SOPS_AGE_KEY SOPS_AGE_KEY_CMD SOPS_AGE_RECIPIENTS XDG_RUNTIME_DIR
mkdir -p "$HOME"
result=$work/result

measure() { # measure TITLE RUNS -- NAME PREPARE PROGRAM…: fills $result and shows it
  printf '\n%s\n' "$1"
  runs=$(($2 * RUNS))
  shift 2
  "$BENCH" "$runs" "$@" > "$result"
  printf '  %-32s %10s %10s %10s %8s\n' '' 'least ms' 'median ms' 'CPU ms' 'MiB'
  awk -F '\t' '{ printf "  %-32s %10s %10s %10s %8s\n", $1, $2, $3, $4, $5 }' "$result"
}

compare() { # compare OURS PEER AIM: PEER's figures as multiples of ours
  awk -F '\t' -v ours="$1" -v peer="$2" -v aim="$3" '
    { wall[$1] = $2; processor[$1] = $4; memory[$1] = $5 }
    END {
      printf "  %s: %.1f times as fast as %s, %.1f times less CPU, %.2f of its memory (aim: %s)\n",
        ours, wall[peer] / wall[ours], peer, processor[peer] / processor[ours],
        memory[ours] / memory[peer], aim
    }' "$result"
}

without_sops() { # without_sops: true, and said, where there is no sops to compare with
  [ -z "$SOPS" ] || return 1
  echo "  skipped: no sops"
}

"$PROGRAM" run tests/bench/make.lua "$work"

measure 'start' 40 -- 'empty C program' '' "$EMPTY" \
  -- 'moonlatch version' '' "$PROGRAM" version
awk -F '\t' '{ wall[NR] = $2; processor[NR] = $4 } END {
  printf "  %.2f ms more than an empty program, %.2f ms more CPU (aim: 1 ms)\n",
    wall[2] - wall[1], processor[2] - processor[1] }' "$result"
printf '  decrypt loads %s\n' "$("$PROGRAM" run tests/bench/loaded.lua "$work/small.yaml" | tail -n 1)"

# The same words for our face of sops and for sops, and those of a recipe of ours, if there is one.
# Each turn begins with PREPARE. In the folder of the files: their names are single words.
cd "$work"
against_sops() { # against_sops TITLE RUNS AIM PREPARE RECIPE WORDS
  title=$1 runs=$2 aim=$3 prepare=$4 recipe=$5 words=$6
  ours="moonlatch ${recipe%% *}" face="moonlatch as sops ${words%% *}" peer="sops ${words%% *}"
  set -- -- "$face" "$prepare" "$PROGRAM" as sops $words
  [ -z "$recipe" ] || set -- -- "$ours" "$prepare" "$PROGRAM" $recipe "$@"
  [ -z "$SOPS" ] || set -- "$@" -- "$peer" "$prepare" "$SOPS" $words
  measure "$title" "$runs" "$@"
  without_sops && return
  [ -z "$recipe" ] || compare "$ours" "$peer" "$aim"
  compare "$face" "$peer" "$aim"
}

against_sops 'decrypt a file of 20 values' 20 '4 times' '' \
  'decrypt small.yaml' 'decrypt small.yaml'
against_sops 'decrypt a file of 100,000 values' 2 '15 times, a third of the memory' '' \
  'decrypt large.yaml' 'decrypt large.yaml'
public=$(cat public.txt)
against_sops 'encrypt 20 values' 20 '4 times' '' \
  "encrypt -a $public small.clear.yaml" "encrypt --age $public small.clear.yaml"
against_sops 'encrypt 100,000 values' 2 none '' \
  "encrypt -a $public large.clear.yaml" "encrypt --age $public large.clear.yaml"
printf '%s\n' '#!/bin/sh' 'sed -i "s/^    key_007: .*/    key_007: changed/" "$1"' > editor
chmod 700 editor
EDITOR=$work/editor
export EDITOR
against_sops 'edit 20 values, one changes' 10 none 'cp small.yaml edited.yaml' \
  'edit edited.yaml' 'edit edited.yaml'
against_sops 'edit 100,000 values, one in each of 1,000 maps changes' 2 none \
  'cp large.yaml edited.yaml' 'edit edited.yaml' 'edit edited.yaml'
against_sops 'a command gets 20 values' 20 none '' '' 'exec-env flat.yaml true'
against_sops 'is a file sealed?' 20 none '' '' 'filestatus small.yaml'

# All begin with the same files, which lack one recipient of their rule. What the turn before has
# made is moved away, not removed: ext4 is slow to create files where many have just been removed.
mv site before
mkdir site done
cd site
again='mkdir ../done/$$ && mv .sops.yaml secrets ../done/$$ && cp -r ../before/. . && sync -f .'
cp -r ../before/. .
set -- -- 'moonlatch update-keys --rewrap' "$again" "$PROGRAM" update-keys --rewrap -y \
  -- 'moonlatch update-keys' "$again" "$PROGRAM" update-keys -y
[ -z "$SOPS" ] || set -- "$@" -- 'sops updatekeys' "$again" "$SOPS" updatekeys -y secrets/*
measure '1,000 files get a tenth recipient' 2 "$@"
if ! without_sops; then
  compare 'moonlatch update-keys --rewrap' 'sops updatekeys' '15 times'
  compare 'moonlatch update-keys' 'sops updatekeys' 'none'
fi

cd "$work"
printf '\nfour times the bytes: 4 is as it should be, 16 would be quadratic\n'
for shape in lines.yaml lines.json lines.env lines.ini keys.yaml keys.json list.yaml comments.yaml \
  text.yaml block.yaml bytes.bin; do
  lua5.4 "$source/tests/limits/make.lua" "$shape" 1000000 > "one.$shape"
  lua5.4 "$source/tests/limits/make.lua" "$shape" 4000000 > "four.$shape"
  "$PROGRAM" encrypt -q -a "$public" "one.$shape" > "one.sealed.$shape"
  "$PROGRAM" encrypt -q -a "$public" "four.$shape" > "four.sealed.$shape"
  "$BENCH" "$RUNS" -- 'one' '' "$PROGRAM" encrypt -q -a "$public" "one.$shape" \
    -- 'four' '' "$PROGRAM" encrypt -q -a "$public" "four.$shape" \
    -- 'one sealed' '' "$PROGRAM" decrypt "one.sealed.$shape" \
    -- 'four sealed' '' "$PROGRAM" decrypt "four.sealed.$shape" > "$result"
  awk -F '\t' -v shape="$shape" '{ cpu[NR] = $4 } END {
    printf "  %-16s encrypt %.1f times the CPU time, decrypt %.1f times\n", shape,
      cpu[2] / cpu[1], cpu[4] / cpu[3] }' "$result"
  rm -f ./*".$shape"
done

. "$source/tests/bench/age.sh"
