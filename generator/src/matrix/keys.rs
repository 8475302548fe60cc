//! The names that a matrix file is made of. Parser and schema both take them from here.

use crate::target::{DarwinTarget, KernelTarget, Target};

/// Keys at the top of the file.
pub const ROOT: &[&str] = &[
    "crossloom",
    "build",
    "sources",
    "ci",
    "sdk",
    "kernel-config",
    "linux-module",
    "musl-gcc",
    "darwin",
    "valgrind-darwin",
    "linux",
];
/// Keys of `[build]`.
pub const BUILD: &[&str] = &["systems", "seed"];
/// Keys of `[sources]`.
pub const SOURCES: &[&str] = &["prefer"];
/// Keys of `[ci]`.
pub const CI: &[&str] = &["surfaces", "flake", "crossloom-git", "crossloom-rev"];
/// Keys of one `[sdk.NAME]`.
pub const SDK: &[&str] = &["kind", "version", "accept-license", "hash"];
/// Keys of one `[kernel-config.NAME]`.
pub const KERNEL_CONFIG: &[&str] = &["base", "file", "fragments"];
/// Keys of one `[linux-module.NAME]`.
pub const LINUX_MODULE: &[&str] = &["source"];
/// Keys of one `[[musl-gcc.override]]`.
pub const OVERRIDE: &[&str] = &["match", "gcc-flags", "binutils-flags", "musl-flags", "libstdcxx-flags", "languages"];

/// Names of source variants, in the default order of preference.
pub const VARIANTS: &[&str] = &["upstream", "debian"];
/// Names of languages.
pub const LANGUAGES: &[&str] = &["c", "c++"];
/// Kinds of a named SDK.
pub const SDK_KINDS: &[&str] = &["file", "apple", "xnu"];
/// What a kernel's configuration can start from beside a file: goals of the kernel's own makefile.
pub const KERNEL_BASES: &[&str] = &["allnoconfig", "tinyconfig", "defconfig"];
/// Configurations of a kernel that need no table: crossloom's smallest that boots, and the bases as they are.
pub const KERNEL_CONFIGS: &[&str] = &["boot", "tinyconfig", "defconfig", "allnoconfig"];
/// The SDK that needs no table.
pub const ZIG: &str = "zig";

/// The format version that this crossloom reads.
pub const FORMAT: i64 = 1;

/// A table of the matrix: a kind of cell, with targets and axes of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    MuslGcc,
    Darwin,
    ValgrindDarwin,
    Linux,
}

impl Family {
    /// Every family, in the order of a file's description.
    pub const ALL: [Family; 4] = [Family::MuslGcc, Family::Darwin, Family::ValgrindDarwin, Family::Linux];

