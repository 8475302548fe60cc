# shellcheck shell=bash disable=SC2154 # the derivation's attributes arrive as variables

mkdir -p "$out/bin"
cat >"$out/crates.toml" <<EOF
[source.crates-io]
replace-with = "vendored"

[source.vendored]
directory = "$crates"
EOF
words "${git:-}"
for tree in "${words[@]}"; do
  cat "$tree/config.toml" >>"$out/crates.toml"
done
cat >"$out/standard.toml" <<EOF
[unstable]
build-std = ["core", "alloc", "compiler_builtins"]
build-std-features = ["compiler-builtins-mem"]
panic-abort-tests = true

${settings:-}
EOF

# cargo takes no variables for these, or not lists. `cargo +toolchain` is rustup's, and there is none here.
cat >"$out/bin/cargo" <<EOF
#!$shell
exec "$rust/bin/cargo" --config "$out/crates.toml" --config "$out/standard.toml" "\$@"
EOF

# `cargo host build -p TOOL`: for the build machine, with its own standard library.
cat >"$out/bin/cargo-host" <<EOF
#!$shell
shift
unset CARGO_BUILD_TARGET RUSTFLAGS RUSTC_BOOTSTRAP
export CARGO_TARGET_DIR=\${CARGO_TARGET_DIR:-target}/host
exec "$rust/bin/cargo" --config "$out/crates.toml" "\$@"
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
