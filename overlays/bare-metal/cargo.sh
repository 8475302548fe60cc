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
EOF
