//! The Rust compilers that are pinned, and the crates that their standard libraries are built from.

use crate::nix::hash::Sha256;
use crate::words;

words! {
    /// A release of Rust. Each has a recipe with its packages.
    pub enum RustVersion: "version of Rust" {
        V1_85_0 = "1.85.0",
        V1_97_1 = "1.97.1",
    }
}

/// The release whose form of target files is known. Later ones read another form: a pointer's width is a number there.
pub const READS_TARGET_FILES: RustVersion = RustVersion::V1_85_0;
/// The release that compiles the boot loader of the crate `bootloader`, whose own targets are files of that form.
pub const COMPILES_BOOTLOADER: RustVersion = RustVersion::V1_85_0;

/// The fields of target files that are known.
pub fn target_fields() -> impl Iterator<Item = &'static str> {
    include_str!("rust/1.85.0-target-fields.txt").lines()
}

/// A crate in a registry.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Crate {
    pub name: String,
    pub version: String,
    pub sha256: Sha256,
}

impl RustVersion {
    /// The recipe of the compiler.
    pub fn recipe(self) -> &'static str {
        match self {
            RustVersion::V1_85_0 => "bare-metal/rust-1_85_0",
            RustVersion::V1_97_1 => "bare-metal/rust-1_97_1",
        }
    }

    /// The crates of a registry in the `Cargo.lock` of the standard library.
    pub fn std_crates(self) -> Vec<Crate> {
        let text = match self {
            RustVersion::V1_85_0 => include_str!("rust/1.85.0.txt"),
            RustVersion::V1_97_1 => include_str!("rust/1.97.1.txt"),
        };
        text.lines().filter_map(crate_of).collect()
    }

    /// Whether a `rust-toolchain.toml` that asks for this channel means this release.
    pub fn is_channel(self, channel: &str) -> bool {
        let version = self.as_str();
        // Without its last number, a channel is the newest release of that series.
        channel == version || version.rsplit_once('.').is_some_and(|(series, _)| series == channel)
    }
}

/// A line `NAME VERSION SHA-256`.
pub fn crate_of(line: &str) -> Option<Crate> {
    let mut words = line.split(' ');
    let (name, version, sha256) = (words.next()?, words.next()?, words.next()?);
    Some(Crate { name: name.to_owned(), version: version.to_owned(), sha256: sha256.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::word::Word;

    #[test]
    fn every_line_is_a_crate() {
        for version in RustVersion::ALL {
            let crates = version.std_crates();
            assert!(crates.iter().any(|it| it.name == "rustc-demangle"), "{version}");
            assert!(crates.is_sorted() && crates.len() >= 30, "{version}");
        }
        assert_eq!(RustVersion::V1_85_0.std_crates().len(), include_str!("rust/1.85.0.txt").lines().count());
        assert_eq!(RustVersion::V1_97_1.std_crates().len(), include_str!("rust/1.97.1.txt").lines().count());
    }

    #[test]
    fn channels() {
        for channel in ["1.85", "1.85.0"] {
            assert!(RustVersion::V1_85_0.is_channel(channel), "{channel}");
        }
        assert!(RustVersion::V1_97_1.is_channel("1.97") && !RustVersion::V1_97_1.is_channel("1.97.0"));
        for channel in ["1.8", "1.85.1", "stable", "nightly", "nightly-2025-06-24", ""] {
            assert!(!RustVersion::V1_85_0.is_channel(channel), "{channel}");
        }
    }
}
