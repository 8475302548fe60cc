#!/usr/bin/env bash
# What the words of the kernel command line do, and a disk with users: first-process.sh CROSSLOOM. The system is one of QuickJS-ng for
# x86_64, started as `nix run .#CELL-qemu` does. Wants mke2fs and debugfs (e2fsprogs).
set -euo pipefail

crossloom=$(realpath "$1")
work=$(mktemp -d)
trap 'kill "${machine:-}" 2>/dev/null || true; rm -rf "$work"' EXIT
PATH=$PATH:/usr/sbin:/sbin
for name in mke2fs debugfs; do
  type -P "$name" >/dev/null || { echo "error: there is no $name" >&2; echo 'hint: apt-get install e2fsprogs' >&2; exit 2; }
done
mkdir -p "$work/app" "$work/home/ann"
echo 'console.log("main: runs");' >"$work/app/main.js"
# Both users say whose rights they have.
cat >"$work/home/ann/init.js" <<'END'
import * as std from "qjs:std";
import * as os from "qjs:os";
const [, id] = std.loadFile("/proc/self/status").match(/^Uid:\s+(\d+)/m);
const file = std.open("written", "w");
file?.puts(`by ${id}\n`);
file?.close();
console.log(`a user: ${id} in ${os.getcwd()[0]}, root's file: ${std.loadFile("/proc/1/environ") ?? "closed"}`);
os.setInterval(() => {}, 60_000);
END
mkdir -p "$work/disk"
cp -r "$work/home/ann" "$work/disk/eva"
truncate -s 8M "$work/home.img"
mke2fs -q -t ext4 -d "$work/disk" -E root_owner=0:0 "$work/home.img"
for path in /eva /eva/init.js; do debugfs -w -R "sif $path uid 4321" "$work/home.img" 2>/dev/null; done
cat >"$work/matrix.toml" <<'END'
crossloom = 1
[build]
systems = ["x86_64-linux"]
[sources]
prefer = ["debian", "upstream"]
[js-system]
targets = ["x86_64"]
root = ["words"]
[js-system-root.words]
source = "app"
users = "home"
END
for command in lock generate fetch; do "$crossloom" "$command" --quiet --matrix "$work/matrix.toml"; done
runner=$("$crossloom" build --quiet --no-out-link --matrix "$work/matrix.toml" js-system-x86_64-qemu)
# A port that nothing uses now.
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
mkfifo "$work/console"
exec 3<>"$work/console"

# start WORDS ARG…: a machine with these words on its command line and these arguments of QEMU.
start() {
  : >"$work/said"
  HTTP_PORT=$port APPEND=$1 "$runner/bin/run-system" "${@:2}" <"$work/console" >"$work/said" 2>&1 &
  machine=$!
}

# says TEXT…: the console says each, in any order.
says() {
  local text tries
  for text; do
    for ((tries = 0; ; tries++)); do
      if grep -F -m 1 -- "$text" < <(tr -d '\r' <"$work/said"); then break; fi
      if [ "$tries" = 600 ] || ! kill -0 "$machine" 2>/dev/null; then
        cat "$work/said" >&2
        echo "error: the console does not say: $text" >&2
        exit 1
      fi
      sleep 0.1
    done
  done
}

# ends LINE TEXT: the line on the console ends the machine, which says so before.
ends() {
  says 'qjs > '
  printf '%s\r' "$1" >&3
  says "$2"
  wait "$machine"
  machine=
}

start 'system.restrat=x system.verbose=perhaps system.failures=0 system.main=/no system.hostname=renamed ip=off'
says 'has system.restrat, which means nothing; known: ' 'system.verbose is one of: yes, no' 'system.failures is a number from 1' \
  'there is no file /no, which system.main of the kernel command line names' 'renamed: JavaScript is the shell here' \
  "a user: 1000 in /home/ann, root's file: closed"
says 'qjs > '
printf '%s\r' '"found " + std.loadFile("/etc/hosts").match(/127.0.0.1 renamed/)' >&3
says 'found 127.0.0.1 renamed'
ends 'restart()' 'init: restarting'

start 'system.restart=never ip=off system.home=/dev/vda' -drive "format=raw,if=virtio,file=$work/home.img"
says '/dev/vda has no folder of the user ann, who is part of the system and not started' \
  "a user: 4321 in /home/eva, root's file: closed" 'It is not started again (system.restart=never).'
ends 'poweroff()' 'init: powering off'
written=$(debugfs -R 'cat /eva/written' "$work/home.img" 2>/dev/null)
[ "$written" = 'by 4321' ] || { echo "error: eva's file is not on the disk, but '$written'" >&2; exit 1; }
# The kernel sets this feature while it writes to a file system with a journal.
if debugfs -R 'show_super_stats -h' "$work/home.img" 2>/dev/null | grep needs_recovery; then
  echo 'error: the disk was not unmounted' >&2
  exit 1
fi

start 'system.home=/dev/vdb system.main=none ip=off'
says 'init: mounting /dev/vdb on /home failed' "a user: 1000 in /home/ann, root's file: closed"
ends 'poweroff()' 'init: powering off'

start 'system.console=none system.verbose=yes ip=off'
says 'main: runs' 'init: process ' 'It is started again in 1 s.'
if grep -q 'qjs > ' "$work/said"; then
  echo 'error: there is a console, although system.console=none' >&2
  exit 1
fi
kill "$machine"
