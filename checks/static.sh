#!/usr/bin/env bash
# Compiles crossloom as a static program, which runs on any x86_64 Linux: static.sh OUTPUT
# Needs rustup, and Debian's or Ubuntu's musl-tools, which it installs if there is no musl-gcc.
set -euo pipefail

target=x86_64-unknown-linux-musl
if ! command -v musl-gcc >/dev/null; then
  sudo=()
  [ "$(id -u)" = 0 ] || sudo=(sudo)
  "${sudo[@]}" apt-get update -qq
  "${sudo[@]}" apt-get install -qq -y --no-install-recommends musl-tools
fi
rustup target add "$target"
CC_x86_64_unknown_linux_musl=musl-gcc cargo build --release --locked --package crossloom --target "$target"
program=${CARGO_TARGET_DIR:-target}/$target/release/crossloom
if readelf --program-headers "$program" | grep -q INTERP || readelf --dynamic "$program" | grep -q NEEDED; then
  echo "error: $program is not static" >&2
  exit 1
fi
"$program" --version
cp "$program" "$1"
