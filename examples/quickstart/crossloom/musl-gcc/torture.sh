# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables
mkdir -p source work boards "$out"
suite=gcc/testsuite
# Tests include others of other folders.
members=()
for part in lib config c-c++-common g++.dg gcc.c-torture gcc.dg; do members+=("*/$suite/$part/*"); done

# tar fails when an archive lacks one of the members: Debian's holds the real archive, upstream's the files.
tar -xf "$src" -C source --strip-components=1 --wildcards "${members[@]}" '*/gcc-*-dfsg.tar.xz' 2>/dev/null || true
for inner in source/gcc-*-dfsg.tar.xz; do
  tar -xf "$inner" -C source --strip-components=1 --wildcards "${members[@]}"
done
for part in gcc.c-torture/execute g++.dg/torture lib; do
  if [ ! -d "source/$suite/$part" ]; then
    echo "error: GCC's archive has no $suite/$part: it lacks the test suite" >&2
    exit 1
  fi
done
# change FILE EDIT: edits a file of the suite with sed. An edit that fits nothing is an error.
change() {
  local before
  before=$(sha256sum "source/$suite/lib/$1")
  sed -i "$2" "source/$suite/lib/$1"
  if [ "$before" = "$(sha256sum "source/$suite/lib/$1")" ]; then
    echo "error: $suite/lib/$1 of this GCC is not as this check expects: '$2' changes nothing" >&2
    exit 1
  fi
}
# The suite leaves this out where the levels are given: tests that look at assembly need some with link-time optimisation.
change gcc-dg.exp 's/^set gcc_set_required_options ""/set gcc_set_required_options "-ffat-lto-objects"/'
# C at -O0 and -O2 alone. The tests of C++ are fewer, and are judged with link-time optimisation, too.
change torture-options.exp 's/if \[check_effective_target_lto\] {/if {$::tool eq "g++" \&\& [check_effective_target_lto]} {/'

# The kernel runs programs through env, as an emulator would.
runner=${qemu:-$(type -P env)}
echo 'int main(void) { return 0; }' >work/runs.c
"$target-gcc" -static work/runs.c -o work/runs
if ! "$runner" work/runs; then
  echo "error: ${qemu:-this machine} does not run programs for $target" >&2
  exit 1
fi
cat >boards/emulated.exp <<END
load_generic_config "sim"
load_base_board_description "basic-sim"
process_multilib_options ""
set_board_info is_simulator 1
set_board_info sim "$runner"
set_board_info ldflags "-static"
# Seconds that a program may run.
set_board_info sim_time_limit 120
END
echo "lappend boards_dir \"$PWD/boards\"" >global.exp
# DejaGnu's names have a vendor.
cat >site.exp <<END
set srcdir "$PWD/source/$suite"
set target_alias $target
set target_triplet ${target%%-*}-unknown-${target#*-}
set GCC_UNDER_TEST $target-gcc
set GXX_UNDER_TEST $target-g++
set HOSTCC gcc
set HOSTCXX g++
set TORTURE_OPTIONS { { -O0 } { -O2 } }
END

# run TOOL SCRIPT…: as many at a time as there are cores. They share the tests by files in the folder `taken`.
run() {
  local each tool=$1 running=()
  shift
  mkdir -p "work/$tool/taken"
  for each in $(seq "$NIX_BUILD_CORES"); do
    mkdir "work/$tool/run-$each"
    (
      cd "work/$tool/run-$each" || exit
      { echo "set tmpdir \"$PWD\""; cat "$top/site.exp"; } >site.exp
      # In a sandbox, expect aborts when everything is done, and the shell says so. DejaGnu's status also tells of failures,
      # which are read below.
      {
        DEJAGNU=$top/global.exp GCC_RUNTEST_PARALLELIZE_DIR=$top/work/$tool/taken GXX_TESTSUITE_STDS=17 \
          runtest --tool "$tool" --target_board=emulated "$@" >output 2>&1 </dev/null || true
      } 2>/dev/null
      if ! grep -q '=== .* Summary ===' output; then
        tail -n 20 output >&2
        echo "error: DejaGnu did not end as it should" >&2
        exit 1
      fi
    ) &
    running+=("$!")
  done
  for each in "${running[@]}"; do wait "$each"; done
}
top=$PWD
run gcc execute.exp builtins.exp ieee.exp
tests=('gcc.c-torture/execute/*.c' 'gcc.c-torture/execute/builtins/*[!b].c')
if [ -n "$cxx" ]; then
  run g++ dg-torture.exp 'dg.exp=eh/*' tls.exp
  tests+=('g++.dg/torture/*.C' 'c-c++-common/torture/*.c' 'g++.dg/eh/*.C' 'g++.dg/tls/*.C')
fi
# Without the time, and in an order that does not depend on which process took a test.
grep -hE '^[A-Z]+: ' work/*/*/*.sum | LC_ALL=C sort >"$out/summary"
awk -f "$count" "$out/summary" | LC_ALL=C sort >"$out/results"

# The known failures of this target.
while read -r name level pattern reason; do
  case $name in '' | '#'*) continue ;; esac
  # shellcheck disable=SC2254 # a pattern is meant
  case $target in $pattern) ;; *) continue ;; esac
  # Those of levels or suites that did not run don't count.
  while IFS=$'\t' read -r _ _ each; do
    if [ "$level" = '*' ] || [ "$level" = "$each" ]; then printf '%s\t%s\t%s\n' "$name" "$each" "$reason"; fi
  done < <(grep -P "^[a-z]+\t\Q$name\E\t" "$out/results")
