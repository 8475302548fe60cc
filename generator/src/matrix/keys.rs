//! The names that a matrix file is made of. Parser and schema both take them from here.

/// Keys at the top of the file.
pub const ROOT: &[&str] = &["crossloom", "build", "sources", "musl-gcc"];
/// Keys of `[build]`.
pub const BUILD: &[&str] = &["systems", "seed"];
/// Keys of `[sources]`.
pub const SOURCES: &[&str] = &["prefer"];
/// Keys of `[musl-gcc]`.
pub const FAMILY: &[&str] =
    &["targets", "gcc", "musl", "binutils", "linux-headers", "languages", "exclude", "include", "override"];
/// Keys of one entry of `exclude`.
pub const EXCLUDE: &[&str] = &["target", "gcc", "musl", "binutils", "linux-headers", "system"];
/// Keys of one entry of `include`, and of an override's `match`.
pub const CELL: &[&str] = &["target", "gcc", "musl", "binutils", "linux-headers"];
/// Keys of one `[[musl-gcc.override]]`.
pub const OVERRIDE: &[&str] = &["match", "gcc-flags", "binutils-flags", "musl-flags", "libstdcxx-flags", "languages"];

/// Names of source variants, in the default order of preference.
pub const VARIANTS: &[&str] = &["upstream", "debian"];
/// Names of languages.
pub const LANGUAGES: &[&str] = &["c", "c++"];

/// The format version that this crossloom reads.
pub const FORMAT: i64 = 1;

/// A version axis of the musl-gcc family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Axis {
    Gcc,
    Musl,
    Binutils,
    LinuxHeaders,
}

impl Axis {
    /// Every axis, the outermost first.
    pub const ALL: [Axis; 4] = [Axis::Gcc, Axis::Musl, Axis::Binutils, Axis::LinuxHeaders];

    /// The key in the matrix file.
    pub const fn key(self) -> &'static str {
        match self {
            Axis::Gcc => "gcc",
            Axis::Musl => "musl",
            Axis::Binutils => "binutils",
            Axis::LinuxHeaders => "linux-headers",
        }
    }

    /// The catalogue's package whose versions stand on this axis; also the axis in a cell's name.
    pub const fn package(self) -> &'static str {
        match self {
            Axis::Gcc => "gcc",
            Axis::Musl => "musl",
            Axis::Binutils => "binutils",
            Axis::LinuxHeaders => "linux",
        }
    }
}
