#!/usr/bin/env bash
# Steps and seconds from a bare Debian to a compiled and run program for x86_64-linux-musl, for crossloom and its peers, all
# measured the same way: peers.sh CROSSLOOM [--base FOLDER] [PEER…]
#
# A step is one command that a person types; a pipe is one. Every peer has a copy of the same bare Debian (bare.sh), works as
# root, and begins after `apt-get update`. Nothing is downloaded or compiled before. The commands are those that each project's
# documentation gives. A table goes to standard output; everything else goes to standard error. docs/peers.md has the last
# table, and steps of tools that are not measured here, counted by hand.
set -euo pipefail

work=
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/bare.sh"
lack=$(lacks)
[ -z "$lack" ] || die "$lack"
[ "${1:-}" != --ready ] || exit 0
crossloom=$(realpath "$1")
shift
base=
if [ "${1:-}" = --base ]; then
  base=${2:?}
  shift 2
fi
work=$(mktemp -d)
trap 'leave "$work"' EXIT
{
  bare "$base"
  repository
  rustup=$(rust)
} >&2

# The binary cache that crossloom takes its toolchain from. Filling it is not measured: somebody else has built it before.
cell=musl-gcc-x86_64-linux-musl
nix-store --generate-binary-cache-key peers-1 "$work/secret" "$work/public"
mkdir "$work/filled"
(
  cd "$work/filled"
  "$crossloom" --quiet init --target x86_64-linux-musl
  "$crossloom" --quiet sync
  "$crossloom" --quiet build --no-out-link "$cell" >"$work/path"
  "$crossloom" --quiet push --key "$work/secret" "file://$work/base/given/cache?compression=none" "$cell" >"$work/path"
)
cached="--substituter file:///given/cache --trusted-public-key $(cat "$work/public")"

cat >"$work/base/given/hello.c" <<'END'
#include <stdio.h>
int main(void) { puts("hello from musl"); }
END

# commands PEER: its commands, one a line.
commands() {
  case $1 in
  crossloom)
    # The README's commands, without its comments, one command per line.
    blocks Install | sed -E 's/ +# .*//; s/^sudo //' | swap '^curl .*https://sh\.rustup\.rs \| sh ' "$rustup " |
      swap 'git clone REPOSITORY ' 'git clone /given/repository ' | sed 's/ && /\n/g'
    echo "crossloom build --target x86_64-linux-musl $cached"
    echo 'result/bin/x86_64-linux-musl-gcc -static /given/hello.c -o hello'
    echo './hello'
    ;;
  'zig cc')
    cat <<'END'
apt-get install python3-venv
python3 -m venv zig
zig/bin/pip install ziglang
zig/bin/python -m ziglang cc -target x86_64-linux-musl /given/hello.c -o hello
./hello
END
    ;;
  cargo-zigbuild)
    # Its program is in Rust.
    cat <<END
apt-get install curl gcc libc6-dev python3-venv
$rustup
. ~/.cargo/env
rustup target add x86_64-unknown-linux-musl
python3 -m venv zig
. zig/bin/activate
pip install cargo-zigbuild
cargo new hello
cd hello
sed -i 's/Hello, world!/hello from musl/' src/main.rs
cargo zigbuild --target x86_64-unknown-linux-musl
target/x86_64-unknown-linux-musl/debug/hello
END
    ;;
  musl-tools)
    cat <<'END'
apt-get install gcc musl-tools
musl-gcc -static /given/hello.c -o hello
./hello
END
    ;;
  *) die "$1 is not a peer" "crossloom, 'zig cc', cargo-zigbuild, musl-tools" ;;
  esac
}

# What is measured, in the Debian.
cat >"$work/base/given/measure" <<'END'
set -euo pipefail
cd /root
. /given/variables
begun=$EPOCHREALTIME
set -x
. /given/commands
set +x
ended=$EPOCHREALTIME
echo "measured $(((${ended/./} - ${begun/./}) / 1000000))"
END

peers=("$@")
[ "${#peers[@]}" -gt 0 ] || peers=(musl-tools 'zig cc' cargo-zigbuild crossloom)
rows=()
for peer in "${peers[@]}"; do
  cp -a "$work/base" "$work/peer"
  commands "$peer" >"$work/peer/given/commands"
  steps=$(wc -l <"$work/peer/given/commands")
  load=$(cut -d ' ' -f 1 /proc/loadavg)
  if ! enter "$work/peer" /given/measure >"$work/log" 2>&1; then
    tail -n 40 "$work/log" >&2
    die "$peer: a command failed"
  fi
  grep -qx 'hello from musl' "$work/log" || die "$peer: no hello"
  seconds=$(sed -n 's/^measured //p' "$work/log")
  leave "$work/peer"
  echo "$peer: $steps steps, $seconds s; other programs' load was $load when it began" >&2
  rows+=("| $peer | $steps | $seconds |")
done
echo '| tool | steps | seconds |'
echo '|---|---|---|'
printf '%s\n' "${rows[@]}"
