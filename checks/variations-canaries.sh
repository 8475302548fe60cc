#!/usr/bin/env bash
# Proves that every variation varies what it says and nothing else, that comparing sees every kind of difference, and
# that checks fail when they should: variations-canaries.sh CROSSLOOM
set -euo pipefail

crossloom=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# canaries ATTRIBUTE
canaries() {
  "$crossloom" --quiet nix --matrix examples/quickstart/matrix.toml build --print-build-logs --out-link "$work/built" \
    --impure --expr "
    (import $PWD/checks/variations-canaries {
      folder = $PWD/examples/quickstart/crossloom;
      system = \"$(uname -m)-linux\";
    }).$1"
}
# fails TEXT ATTRIBUTE
fails() {
  local said
  if said=$(canaries "$2" 2>&1); then
    echo "$2 passes, and should not" >&2
    exit 1
  fi
  grep -F -m 1 "$1" <<<"$said" || {
    echo "$said" >&2
    exit 1
  }
}
if ! said=$(canaries proof 2>&1); then
  echo "$said" >&2
  exit 1
fi
cat "$work/built"
fails 'out/aslr: content' nodes.canary.variations.together
fails 'beside what is known to: a part' nodes.partly.variations.directory
fails 'beside what is known to: contents alone' nodes.contents.variations.directory
fails '(out/(y): (.*) is no pattern' nodes.broken.variations.directory
fails 'identical, though they are listed as different' nodes.plain.variations.together
