#!/usr/bin/env bash
# What takes longer than a change should wait for: nightly.sh CROSSLOOM
set -euo pipefail

crossloom=$(realpath "$1")
matrix=examples/quickstart/matrix.toml

mapfile -t cells < <("$crossloom" plan --matrix "$matrix" | awk -F'\t' -v system="$(uname -m)-linux" '$1 == system && $2 == "cell" { print $3 }')
"$crossloom" fetch --matrix "$matrix"
for cell in "${cells[@]}"; do
  "$crossloom" build --matrix "$matrix" "$cell"
  cat "$("$crossloom" build --matrix "$matrix" "programs-$cell")/output"
done
CROSSLOOM_FUZZ=100000 cargo test --release --locked --test fuzz_matrix --test fuzz_lock
echo "${#cells[@]} passed, 0 failed"
