#!/usr/bin/env bash
# Builds one cell of the quickstart from sources and runs a program that it compiled: quickstart.sh CROSSLOOM CELL
set -euo pipefail

crossloom=$1
cell=$2
matrix=examples/quickstart/matrix.toml
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

started=$SECONDS
"$crossloom" fetch --matrix "$matrix" "$cell"
fetched=$SECONDS
toolchain=$("$crossloom" build --matrix "$matrix" "$cell")
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
