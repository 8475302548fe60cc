//! The Rust compilers that are pinned, and the crates that their standard libraries are built from.

use crate::nix::hash::Sha256;
use crate::words;

words! {
    /// A release of Rust. The recipe of the compiler knows the packages of each.
    pub enum RustVersion: "version of Rust" {
        V1_85_0 = "1.85.0",
    }
}

/// A crate in a registry.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Crate {
    pub name: String,
    pub version: String,
    pub sha256: Sha256,
}

impl RustVersion {
    /// The crates of a registry in the `Cargo.lock` of the standard library.
    pub fn std_crates(self) -> Vec<Crate> {
        let text = match self {
            RustVersion::V1_85_0 => include_str!("rust/1.85.0.txt"),
        };
        text.lines().filter_map(crate_of).collect()
    }

    /// The fields of target files that it reads.
    pub fn target_fields(self) -> impl Iterator<Item = &'static str> {
        match self {
            RustVersion::V1_85_0 => include_str!("rust/1.85.0-target-fields.txt"),
        }
        .lines()
    }

    /// Whether a `rust-toolchain.toml` that asks for this channel means this release.
    pub fn is_channel(self, channel: &str) -> bool {
        let version = self.as_str();
        channel == version || version.strip_suffix(".0") == Some(channel)
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
            assert!(crates.iter().any(|it| it.name == "compiler_builtins"), "{version}");
            assert!(crates.is_sorted() && crates.len() > 30, "{version}");
        }
        assert_eq!(RustVersion::V1_85_0.std_crates().len(), include_str!("rust/1.85.0.txt").lines().count());
    }

    #[test]
    fn channels() {
        for channel in ["1.85", "1.85.0"] {
            assert!(RustVersion::V1_85_0.is_channel(channel), "{channel}");
        }
        for channel in ["1.8", "1.85.1", "stable", "nightly", "nightly-2025-06-24", ""] {
            assert!(!RustVersion::V1_85_0.is_channel(channel), "{channel}");
        }
    }
}
