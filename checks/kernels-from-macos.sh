#!/usr/bin/env bash
# What can be told on Linux of kernels that Macs build: kernels-from-macos.sh CROSSLOOM [ARCHITECTURE…]. Builds the checks
# that Linux has of them: every program of the build machine compiled and linked for macOS, with the list of those that are
# not and why, and the source on a file system that takes names that differ by case for one. The same programs of kernels in
# Rust are those of examples/bare-metal.
set -euo pipefail

crossloom=$(realpath "$1")
shift
architectures=("$@")
if [ "${#architectures[@]}" = 0 ]; then architectures=(arm64 riscv64); fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/matrix.toml" <<END
crossloom = 1
[build]
systems = ["$(uname -m)-linux", "aarch64-darwin"]
[sources]
prefer = ["debian", "upstream"]
[linux]
targets = [$(printf '"%s", ' "${architectures[@]}")]
$(sed -n '/^\[bare-metal\]/,$p' examples/bare-metal/matrix.toml)
END
cp -r examples/bare-metal/kernel "$work/"
for command in lock generate; do "$crossloom" --quiet "$command" --matrix "$work/matrix.toml"; done
mapfile -t checks < <("$crossloom" plan --matrix "$work/matrix.toml" |
  awk -F'\t' -v of="$(uname -m)-linux" '$1 == of && $3 ~ /^(kernel-|bare-metal-)(host-tools-darwin|case-insensitive)-/ { print $3 }')
if [ "${#checks[@]}" -lt 3 ]; then
  echo "the matrix has no such checks for this machine" >&2
  exit 1
fi
for check in "${checks[@]}"; do
  echo "== $check"
  "$crossloom" fetch --matrix "$work/matrix.toml" "$check"
  cat "$("$crossloom" build --no-out-link --matrix "$work/matrix.toml" "$check")/output"
done
