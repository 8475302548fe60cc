#!/usr/bin/env bash
# Everything that is checked before a change lands: test.sh CROSSLOOM. Ends in one line of counts.
set -euo pipefail

crossloom=$(realpath "$1")
quickstart=examples/quickstart/matrix.toml
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/lib.sh"
passed=0
skipped=()
work=$(mktemp -d)
log=$work/log
: >"$log"
trap 'summary $?' EXIT
now='setting up'

# The line of counts, also after a step that failed: what comes after it was not run.
summary() {
  local reason failed=0
  if [ "$1" != 0 ]; then
    failed=1
    echo "== $now: FAILED; what comes after it was not run"
  fi
  while read -r reason; do skipped+=("$reason"); done < <(sed -n 's/^SKIPPED: //p; s/.*SKIP: /a test: /p' "$log" | sort -u)
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
  "$@" 2>&1 | tee -a "$log"
  echo "== $name: passed in $((SECONDS - started)) s"
  passed=$((passed + 1))
}

# Two builds of one derivation, the second in a store that forgets the first, are compared by Nix itself.
builds() {
  "$crossloom" fetch --matrix "$quickstart" seed-musl-1_2_5
  local built
  built=$("$crossloom" build --no-out-link --matrix "$quickstart" seed-musl-1_2_5)
  cat "$built/output"
  "$crossloom" build --no-out-link --matrix "$quickstart" --rebuild seed-musl-1_2_5
}

# Valgrind for macOS, its structure, what dyld would find, and its tools on an emulated processor.
valgrind() {
  local check built
  for check in structure-valgrind-darwin dyld-valgrind-darwin emulated-valgrind-darwin; do
    built=$("$crossloom" build --no-out-link --matrix "$quickstart" "$check")
    cat "$built/output"
  done
}

# A kernel in Rust with the standard library's sources, on an emulated machine.
kernel() {
  local matrix built
  matrix=$(example bare-metal)
  built=$("$crossloom" build --no-out-link --matrix "$matrix" boot-bare-metal-x86_64-unknown-none)
  cat "$built/output"
}

# The flake's app and formatter.
runs() {
  (source checks/apps.sh && runs_and_formats "$work/apps" "$crossloom" "$crossloom" --quiet nix --matrix "$PWD/$quickstart")
}

evaluates() {
  # Nothing may be built on the way.
  # shellcheck disable=SC2031 # the subshell's is its own
  local -x NIX_CONFIG="${NIX_CONFIG:-}"$'\nallow-import-from-derivation = false'
  "$crossloom" nix --matrix "$quickstart" flake show --no-update-lock-file
  "$crossloom" nix --matrix "$quickstart" flake check --no-build --no-update-lock-file
  # The other examples: among them osxcross' flavour and the interface generator, whose sources are not asked for.
  checks/derivations.sh "$crossloom"
}

current() {
  local name
  "$crossloom" lock --check --matrix "$quickstart"
  "$crossloom" generate --check --matrix "$quickstart"
  # Of the others the lock alone is in git.
  for name in $(examples); do example "$name"; done
  cmp flake.lock examples/quickstart/flake.lock
  if grep -rn '@@FIGURE' README.md ARCHITECTURE.md CONTRIBUTING.md CHANGELOG.md docs examples/*/README.md; then
    echo 'a figure is missing' >&2
    return 1
  fi
}

tests() {
  cargo test --locked --quiet
}

scripts() {
  local file
  local -a files
  # Scripts have an end of their own or a first line that says what reads them.
  while IFS= read -r -d '' file; do
    case $file in
    *.sh) files+=("$file") ;;
    *) if head -n 1 "$file" | grep -qE '^#!.*sh$|^# shellcheck shell='; then files+=("$file"); fi ;;
    esac
  done < <(find checks overlays generator/run.sh .ci -type f -not -path '*/target/*' -not -name '*.nix' -not -name '*.py' -print0)
  shellcheck "${files[@]}"
  echo "${#files[@]} scripts"
}

export CROSSLOOM_REQUIRE_NIX=1
step 'shell scripts are sound' scripts
# lints NAME COMPONENT COMMAND…: what a part of the Rust toolchain says that not every machine has.
lints() {
  local name=$1 part=$2 release
  release=$(sed -n 's/^rust-of-lints = "\(.*\)"$/\1/p' Cargo.toml)
  if [ "$(rustc --version | cut -d ' ' -f 2)" != "$release" ]; then
    skipped+=("$name: this is not Rust $release")
  elif [ "$part" = doc ] || cargo "$part" --version >/dev/null 2>&1; then
    step "$name" "${@:3}"
  else
    skipped+=("$name: there is no cargo $part (rustup component add ${part/fmt/rustfmt})")
  fi
}
lints 'Rust is formatted' fmt cargo fmt --package crossloom --check
lints 'clippy has no warnings' clippy cargo clippy --locked --quiet --all-targets -- -D warnings
lints 'links in the documentation of the code lead somewhere' doc env RUSTDOCFLAGS='-D warnings' \
  cargo doc --locked --quiet --no-deps --document-private-items --package crossloom
step 'Python scripts do what they say' python3 -m unittest discover -s checks/python
step 'links between documents lead somewhere' checks/links.sh
step 'unit and integration tests' tests
# It has a Cargo.lock of its own, by which its node is built.
step 'disk images can be read again' cargo test --locked --quiet --manifest-path overlays/bare-metal/disk-image/Cargo.toml \
  --target-dir "${CARGO_TARGET_DIR:-target}/disk-image"
step 'examples are current' current
step 'the commands of the documentation run' checks/docs.sh "$crossloom"
step 'the flake and every example evaluate, offline, to the derivations that are listed' evaluates
step 'files for GitHub and GitLab hold to their schemas' checks/surfaces.sh "$crossloom"
if cargo deny --version >/dev/null 2>&1; then
  step 'licences, sources and versions of crates are allowed' checks/supply-chain.sh
else
  skipped+=("licences, sources and versions of crates: there is no cargo-deny (cargo install --locked cargo-deny)")
fi
step 'musl builds from the seed, runs, and builds again to the same bits' builds
step 'a second store takes what was pushed, and refuses what is not signed' checks/caches.sh "$crossloom"
step 'nix run and nix fmt do what they should, with a stand-in for nixpkgs' runs
step 'variations vary, and comparing sees every kind of difference' checks/variations-canaries.sh "$crossloom"
step 'a kernel in Rust builds and boots' kernel
step 'kernels do not depend on the kind of build machine' checks/build-machines.sh "$crossloom"
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
