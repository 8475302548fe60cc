#!/usr/bin/env bash
# What takes longer than a change should wait for: nightly.sh CROSSLOOM. Ends in one line of counts, with a line for
# everything that was skipped.
set -euo pipefail

crossloom=$(realpath "$1")
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/lib.sh"
system=$(uname -m)-linux
passed=0
failed=0
finished=
log=$(mktemp)
# The lines and the counts, also where something here ends the night early.
summary() {
  if [ -z "$finished" ]; then
    failed=$((failed + 1))
    echo "== the night ended early, with status $1"
  fi
  grep '^SKIPPED: ' "$log" || true
  echo "$passed passed, $failed failed, $(grep -c '^SKIPPED: ' "$log" || true) skipped"
  rm -f "$log"
}
trap 'summary $?' EXIT
# Where each example is rendered.
declare -A matrix
for name in $(examples); do matrix[$name]=$(example "$name"); done

# step NAME COMMAND…: the run goes on after one that fails.
step() {
  local name=$1 started=$SECONDS status
  shift
  echo "== $name"
  # As a command of its own, so that functions here end where something in them fails.
  set +e
  (set -e; "$@") 2>&1 | tee -a "$log"
  status=${PIPESTATUS[0]}
  set -e
  if [ "$status" != 0 ]; then
    echo "== $name: FAILED in $((SECONDS - started)) s"
    failed=$((failed + 1))
    return
  fi
  echo "== $name: passed in $((SECONDS - started)) s"
  passed=$((passed + 1))
}
skip() { echo "SKIPPED: $1" >>"$log"; }

# named EXAMPLE KIND: its cells or checks for this machine.
named() {
  "$crossloom" plan --matrix "${matrix[$1]}" |
    awk -F'\t' -v of="$system" -v kind="$2" '$1 == of && $2 == kind { print $3 }'
}

build() { "$crossloom" build --no-out-link --matrix "${matrix[$1]}" "${@:2}"; }

# What a check saw is its output.
check() {
  local built
  built=$(build "$1" "$2")
  cat "$built/output"
}

# cells EXAMPLE [PATTERN]: its cells for this machine as the checks below take them, without those that the pattern matches.
cells() {
  local found
  found=$(named "$1" cell | grep -vE "${2:-^$}" | sed "s|^|$1/|")
  if [ -z "$found" ]; then
    echo "error: examples/$1 has no cells for $system" >&2
    return 1
  fi
  echo "$found"
}

# whole NAME [again]: every cell, with `again` built a second time to compare, and every check.
whole() {
  local cells proofs name
  cells=$(named "$1" cell)
  proofs=$(named "$1" check)
  if [ -z "$cells" ] || [ -z "$proofs" ]; then
    skip "examples/$1: it has no cell or no check for $system"
    return
  fi
  step "the sources of examples/$1" "$crossloom" fetch --matrix "${matrix[$1]}"
  for name in $cells; do
    step "$name of examples/$1" build "$1" "$name"
    [ "${2:-}" != again ] || step "$name again, to the same bits" build "$1" --rebuild "$name"
  done
  for name in $proofs; do step "$name of examples/$1" check "$1" "$name"; done
}

whole quickstart again
# Only one archive, because each needs another build of GCC.
step 'the sources of an archive' "$crossloom" fetch --matrix "${matrix[portable]}" archive-musl-gcc-x86_64-linux-musl
step 'an archive where there is nothing else' check portable archive-musl-gcc-x86_64-linux-musl
step 'projects built with what an archive holds' checks/archive.sh "$crossloom"
# Kernels and GCC for one of them. Each is built once: a second build takes as long, and the check boots the first.
whole kernel-arm64
whole kernel-module
whole bare-metal
whole darwin-hello
step 'a kernel with packages from git' checks/git-dependencies.sh "$crossloom"
step 'kernels that do not build say why' checks/failing-kernels.sh "$crossloom"
step 'systems whose first process is JavaScript, built twice' checks/systems.py --again "$crossloom"
step 'systems that fail say why' checks/failing-systems.sh "$crossloom"
step 'words of the command line, and a disk with users' checks/first-process.sh "$crossloom"
step 'names of modules' checks/modules.py "$crossloom"
step 'Valgrind for every generation of macOS' checks/generations.sh "$crossloom"
step 'kernels as Macs build them, as far as Linux can tell' checks/kernels-from-macos.sh "$crossloom"

from_both_seeds() {
  local toolchains kernels
  toolchains=$(cells quickstart)
  kernels=$(cells bare-metal '^bare-metal-host-|-qemu$')
  # shellcheck disable=SC2086 # names of cells
  checks/seeds.sh "$crossloom" --build $toolchains kernel-arm64/linux-arm64 $kernels
}
step 'target files under both seeds' from_both_seeds
step 'a node built on another machine' checks/builders.sh "$crossloom"
step 'programs built in development shells' checks/shells.sh "$crossloom"
step "programs in Rust, Go and C with macOS' frameworks" checks/macos-programs.sh "$crossloom"
step 'kernels in Rust built, run and tested in development shells' checks/kernel-shells.sh "$crossloom"
step 'edits of sources, on every release' checks/edits.py "$crossloom"
# What was built above, all of it.
step 'every node under other circumstances' checks/variations.sh "$crossloom" quickstart kernel-arm64 kernel-module bare-metal
step 'every Nix' checks/nix-versions.sh "$crossloom"
step 'runs that are killed and disturbed' checks/faults.sh "$crossloom" 100
step 'fuzz tests of a million cases, five minutes each at most' checks/fuzz.sh 1000000 300
step 'fuzz tests of static-macho' env CROSSLOOM_FUZZ=100000 cargo test --locked --release -p static-macho fuzz

skip "building examples/nodejs: a whole Node.js for each of two processors takes hours"
skip "older releases of Valgrind: the same recipes with other sources"
skip "building examples/osxcross: it downloads Apple's SDK, whose licence its user has to accept"
if emulated=$(checks/aarch64.sh --ready 2>&1); then
  step 'kernels and disk images built on aarch64-linux, compared' checks/aarch64.sh "$crossloom"
else
  skip "building on aarch64-linux under emulation: ${emulated%%$'\n'*}"
fi
if lack=$(checks/first-hour.sh --ready 2>&1); then
  step 'from a bare Debian to a hello for musl and to Valgrind for macOS' checks/first-hour.sh "$crossloom" --valgrind
else
  skip "the first hour on a bare Debian: ${lack%%$'\n'*}"
fi
skip "building on macOS: evaluated here, built on such machines"
finished=1
[ "$failed" = 0 ]
