#!/usr/bin/env bash
# Writes again what git holds of the examples and crossloom makes: every lock, the quickstart's tree, and the list of all
# derivations: examples.sh CROSSLOOM
set -euo pipefail

crossloom=$(realpath "$1")
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/lib.sh"
for name in $(examples); do
  if [ "$name" = quickstart ]; then
    for command in lock generate; do "$crossloom" "$command" --matrix "examples/$name/matrix.toml"; done
  else
    matrix=$(locked "$name")
    cp "${matrix%.toml}.lock" "examples/$name/matrix.lock"
  fi
done
checks/derivations.sh "$crossloom" --write
