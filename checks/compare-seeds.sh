#!/usr/bin/env bash
# Builds one cell under both seeds and compares what it holds for the target, file by file.
#   compare-seeds.sh CROSSLOOM CELL
# Prints one line a file; exits 1 when one differs.
set -euo pipefail

crossloom=$(realpath "$1")
cell=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

declare -A tree
for seed in bookworm trixie; do
  mkdir "$work/$seed"
  sed -e '/^seed = /d' -e "s/^\[build\]/[build]\nseed = \"$seed\"/" examples/quickstart/matrix.toml >"$work/$seed/matrix.toml"
  grep -q "^seed = \"$seed\"" "$work/$seed/matrix.toml"
  cp examples/quickstart/matrix.lock "$work/$seed/"
  "$crossloom" --quiet generate --matrix "$work/$seed/matrix.toml"
  tree[$seed]=$("$crossloom" build --matrix "$work/$seed/matrix.toml" "$cell")
done
[ "${tree[bookworm]}" != "${tree[trixie]}" ] || {
  echo "both seeds gave one and the same store path: nothing was compared" >&2
  exit 1
}

# Everything that is for the target: headers, libraries, start files, linker scripts; not the programs of the build
# machine.
for seed in bookworm trixie; do
  driver=$(find "${tree[$seed]}/bin" -name '*-gcc' | head -n 1)
  target=$(basename "$driver" -gcc)
  (cd "${tree[$seed]}" && find "$target/include" "$target/lib" "lib/gcc/$target" -type f | LC_ALL=C sort) >"$work/$seed.files"
  [ -s "$work/$seed.files" ]
done
if ! diff "$work/bookworm.files" "$work/trixie.files"; then
  echo "the two trees do not hold the same files" >&2
  exit 1
fi
same=0 different=0
while read -r file; do
  if cmp -s "${tree[bookworm]}/$file" "${tree[trixie]}/$file"; then
    same=$((same + 1))
    case $file in */include/* | */ldscripts/*) ;; *) echo "identical  $file" ;; esac
  else
    different=$((different + 1))
    echo "DIFFERENT  $file"
  fi
done <"$work/bookworm.files"
echo "$cell: $same files for the target are identical under both seeds, $different are not"
[ "$different" = 0 ] && [ "$same" -gt 0 ]