    /// The table's key.
    pub const fn key(self) -> &'static str {
        match self {
            Family::MuslGcc => "musl-gcc",
            Family::Darwin => "darwin",
            Family::ValgrindDarwin => "valgrind-darwin",
            Family::Linux => "linux",
        }
    }

    /// Its axes, the outermost first: also the order of their [`Axis`] values.
    pub const fn axes(self) -> &'static [Axis] {
        match self {
            Family::MuslGcc => &[Axis::Gcc, Axis::Musl, Axis::Binutils, Axis::LinuxHeaders],
            Family::Darwin => &[Axis::Sdk, Axis::Flavour],
            Family::ValgrindDarwin => &[Axis::Valgrind, Axis::Sdk, Axis::Flavour, Axis::Mig],
            Family::Linux => &[Axis::Linux, Axis::Compiler, Axis::Config],
        }
    }

    /// Whether its cells have languages.
    pub const fn has_languages(self) -> bool {
        matches!(self, Family::MuslGcc | Family::Darwin)
    }

    /// Whether its cells take flags.
    pub const fn has_overrides(self) -> bool {
        matches!(self, Family::MuslGcc)
    }

    /// Whether modules are built against its cells.
    pub const fn has_modules(self) -> bool {
        matches!(self, Family::Linux)
    }

    /// The names that its targets can be: triples; of kernels, the architectures' names.
    pub fn triples(self) -> Vec<&'static str> {
        match self {
            Family::MuslGcc => Target::all().iter().map(Target::triple).collect(),
            Family::Darwin => DarwinTarget::all().iter().map(DarwinTarget::triple).collect(),
            Family::ValgrindDarwin => DarwinTarget::with_valgrind().map(DarwinTarget::triple).collect(),
            Family::Linux => KernelTarget::all().iter().map(KernelTarget::name).collect(),
        }
    }

    /// Triples to show to someone who has named none.
    pub const fn example(self) -> &'static str {
        match self {
            Family::MuslGcc => "x86_64-linux-musl",
            Family::Darwin | Family::ValgrindDarwin => "x86_64-apple-darwin22",
            Family::Linux => "arm64",
        }
    }

    /// Keys of the table.
    pub fn keys(self) -> Vec<&'static str> {
        let mut keys = vec!["targets"];
        keys.extend(self.axes().iter().map(|axis| axis.key()));
        keys.extend(self.has_languages().then_some("languages"));
        keys.extend(self.has_modules().then_some("modules"));
        keys.extend(["exclude", "include"]);
        keys.extend(self.has_overrides().then_some("override"));
        keys
    }

    /// Keys of one entry of `include`, and of an override's `match`.
    pub fn cell_keys(self) -> Vec<&'static str> {
        std::iter::once("target").chain(self.axes().iter().map(|axis| axis.key())).collect()
    }

    /// Keys of one entry of `exclude`.
    pub fn exclude_keys(self) -> Vec<&'static str> {
        let mut keys = self.cell_keys();
        keys.push("system");
        keys
    }
}

/// An axis of a family: what its cells differ by beside the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Axis {
    Gcc,
    Musl,
    Binutils,
    LinuxHeaders,
    Valgrind,
    Sdk,
    Flavour,
    Mig,
    Linux,
    Compiler,
    Config,
}

impl Axis {
    /// The key in the matrix file.
    pub const fn key(self) -> &'static str {
        match self {
            Axis::Gcc => "gcc",
            Axis::Musl => "musl",
            Axis::Binutils => "binutils",
            Axis::LinuxHeaders => "linux-headers",
            Axis::Valgrind => "valgrind",
            Axis::Sdk => "sdk",
            Axis::Flavour => "flavour",
            Axis::Mig => "mig",
            Axis::Linux => "linux",
            Axis::Compiler => "compiler",
            Axis::Config => "config",
        }
    }

    /// What may stand on the axis.
    pub const fn values(self) -> Values {
        match self {
            Axis::Gcc => Values::Versions("gcc"),
            Axis::Musl => Values::Versions("musl"),
            Axis::Binutils => Values::Versions("binutils"),
            Axis::LinuxHeaders => Values::Versions("linux"),
            Axis::Valgrind => Values::Versions("valgrind"),
            Axis::Sdk => Values::Sdks,
            Axis::Flavour => Values::Words(&["llvm", "osxcross"]),
            Axis::Mig => Values::Words(&["builtin", "bootstrap-cmds"]),
            Axis::Linux => Values::Versions("linux"),
            Axis::Compiler => Values::Words(&["llvm", "gcc"]),
            Axis::Config => Values::Configs,
        }
    }

    /// What a value that is not its axis's first adds to a cell's name.
    pub fn suffix(self, value: &str) -> String {
        let value: String =
            value.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).collect();
        match self {
            // The words of these axes say by themselves what they are; and a kernel has one version that counts.
            Axis::Flavour | Axis::Linux | Axis::Compiler | Axis::Config => format!("-{value}"),
            _ => match self.values() {
                Values::Versions(package) => format!("-{package}-{}", value.replace('-', "_")),
                Values::Sdks | Values::Configs | Values::Words(_) => format!("-{}-{value}", self.key()),
            },
        }
    }
}

/// What may stand on an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Values {
    /// Versions of this package of the catalogue; the default is the catalogue's.
    Versions(&'static str),
    /// [`ZIG`], which is the default, and the names of the file's SDKs.
    Sdks,
    /// [`KERNEL_CONFIGS`], the first of which is the default, and the names of the file's configurations.
    Configs,
    /// One of these words; the first is the default.
    Words(&'static [&'static str]),
}
