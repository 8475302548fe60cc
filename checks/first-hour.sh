#!/usr/bin/env bash
# The first hour of a new user: from a bare Debian to a program for musl, by the commands that the README gives, read from
# README.md when this runs.
#   first-hour.sh --ready                         whether this machine can do it
#   first-hour.sh CROSSLOOM [OPTION…] [WAY…]      WAY is root, user, root-daemon or user-daemon (default: all four)
#     --build         builds everything from sources; otherwise the toolchain comes signed from a binary cache of this
#                     machine's store, by `crossloom build --substituter`
#     --compiled      takes CROSSLOOM in place of a program that is compiled there
#     --valgrind      in the last way also `make quickstart`, which builds Valgrind for macOS from sources
#     --base FOLDER   copies a bare Debian that debootstrap made before
# CROSSLOOM fills the binary cache; the systems compile their own from a clone of HEAD.
#
# Each way has its own Debian: debootstrap's minbase from the mirror in this machine's apt sources. `root` and `user` have
# Nix as `make crossloom` installs it, which is without a daemon; the other two have Debian's nix-setup-systemd, with a daemon
# that trusts the user and sandboxes. A line that begins with PREPARED or REPLACED names everything that is not as the README
# says.
set -euo pipefail

work=
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/bare.sh"

lack=$(lacks)
[ -z "$lack" ] || die "$lack"
[ "${1:-}" != --ready ] || exit 0
crossloom=$(realpath "$1")
shift
cell=musl-gcc-x86_64-linux-musl
cached=1
compiled=
valgrind=
base=
ways=()
while [ $# -gt 0 ]; do
  case $1 in
  --build) cached= ;;
  --compiled) compiled=1 ;;
  --valgrind) valgrind=1 ;;
  --base)
    base=${2:?}
    shift
    ;;
  root | user | root-daemon | user-daemon) ways+=("$1") ;;
  *) die "$1 is not a way or an option" ;;
  esac
  shift
done
[ "${#ways[@]}" -gt 0 ] || ways=(root user root-daemon user-daemon)

work=$(mktemp -d)
# Mounts are made in a separate namespace, and vanish with it.
trap 'leave "$work"' EXIT
started=$SECONDS
bare "$base"
echo 'PREPARED: later ways have the files that apt and crossloom downloaded in earlier ones'
repository
rustup=$(rust)

if [ -n "$cached" ]; then
  nix-store --generate-binary-cache-key first-hour-1 "$work/secret" "$work/public"
  mkdir "$work/filled"
  blocks Example | sed -n '/^cat >matrix.toml/,/^END$/p' | sed '1d;$d' >"$work/filled/matrix.toml"
  (
    cd "$work/filled"
    "$crossloom" --quiet sync
    "$crossloom" --quiet build --no-out-link "$cell" >/dev/null
    "$crossloom" --quiet push --key "$work/secret" "file://$work/base/given/cache?compression=none" "$cell" >/dev/null
  )
  from="--substituter file:///given/cache --trusted-public-key $(cat "$work/public")"
  echo "REPLACED: \`crossloom build\` takes $cell from a binary cache of this machine's store; --build builds it from sources"
else
  from=
fi

if [ -n "$compiled" ]; then
  cp "$crossloom" "$work/base/given/crossloom"
  echo "REPLACED: \`make crossloom\` only does its set-up; the program is the one that this script was given"
fi

# commands WAY LAST: the README's commands as a script for bash, with as few changes as possible.
commands() {
  local install example
  install=$(blocks Install)
  # A bare Debian has no sudo, and root needs none.
  case $1 in root*) install=$(swap '^sudo ' '' <<<"$install") ;; esac
  install=$(swap '^curl .*https://sh\.rustup\.rs \| sh ' "$rustup " <<<"$install")
  install=$(swap 'git clone REPOSITORY ' 'git clone /given/repository ' <<<"$install")
  if [ -n "$compiled" ]; then
    install=$(swap '^make crossloom' 'make setup \&\& mkdir -p target/release \&\& cp /given/crossloom target/release/' <<<"$install")
  else
    # Libraries that an earlier way compiled are compiled once.
    install=$(swap '^make crossloom' '[ ! -d /given/target ] || cp -a /given/target target; make crossloom' <<<"$install")
  fi
  example=$(blocks Example)
  example=$(swap "^crossloom build $cell( .*)?$" "crossloom build $from $cell" <<<"$example")
  # A person would type what is in that file.
  example=$(swap '^crossloom nix develop ([^ ]*).*$' 'crossloom nix develop \1 --command bash /given/hello' <<<"$example")
  cat <<END