done <"$known" | sort >work/known

failed=0
while IFS=$'\t' read -r _ name level; do
  if reason=$(grep -m1 -P "^\Q$name\E\t\Q$level\E\t" work/known); then
    echo "known failure: $name $level: ${reason##*$'\t'}" | tee -a "$out/output"
  else
    grep -F ": ${name#dejagnu/} " "$out/summary" | grep -vE '^(PASS|XFAIL|UNSUPPORTED)' >&2 || true
    echo "error: $name fails at $level, and is no known failure" | tee -a "$out/output" >&2
    failed=1
  fi
done < <(grep '^fail	' "$out/results" || true)
while IFS=$'\t' read -r name level reason; do
  if [[ $reason != emulator:* ]] && ! grep -qxF "fail	$name	$level" "$out/results"; then
    echo "error: $name does not fail at $level, and is listed as a known failure ($reason)" | tee -a "$out/output" >&2
    failed=1
  fi
done <work/known

# What each suite gave, at each level.
awk -F '\t' '
  { suite = $2; sub("/[^/]*$", "", suite); at = suite " " $3; all[at]++; of[at, $1]++ }
  END {
    for (at in all)
      printf "%s: %d of %d pass, %d fail, %d are unsupported\n", at, of[at, "pass"], all[at], of[at, "fail"], of[at, "unsupported"]
  }' "$out/results" | LC_ALL=C sort | sed "s|^|$target |" | tee -a "$out/output"
# A test that nobody ran, or not at each level, is no success.
cut -f 2 "$out/results" | LC_ALL=C sort -u >work/ran
(cd "source/$suite" && for each in "${tests[@]}"; do find "${each%/*}" -maxdepth 1 -name "${each##*/}"; done) | LC_ALL=C sort | LC_ALL=C comm -23 - work/ran >work/missed
if [ -s work/missed ]; then
  head -n 20 work/missed >&2
  echo "error: $(wc -l <work/missed) tests have no result; the first of them are above" >&2
  failed=1
fi
uneven=$(awk -F '\t' '
  $3 != "own" { suite = $2; sub("/[^/]*$", "", suite); count[suite, $3]++ }
  END {
    for (at in count) { split(at, of, SUBSEP); if (of[1] in first && first[of[1]] != count[at]) print of[1]; first[of[1]] = count[at] }
  }' "$out/results" | sort -u)
if [ -n "$uneven" ]; then
  echo "error: levels of these suites have different numbers of tests: $uneven" >&2
  failed=1
fi
[ "$failed" = 0 ]
