#!/usr/bin/env bash
# Builds one package or node of the quickstart twice under different circumstances and compares every file: another directory, one
# core and many, another time zone and umask, another moment.
#   vary.sh CROSSLOOM EXAMPLE NAME RECIPE…      of examples/EXAMPLE; the recipes that are varied, by file name
# Every output is compared.
# Exits 1 when a file differs, and names the first ones.
set -euo pipefail

crossloom=$(realpath "$1")
matrix=examples/$2/matrix.toml
folder=$PWD/examples/$2/crossloom
package=$3
shift 3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$crossloom" build --matrix "$matrix" "$package" >/dev/null
recipes=$(printf '"%s" ' "$@")

# expression RECIPES: the package, with these recipes varied.
expression() {
  echo "
  let
    outputs = import $PWD/checks/vary.nix {
      folder = $folder;
      system = \"$(uname -m)-linux\";
      seed = \"bookworm\";
      recipes = [ $1 ];
    };
  in
  outputs.packages.\"$package\" or outputs.nodes.\"$package\""
}
run() { "$crossloom" nix --matrix "$matrix" "$@"; }
outputs=$(run eval --impure --raw --expr "builtins.concatStringsSep \" \" ($(expression '')).outputs")

# Names, links and permissions, then contents.
listing() { (cd "$1" && find . -printf '%p %y %m %l\n' | LC_ALL=C sort); }
files=0
for output in $outputs; do
  run build --impure --out-link "$work/once-$output" --expr "($(expression '')).$output"
  run build --impure --out-link "$work/varied-$output" --expr "($(expression "$recipes")).$output"
  # Of outputs but the first, the link's name ends in the output's.
  once=$(readlink "$work/once-$output"*) varied=$(readlink "$work/varied-$output"*)
  if [ "$once" = "$varied" ]; then
    echo "both are one and the same store path: nothing was compared" >&2
    exit 1
  fi
  listing "$once" >"$work/once"
  listing "$varied" >"$work/listed"
  if ! diff "$work/once" "$work/listed"; then
    echo "$package, $output: the two trees do not hold the same files" >&2
    exit 1
  fi
  if ! diff -rq "$once" "$varied"; then
    echo "$package, $output: the files above differ" >&2
    exit 1
  fi
  files=$((files + $(find "$once" -type f | wc -l)))
done
echo "$package: $files files, all of them identical under other circumstances"