set -euo pipefail
. /given/variables
export PS4='+ \$SECONDS s: '
set -x
$install
$example
END
  if [ "$2" = valgrind ]; then
    printf 'cd ~/crossloom\nmake quickstart\n'
  fi
}

# In one way's Debian: what an administrator does before the user comes.
cat >"$work/base/given/prepare" <<'END'
set -euo pipefail
way=$1
user=root home=/root
case $way in
user*)
  user=tester home=/home/tester
  useradd --create-home --shell /bin/bash tester
  apt-get install -qq --no-install-recommends sudo >/dev/null
  echo 'tester ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/tester
  echo 'PREPARED: a user who may use sudo'
  ;;
esac
remote=
case $way in
*-daemon)
  # systemd, which would start the daemon, does not run here.
  apt-get install -qq --no-install-recommends nix-setup-systemd >/dev/null
  printf 'sandbox = true\ntrusted-users = root tester\nbuild-users-group = nixbld\n' >/etc/nix/nix.conf
  mkdir -p /nix/var/nix/daemon-socket
  nix-daemon >/given/daemon.log 2>&1 &
  while [ ! -S /nix/var/nix/daemon-socket/socket ]; do sleep 0.1; done
  if [ "$user" != root ]; then
    usermod --append --groups nix-users "$user"
    echo 'PREPARED: the user is in the group nix-users, to whom Debian shows the socket of the daemon'
  fi
  remote=daemon
  echo "PREPARED: nix-setup-systemd, whose daemon sandboxes and trusts the user; NIX_REMOTE=daemon"
  ;;
esac
# Sources and packages of Debian that an earlier way downloaded.
if [ -d /given/downloads ]; then
  mkdir -p "$home/.cache"
  mv /given/downloads "$home/.cache/crossloom"
  chown -R "$user" "$home/.cache"
fi
# A login has none of the variables that were set here.
cd "$home"
runuser -u "$user" -- env -i HOME="$home" USER="$user" PATH="$PATH" LANG=C.UTF-8 ${remote:+NIX_REMOTE=$remote} bash /given/commands
END

cat >"$work/base/given/hello" <<'END'
printf '#include <stdio.h>\nint main(void) { puts("hello from musl"); }\n' >hello.c
$CC -static hello.c -o hello
./hello
END

# told: leaves out most of the words of apt, rustup and cargo.
told() {
  grep -vE --line-buffered '^(Get:|Selecting |Preparing |Unpacking |Setting up |Processing |\(Reading |  [a-z0-9]|info: | +(Compiling|Downloaded|Adding) )' ||
    true
}

for way in "${ways[@]}"; do
  echo "== $way"
  from_here=$SECONDS
  cp -a "$work/base" "$work/$way"
  [ ! -d "$work/target" ] || cp -a "$work/target" "$work/$way/given/target"
  last=
  [ -z "$valgrind" ] || [ "$way" != "${ways[-1]}" ] || last=valgrind
  commands "$way" "$last" >"$work/$way/given/commands"
  if ! enter "$work/$way" /given/prepare "$way" 2>&1 | tee "$work/log" | told; then
    tail -n 40 "$work/log" >&2
    die "$way: the README's commands failed"
  fi
  grep -qx 'hello from musl' "$work/log" || die "$way: no hello"
  if [ "$last" = valgrind ]; then
    grep -q '^fetched in .* built in .*-valgrind-' "$work/log" || die "$way: no Valgrind"
  fi
  cp -n "$work/$way"/var/cache/apt/archives/*.deb "$work/base/var/cache/apt/archives/"
  home=root
  case $way in user*) home=home/tester ;; esac
  [ -d "$work/base/given/downloads" ] || mv "$work/$way/$home/.cache/crossloom" "$work/base/given/downloads"
  if [ ! -d "$work/target" ] && [ -z "$compiled" ]; then
    mv "$work/$way/$home/crossloom/target" "$work/target"
    chmod -R a+rX "$work/target"
    echo 'PREPARED: later ways have the libraries that this one compiled'
  fi
  leave "$work/$way"
  echo "== $way: passed in $((SECONDS - from_here)) s"
done
echo "${#ways[@]} ways from a bare Debian to a program for musl: $((SECONDS - started)) s"
