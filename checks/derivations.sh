#!/usr/bin/env bash
# Compares the derivations of every example with those in checks/derivations.txt, so that a change that rebuilds
# something shows in review: derivations.sh CROSSLOOM [--write]
# With --write the list is written again. Nothing is built or downloaded.
set -euo pipefail

crossloom=$(realpath "$1")
write=${2:-}
list=checks/derivations.txt
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/lib.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for name in $(examples); do
  matrix=$(example "$name")
  derivations "$name" "$matrix" "$crossloom" --quiet nix --matrix "$matrix" >>"$work/unsorted"
done
LC_ALL=C sort "$work/unsorted" >"$work/list"
if [ "$write" = --write ]; then
  cp "$work/list" "$list"
elif ! diff -u "$list" "$work/list"; then
  echo "error: these derivations are not those of $list: lines with + are what would be built now" >&2
  echo "hint: if that is meant, write it again: checks/derivations.sh $1 --write" >&2
  exit 1
fi
echo "$(wc -l <"$work/list") derivations of $(examples | wc -l) examples, as in $list"
