//! The Rust compilers that are pinned, and the crates that their standard libraries are built from.

use std::sync::Arc;

use crate::lock::{Given, Wanted};
use crate::nix::hash::Sha256;
use crate::platform::System;
use crate::words;

words! {
    /// A release of Rust. Each has a recipe with its packages for Linux, and a list of its files for macOS.
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
    /// The recipe of the compiler on Linux.
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

    /// The files that the compiler of a Mac is made of, by the arguments of its recipe: the release's own archives, and
    /// the standard library's sources as on Linux. None for Linux, whose packages the recipe itself pins.
    pub fn mac_files(self, system: System) -> Vec<(&'static str, Wanted)> {
        let Some(triple) = mac_triple(system) else { return Vec::new() };
        let text = match self {
            RustVersion::V1_85_0 => include_str!("rust/1.85.0-macos.txt"),
            RustVersion::V1_97_1 => include_str!("rust/1.97.1-macos.txt"),
        };
        text.lines().filter_map(|line| mac_file(line, self.as_str(), triple)).collect()
    }

    /// Whether a `rust-toolchain.toml` that asks for this channel means this release.
    pub fn is_channel(self, channel: &str) -> bool {
        let version = self.as_str();
        // Without its last number, a channel is the newest release of that series.
        channel == version || version.rsplit_once('.').is_some_and(|(series, _)| series == channel)
    }
}

/// rustc's name of a Mac that builds.
pub fn mac_triple(system: System) -> Option<&'static str> {
    match system {
        System::Aarch64Darwin => Some("aarch64-apple-darwin"),
        System::X86_64Darwin => Some("x86_64-apple-darwin"),
        System::Aarch64Linux | System::X86_64Linux => None,
    }
}

/// A line `COMPONENT PATH SHA-256`, if it is of this machine or of every one.
fn mac_file(line: &str, version: &str, triple: &str) -> Option<(&'static str, Wanted)> {
    let mut words = line.split(' ');
    let (component, path, sha256) = (words.next()?, words.next()?, words.next()?);
    let sha256: Sha256 = sha256.parse().ok()?;
    // The sources are a package of Debian's, the same for every machine; it has no programs.
    let (argument, is_program) = match component {
        "cargo" => ("cargo", true),
        "rust-std" => ("standard", true),
        "rustc" => ("rustc", true),
        "rust-src" => ("sources", false),
        _ => return None,
    };
    if is_program && !path.ends_with(&format!("-{triple}.tar.xz")) {
        return None;
    }
    let (package, address) = match is_program {
        true => (format!("{component}-{triple}"), "https://static.rust-lang.org/dist"),
        false => (component.to_owned(), "mirror://debian"),
    };
    let given = Given {
        package,
        version: version.to_owned(),
        // `~` can be in a Debian version, and not in a store path's name.
        file: path.rsplit('/').next()?.replace('~', "_"),
        hash: sha256.into(),
        tree: false,
        urls: vec![format!("{address}/{path}")],
    };
    Some((argument, Wanted::Given(Arc::new(given))))
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
    use crate::verbatim::Verbatim;
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
    fn a_mac_has_the_release_and_the_sources_of_linux() {
        for version in RustVersion::ALL {
            let mut names = Vec::new();
            for system in System::ALL {
                let files = version.mac_files(*system);
                let arguments: Vec<&str> = files.iter().map(|(argument, _)| *argument).collect();
                let expected: &[&str] =
                    if system.is_linux() { &[] } else { &["sources", "cargo", "standard", "rustc"] };
                assert_eq!(arguments, expected, "{version} {system}");
                names.extend(files.iter().map(|(_, wanted)| wanted.name()));
                // Every recipe for Linux pins packages in a file for each system.
                let Some(lock) = Verbatim::embedded().text(&format!("bare-metal/rust/{version}-{system}.json")) else {
                    assert!(!system.is_linux(), "{version} {system}");
                    continue;
                };
                let lock: serde_json::Value = serde_json::from_str(lock).unwrap();
                let path = version.mac_files(System::Aarch64Darwin)[0].1.clone();
                let Wanted::Given(sources) = path else { panic!("{version}") };
                let Some(path) = sources.urls[0].strip_prefix("mirror://debian/") else { panic!("{version}") };
                let package = lock["packages"].as_array().unwrap().iter().find(|package| package["path"] == path);
                assert_eq!(package.unwrap()["sha256"], sources.hash.to_sri(), "{version} {system}");
            }
            names.sort_unstable();
            names.dedup();
            // The archives of two machines, and one package for both.
            assert_eq!(names.len(), 7, "{version}: {names:?}");
        }
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
