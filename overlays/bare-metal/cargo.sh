# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables
# cargo, offline, with the crates of a directory in the place of its registry.

export CARGO_HOME=$NIX_BUILD_TOP/cargo CARGO_TARGET_DIR=$NIX_BUILD_TOP/target
mkdir "$CARGO_HOME"
cat >"$CARGO_HOME/config.toml" <<EOF
[source.crates-io]
replace-with = "vendored"

[source.vendored]
directory = "$crates"

[net]
offline = true

${settings:-}
EOF

# cargo ARG…: the same, with a hint after messages whose reason is how crossloom builds.
cargo() {
  local log=$NIX_BUILD_TOP/cargo.log status=$NIX_BUILD_TOP/cargo.status
  rm -f "$status"
  { command cargo "$@" 2>&1 || echo "$?" >"$status"; } | tee "$log"
  if [ ! -e "$status" ]; then return 0; fi
  if grep -qE 'lock file .* needs to be updated|cannot update the lock file' "$log"; then
    echo 'hint: Cargo.lock does not fit the manifests: run cargo generate-lockfile in the workspace' >&2
  elif grep -q 'failed to run custom build command' "$log" &&
    grep -qiE 'resolve host|resolution|lookup address|network is unreachable|--offline was specified' "$log"; then
    echo "hint: the build script of $(awk 'sub(/.*failed to run custom build command for ./, "") { print $1; exit }' "$log")" \
      'wants the network, and no build has it. Put what it downloads into the workspace, or depend on it in Cargo.toml.' \
      'A boot loader is not a dependency of a kernel: the key boot adds it.' >&2
  fi
  return "$(cat "$status")"
}
