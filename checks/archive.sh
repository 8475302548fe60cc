#!/usr/bin/env bash
# An archive of a toolchain as people use it who have no Nix: archive.sh CROSSLOOM [CELL]; without a name, the one for
# x86_64-linux-musl in examples/portable. It is exported into a folder, which is moved; then projects for CMake, Meson,
# configure and cargo are built with the files that it holds and with nothing of crossloom's, and their programs are run.
# The build tools are this machine's.
set -euo pipefail

crossloom=$(realpath "$1")
cell=${2:-musl-gcc-x86_64-linux-musl}
target=${cell#musl-gcc-}
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/lib.sh"
project=$PWD/checks/shells
work=$(mktemp -d)
trap 'chmod -R u+w "$work" && rm -rf "$work"' EXIT

matrix=$(example portable)
"$crossloom" fetch --matrix "$matrix" "$cell-tarball"
"$crossloom" build --no-out-link --matrix "$matrix" "$cell-tarball"
"$crossloom" export --matrix "$matrix" "$cell" "$work/exported"
# One more time is an error, and changes nothing.
if "$crossloom" export --matrix "$matrix" "$cell" "$work/exported" 2>"$work/said"; then
  echo 'error: crossloom export wrote into a folder that was not empty' >&2
  exit 1
fi
grep -q 'is not empty' "$work/said"
mv "$work/exported" "$work/tools"
checks/archive/use.sh "$work/tools" "$target" "$project" "$work"
