#!/usr/bin/env bash
# Compares what cells hold for their target under both seeds, file by file, and prints a table.
#   seeds.sh CROSSLOOM [--build] [CELL | EXAMPLE/CELL]…     of the examples' cells; all of them when none is named
# PROJECTS in the environment is a folder with other projects than the examples.
# A cell that the store does not hold under both seeds is skipped, or with --build built. Exits 1 when a file differs.
set -euo pipefail

crossloom=$(realpath "$1")
shift
build=
if [ "${1:-}" = --build ]; then
  build=1
  shift
fi
system=$(uname -m)-linux
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The examples under each seed, and their cells: name, whether it is in the store, path.
for example in "${PROJECTS:-examples}"/*/; do
  name=$(basename "$example")
  for seed in bookworm trixie; do
    project=$work/$seed/$name
    mkdir -p "$work/$seed"
    cp -r "$example" "$project"
    rm -rf "$project/.crossloom"
    sed -i -e '/^seed = /d' -e "s/^\[build\]/[build]\nseed = \"$seed\"/" "$project/matrix.toml"
    grep -q "^seed = \"$seed\"" "$project/matrix.toml"
    for command in lock generate; do "$crossloom" --quiet "$command" --matrix "$project/matrix.toml"; done
    "$crossloom" plan --store --matrix "$project/matrix.toml" >"$work/plan"
    awk -F'\t' -v of="$system" '$1 == of && $2 == "cell" { print $3 "\t" $5 "\t" $6 }' "$work/plan" >"$project.cells"
  done
done

# What cells are called by.
for list in "$work"/bookworm/*.cells; do
  cut -f 1 "$list" | sed "p; s|^|$(basename "$list" .cells)/|"
done >"$work/names"

for cell; do
  if ! grep -qxF -- "$cell" "$work/names"; then
    echo "$cell: no example has a cell of that name for $system" >&2
    exit 2
  fi
done

# sums CELL TREE: digest, permissions and name of each file for the target, not of the programs of the build machine nor of
# what is theirs; of a link, what it points at.
sums() {
  local driver target follow='' of=(.) but=()
  if [ -f "$2" ]; then
    # An archive.
    sha256sum <"$2" | sed 's/ /0000 /'
    return
  fi
  cd "$2"
  case $1 in
  # What Hydra reads names the archive by its store path.
  *-tarball) but=(-not -path './nix-support/*') ;;
  musl-gcc-*)
    driver=$(find bin -name '*-gcc' | head -n 1)
    if [ -z "$driver" ]; then
      echo "error: $2 has no compiler in bin, so it is unknown what is for its target" >&2
      return 1
    fi
    target=$(basename "$driver" -gcc)
    of=("$target/include" "$target/lib" "lib/gcc/$target")
    ;;
  # Links to what it is put together from.
  darwin-*) follow=-L of=(lib sdk) ;;
  # Indexes that the build machine's depmod wrote: each of its versions has others. modules.order and modules.builtin are make's.
  linux-*) but=(-not -path './lib/modules/*/modules.*.bin' -not -name 'modules.*dep' -not -name 'modules.alias'
    -not -name 'modules.symbols' -not -name 'modules.devname') ;;
  esac
  find ${follow:+"$follow"} "${of[@]}" -type f "${but[@]}" -print0 >"$work/files"
  {
    paste -d '' <(xargs -0r sha256sum -- <"$work/files" | cut -c -64) <(xargs -0r stat -Lc '%04a  %N' -- <"$work/files")
    # Under both seeds, what a link points at in the store has another name.
    find ${follow:+"$follow"} "${of[@]}" -type l -printf '%68y  %p -> %l\n' | sed -E 's,/nix/store/[0-9a-z]{32}-,/nix/store/,g'
  } | LC_ALL=C sort
}

rows=()
skipped=()
declare -A seen
all=0 differing=0
for list in "$work"/bookworm/*.cells; do
  name=$(basename "$list" .cells)
  while IFS=$'\t' read -r cell state path; do
    # Tools of the build machine, debuggers among them, and programs that start QEMU.
    case $cell in
    bare-metal-host-* | musl-gcc-*-gdb | *-qemu) continue ;;
    esac
    if [ $# -gt 0 ] && [[ " $* " != *" $cell "* && " $* " != *" $name/$cell "* ]]; then continue; fi
    # Examples share cells.
    [ -z "${seen[$path]:-}" ] || continue
    seen[$path]=1
    if ! IFS=$'\t' read -r _ other_state other < <(grep -P "^\Q$cell\E\t" "$work/trixie/$name.cells"); then
      echo "error: $cell ($name) is not a cell with the seed trixie" >&2
      exit 1
    fi
    if [ -n "$build" ]; then
      for seed in bookworm trixie; do
        if ! "$crossloom" fetch --matrix "$work/$seed/$name/matrix.toml" "$cell"; then
          skipped+=("$cell ($name): what it is built from can't be fetched (above)")
          continue 2
        fi
        "$crossloom" build --no-out-link --matrix "$work/$seed/$name/matrix.toml" "$cell" >"$work/$seed.path"
      done
      path=$(cat "$work/bookworm.path") other=$(cat "$work/trixie.path")
    elif [ "$state" != present ] || [ "$other_state" != present ]; then
      lacks=
      [ "$state" = present ] || lacks=bookworm
      [ "$other_state" = present ] || lacks="${lacks:+$lacks and }trixie"
      skipped+=("$cell ($name): not in this store under $lacks; --build builds it")
      continue
    fi
    if [ "$path" = "$other" ]; then
      echo "$cell: both seeds gave one and the same store path: nothing was compared" >&2
      exit 1
    fi
    (sums "$cell" "$path") >"$work/bookworm.sums"
    (sums "$cell" "$other") >"$work/trixie.sums"
    same=$(LC_ALL=C comm -12 "$work/bookworm.sums" "$work/trixie.sums" | wc -l)
    # A file that one of them lacks differs, too.
    LC_ALL=C comm -3 "$work/bookworm.sums" "$work/trixie.sums" | tr -d '\t' | cut -c71- | sort -u >"$work/different"
    different=$(wc -l <"$work/different")
    if [ $((same + different)) = 0 ]; then
      echo "$cell: it holds nothing for its target" >&2
      exit 1
    fi
    sed "s|^|DIFFERENT  $cell: |" "$work/different"
    rows+=("| $cell ($name) | $((same + different)) | $same | $different |")
    all=$((all + 1))
    [ "$different" = 0 ] || differing=$((differing + 1))
  done <"$list"
done

echo "| cell ($system) | files for the target | identical under bookworm and trixie | different |"
echo '|---|---|---|---|'
[ "$all" = 0 ] || printf '%s\n' "${rows[@]}"
for reason in "${skipped[@]}"; do echo "SKIPPED: $reason"; done
echo "$((all - differing)) cells identical, $differing not, ${#skipped[@]} skipped"
[ "$differing" = 0 ] || exit 1
if [ $# -gt 0 ] && [ "$all" = 0 ]; then
  echo "none of the cells named was compared" >&2
  exit 1
fi
