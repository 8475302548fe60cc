# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables
mkdir -p source work "$out"
suite=gcc/testsuite/gcc.c-torture/execute
# Some programs include others, from gcc.dg.
members=("*/$suite/*" '*/gcc/testsuite/gcc.dg/pr*.c' '*/gcc/testsuite/gcc.dg/tree-ssa/*.c')

# tar fails when an archive lacks one of the members: Debian's holds the real archive, upstream's the files.
tar -xf "$src" -C source --strip-components=1 --wildcards "${members[@]}" '*/gcc-*-dfsg.tar.xz' 2>/dev/null || true
for inner in source/gcc-*-dfsg.tar.xz; do
  tar -xf "$inner" -C source --strip-components=1 --wildcards "${members[@]}"
done
# Programs of the folder itself: those in builtins/ and ieee/ need other ways of building.
files=("source/$suite"/*.c)
if [ "${#files[@]}" -lt 1000 ]; then
  echo "error: GCC's archive has ${#files[@]} programs in $suite: it lacks the test suite" >&2
  exit 1
fi

if [ -z "$qemu" ]; then
  echo 'int main(void) { return 0; }' >work/runs.c
  "$target-gcc" -static work/runs.c -o work/runs
  work/runs || { echo "$target: the kernel does not run its programs, and no emulator is at hand" >&2; exit 1; }
fi

export target qemu
for level in -O0 -O2; do
  printf '%s\0' "${files[@]/#/$PWD/}" | xargs -0 -P "$NIX_BUILD_CORES" -I FILE bash "$worker" FILE $level
done | sort >"$out/results"

# The known failures of this target.
while read -r name level pattern reason; do
  case $name in '' | '#'*) continue ;; esac
  # shellcheck disable=SC2254 # a pattern is meant
  case $target in $pattern) ;; *) continue ;; esac
  for each in -O0 -O2; do
    if [ "$level" = '*' ] || [ "$level" = "$each" ]; then echo "$each $name $reason"; fi
  done
done <"$known" | sort >work/known

failed=0
awk -F '\t' '$1 == "compile" || $1 == "run" { print $2 " " $3 "\t" $1 ": " $4 }' "$out/results" | sort >work/failed
while IFS=$'\t' read -r test what; do
  if reason=$(grep -m1 -F -e "$test " work/known); then
    echo "known failure: $test: ${reason#"$test "}" | tee -a "$out/output"
  else
    echo "error: $test fails ($what), and is no known failure" | tee -a "$out/output" >&2
    failed=1
  fi
done <work/failed
while read -r level name reason; do
  if ! grep -q -e "^$level $name	" work/failed; then
    echo "error: $level $name passes, and is listed as a known failure ($reason)" | tee -a "$out/output" >&2
    failed=1
  fi
done <work/known

for level in -O0 -O2; do
  count() { awk -F '\t' -v level=$level -v of="$1" '$2 == level && (of == "" || $1 == of)' "$out/results" | wc -l; }
  all=$(count '') passed=$(count pass) unsupported=$(count unsupported)
  if [ "$all" != "${#files[@]}" ]; then
    echo "error: $all results at $level of ${#files[@]} programs" >&2
    failed=1
  fi
  echo "$target $level: $passed of $all pass, $((all - passed - unsupported)) fail, $unsupported are unsupported" | tee -a "$out/output"
done
[ "$failed" = 0 ]
