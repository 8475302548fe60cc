# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables
# Packages from git, out of directories. Their places in the store are nothing that a program should hold.

words "$git"
remap=
for tree in "${words[@]}"; do
  cat "$tree/config.toml" >>"$CARGO_HOME/config.toml"
  remap+=" --remap-path-prefix=$tree=/git"
done
cat >"$NIX_BUILD_TOP/remapping" <<EOF
#!$SHELL
exec "\$@"$remap
EOF
chmod +x "$NIX_BUILD_TOP/remapping"
export RUSTC_WRAPPER=$NIX_BUILD_TOP/remapping
