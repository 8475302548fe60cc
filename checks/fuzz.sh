#!/usr/bin/env bash
# Runs every fuzz test alone, with a limit on its memory and processor time: fuzz.sh [CASES [SECONDS]]. A test begins no case
# after so many seconds. Prints one line for each, in the order of docs/hostile-input.md, and ends in one line of counts.
set -euo pipefail

cases=${1:-1000000}
seconds=${2:-300}
# Kilobytes of address space. A stack for the formatter takes 256 MB of it, and xz may take as much.
memory=$((2 << 20))
# Optimised, but with the checks of a debug build: what overflows or is asserted has to be seen.
profile=(--config 'profile.fuzz.inherits="release"' --config 'profile.fuzz.opt-level=2'
  --config 'profile.fuzz.package.crossloom.opt-level=1' --config 'profile.fuzz.debug-assertions=true'
  --config 'profile.fuzz.overflow-checks=true')
built=$(cargo "${profile[@]}" test --profile fuzz --locked -p crossloom --lib --no-run --message-format json |
  sed -n 's/.*"executable":"\([^"]*\)".*/\1/p')
if [ ! -x "$built" ]; then
  echo 'error: cargo names no program with the fuzz tests' >&2
  exit 1
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
export CROSSLOOM_FUZZ=$cases CROSSLOOM_FUZZ_SECONDS=$seconds
# Archives are unpacked millions of times; no disk has to take part.
[ ! -d /dev/shm ] || export TMPDIR=/dev/shm
# glibc would give the memory of large buffers back to the kernel after every input, and take it again for the next one: with
# archives, that is half of the time.
export MALLOC_TRIM_THRESHOLD_=4000000000 MALLOC_MMAP_MAX_=0 MALLOC_ARENA_MAX=1
passed=0
failed=0
cd generator
# Among them are tests of a single input, which take no time and print no line.
tests=$("$built" --list | sed -n 's/^\(tests::fuzz_.*\): test$/\1/p')
if [ -z "$tests" ]; then
  echo 'error: there is no test whose name begins with tests::fuzz_' >&2
  exit 1
fi
for test in $tests; do
  # A test that is still at it long after its last case began is one that hangs.
  if (ulimit -v "$memory" -t $((seconds + 600)) && exec "$built" --exact "$test" --nocapture) >"$log" 2>&1; then
    passed=$((passed + 1))
  else
    echo "$test: FAILED"
    # A message can hold the whole input, and the end of the log is the same for each failure: the first panic says why.
    grep -a -m 1 -A 1 ' panicked at ' "$log" | cut -c 1-600 || tail -c 4000 "$log"
    grep -a -o 'case [0-9]* fails' "$log" || true
    failed=$((failed + 1))
  fi
  grep -a '^fuzz: ' "$log" || true
done
echo "$passed fuzz tests passed, $failed failed"
[ "$failed" = 0 ]
