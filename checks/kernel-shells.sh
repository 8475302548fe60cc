#!/usr/bin/env bash
# Development shells of kernels in Rust, as users enter them: kernel-shells.sh CROSSLOOM [MATRIX [CELL…]]; without names those
# of the example's first kernel. In each, cargo builds, runs and tests the kernel in a copy of the workspace, from the store's
# crates, and a host tool for this machine.
set -euo pipefail

crossloom=$(realpath "$1")
cd "$(dirname "$0")/.."
top=$PWD
# shellcheck source-path=SCRIPTDIR
source checks/lib.sh
matrix=${2:-$(example bare-metal)}
shells=("${@:3}")
if [ "${#shells[@]}" = 0 ]; then
  shells=(bare-metal-{x86_64-unknown-none,aarch64-unknown-none,riscv64gc-unknown-none-elf})
fi
folder=$(dirname "$(realpath "$matrix")")

work=$(mktemp -d)
trap 'chmod -R u+w "$work" && rm -rf "$work"' EXIT

for shell in "${shells[@]}"; do
  echo "== nix develop .#$shell"
  "$crossloom" fetch --matrix "$matrix" "$shell"
  cp -r "$folder/kernel" "$work/$shell"
  (cd "$work/$shell" && "$crossloom" nix --matrix "$matrix" develop "$folder#$shell" \
    --command bash "$top/checks/kernel-shells/inside.sh" "$work/$shell-cargo")
done
echo "${#shells[@]} passed, 0 failed"
