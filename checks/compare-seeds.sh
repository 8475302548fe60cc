#!/usr/bin/env bash
# Builds one cell under both seeds and compares what it holds for the target, file by file.
#   compare-seeds.sh CROSSLOOM CELL
# Prints one line a file; exits 1 when one differs.
set -euo pipefail

crossloom=$(realpath "$1")
cell=$2
target=${cell#musl-gcc-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

declare -A tree
for seed in bookworm trixie; do
  mkdir "$work/$seed"
  sed "s/^\[build\]/[build]\nseed = \"$seed\"/" examples/quickstart/matrix.toml >"$work/$seed/matrix.toml"
  cp examples/quickstart/matrix.lock "$work/$seed/"
  "$crossloom" --quiet generate --matrix "$work/$seed/matrix.toml"
  tree[$seed]=$("$crossloom" build --matrix "$work/$seed/matrix.toml" "$cell")
done

# Everything that is for the target: its libraries and start files, not the programs of the build machine.
files() {
  (cd "$1" && find "$target" "lib/gcc/$target" -type f \( -name '*.a' -o -name '*.o' -o -name '*.so*' -o -name '*.h' \) ! -name '*.py' | LC_ALL=C sort)
}

if ! diff <(files "${tree[bookworm]}") <(files "${tree[trixie]}"); then
  echo "the two trees do not hold the same files" >&2
  exit 1
fi
same=0 different=0
while read -r file; do
  if cmp -s "${tree[bookworm]}/$file" "${tree[trixie]}/$file"; then
    same=$((same + 1))
    case $file in *.h) ;; *) echo "identical  $file" ;; esac
  else
    different=$((different + 1))
    echo "DIFFERENT  $file"
  fi
done < <(files "${tree[bookworm]}")
echo "$cell: $same files for the target are identical under both seeds, $different are not"
[ "$different" = 0 ]
