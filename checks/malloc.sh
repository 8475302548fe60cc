#!/usr/bin/env bash
# musl's memory allocator against mimalloc: builds a toolchain with each, runs the checks of the second one, compiles one
# program with both, and prints a table of times, ratios and memory. The runs of both take turns, and the median of five counts.
#   malloc.sh CROSSLOOM [TARGET]      a target whose programs this machine runs; x86_64-linux-musl without one
set -euo pipefail

crossloom=$(realpath "$1")
target=${2:-$(uname -m)-linux-musl}
project=$(realpath -m "${CARGO_TARGET_DIR:-target}")/malloc
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mkdir -p "$project"
cat >"$project/matrix.toml" <<EOF
crossloom = 1
[build]
systems = ["$(uname -m)-linux"]
[sources]
prefer = ["debian", "upstream"]
[musl-gcc]
targets = ["$target"]
malloc = ["musl", "mimalloc"]
EOF
run() { "$crossloom" "$1" --matrix "$project/matrix.toml" "${@:2}"; }
run sync --quiet
checks=("malloc-musl-gcc-$target-malloc-mimalloc" "programs-musl-gcc-$target-malloc-mimalloc")
run fetch "musl-gcc-$target" "${checks[@]}"
run build --no-out-link "${checks[@]}" >/dev/null
for malloc in '' -malloc-mimalloc; do
  toolchain=$(run build --no-out-link "musl-gcc-$target$malloc")
  "$toolchain/bin/$target-gcc" -O2 -static checks/malloc/blocks.c -o "$work/blocks$malloc"
done

median() { sort -g | sed -n 3p; }

echo '| threads | musl | mimalloc | musl takes | memory, musl | memory, mimalloc |'
echo '|---|---|---|---|---|---|'
for threads in 1 2 4; do
  rm -f "$work"/*.times
  for _ in 1 2 3 4 5; do
    for malloc in '' -malloc-mimalloc; do "$work/blocks$malloc" "$threads" >>"$work/blocks$malloc.times"; done
  done
  for malloc in '' -malloc-mimalloc; do
    for column in 1 2; do cut -d ' ' -f "$column" "$work/blocks$malloc.times" | median; done
  done | paste -sd ' ' | awk -v threads="$threads" \
    '{ printf "| %d | %.2f s | %.2f s | %.1f times as long | %.1f MiB | %.1f MiB |\n", threads, $1, $3, $1 / $3, $2, $4 }'
done
