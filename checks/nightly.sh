#!/usr/bin/env bash
# What takes longer than a change should wait for: nightly.sh CROSSLOOM
set -euo pipefail

crossloom=$(realpath "$1")
matrix=examples/quickstart/matrix.toml
plan=$("$crossloom" plan --matrix "$matrix")
mapfile -t cells < <(awk -F'\t' -v system="$(uname -m)-linux" '$1 == system && $2 == "cell" { print $3 }' <<<"$plan")
[ "${#cells[@]}" -gt 0 ] || {
  echo "the quickstart's matrix has no cell for this machine" >&2
  exit 1
}

"$crossloom" fetch --matrix "$matrix"
for cell in "${cells[@]}"; do
  "$crossloom" build --matrix "$matrix" "$cell"
  programs=$("$crossloom" build --matrix "$matrix" "programs-$cell")
  cat "$programs/output"
  "$crossloom" build --matrix "$matrix" --rebuild "$cell"
done
checks/compare-seeds.sh "$crossloom" "${cells[0]}"
CROSSLOOM_FUZZ=100000 cargo test --release --locked --test fuzz_matrix --test fuzz_lock --test fuzz
echo "SKIPPED: other examples than quickstart: there are none yet"
echo "$((${#cells[@]} + 2)) passed, 0 failed, 1 skipped"
