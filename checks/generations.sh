#!/usr/bin/env bash
# Valgrind for every generation of macOS that it supports: builds each, runs its checks, builds every node a second time,
# builds all of it from the other seed, and prints a table.
#   generations.sh CROSSLOOM [--checks]     with --checks: neither second builds nor the other seed
# Exits 1 when a check fails or a file differs.
set -euo pipefail

crossloom=$(realpath "$1")
system=$(uname -m)-linux
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Kept, because downloads are: the example's matrix without older releases of Valgrind, which know one generation.
project=$(realpath -m "${CARGO_TARGET_DIR:-target}")/generations/valgrind
mkdir -p "$project"
sed -e '/^# Older releases/d' -e '/^include = \[/,/^\]/d' examples/valgrind-darwin/matrix.toml >"$project/matrix.toml"
matrix=$project/matrix.toml
"$crossloom" --quiet sync --matrix "$matrix"
"$crossloom" fetch --matrix "$matrix"
run() { "$crossloom" "$1" --matrix "$matrix" "${@:2}"; }

run plan --json >"$work/plan.json"
# Cell and target, of whole trees and not of archives.
python3 - "$work/plan.json" "$system" >"$work/cells" <<'EOF'
import json, sys
with open(sys.argv[1]) as file:
    cells = json.load(file)["systems"][sys.argv[2]]["cells"]
for cell in cells:
    if not cell["name"].endswith("-tarball"):
        print(cell["name"], cell["target"])
EOF
if [ ! -s "$work/cells" ]; then
  echo "error: the matrix of examples/valgrind-darwin has no cell for $system" >&2
  exit 1
fi
mapfile -t cells < <(cut -d ' ' -f 1 "$work/cells")
archives=("${cells[@]/%/-tarball}" "${cells[@]/%/-memcheck-tarball}")
run build --no-out-link "${cells[@]}" "${archives[@]}" >/dev/null
declare -A saw path
for cell in "${cells[@]}"; do
  path[$cell]=$(run build --no-out-link "$cell")
  for check in structure dyld emulated; do
    # The emulator is for x86_64-linux.
    if ! grep -q "\"$check-$cell\"" "$work/plan.json"; then
      saw[$check-$cell]=–
      continue
    fi
    built=$(run build --no-out-link "$check-$cell")
    # What a check saw is its output. The emulated one has a line `$ TOOL ARG…` for each run of a tool.
    case $check in
    emulated) saw[$check-$cell]=$(sed -n 's/^\$ \([a-z-]*\) .*/\1/p' "$built/output" | sort -u | wc -l) ;;
    *) saw[$check-$cell]=$(tail -n 1 "$built/output") ;;
    esac
  done
done

failed=0
for cell in "${cells[@]}"; do
  if [ "${saw[emulated-$cell]}" = 0 ]; then failed=1; fi
done
if [ "${2-}" != --checks ]; then
  run verify "${cells[@]}" "${archives[@]}" >"$work/again" || failed=1
  PROJECTS=${project%/*} checks/seeds.sh "$crossloom" --build "${cells[@]}" "${archives[@]}" >"$work/seeds" || failed=1
fi

echo '| cell | target | files | tools that ran | dyld | files unlike those of the row above | second build | second seed |'
echo '|---|---|---|---|---|---|---|---|'
above=
while read -r cell target; do
  again='not tried' seed='not tried' unlike=
  if [ -e "$work/again" ]; then
    # A node is called after its target.
    again=$(awk -F'\t' -v of="-$target\$" '$1 ~ of { all++; same += $3 == "identical" }
      END { if (all) print same " of " all " nodes identical" }' "$work/again")
    seed=$(awk -F' \\| ' -v of="| $cell " 'index($0, of) == 1 { print $3 " of " $2 " files identical" }' "$work/seeds")
    # A comparison that was asked for and did not take place is a failure.
    if [ -z "$again" ] || [ -z "$seed" ]; then failed=1; fi
  fi
  if [ -n "$above" ]; then unlike=$( (diff -rq "$above" "${path[$cell]}" || true) | wc -l); fi
  above=${path[$cell]}
  echo "| $cell | $target | ${saw[structure-$cell]} | ${saw[emulated-$cell]} | ${saw[dyld-$cell]} | $unlike |" \
    "${again:-not compared} | ${seed:-not compared} |"
done <"$work/cells"
if [ "$failed" = 1 ] && [ -e "$work/again" ]; then
  grep -v $'\tidentical\t' "$work/again" >&2 || true
  cat "$work/seeds" >&2
fi
exit "$failed"
