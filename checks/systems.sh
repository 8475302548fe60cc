#!/usr/bin/env bash
# Systems whose first process is JavaScript: builds them, boots them, builds their own nodes a second time, and prints a table of
# sizes, times and memory. Toolchains are not built again here.
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

# names KIND: the cells whose check of this kind there is.
names() { awk -F'\t' -v of="$system" -v kind="$1-" '$1 == of && $2 == "check" && index($3, kind) == 1 { print substr($3, length(kind) + 1) }' "$work/plan"; }
run plan >"$work/plan"
mapfile -t cells < <(names boot)
mapfile -t listed < <(names contents)
if [ "${#cells[@]}" = 0 ]; then
  echo "error: $matrix has no system that boots on $system" >&2
  exit 1
fi
failed=0
run fetch "${cells[@]}" "${cells[@]/#/boot-}" "${listed[@]/#/contents-}"
run build --no-out-link "${cells[@]}" >/dev/null
run build --keep-going --no-out-link "${cells[@]/#/boot-}" "${listed[@]/#/contents-}" >/dev/null || failed=1
# Kernels, runtimes with their parts, packages, archives and images: second builds, one after the other.
again=0 identical=0 seconds=()
if [ -z "$once" ]; then
  run plan --nodes --store >"$work/nodes"
  # Those that were built above. The matrix may have other cells.
  mapfile -t own < <(awk -F'\t' -v of="$system" '$1 == of && $2 == "node" && $5 == "present" { print $3 }' "$work/nodes" |
    grep -E '^(linux-([0-9]|loader-)|quickjs-ng-|nodejs-|npm-packages-|initramfs-|js-system-|disk-)')
  if [ "${#own[@]}" = 0 ]; then
    echo "error: $matrix has no node of a system that was built" >&2
    exit 1
  fi
  for node in "${own[@]}"; do
    again=$((again + 1))
    started=$SECONDS
    if run build --rebuild "$node" >"$work/log" 2>&1; then
      identical=$((identical + 1))
    else
      failed=1
      tail -n 20 "$work/log" >&2
      echo "error: a second build of $node failed or differs" >&2
    fi
    seconds+=("$node $((SECONDS - started)) s")
  done
fi

rows=()
for cell in "${cells[@]}"; do
  built=$(run build --no-out-link "$cell")
  # What a check saw that is not the same each time is in its log alone.
  if ! checked=$(run build --no-out-link "boot-$cell") ||
    ! "$crossloom" --quiet nix --matrix "$matrix" log "$checked" >"$work/log" 2>"$work/errors"; then
    cat "$work/errors" >&2 || true
    failed=1
    continue
  fi
  prompt=$(sed -n 's/^prompt after \(.*\)$/\1/p' "$work/log" | tail -n 1)
  memory=$(sed -n 's/.*MemTotal:=\([0-9]*\) kB MemFree:=[0-9]* kB MemAvailable:=\([0-9]*\) kB.*/\1 \2/p' "$work/log" |
    tail -n 1 | awk '{ printf "%.0f MiB", ($1 - $2) / 1024 }')
  if [ -z "$prompt" ] || [ -z "$memory" ]; then
    echo "error: the log of boot-$cell says neither or one of time and memory" >&2
    failed=1
  fi
  if [ -e "$built/disk.img" ]; then
    sizes="| | $(stat -c %s "$built/disk.img")"
  else
    sizes="| $(stat -c %s "$built/kernel") | $(stat -c %s "$built/initramfs")"
  fi
  rows+=("| $cell $sizes | ${prompt:-not said} | ${memory:-not said} |")
done

echo '| system | kernel, bytes | initramfs or disk, bytes | prompt after | memory in use at the prompt |'
echo '|---|---|---|---|---|'
[ "${#rows[@]}" = 0 ] || printf '%s\n' "${rows[@]}"
if [ -z "$once" ]; then
  echo "second build: $identical of $again nodes identical"
  printf '%s\n' "${seconds[@]}"
fi
exit "$failed"
