//! What each recipe needs of the seed beside its base, as data.

use crate::seed::Tier;

/// Every recipe that a node can be a call of, with the tiers whose packages it takes from the scope by name.
pub const RECIPES: &[(&str, &[Tier])] = &[
    ("musl-gcc/binutils", &[]),
    ("darwin/bootstrap-cmds", &[Tier::Buildsystems]),
    ("darwin/cctools", &[Tier::Llvm, Tier::Osxcross]),
    ("darwin/darwin-cc", &[Tier::Llvm]),
    ("darwin/darwin-compiler-rt", &[Tier::Llvm]),
    ("darwin/darwin-libcxx", &[Tier::Llvm]),
    ("musl-gcc/gcc", &[]),
    ("musl-gcc/gmp", &[]),
    ("linux/kernel-gcc", &[]),
    ("linux/kernel-llvm", &[Tier::Llvm]),
    ("musl-gcc/libgcc", &[]),
    ("musl-gcc/libstdcxx", &[]),
    ("darwin/libtapi", &[Tier::Python, Tier::Buildsystems]),
    // OpenSSL's library is the other tier's.
    ("linux/linux", &[Tier::Kernel, Tier::Osxcross, Tier::Python]),
    ("musl-gcc/linux-headers", &[]),
    ("linux/linux-module", &[]),
    ("musl-gcc/mpc", &[]),
    ("musl-gcc/mpfr", &[]),
    ("musl-gcc/musl", &[]),
    ("musl-gcc/musl-headers", &[]),
    ("darwin/sdk-apple", &[Tier::Python]),
    ("darwin/sdk-xnu", &[Tier::Python]),
    ("darwin/sdk-zig", &[]),
    ("darwin/static-macho", &[Tier::Rust]),
    ("musl-gcc/toolchain", &[]),
    ("valgrind-darwin/valgrind-darwin", &[Tier::Llvm]),
    ("valgrind-darwin/valgrind-darwin-tarball", &[]),
    ("darwin/xar", &[Tier::Buildsystems, Tier::Osxcross]),
];

/// The same of development shells, which nothing is built from.
pub const SHELLS: &[(&str, &[Tier])] = &[
    ("darwin/darwin-shell", &[Tier::Buildsystems]),
    // A kernel's own tiers are enough.
    ("linux/linux-shell", &[]),
    ("musl-gcc/shell", &[Tier::Buildsystems, Tier::Emulator]),
];

/// The tiers of one recipe.
pub fn tiers(recipe: &str) -> &'static [Tier] {
    RECIPES.iter().chain(SHELLS).find(|(name, _)| *name == recipe).map_or(&[], |(_, tiers)| tiers)
}
