#!/bin/sh
# lint.sh — formatting, static checkers and the house rules that a search can prove.
# CFLAGS: what the compiler needs to find the headers. Everything is checked, then counted.
set -u
cd "$(dirname "$0")/.." || exit 2
passed=0 failed=0
c_files=$(git ls-files '*.c' '*.h' 2> /dev/null || find include src tests tools -name '*.[ch]')
lua_files=$(git ls-files '*.lua' 2> /dev/null || find lua recipes tests tools examples -name '*.lua')

rule() { # rule NAME COMMAND…: passes when the command succeeds
  name=$1
  shift
  if output=$("$@" 2>&1); then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "$output"
    echo "FAILED: $name"
  fi
}

absent() { # absent PATTERN [GREP OPTION…] PATH…: fails and shows where the pattern occurs
  ! grep -rnsE "$@"
}

tidy() {
  echo "$c_files" | grep '^src/.*\.c$' | xargs -P 2 -n 4 sh -c 'clang-tidy --quiet "$@" -- $CFLAGS' tidy \
    2> /dev/null
}

luac_reads() {
  for file in $lua_files; do luac5.4 -p -- "$file" || return 1; done
}

# A crypto library is spoken to in two places, so that its use can be read in an afternoon.
only_the_provider() {
  absent '#include *[<"](sodium|nettle/|openssl/)' --include='*.[ch]' \
    $(find src -name '*.[ch]' ! -path src/base/secret.c ! -path 'src/crypto/provider_*.h' ! -path 'src/crypto/provider*.c')
}

core_without_lua() {
  absent '#include *[<"](lua|lauxlib|lualib)' --include='*.[ch]' src/base src/crypto src/format \
    src/doc src/sops src/match src/sys
}

# Only the module that asks for consent, and the faces that behave as their peers, approve keys.
approval_in_one_place() {
  absent 'sops\.approved' --include='*.lua' --exclude-dir=meta --exclude=recipients.lua \
    --exclude-dir=as --exclude=as.lua lua recipes
}

# What was opened without its MAC is sealed again by the one recipe that shows it and asks.
repair_in_one_place() {
  absent ':repair\(' --include='*.lua' --exclude-dir=meta --exclude=repair.lua --exclude-dir=as \
    lua recipes
}

export CFLAGS
rule 'clang-format' clang-format --dry-run -Werror $c_files
rule 'clang-tidy' tidy
rule 'cppcheck' cppcheck -q --std=c11 --enable=warning,performance,portability --inline-suppr \
  --error-exitcode=1 -D_GNU_SOURCE -Isrc -Iinclude src
rule 'luacheck' luacheck -q --no-color $lua_files
rule 'luac -p' luac_reads
rule 'crypto libraries only behind the provider' only_the_provider
rule 'no Lua in the core' core_without_lua
rule 'cJSON_GetObjectItem ignores case: use the CaseSensitive one' \
  absent 'cJSON_GetObjectItem *\(' --include='*.[ch]' src
rule 'no print, os.exit, io or os.execute in modules and recipes' \
  absent '(^|[^_.[:alnum:]])(print *\(|os\.(exit|execute|getenv|remove|rename|tmpname)|io\.)' \
  --include='*.lua' --exclude-dir=meta lua recipes
rule 'keys are approved in one place' approval_in_one_place
rule 'files are repaired in one place' repair_in_one_place
rule 'no tabs in C and Lua' absent '	' --include='*.[ch]' --include='*.lua' --exclude-dir=vectors \
  src include lua recipes
echo "reveal: $(grep -rnsE ':reveal\(' lua recipes --include='*.lua' --exclude-dir=meta | wc -l) calls make a string of a secret in lua/ and recipes/"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
