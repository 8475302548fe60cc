//! The contents of a seed: its tiers, their roots, and the packages that a tree of unpacked packages leaves out.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::error::SeedError;

/// A part of the seed. Every tier but the first is a branch over the base alone, so a tree is made of the base and any
/// choice of the others. The order of the variants is that of a package's tiers in a lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// A C and C++ environment: what binutils, GCC and musl need to build.
    Base,
    /// QEMU's user-mode emulators, which run programs of other architectures.
    Emulator,
    /// The packages that a Linux kernel needs beside the base.
    Kernel,
    /// clang, lld and LLVM's tools.
    Llvm,
    /// Python and its standard library.
    Python,
    /// The Rust compiler, without cargo.
    Rust,
    /// Build tools of other projects: autotools, CMake, Meson, Ninja.
    Buildsystems,
    /// Libraries that Apple's linker and archiver are linked with.
    Osxcross,
    /// QEMU's emulators of whole machines, which boot kernels, and their firmware.
    Machine,
    /// DejaGnu, which runs the test suites of GCC.
    Testsuite,
}

impl Tier {
    /// All tiers, the base first.
    pub const ALL: [Tier; 10] = [
        Tier::Base,
        Tier::Emulator,
        Tier::Kernel,
        Tier::Llvm,
        Tier::Python,
        Tier::Rust,
        Tier::Buildsystems,
        Tier::Osxcross,
        Tier::Machine,
        Tier::Testsuite,
    ];

    /// The tier's name in a lock.
    pub fn as_str(self) -> &'static str {
        match self {
            Tier::Base => "base",
            Tier::Emulator => "emulator",
            Tier::Kernel => "kernel",
            Tier::Llvm => "llvm",
            Tier::Python => "python",
            Tier::Rust => "rust",
            Tier::Buildsystems => "buildsystems",
            Tier::Osxcross => "osxcross",
            Tier::Machine => "machine",
            Tier::Testsuite => "testsuite",
        }
    }
}

impl FromStr for Tier {
    type Err = SeedError;

    fn from_str(text: &str) -> Result<Self, SeedError> {
        Tier::ALL.into_iter().find(|tier| tier.as_str() == text).ok_or_else(|| SeedError::Unknown {
            what: "tier",
            text: text.to_owned(),
            known: Tier::ALL.map(Tier::as_str).to_vec(),
        })
    }
}

/// The packages that are asked for, tier by tier; the rest of a seed is their dependencies. Essential packages are
/// named too, since Debian lets every package take them for granted. Where suites differ, a root is a relation
/// (`a (>= 1) | b`), and the first alternative that the suite has is taken.
pub const ROOTS: [(Tier, &[&str]); 10] = [
    (
        Tier::Base,
        &[
            "bash",
            "binutils",
            "bison",
            "bzip2",
            "coreutils",
            "cpp",
            "diffutils",
            "file",
            "findutils",
            "flex",
            "g++",
            "gawk",
            "gcc",
            "grep",
            "gzip",
            "libc6-dev",
            "m4",
            "make",
            "patch",
            // All of perl: kernels and autotools use modules that perl-base lacks.
            "perl",
            "pkgconf",
            "sed",
            "tar",
            "xz-utils",
        ],
    ),
    // bookworm's is linked to GLib and GnuTLS, so nothing it needs can be left out; trixie's is linked statically.
    (Tier::Emulator, &["qemu-user"]),
    (
        Tier::Kernel,
        &[
            "bc",
            "cpio",
            "kmod",
            "libelf-dev",
            // For `make menuconfig`.
            "libncurses-dev",
            "libssl-dev",
            "openssl",
            "python3",
            // Owns /usr/bin/python3.
            "python3-minimal",
            "rsync",
            "zstd",
        ],
    ),
    (
        Tier::Llvm,
        &[
            "clang-19",
            // AddressSanitizer's runtime, which clang-19 only recommends.
            "libclang-rt-19-dev",
            "lld-19",
            "llvm-19",
        ],
    ),
    // As in the kernel's tier: `python3-minimal` owns /usr/bin/python3.
    (Tier::Python, &["python3", "python3-minimal"]),
    // bookworm's `rustc` is 1.63; its `rustc-web` is the release that trixie has as `rustc`.
    (Tier::Rust, &["rustc (>= 1.85) | rustc-web"]),
    (
        Tier::Buildsystems,
        &["autoconf", "automake", "cmake", "libtool", "meson", "ninja-build", "python3", "python3-minimal"],
    ),
    (Tier::Osxcross, &["libbz2-dev", "liblzma-dev", "libssl-dev", "libxml2-dev", "uuid-dev", "zlib1g-dev"]),
    (Tier::Machine, &["opensbi", "qemu-system-arm", "qemu-system-misc", "qemu-system-x86", "seabios"]),
    (Tier::Testsuite, &["dejagnu"]),
];

/// The names of the seed's scope (`overlays/seed/default.nix`) whose packages are of a tier other than the base. A call
/// that names one of them needs the tier; every other name is the base's.
pub const PROVIDED: [(Tier, &[&str]); 9] = [
    (Tier::Emulator, &["qemu-user"]),
    (Tier::Kernel, &["bc", "cpio", "elfutils", "kmod", "ncurses", "rsync", "zstd"]),
    (Tier::Llvm, &["llvmPackages_19"]),
    (Tier::Python, &["python3"]),
    (Tier::Rust, &["rustc"]),
    (Tier::Buildsystems, &["autoconf", "automake", "cmake", "libtool", "meson", "ninja"]),
    (Tier::Osxcross, &["libuuid", "libxml2", "openssl", "zlib"]),
    (Tier::Machine, &["qemu"]),
    (Tier::Testsuite, &["dejagnu"]),
];

/// The tier that a name of the seed's scope comes from; none for names of the base, and for names that are not in the scope.
pub fn tier_of(name: &str) -> Option<Tier> {
    PROVIDED.iter().find(|(_, names)| names.contains(&name)).map(|(tier, _)| *tier)
}

/// Packages that count as there without being there.
pub const ASSUMED: &[&str] = &[
    // Only maintainer scripts need these, and none run.
    "adduser",
    "base-files",
    "debconf",
    "debianutils",
    "dpkg",
    "init-system-helpers",
    "install-info",
    "libc-bin",
    "lsb-base",
    "passwd",
    "sensible-utils",
    // Data below /etc and /usr/share that no build may look at.
    "ca-certificates",
    "media-types",
    "netbase",
    // Only for CMake's own bootstrap and dashboards.
    "procps",
    // A registry of catalogues of SGML, for documentation.
    "sgml-base",
    "readline-common",
    "tzdata",
    // Headers of NIS and Sun RPC, which libc6-dev depends on for old programs' sake; they bring Kerberos and OpenSSL.
    "libnsl-dev",
    "libtirpc-dev",
    "rpcsvc-proto",
    // Objective-C, and the i386 halves of libclang-rt.
    "lib32gcc-s1",
    "lib32stdc++6",
    "libc6-i386",
    "libobjc-12-dev",
    "libobjc-14-dev",
];

/// The first programs: what unpacks and relocates every seed, with the libraries that they need to run. Always
/// bookworm's, whatever the suite of the seed: trixie's patchelf 0.18 corrupts GCC's cc1, and bookworm's files stay.
pub const BOOTSTRAP: [&str; 5] = ["busybox-static", "libc6", "libgcc-s1", "libstdc++6", "patchelf"];
