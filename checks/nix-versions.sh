#!/usr/bin/env bash
# Evaluation and the quick builds under every Nix that checks/nix-versions has a lock of, or those of the suites named:
#   nix-versions.sh CROSSLOOM [SUITE…]
# Each Nix is unpacked by the seed's mechanism and has an empty /nix of its own: a store that a newer Nix has opened may
# be closed to an older one. Prints what each passed and what was skipped; exits 1 when one fails, or two differ.
set -euo pipefail

crossloom=$(realpath "$1")
quickstart=$PWD/examples/quickstart
system=$(uname -m)-linux
# What is built: musl by the seed's compiler with a program that is run, and a node of a toolchain.
builds=(seed-musl-1_2_5 musl-headers-1_2_5-x86_64)
suites=("${@:2}")
[ "${#suites[@]}" -gt 0 ] || suites=(bookworm trixie sid)
root=$PWD
work=$(mktemp -d)
# What is in a store can't be removed before it is writable again.
trap 'chmod -R u+w "$work" && rm -rf "$work"' EXIT
cache=${XDG_CACHE_HOME:-$HOME/.cache}/crossloom
mkdir -p "$cache"
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/apps.sh"
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/lib.sh"
# Where each example is rendered.
declare -A matrix
for name in $(examples); do matrix[$name]=$(example "$name"); done
skipped=()
rows=()
failed=0

unshared=(unshare --mount)
[ "$(id -u)" = 0 ] || unshared=(unshare --map-root-user --mount)
if ! "${unshared[@]}" mount --bind "$work" /nix 2>"$work/why"; then
  echo "SKIPPED: every version: this machine mounts nothing for it: $(tr '\n' ' ' <"$work/why")"
  echo "0 versions passed, 0 failed, ${#suites[@]} skipped"
  exit 0
fi

# under ARG…: crossloom under the Nix of $suite, in its /nix and with its caches.
under() {
  # shellcheck disable=SC2016 # the inner shell's
  PATH=$work/$suite/bin:$PATH XDG_CACHE_HOME=$work/$suite/cache XDG_STATE_HOME=$work/$suite/state \
    XDG_DATA_HOME=$work/$suite/data NIX_REMOTE=local NIX_STORE_DIR='' NIX_CONFIG=${NIX_CONFIG:-}$(cat "$work/$suite/config") \
    "${unshared[@]}" bash -c 'mount --bind "$1" /nix && shift && exec "$@"' - "$work/$suite/nix" "$crossloom" "$@"
}

