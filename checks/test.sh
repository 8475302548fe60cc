#!/usr/bin/env bash
# Everything that is checked before a change lands: test.sh CROSSLOOM. Ends in one line of counts.
set -euo pipefail

crossloom=$(realpath "$1")
quickstart=examples/quickstart/matrix.toml
passed=0
skipped=()

# step NAME COMMAND…
step() {
  local name=$1 started=$SECONDS
  shift
  echo "== $name"
  "$@"
  echo "== $name: passed in $((SECONDS - started)) s"
  passed=$((passed + 1))
}

# Two builds of one derivation, the second in a store that forgets the first, are compared by Nix itself.
builds() {
  "$crossloom" fetch --matrix "$quickstart" seed-musl-1_2_5
  cat "$("$crossloom" build --matrix "$quickstart" seed-musl-1_2_5)/output"
  "$crossloom" build --matrix "$quickstart" --rebuild seed-musl-1_2_5
}

evaluates() {
  "$crossloom" nix --matrix "$quickstart" flake show --no-write-lock-file --no-update-lock-file
  "$crossloom" nix --matrix "$quickstart" flake check --no-build
  "$crossloom" nix --matrix "$quickstart" flake metadata --no-write-lock-file >/dev/null
}

current() {
  local matrix
  for matrix in examples/*/matrix.toml; do
    "$crossloom" lock --check --matrix "$matrix"
    "$crossloom" generate --check --matrix "$matrix"
  done
}

scripts() {
  shellcheck checks/*.sh overlays/seed/*.sh overlays/seed/stdenv/* overlays/seed/shell/* .ci/run
}

export CROSSLOOM_REQUIRE_NIX=1
step 'shell scripts are sound' scripts
step 'unit and integration tests' cargo test --locked --quiet
step 'examples are current' current
step 'the flake evaluates, offline' evaluates
step 'musl builds from the seed, runs, and builds again to the same bits' builds

skipped+=("building the examples' toolchains (10 to 20 minutes each): make nightly")
skipped+=("building on aarch64-linux and macOS: evaluated here, built on such machines")
for reason in "${skipped[@]}"; do echo "SKIPPED: $reason"; done
echo "$passed passed, 0 failed, ${#skipped[@]} skipped"
