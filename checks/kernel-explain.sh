#!/usr/bin/env bash
# What kernels' configurations say of symbols that are asked for and not granted: kernel-explain.sh CROSSLOOM
set -euo pipefail

crossloom=$(realpath "$1")
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/lib.sh"
matrix=$(example kernel-arm64)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for node in linux-6_1_176-arm64 linux-6_12_107-arm64; do
  "$crossloom" fetch --matrix "$matrix" "$node"
  echo "== $node"
  "$crossloom" --quiet nix --matrix "$matrix" build --print-build-logs --out-link "$work/built" --impure --expr "
    import $PWD/checks/kernel-explain {
      folder = $(dirname "$matrix")/crossloom;
      system = \"$(uname -m)-linux\";
      node = \"$node\";
    }"
  cat "$work/built"
done
