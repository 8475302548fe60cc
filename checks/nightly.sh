#!/usr/bin/env bash
# What takes longer than a change should wait for: nightly.sh CROSSLOOM
set -euo pipefail

crossloom=$(realpath "$1")
matrix=examples/quickstart/matrix.toml
plan=$("$crossloom" plan --matrix "$matrix")
named() { awk -F'\t' -v system="$(uname -m)-linux" -v kind="$1" '$1 == system && $2 == kind { print $3 }' <<<"$plan"; }
mapfile -t cells < <(named cell)
mapfile -t proofs < <(named check)
if [ "${#cells[@]}" = 0 ] || [ "${#proofs[@]}" = 0 ]; then
  echo "the quickstart's matrix has no cell or no check for this machine" >&2
  exit 1
fi

"$crossloom" fetch --matrix "$matrix"
for cell in "${cells[@]}"; do
  "$crossloom" build --matrix "$matrix" "$cell"
  "$crossloom" build --matrix "$matrix" --rebuild "$cell"
done
for proof in "${proofs[@]}"; do
  built=$("$crossloom" build --matrix "$matrix" "$proof")
  cat "$built/output"
done
compared=0
for cell in "${cells[@]}"; do
  case $cell in
  musl-gcc-*)
    checks/compare-seeds.sh "$crossloom" "$cell"
    compared=$((compared + 1))
    ;;
  esac
done
checks/shells.sh "$crossloom"
# What was built above, all of it, under other circumstances.
checks/variations.sh "$crossloom" quickstart
CROSSLOOM_FUZZ=100000 cargo test --release --locked --test fuzz_matrix --test fuzz_lock --test fuzz_sdk --test fuzz
echo "SKIPPED: building the other examples: the same recipes for other targets, and sources that not every machine reaches"
echo "$((${#cells[@]} + ${#proofs[@]} + compared + 3)) passed, 0 failed, 1 skipped"
