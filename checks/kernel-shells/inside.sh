#!/usr/bin/env bash
# In a kernel's development shell and its workspace: inside.sh CARGO-HOME, an empty folder for cargo.
set -euo pipefail

# Crates come from the store, and nothing else of this machine's cargo is there.
export CARGO_HOME=$1
mkdir "$CARGO_HOME"

fail() {
  echo "error: $1" >&2
  exit 1
}

# What rust-analyzer asks: the packages, the compiler's folder with the standard library's sources, and the target.
cargo metadata --format-version 1 >"$CARGO_HOME/metadata"
grep -q '"name":"linked_list_allocator"' "$CARGO_HOME/metadata" || fail 'cargo metadata does not name a crate of the kernel'
sysroot=$(rustc --print sysroot)
[ -f "$sysroot/lib/rustlib/src/rust/library/core/src/lib.rs" ] || fail "$sysroot has no sources"
[ -f "$RUST_SRC_PATH/core/src/lib.rs" ] || fail "RUST_SRC_PATH is $RUST_SRC_PATH"
[ -n "$CARGO_BUILD_TARGET" ] || fail 'there is no target'

cargo build -p kernel
[ -f "target/$CARGO_BUILD_TARGET/debug/kernel" ] || fail 'cargo build made no kernel for the target'
said=$(cargo run -p kernel)
grep -q 'kernel: C computes 0xcbf43926' <<<"$said" || fail "cargo run says: $said"
said=$(cargo test -p kernel --tests)
grep -q 'test kernel::tests::the_checksum_is_the_standard_one ... ok' <<<"$said" || fail "cargo test says: $said"

# A test that fails ends cargo with an error.
echo '#[test_case] fn this_is_wrong() { assert_eq!(crate::native::checksum(b""), 1); }' >>kernel/src/tests.rs
if said=$(cargo test -p kernel --tests 2>&1); then fail "a test that is wrong passes: $said"; fi
grep -q 'kernel: panicked at' <<<"$said" || fail "a test that is wrong says: $said"

cargo host build -p segments
[ -x target/host/debug/segments ] || fail 'cargo host made no program'
target/host/debug/segments "target/$CARGO_BUILD_TARGET/debug/kernel" | grep -q . || fail 'the host tool says nothing'
