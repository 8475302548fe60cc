#!/usr/bin/env bash
# What kernels' configurations say of symbols that are asked for and not granted: kernel-explain.sh CROSSLOOM
set -euo pipefail

crossloom=$(realpath "$1")
matrix=examples/kernel-arm64/matrix.toml
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for node in linux-6_1_176-arm64 linux-6_12_107-arm64; do
  "$crossloom" fetch --matrix "$matrix" "$node"
  echo "== $node"
  "$crossloom" --quiet nix --matrix "$matrix" build --print-build-logs --out-link "$work/built" --impure --expr "
    import $PWD/checks/kernel-explain {
      folder = $PWD/examples/kernel-arm64/crossloom;
      system = \"$(uname -m)-linux\";
      node = \"$node\";
    }"
  cat "$work/built"
done
