#!/usr/bin/env bash
# Builds Valgrind for macOS and runs its memcheck on a program with a bug, without a Mac: quickstart.sh CROSSLOOM [all]
# With `all`, every check of it and the archive for a Mac, too.
set -euo pipefail

crossloom=$1
what=${2:-}
matrix=examples/quickstart/matrix.toml
if [ "$(uname -m)" != x86_64 ]; then
  echo "error: the emulator's Python package is for x86_64 build machines, and this one is $(uname -m)" >&2
  echo "hint: crossloom build --matrix $matrix valgrind-darwin builds Valgrind all the same" >&2
  exit 2
fi

names=(valgrind-darwin emulated-valgrind-darwin)
[ "$what" != all ] || names+=(structure-valgrind-darwin valgrind-darwin-tarball dyld-valgrind-darwin)
started=$SECONDS
"$crossloom" fetch --matrix "$matrix" "${names[@]}"
fetched=$SECONDS
said=$("$crossloom" build --no-out-link --matrix "$matrix" "${names[@]}")
mapfile -t built <<<"$said"
finished=$SECONDS

echo
echo "Valgrind's tools for macOS, static programs without libraries:"
stat -c '%n %s' "${built[0]}"/libexec/valgrind/*-amd64-darwin | awk '{ sub(".*/", "", $1); printf "  %-26s %9d bytes\n", $1, $2 }'
echo
echo "memcheck on a program with a bug, both for macOS, on an emulated processor:"
# From the report of the first run of memcheck on the program to its last line.
sed -n '/^\$ memcheck .*buggy/,/^status /p' "${built[1]}/output" | sed '/^status /q' | sed 's/^/  /'
if [ "$what" = all ]; then
  echo
  cat "${built[2]}/output" "${built[4]}/output"
  ls -l "${built[3]}"
fi
echo
echo "fetched in $((fetched - started)) s, built in $((finished - fetched)) s: ${built[0]}"
