//! macOS as a target: Darwin releases, and the triples that are made of them.
//!
//! Sources: Apple's release notes (which Darwin is which macOS), Apple's `arm64` ports (from Darwin 20 on), the case
//! statements of Valgrind's `configure.ac`.

use std::fmt;

use crate::family::Target;

/// One macOS target: an architecture and a Darwin release.
#[derive(Debug, PartialEq, Eq)]
pub struct DarwinTarget {
    triple: &'static str,
    arch: &'static str,
    darwin: u8,
    macos: &'static str,
    release: &'static str,
}

const fn row(
    triple: &'static str,
    arch: &'static str,
    darwin: u8,
    macos: &'static str,
    release: &'static str,
) -> DarwinTarget {
    DarwinTarget { triple, arch, darwin, macos, release }
}

/// Every macOS target.
static DARWIN_TARGETS: &[DarwinTarget] = &[
    row("x86_64-apple-darwin17", "x86_64", 17, "10.13", "17.7.0"),
    row("x86_64-apple-darwin18", "x86_64", 18, "10.14", "18.7.0"),
    row("x86_64-apple-darwin19", "x86_64", 19, "10.15", "19.6.0"),
    row("x86_64-apple-darwin20", "x86_64", 20, "11.0", "20.6.0"),
    row("x86_64-apple-darwin21", "x86_64", 21, "12.0", "21.6.0"),
    row("x86_64-apple-darwin22", "x86_64", 22, "13.0", "22.6.0"),
    row("x86_64-apple-darwin23", "x86_64", 23, "14.0", "23.6.0"),
    row("x86_64-apple-darwin24", "x86_64", 24, "15.0", "24.6.0"),
    row("x86_64-apple-darwin25", "x86_64", 25, "26.0", "25.0.0"),
    row("arm64-apple-darwin20", "arm64", 20, "11.0", "20.6.0"),
    row("arm64-apple-darwin21", "arm64", 21, "12.0", "21.6.0"),
    row("arm64-apple-darwin22", "arm64", 22, "13.0", "22.6.0"),
    row("arm64-apple-darwin23", "arm64", 23, "14.0", "23.6.0"),
    row("arm64-apple-darwin24", "arm64", 24, "15.0", "24.6.0"),
    row("arm64-apple-darwin25", "arm64", 25, "26.0", "25.0.0"),
];

impl Target for DarwinTarget {
    fn name(&self) -> &'static str {
        self.triple
    }
}

impl DarwinTarget {
    /// The target of a triple, spelled exactly so.
    pub fn parse(triple: &str) -> Option<&'static DarwinTarget> {
        DARWIN_TARGETS.iter().find(|target| target.triple == triple)
    }

    /// Every target: by architecture, older releases first.
    pub fn all() -> &'static [DarwinTarget] {
        DARWIN_TARGETS
    }

    /// The triple as Apple's tools spell it, e.g. `arm64-apple-darwin22`.
    pub fn triple(&self) -> &'static str {
        self.triple
    }

    /// Apple's name of the architecture: `x86_64` or `arm64`.
    pub fn arch(&self) -> &'static str {
        self.arch
    }

    /// The release of Darwin, e.g. `22`.
    pub fn darwin(&self) -> &'static str {
        self.triple.rsplit_once("-apple-darwin").map_or("", |(_, release)| release)
    }

    /// Rust's name, which says nothing of the release.
    pub fn rust(&self) -> &'static str {
        if self.arch == "arm64" { "aarch64-apple-darwin" } else { "x86_64-apple-darwin" }
    }

    /// The oldest macOS that programs run on, e.g. `13.0`.
    pub fn minimum(&self) -> &'static str {
        self.macos
    }

    /// The last Darwin release of its generation, as `uname -r` gives it there, e.g. `22.6.0`.
    pub fn release(&self) -> &'static str {
        self.release
    }

    /// The first release of Valgrind that runs on this macOS; `None` where no release of upstream's does.
    ///
    /// Valgrind has no port to macOS on arm64. Its release notes name 10.14 to 13.0 as new in 3.27.0.
    pub fn valgrind_since(&self) -> Option<&'static str> {
        match (self.arch, self.darwin) {
            // Older than any version that the catalogue holds.
            ("x86_64", 17) => Some("3.14.0"),
            ("x86_64", 18..=22) => Some("3.27.0"),
            _ => None,
        }
    }

    /// Every target that a release of Valgrind runs on.
    pub fn with_valgrind() -> impl Iterator<Item = &'static DarwinTarget> {
        DARWIN_TARGETS.iter().filter(|target| target.valgrind_since().is_some())
    }
}

impl fmt::Display for DarwinTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.triple)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_says_one_thing_once() {
        for target in DarwinTarget::all() {
            assert_eq!(target.triple, format!("{}-apple-darwin{}", target.arch, target.darwin));
            assert!(target.release.starts_with(&format!("{}.", target.darwin)));
            assert_eq!(DarwinTarget::parse(target.triple), Some(target));
            // One release is one macOS, whatever the processor.
            for other in DarwinTarget::all().iter().filter(|other| other.darwin == target.darwin) {
                assert_eq!((other.macos, other.release), (target.macos, target.release));
            }
        }
        let mut triples: Vec<_> = DarwinTarget::all().iter().map(DarwinTarget::triple).collect();
        triples.sort_unstable();
        triples.dedup();
        assert_eq!(triples.len(), 9 + 6);
    }

    #[test]
    fn valgrind_has_its_own_list() {
        let triples: Vec<_> = DarwinTarget::with_valgrind().map(DarwinTarget::triple).collect();
        assert_eq!(triples.first().copied(), Some("x86_64-apple-darwin17"));
        assert_eq!(triples.last().copied(), Some("x86_64-apple-darwin22"));
        assert_eq!(triples.len(), 6);
    }
}
