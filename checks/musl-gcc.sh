#!/usr/bin/env bash
# Builds one GCC of the quickstart's matrix from sources and runs a program that it compiled: musl-gcc.sh CROSSLOOM CELL
set -euo pipefail

crossloom=$1
cell=$2
matrix=examples/quickstart/matrix.toml
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

case $cell-$(uname -m) in
musl-gcc-x86_64-*-x86_64 | musl-gcc-aarch64-*-aarch64) ;;
*)
  echo "error: this machine ($(uname -m)) does not run what $cell compiles" >&2
  echo "hint: crossloom build --matrix $matrix programs-$cell runs it under an emulator" >&2
  exit 2
  ;;
esac

started=$SECONDS
"$crossloom" fetch --matrix "$matrix" "$cell"
fetched=$SECONDS
toolchain=$("$crossloom" build --no-out-link --matrix "$matrix" "$cell")
built=$SECONDS

cat >"$work/hello.c" <<'C'
#include <stdio.h>

int main(void)
{
    puts("hello from a compiler built from sources");
    return 0;
}
C
set -x
"$toolchain/bin/${cell#musl-gcc-}-gcc" -O2 -static "$work/hello.c" -o "$work/hello"
"$work/hello"
{ set +x; } 2>/dev/null
echo "fetched in $((fetched - started)) s, built in $((built - fetched)) s: $toolchain"
