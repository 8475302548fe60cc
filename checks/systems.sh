#!/usr/bin/env bash
# Systems whose first process is JavaScript: builds them, boots them, builds every node a second time, and prints a table of
# sizes, times and memory.
#   systems.sh CROSSLOOM [--once] [MATRIX]      --once: no second build; the matrix of examples/nodeos without one
# Exits 1 when a check fails or a second build differs.
set -euo pipefail

crossloom=$(realpath "$1")
shift
once=
if [ "${1-}" = --once ]; then
  once=1
  shift
fi
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/lib.sh"
system=$(uname -m)-linux
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
matrix=${1-}
if [ -z "$matrix" ]; then matrix=$(example nodeos); fi
run() { "$crossloom" "$1" --matrix "$matrix" "${@:2}"; }

run plan | awk -F'\t' -v of="$system" '$1 == of && $2 == "check" && $3 ~ /^boot-/ { print $3 }' >"$work/checks"
[ -s "$work/checks" ]
failed=0
rows=()
while read -r check; do
  cell=${check#boot-}
  run fetch "$check" "$cell"
  built=$(run build --no-out-link "$cell")
  # What a check saw that is not the same each time is in its log alone.
  if ! run build --no-out-link "$check" >"$work/check" ||
    ! "$crossloom" --quiet nix --matrix "$matrix" log "$(<"$work/check")" >"$work/log" 2>"$work/errors"; then
    cat "$work/errors" >&2 || true
    failed=1
    continue
  fi
  prompt=$(sed -n 's/^prompt after \(.*\)$/\1/p' "$work/log" | tail -n 1)
  memory=$(sed -n 's/.*MemTotal:=\([0-9]*\) kB MemFree:=[0-9]* kB MemAvailable:=\([0-9]*\) kB.*/\1 \2/p' "$work/log" |
    tail -n 1 | awk '{ printf "%.0f MiB", ($1 - $2) / 1024 }')
  again='not tried' times='not measured'
  if [ -z "$once" ]; then
    if run verify "$cell" >"$work/again" 2>"$work/progress"; then :; else failed=1; fi
    again=$(awk -F'\t' '{ all++; same += $3 == "identical" } END { print same + 0 " of " all + 0 " outputs identical" }' "$work/again")
    # The kernel's node and the runtime's: `  linux-i386-6.1.176: 182 s`.
    times=$(sed -nE 's/^ +((linux|quickjs-ng|nodejs)-[^:]*): ([0-9]+) s$/\1: \3 s/p' "$work/progress" |
      grep -v '^linux-\(headers\|loader\)' | paste -sd , | sed 's/,/, /g')
  fi
  if [ -e "$built/disk.img" ]; then
    sizes="| | $(stat -c %s "$built/disk.img")"
  else
    sizes="| $(stat -c %s "$built/kernel") | $(stat -c %s "$built/initramfs")"
  fi
  rows+=("| $cell $sizes | ${prompt:-not said} | ${memory:-not said} | $again | ${times:-not said} |")
done <"$work/checks"

echo '| system | kernel, bytes | initramfs or disk, bytes | prompt after | memory in use at the prompt | second build | its time |'
echo '|---|---|---|---|---|---|---|'
[ "${#rows[@]}" = 0 ] || printf '%s\n' "${rows[@]}"
exit "$failed"
