#!/usr/bin/env bash
# Everything that is checked before a change lands: test.sh CROSSLOOM. Ends in one line of counts.
set -euo pipefail

crossloom=$(realpath "$1")
quickstart=examples/quickstart/matrix.toml
passed=0
skipped=()
work=$(mktemp -d)
log=$work/log
: >"$log"
trap 'summary $?' EXIT
now='setting up'

# The line of counts, also behind a step that failed: what comes after it was not run.
summary() {
  local reason failed=0
  if [ "$1" != 0 ]; then
    failed=1
    echo "== $now: FAILED; what comes after it was not run"
  fi
  while read -r reason; do skipped+=("a test: $reason"); done < <(sed -n 's/.*SKIP: //p' "$log" | sort -u)
  for reason in "${skipped[@]}"; do echo "SKIPPED: $reason"; done
  echo "$passed passed, $failed failed, ${#skipped[@]} skipped"
  rm -rf "$work"
}

# step NAME COMMAND…
step() {
  local name=$1 started=$SECONDS
  shift
  now=$name
  echo "== $name"
  "$@"
  echo "== $name: passed in $((SECONDS - started)) s"
  passed=$((passed + 1))
}

# Two builds of one derivation, the second in a store that forgets the first, are compared by Nix itself.
builds() {
  "$crossloom" fetch --matrix "$quickstart" seed-musl-1_2_5
  local built
  built=$("$crossloom" build --matrix "$quickstart" seed-musl-1_2_5)
  cat "$built/output"
  "$crossloom" build --matrix "$quickstart" --rebuild seed-musl-1_2_5
}

# Valgrind for macOS, its structure, and its tools on an emulated processor.
valgrind() {
  local check built
  for check in structure-valgrind-darwin emulated-valgrind-darwin; do
    built=$("$crossloom" build --matrix "$quickstart" "$check")
    cat "$built/output"
  done
}

# The flake's app and formatter.
runs() {
  (source checks/apps.sh && runs_and_formats "$work/apps" "$crossloom" "$crossloom" --quiet nix --matrix "$PWD/$quickstart")
}

evaluates() {
  # Nothing may be built on the way.
  # shellcheck disable=SC2031 # the subshell's is its own
  local -x NIX_CONFIG="${NIX_CONFIG:-}"$'\nallow-import-from-derivation = false'
  # crossloom itself is made with nixpkgs, and so left out.
  local system output
  "$crossloom" nix --matrix "$quickstart" flake show --no-update-lock-file
  "$crossloom" nix --matrix "$quickstart" flake check --no-build --no-update-lock-file
  # A newer Nix shows and checks this machine's system alone.
  for system in x86_64-linux aarch64-linux; do
    for output in packages devShells checks legacyPackages; do
      "$crossloom" nix --matrix "$quickstart" eval --no-update-lock-file --json ".#$output.$system" \
        --apply 'nodes: builtins.mapAttrs (name: node: node.drvPath) (removeAttrs nodes [ "crossloom" ])' | tr ',' '\n' | wc -l | sed "s/^/$output.$system: /"
    done
  done
  # The other examples: among them osxcross' flavour and the interface generator, whose sources are not asked for.
  local example
  for example in examples/*/; do
    [ "$example" = examples/quickstart/ ] ||
      "$crossloom" nix --matrix "$example/matrix.toml" flake check --no-build --no-update-lock-file "./$example"
  done
}

current() {
  local matrix
  for matrix in examples/*/matrix.toml; do
    "$crossloom" lock --check --matrix "$matrix"
    "$crossloom" generate --check --matrix "$matrix"
  done
  cmp flake.lock examples/quickstart/flake.lock
  if grep -rn '@@FIGURE' README.md ARCHITECTURE.md CONTRIBUTING.md CHANGELOG.md docs examples/*/README.md; then
    echo 'a figure is missing' >&2
    return 1
  fi
}

tests() {
  cargo test --locked --quiet 2>&1 | tee "$log"
}

scripts() {
  shellcheck checks/*.sh checks/shells/*.sh checks/variations*/*.sh checks/variations/stdenv/setup overlays/*.sh overlays/shell/*.sh overlays/shell/*/*.sh overlays/shell/share/config.site overlays/kernel/*.sh overlays/darwin/*.sh overlays/darwin/*/*.sh overlays/seed/*.sh overlays/seed/stdenv/* overlays/seed/shell/* .ci/run
}

export CROSSLOOM_REQUIRE_NIX=1
step 'shell scripts are sound' scripts
step 'Python scripts do what they say' python3 -m unittest discover -s checks/python
step 'unit and integration tests' tests
step 'examples are current' current
step 'the flake evaluates, offline' evaluates
step 'files for GitHub and GitLab hold to their schemas' checks/surfaces.sh "$crossloom"
step 'musl builds from the seed, runs, and builds again to the same bits' builds
step 'nix run and nix fmt do what they should, with a stand-in for nixpkgs' runs
step 'variations vary, and comparing sees every kind of difference' checks/variations-canaries.sh "$crossloom"
step "kernels' configurations say what is missing" checks/kernel-explain.sh "$crossloom"
if [ "$(uname -m)" = x86_64 ]; then
  step 'Valgrind for macOS builds, and its tools run' valgrind
else
  skipped+=("Valgrind's tools under the emulator: its Python package is for x86_64")
fi

skipped+=("building the examples' toolchains (10 to 20 minutes each): make nightly")
skipped+=("building nodes under other circumstances (as long as building them): make variations")
skipped+=("other versions of Nix than this machine's: make test-nix-versions")
skipped+=("building on aarch64-linux and macOS: evaluated here, built on such machines")
