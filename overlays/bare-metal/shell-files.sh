# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables

mkdir -p "$out/bin"
cat >"$out/config.toml" <<EOF
[source.crates-io]
replace-with = "vendored"

[source.vendored]
directory = "$crates"
EOF
words "${git:-}"
for tree in "${words[@]}"; do
  cat "$tree/config.toml" >>"$out/config.toml"
done

# cargo takes no variable for the place of its crates. `cargo +toolchain` is rustup's, and there is none here.
cat >"$out/bin/cargo" <<EOF
#!$shell
exec "$rust/bin/cargo" --config "$out/config.toml" "\$@"
EOF

# `cargo host build -p TOOL`: for the build machine, with its own standard library.
cat >"$out/bin/cargo-host" <<EOF
#!$shell
shift
unset CARGO_UNSTABLE_BUILD_STD CARGO_UNSTABLE_BUILD_STD_FEATURES CARGO_BUILD_TARGET
export CARGO_TARGET_DIR=\${CARGO_TARGET_DIR:-target}/host
exec "$rust/bin/cargo" --config "$out/config.toml" "\$@"
EOF

# Its standard library is the tree's, in which rust-analyzer looks for sources, too.
cat >"$out/bin/rustc" <<EOF
#!$shell
exec "$rust/bin/rustc" --sysroot "$rust" "\$@"
EOF

cat >"$out/bin/no-c-compiler" <<EOF
#!$shell
echo 'error: a build script compiles C or assembly for a kernel that has no compiler for it' >&2
echo 'hint: c-compiler = "llvm" in its table of the matrix' >&2
exit 1
EOF
chmod +x "$out/bin"/*
