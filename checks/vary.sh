#!/usr/bin/env bash
# Builds one package or node of the quickstart twice under different circumstances and compares every file: another directory, one
# core and many, another time zone and umask, another moment.
#   vary.sh CROSSLOOM NAME RECIPE…      the recipes that are varied, by file name: valgrind-darwin.nix
# Exits 1 when a file differs, and names the first ones.
set -euo pipefail

crossloom=$(realpath "$1")
package=$2
shift 2
matrix=examples/quickstart/matrix.toml
folder=$PWD/examples/quickstart/crossloom
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

once=$("$crossloom" build --matrix "$matrix" "$package")
recipes=$(printf '"%s" ' "$@")
"$crossloom" nix --matrix "$matrix" build --impure --out-link "$work/varied" --expr "
  let
    outputs = import $PWD/checks/vary.nix {
      folder = $folder;
      system = \"$(uname -m)-linux\";
      seed = \"bookworm\";
      recipes = [ $recipes ];
    };
  in
  outputs.packages.\"$package\" or outputs.nodes.\"$package\""
varied=$(readlink "$work/varied")
if [ "$once" = "$varied" ]; then
  echo "both are one and the same store path: nothing was compared" >&2
  exit 1
fi

# Names, links and permissions, then contents.
listing() { (cd "$1" && find . -printf '%p %y %m %l\n' | LC_ALL=C sort); }
listing "$once" >"$work/once"
listing "$varied" >"$work/listed"
if ! diff "$work/once" "$work/listed"; then
  echo "$package: the two trees do not hold the same files" >&2
  exit 1
fi
if ! diff -rq "$once" "$varied"; then
  echo "$package: the files above differ" >&2
  exit 1
fi
echo "$package: $(find "$once" -type f | wc -l) files, all of them identical under other circumstances"
