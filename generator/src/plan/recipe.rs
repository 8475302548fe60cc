//! What each recipe needs of the seed beside its base, as data.

use crate::seed::Tier;

/// Every recipe that a node can be a call of, with the tiers whose packages it takes from the scope by name.
pub const RECIPES: &[(&str, &[Tier])] = &[
    ("binutils", &[]),
    ("bootstrap-cmds", &[Tier::Buildsystems]),
    ("cctools", &[Tier::Llvm, Tier::Osxcross]),
    ("darwin-cc", &[Tier::Llvm]),
    ("darwin-compiler-rt", &[Tier::Llvm]),
    ("darwin-libcxx", &[Tier::Llvm]),
    ("gcc", &[]),
    ("gmp", &[]),
    ("kernel-gcc", &[]),
    ("kernel-llvm", &[Tier::Llvm]),
    ("libgcc", &[]),
    ("libstdcxx", &[]),
    ("libtapi", &[Tier::Python, Tier::Buildsystems]),
    // OpenSSL's library is the other tier's.
    ("linux", &[Tier::Kernel, Tier::Osxcross, Tier::Python]),
    ("linux-headers", &[]),
    ("linux-module", &[]),
    ("mpc", &[]),
    ("mpfr", &[]),
    ("musl", &[]),
    ("musl-headers", &[]),
    ("sdk-apple", &[Tier::Python]),
    ("sdk-xnu", &[Tier::Python]),
    ("sdk-zig", &[]),
    ("static-macho", &[Tier::Rust]),
    ("toolchain", &[]),
    ("valgrind-darwin", &[Tier::Llvm]),
    ("valgrind-darwin-tarball", &[]),
    ("xar", &[Tier::Buildsystems, Tier::Osxcross]),
];

/// The same of development shells, which nothing is built from.
pub const SHELLS: &[(&str, &[Tier])] = &[
    ("darwin-shell", &[Tier::Buildsystems]),
    // A kernel's own tiers are enough.
    ("linux-shell", &[]),
    ("shell", &[Tier::Buildsystems, Tier::Emulator]),
];

/// The tiers of one recipe.
pub fn tiers(recipe: &str) -> &'static [Tier] {
    RECIPES.iter().chain(SHELLS).find(|(name, _)| *name == recipe).map_or(&[], |(_, tiers)| tiers)
}
