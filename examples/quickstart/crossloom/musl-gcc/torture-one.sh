# shellcheck shell=bash disable=SC2154 # target and qemu are in the environment
# Compiles and runs one program at one level: torture-one.sh FILE LEVEL. Prints the result, the level, the name and what went
# wrong, between tabs.
set -u
file=$1 level=$2
name=${file##*/} name=${name%.c}
work=$(mktemp -d "$PWD/work/XXXXXX")
cd "$work" || exit 1

result() {
  printf '%s\t%s\t%s\t%s\n' "$1" "$level" "$name" "$2"
  cd .. && rm -rf "$work"
  exit 0
}

# directive NAME: the text in quotes of DejaGnu's directives of that name, but of those with a condition.
directive() {
  sed -nE "s/.*\{ *$1 +\{? *\"([^\"]*)\" *\}? *\}.*/\1/p" "$file"
}

# selected PATTERN…: whether one of DejaGnu's patterns is the target's, which has a vendor there.
selected() {
  local pattern
  for pattern; do
    # shellcheck disable=SC2254 # it is a pattern
    case ${target%%-*}-unknown-${target#*-} in $pattern) return 0 ;; esac
  done
  return 1
}

# What a target cannot have is no failure. The compiler says what it has.
required=$(sed -nE -e 's/.*\{ *dg-require-effective-target +([a-z0-9_]+) *\}.*/\1/p' \
  -e 's/.*\{ *dg-do +[a-z]+ +\{ *target +([a-z0-9_]+) *\} *\}.*/\1/p' "$file")
for feature in $required; do
  case $feature in
  int128) program='__int128 number;' ;;
  dfp | dfprt) program='_Decimal64 number;' ;;
  # GCC's own runs leave these out, too, unless GCC_TEST_RUN_EXPENSIVE is set: a compiler takes minutes for one.
  run_expensive_tests) result unsupported 'takes too long' ;;
  *) continue ;;
  esac
  if ! echo "$program" | "$target-gcc" -x c -c -o feature.o - 2>/dev/null; then result unsupported "$feature"; fi
done
if grep -q 'dg-skip-if "" { ! { i?86-\*-\* x86_64-\*-\* } }' "$file"; then
  case $target in i?86-* | x86_64-*) ;; *) result unsupported 'x86 assembly' ;; esac
fi
# Other tests that name the targets which cannot pass them.
while read -r -a patterns; do
  if selected "${patterns[@]}"; then result unsupported 'not for this target'; fi
done < <(sed -nE 's/.*\{ *dg-skip-if +"[^"]*" +\{ *([^{}!"]*)\} *\}.*/\1/p' "$file")

read -r -d '' -a options <<<"$(directive dg-options | tail -n 1) $(directive dg-additional-options | tr '\n' ' ')" || true
# Options for some targets.
while IFS='|' read -r option patterns; do
  read -r -a patterns <<<"$patterns"
  if selected "${patterns[@]}"; then options+=("$option"); fi
done < <(sed -nE 's/.*\{ *dg-additional-options +"([^" ]*)" +\{ *target +\{? *([^{}!"&]*)\}.*/\1|\2/p' "$file")
if ! "$target-gcc" "$level" -w "${options[@]}" -static "$file" -o program -lm >errors 2>&1; then
  result compile "$(grep -m1 -E 'error|undefined' errors | cut -c1-200 | tr '\t' ' ')"
fi
status=0
timeout 120 ${qemu:+"$qemu"} ./program >/dev/null 2>&1 </dev/null || status=$?
if [ "$status" != 0 ]; then result run "status $status"; fi
result pass ''