# The Nix of $suite's lock in $work/$suite/bin, and a /nix for it that holds nothing but itself.
unpacked() {
  local lock=$PWD/checks/nix-versions/$suite-$system.json tree path program
  "$crossloom" --quiet nix --matrix "$quickstart/matrix.toml" build --file checks/nix-versions --arg lock "$lock" \
    --out-link "$work/$suite/tree" || return
  tree=$(readlink "$work/$suite/tree")
  mkdir -p "$work/$suite"/{bin,cache,nix/store}
  : >"$work/$suite/config"
  # As files beside that store's own: it knows nothing of them.
  "$crossloom" nix --matrix "$quickstart/matrix.toml" path-info --recursive "$tree" >"$work/$suite/closure" || return
  while read -r path; do cp -a "$path" "$work/$suite/nix/store/"; done <"$work/$suite/closure"
  if [ ! -d "$tree/usr/lib/nix" ]; then
    ln -s "$tree"/bin/nix* "$work/$suite/bin/"
  else
    # Debian's 2.8 keeps Nix' own libraries where the seed's programs don't search, and looks for itself in /usr.
    for program in "$tree"/bin/nix*; do
      # shellcheck disable=SC2016 # the written script's
      printf '#!%s\nexport LD_LIBRARY_PATH=%q\nexec -a "$0" %q "$@"\n' "$tree/bin/bash" "$tree/usr/lib/nix" "$program" \
        >"$work/$suite/bin/${program##*/}"
    done
    chmod +x "$work/$suite"/bin/*
    printf '\nbuild-hook = %s\n' "$tree/usr/libexec/nix/build-remote" >"$work/$suite/config"
  fi
  # Downloads are shared; what a Nix remembers of its evaluations is not.
  ln -s "$cache" "$work/$suite/cache/crossloom"
}

evaluates() {
  local name
  under --quiet nix --matrix "$quickstart/matrix.toml" flake show --no-update-lock-file || return
  under --quiet nix --matrix "$quickstart/matrix.toml" flake check --no-build --no-update-lock-file . || return
  for name in "${!matrix[@]}"; do
    # Most of them are no part of this repository's tree, which is all that a flake in it would see.
    under --quiet nix --matrix "${matrix[$name]}" flake check --no-build --no-update-lock-file \
      "path:$(dirname "${matrix[$name]}")" || return
  done
}

# Every derivation by name, for both kinds of build machines, to be compared with the other versions' and with the list.
listed() {
  local name
  for name in $(examples); do
    derivations "$name" "${matrix[$name]}" under --quiet nix --matrix "${matrix[$name]}" || return
  done | LC_ALL=C sort >"$work/$suite/list" || return
  cat "$work/$suite/list"
  diff checks/derivations.txt "$work/$suite/list" >&2
}

# What was built and the hash of its content.
built() {
  cp -r "$quickstart" "$work/$suite/project" && rm -rf "$work/$suite/project/.crossloom" || return
  local project=$work/$suite/project/matrix.toml name path hash
  for name in "${builds[@]}"; do
    path=$(under build --no-out-link --matrix "$project" "$name") || return
    hash=$(under --quiet nix --matrix "$project" hash path "$path") || return
    [ -n "$hash" ] || return
    echo "$name $path $hash"
  done
}

# What a user does beside: a node built a second time, a shell of the seed's, a project from a template.
used() {
  under build --no-out-link --matrix "$work/$suite/project/matrix.toml" --rebuild musl-headers-1_2_5-x86_64 || return
  local lock=$root/generator/data/seeds/bookworm-$system.json
  # shellcheck disable=SC2016 # that shell's
  under --quiet nix --matrix "$quickstart/matrix.toml" develop --impure --expr "
    (import $root/overlays/seed { lock = builtins.fromJSON (builtins.readFile $lock); }).mkShellNoCC {
      name = \"shell\";
      packages = [ ];
    }" --command bash -c '[[ $(type -p gcc) == "$seed"/* ]]' || return
  mkdir "$work/$suite/new" && cd "$work/$suite/new" || return
  under --quiet nix --matrix "$quickstart/matrix.toml" flake init --template "$root#darwin-hello" || return
  under --quiet lock && under --quiet generate || return
  under generate --check
}

# The flake's app and formatter.
runs() {
  runs_and_formats "$work/$suite/apps" "$crossloom" under --quiet nix --matrix "$quickstart/matrix.toml"
}

# step NAME COMMAND: its output in $work/$suite/NAME; the row of the table says what became of it.
step() {
  local name=$1 started=$SECONDS
  # In a shell of its own: a directory that it changes to is not the next one's.
  if ("$2") >"$work/$suite/$name" 2>"$work/$suite/$name.log"; then
    echo "  $name: passed in $((SECONDS - started)) s"
    row+=" passed |"
    return
  fi
  echo "  $name: FAILED"
  tail -n 40 "$work/$suite/$name.log"
  row+=" FAILED |"
  ok=0
}

# same NAME: whether the step's output is that of the first version that passed.
same() {
  [ -n "$first" ] || return 0
  if diff "$work/$first/$1" "$work/$suite/$1"; then return; fi
  echo "  $1: not what the Nix of $first gives (above)"
  ok=0
}

first=
passed=0
for suite in "${suites[@]}"; do
  lock=checks/nix-versions/$suite-$system.json
  if [ ! -e "$lock" ]; then
    if ! compgen -G "checks/nix-versions/$suite-*.json" >/dev/null; then
      echo "$suite: no suite of checks/nix-versions is called that" >&2
      exit 2
    fi
    skipped+=("$suite: there is no $lock")
    continue
  fi
  if ! "$crossloom" seed fetch "$lock"; then
    renew="crossloom seed lock --suite $suite --system $system --root nix-bin --root bash --output $lock"
    # The others' packages stay where they are at least until the next point release.
    if [ "$suite" = sid ]; then
      skipped+=("$suite: its packages can't be fetched (above); the archive keeps no old ones, so renew the lock: $renew")
    else
      echo "$suite: its packages can't be fetched; to renew the lock: $renew"
      failed=$((failed + 1))
    fi
    continue
  fi
  echo "== the Nix of $suite"
  mkdir "$work/$suite"
  if ! unpacked || ! version=$(under --quiet nix --matrix "$quickstart/matrix.toml" --version); then
    echo "$suite: its Nix does not run"
    failed=$((failed + 1))
    continue
  fi
  ok=1
  row="| ${version##* } ($suite) |"
  for name in evaluates listed built used runs; do step "$name" "$name"; done
  same listed
  same built
  rows+=("$row $(wc -l <"$work/$suite/listed") |")
  if [ "$ok" = 1 ]; then
    passed=$((passed + 1))
    # What the others are compared with.
    first=${first:-$suite}
  else
    failed=$((failed + 1))
  fi
done

echo
echo '| Nix | flake, examples | all derivations | builds | again, shell, template | nix run, nix fmt | derivations |'
echo '|---|---|---|---|---|---|---|'
[ "${#rows[@]}" = 0 ] || printf '%s\n' "${rows[@]}"
[ "$passed" -lt 2 ] || [ "$failed" != 0 ] || echo "Derivations, output paths and contents are the same under all of them."
for reason in "${skipped[@]}"; do echo "SKIPPED: $reason"; done
echo "$passed versions passed, $failed failed, ${#skipped[@]} skipped"
[ "$failed" = 0 ]
