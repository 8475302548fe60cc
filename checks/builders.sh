#!/usr/bin/env bash
# Whether another machine can build in this one's place: builders.sh CROSSLOOM. The machines are two stores. Nix talks to the other
# one through its own protocols, by a stand-in for ssh that runs the command here, with settings that are not crossloom's.
set -euo pipefail

crossloom=$(realpath "$1")
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/lib.sh"
matrix=$(example quickstart)
node=musl-headers-1_2_5-x86_64
system=$(uname -m)-linux
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT

mkdir "$work/bin"
cat >"$work/bin/ssh" <<END
#!$(command -v bash)
# The first word that is not an option is the host, and the command follows it.
host=
while [ \$# -gt 0 ]; do
  case \$1 in
  --) shift; break ;;
  -*) shift ;;
  *) [ -z "\$host" ] || break; host=\$1; shift ;;
  esac
done
echo "\$host: \$*" >>"$work/ssh.log"
export NIX_REMOTE="local?root=$work/other"
export NIX_CONFIG=\$'experimental-features = nix-command flakes\nsandbox = true\nsandbox-fallback = false\nsubstitute = false\nbuild-users-group ='
exec sh -c "\$*"
END
chmod +x "$work/bin/ssh"

for scheme in ssh-ng ssh; do
  chmod -R u+w "$work/here" "$work/other" 2>/dev/null || true
  rm -rf "$work/here" "$work/other" "$work/ssh.log"
  mkdir "$work/here" "$work/other"
  # No node may be built here.
  path=$(PATH=$work/bin:$PATH NIX_REMOTE="local?root=$work/here" "$crossloom" build --no-out-link --matrix "$matrix" \
    --max-jobs 0 --builders "$scheme://other $system" "$node")
  for place in here other; do
    if [ ! -f "$work/$place$path/include/stdio.h" ]; then
      echo "error: $path is not in the store of the machine \"$place\"" >&2
      exit 1
    fi
  done
  grep -q '^other: ' "$work/ssh.log"
  diff -r "$work/here$path" "$work/other$path"
  # The seed and the source of musl are where the node was built.
  for needed in seed-bookworm busybox-static musl-1.2.5.tar.gz; do
    [ -n "$(find "$work/other/nix/store" -maxdepth 1 -name "*-$needed")" ] || { echo "error: no $needed there" >&2; exit 1; }
  done
  echo "$scheme: $path was built on the other machine"
done
