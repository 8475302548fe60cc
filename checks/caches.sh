#!/usr/bin/env bash
# Whether a second machine takes what a first one pushed, and refuses what is not signed or not as it was signed:
# caches.sh CROSSLOOM. The machines are two stores, and the cache is a folder. One small node of the quickstart is built.
set -euo pipefail

crossloom=$(realpath "$1")
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/lib.sh"
matrix=$(example quickstart)
node=musl-headers-1_2_5-x86_64
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT

fail() {
  echo "error: $*" >&2
  cat "$work/log" >&2 || true
  exit 1
}

# second CACHE ARGUMENT…: builds the node in a new store, with an empty cache of downloads.
second() {
  chmod -R u+w "$work/second" 2>/dev/null || true
  rm -rf "$work/second" "$work/downloads"
  mkdir "$work/second"
  NIX_REMOTE="local?root=$work/second" XDG_CACHE_HOME=$work/downloads \
    "$crossloom" build --no-out-link --matrix "$matrix" "$@" "$node" >"$work/path" 2>"$work/log"
}

# refused WORDS ARGUMENT…: the build fails with these words, and the second store has nothing.
refused() {
  local words=$1 code=0
  shift
  second "$@" || code=$?
  [ "$code" = 2 ] || fail "expected an error, exit code $code: $*"
  grep -qF -- "$words" "$work/log" || fail "expected \"$words\""
  ! grep -q '^building ' "$work/log" || fail "something was built in place of what was refused"
  # Nix may leave files behind that it does not count as a path; it removes them before it makes the path.
  if NIX_REMOTE="local?root=$work/second" nix-store --check-validity "$path" 2>>"$work/log"; then
    fail "$path was taken all the same"
  fi
  echo "refused: $words"
}

path=$("$crossloom" --quiet build --no-out-link --matrix "$matrix" "$node")
[ ! -e result ] || fail 'a link was made'

# Links are made in the working directory, replace those of an earlier build, and nothing else.
mkdir "$work/links"
(
  cd "$work/links"
  for again in '' again; do
    "$crossloom" --quiet build --matrix "$matrix" "$node" musl-headers-1_2_5-i386 >"$work/log" || fail "no links $again"
    [ "$(readlink result)" = "$path" ] || fail 'result is another link'
    [[ $(readlink result-2) = /nix/store/*-musl-headers-i386-* ]] || fail 'result-2 is another link'
  done
  nix-store --query --roots "$path" | grep -qF "$work/links/result " || fail 'result is not a root'
  ln -sfn /etc result-2
  code=0
  "$crossloom" --quiet build --matrix "$matrix" "$node" musl-headers-1_2_5-i386 2>"$work/log" || code=$?
  [ "$code" = 2 ] || fail 'a link of somebody else was no error'
  grep -qF 'result-2 is there, and is not a link into the Nix store' "$work/log" || fail 'expected another message'
  [ "$(readlink result-2)" = /etc ] || fail 'a link of somebody else was replaced'
)
for name in ours theirs; do
  nix-store --generate-binary-cache-key "$name-1" "$work/$name.secret" "$work/$name.public" 2>"$work/log"
  "$crossloom" push --matrix "$matrix" --key "$work/$name.secret" "file://$work/$name" "$node" 2>"$work/log"
done
ours=$(cat "$work/ours.public")
grep -qF -- "--trusted-public-key $(cat "$work/theirs.public")" "$work/log" || fail 'push names another public key'
"$crossloom" --quiet push --matrix "$matrix" "file://$work/unsigned" "$node"

# What was pushed is taken: nothing is built, and no source is downloaded.
second --substituter "file://$work/ours" --trusted-public-key "$ours" || fail 'the cache was not used'
[ "$(cat "$work/path")" = "$path" ] || fail 'another path was taken'
[ -f "$work/second$path/include/stdio.h" ] || fail 'the path was not taken'
diff -r "$path" "$work/second$path"
! grep -qE 'building|downloaded' "$work/log" || fail 'something was built or downloaded'
# crossloom keeps there how long builds took, too.
files=$(find "$work/downloads" -type f ! -name build-times.json)
[ -z "$files" ] || fail "something was downloaded: $files"
echo "taken: $path"

# Two caches: the first has nothing.
mkdir "$work/empty"
cp "$work/ours/nix-cache-info" "$work/empty/"
second --substituter "file://$work/empty" --substituter "file://$work/ours" --trusted-public-key "$ours" ||
  fail 'the second cache was not used'

# [cache] of the matrix counts if it is asked for.
mkdir "$work/project"
cp -r "$(dirname "$matrix")"/{matrix.toml,matrix.lock,flake.nix,flake.lock,crossloom} "$work/project/"
printf '\n[cache]\nsubstituters = ["file://%s"]\ntrusted-public-keys = ["%s"]\n' "$work/ours" "$ours" >>"$work/project/matrix.toml"
(matrix=$work/project/matrix.toml && second --cache) || fail '[cache] was not used'
grep -qF "taking from file://$work/ours, trusting $ours" "$work/log" || fail '[cache] was used without a word'
# Without `--cache` everything would be downloaded and built, so nothing may be taken from the folder.
printf '[mirrors]\n%s = []\n' debian >"$work/mirrors.toml"
code=0
(matrix=$work/project/matrix.toml && CROSSLOOM_MIRRORS=$work/mirrors.toml && export CROSSLOOM_MIRRORS && second) || code=$?
[ "$code" = 2 ] || fail '[cache] was used although nobody asked for it'
grep -q 'files could not be fetched' "$work/log" || fail 'expected that sources are looked for'

unsigned="not signed by a key that is trusted"
refused "$unsigned" --substituter "file://$work/unsigned" --trusted-public-key "$ours"
refused "$unsigned" --substituter "file://$work/theirs" --trusted-public-key "$ours"
refused "no key is given for file://$work/ours" --substituter "file://$work/ours"
refused "there is no binary cache in $work/nowhere" --substituter "file://$work/nowhere" --trusted-public-key "$ours"

# A description that is not the one that was signed.
cp -r "$work/ours" "$work/changed"
sed -i 's/^NarSize: /&1/' "$work/changed"/*.narinfo
refused "$unsigned" --substituter "file://$work/changed" --trusted-public-key "$ours"

# Other contents under a good signature.
cp -r "$work/ours" "$work/tampered"
for nar in "$work/tampered/nar"/*; do
  xz -dc "$nar" | sed 's/stdio\.h/stdiX.h/' | xz >"$work/nar"
  ! cmp -s "$nar" "$work/nar" || fail "$nar was not changed"
  cp -f "$work/nar" "$nar"
done
refused 'does not have the contents that were signed' --substituter "file://$work/tampered" --trusted-public-key "$ours"
