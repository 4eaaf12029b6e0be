# age.sh — part of run.sh: the face of age against age itself, on the same files in memory.
#
# AGE=/path names the age to compare with; AGE_MIB is the size of the large file, 1024 by default,
# for which four times as much memory must be free.
AGE=${AGE:-$(PATH="$source/build/peers/age-current:$PATH" command -v age || true)}
batchpass=$(PATH="$source/build/peers/age-current:$PATH" command -v age-plugin-batchpass || true)
memory=$(mktemp -d -p /dev/shm)
trap 'rm -rf "$work" "$memory"' EXIT
cd "$memory"
head -c "${AGE_MIB:-1024}M" /dev/urandom > large
head -c 1000 /dev/urandom > small
"$PROGRAM" as age-keygen -o key 2> /dev/null
to=$("$PROGRAM" as age-keygen -y key)
MOONLATCH_AGE_PASSPHRASE='open sesame'
AGE_PASSPHRASE=$MOONLATCH_AGE_PASSPHRASE # for batchpass
export MOONLATCH_AGE_PASSPHRASE AGE_PASSPHRASE
"$PROGRAM" as age -p -o small.passphrase small

against_age() { # against_age TITLE RUNS AIM WORDS
  title=$1 runs=$2 aim=$3 words=$4
  set -- -- 'moonlatch as age' 'rm -f out' "$PROGRAM" as age $words
  [ -z "$AGE" ] || set -- "$@" -- age 'rm -f out' "$AGE" $words
  measure "$title" "$runs" "$@"
  if [ -z "$AGE" ]; then
    echo '  skipped: no age'
  else
    compare 'moonlatch as age' age "$aim"
  fi
}

against_age "age: encrypt ${AGE_MIB:-1024} MiB" 2 'twice, under 16 MiB of memory' \
  "-r $to -o out large"
"$PROGRAM" as age -r "$to" -o large.age large
against_age "age: decrypt ${AGE_MIB:-1024} MiB" 2 'twice, under 16 MiB of memory' \
  '-d -i key -o out large.age'
"$PROGRAM" as age -a -r "$to" -o large.age large
against_age "age: encrypt ${AGE_MIB:-1024} MiB with armor" 1 'not slower' "-a -r $to -o out large"
against_age "age: decrypt ${AGE_MIB:-1024} MiB with armor" 1 'not slower' \
  '-d -i key -o out large.age'
rm -f large large.age out
against_age 'age: encrypt 1,000 bytes' 40 'twice' "-r $to -o out small"
"$PROGRAM" as age -r "$to" -o small.age small
against_age 'age: decrypt 1,000 bytes' 40 'twice' '-d -i key -o out small.age'

# age itself takes a passphrase from a terminal only; its plugin does the same work.
set -- -- 'moonlatch as age' 'rm -f out' "$PROGRAM" as age -d -o out small.passphrase
[ -z "$AGE" ] || [ -z "$batchpass" ] || set -- "$@" -- 'age -j batchpass' 'rm -f out' \
  env "PATH=${batchpass%/*}:$PATH" "$AGE" -d -j batchpass -o out small.passphrase
measure 'age: decrypt with a passphrase, work factor 18' 3 "$@"
[ -z "$AGE" ] || [ -z "$batchpass" ] || compare 'moonlatch as age' 'age -j batchpass' none
