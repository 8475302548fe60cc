//! A seed lock: every package of a seed by path, size and digest, as JSON that is kept in git.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::error::SeedError;
use super::roots::Tier;
use crate::fetch::stays_below;
use crate::nix::hash::Sha256;
use crate::platform::{Seed, Suite, System};

/// The only version of the format.
const VERSION: u32 = 1;

/// No lock is longer (bytes), nor holds more packages, nor larger ones: today's have 50 KB, 160 packages, 71 MB.
pub const TEXT_LIMIT: usize = 4 << 20;
const PACKAGES_LIMIT: usize = 2000;
pub(super) const SIZE_LIMIT: u64 = 1 << 30;

/// One pinned `.deb`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PinnedPackage {
    /// The package's name.
    pub name: String,
    /// Its version, epoch included.
    pub version: String,
    /// Path below the archive's base, `pool/main/…/….deb`.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// Digest of the file.
    pub sha256: Sha256,
}

/// One pinned `.deb` of the seed itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedPackage {
    /// The package's name.
    pub name: String,
    /// Its version, epoch included.
    pub version: String,
    /// The tiers that need it, in the order of [`Tier`]: the base alone, or one or more of the others.
    pub tiers: Vec<Tier>,
    /// Path below the archive's base, `pool/main/…/….deb`.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// Digest of the file.
    pub sha256: Sha256,
}

impl PinnedPackage {
    /// See [`store_name`].
    pub fn store_name(&self) -> String {
        store_name(&self.name, &self.version)
    }
}

impl SeedPackage {
    /// The package without its place in the seed.
    pub fn pin(&self) -> PinnedPackage {
        PinnedPackage {
            name: self.name.clone(),
            version: self.version.clone(),
            path: self.path.clone(),
            size: self.size,
            sha256: self.sha256,
        }
    }
}

/// The first program that runs in a sandbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Busybox {
    /// The package of the `bootstrap` section that it comes in.
    pub package: String,
    /// NAR digest of a directory that holds `bin/busybox` alone, executable (recursive fixed output).
    pub nar: Sha256,
}

/// A seed lock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedLock {
    /// Format version, 1.
    pub version: u32,
    /// The suite that the packages are from.
    pub suite: Suite,
    /// The point release, `12.15`; of a suite without one what the archive calls it, `unstable`.
    pub release: String,
    /// When the archive made the suite's `InRelease`, as written there.
    pub date: String,
    /// The build machine.
    pub system: System,
    /// Debian's name of its architecture.
    pub architecture: String,
    /// The seed's packages, by name.
    pub packages: Vec<SeedPackage>,
    /// The packages that unpack and relocate the others, by name. They are from bookworm for every suite.
    pub bootstrap: Vec<PinnedPackage>,
    /// The first program.
    pub busybox: Busybox,
}

/// Count and size of what a tier adds to the base, or of the base.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TierSize {
    /// Packages.
    pub packages: usize,
    /// Bytes to download.
    pub bytes: u64,
}

#[derive(Deserialize)]
struct Head {
    version: Option<u64>,
}

impl SeedLock {
    /// Reads and checks a lock. `name` stands for it in errors, usually its path.
    pub fn parse(text: &str, name: &str) -> Result<SeedLock, SeedError> {
        let invalid = |problems| SeedError::LockInvalid { name: name.to_owned(), problems };
        let syntax = |error: serde_json::Error| SeedError::LockSyntax { name: name.to_owned(), source: error.into() };
        if text.len() > TEXT_LIMIT {
            return Err(invalid(vec![format!("it has more than {TEXT_LIMIT} bytes")]));
        }
        // First, so that a newer format is called that and not a syntax error.
        let head: Head = serde_json::from_str(text).map_err(syntax)?;
        if head.version.is_some_and(|version| version != u64::from(VERSION)) {
            return Err(invalid(vec![format!("version: this crossloom reads version {VERSION} alone")]));
        }
        let lock: SeedLock = serde_json::from_str(text).map_err(syntax)?;
        let problems = lock.problems();
        if problems.is_empty() { Ok(lock) } else { Err(invalid(problems)) }
    }

    /// The lock of this suite and build machine that is part of crossloom.
    pub fn built_in(suite: Seed, system: System) -> Result<SeedLock, SeedError> {
        let (text, name) = match (suite, system) {
            (Seed::Bookworm, System::X86_64Linux) => {
                (include_str!("../../data/seeds/bookworm-x86_64-linux.json"), "bookworm-x86_64-linux.json")
            }
            (Seed::Bookworm, System::Aarch64Linux) => {
                (include_str!("../../data/seeds/bookworm-aarch64-linux.json"), "bookworm-aarch64-linux.json")
            }
            (Seed::Trixie, System::X86_64Linux) => {
                (include_str!("../../data/seeds/trixie-x86_64-linux.json"), "trixie-x86_64-linux.json")
            }
            (Seed::Trixie, System::Aarch64Linux) => {
                (include_str!("../../data/seeds/trixie-aarch64-linux.json"), "trixie-aarch64-linux.json")
            }
            (_, System::X86_64Darwin | System::Aarch64Darwin) => return Err(SeedError::NoSeed { system }),
        };
        SeedLock::parse(text, name)
    }

    /// The lock as it is kept in a file: indented JSON, ending in a newline.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("a lock is plain data with string keys");
        text.push('\n');
        text
    }

    /// The packages of the base and of `tiers`, each once, by name.
    pub fn with(&self, tiers: &[Tier]) -> impl Iterator<Item = &SeedPackage> {
        let wanted = |tier: &Tier| *tier == Tier::Base || tiers.contains(tier);
        self.packages.iter().filter(move |package| package.tiers.iter().any(wanted))
    }

    /// Count and download size of the base, and of what each other tier adds to it. A package of several tiers counts
    /// in each.
    pub fn sizes(&self) -> BTreeMap<Tier, TierSize> {
        let size = |tier| {
            let packages = || self.packages.iter().filter(move |package| package.tiers.contains(&tier));
            let bytes = packages().fold(0, |sum: u64, package| sum.saturating_add(package.size));
            TierSize { packages: packages().count(), bytes }
        };
        Tier::ALL.into_iter().map(|tier| (tier, size(tier))).collect()
    }

    /// Everything that is wrong with the lock's values.
    pub(super) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let line = |text: &str| !text.is_empty() && text.len() <= 200 && !text.contains(char::is_control);
        if self.version != VERSION {
            problems.push(format!("version: this crossloom reads version {VERSION} alone"));
        }
        for (field, text) in [("release", &self.release), ("date", &self.date)] {
            if !line(text) {
                problems.push(format!("{field}: not one short line"));
            }
        }
        match self.system.debian_architecture() {
            Some(right) if right == self.architecture => {}
            Some(right) => {
                problems.push(format!("architecture: {:?}, but {} is {right}", self.architecture, self.system));
            }
            None => problems.push(format!("system: Debian has no architecture for {}", self.system)),
        }
        let packages = self.packages.iter().map(|p| (p.name.as_str(), p.version.as_str(), p.path.as_str(), p.size));
        check_list("packages", packages.collect(), &mut problems);
        for (i, package) in self.packages.iter().enumerate() {
            if let Some(problem) = tiers_problem(&package.tiers) {
                problems.push(format!("packages[{i}] ({:?}): tiers: {problem}", package.name));
            }
        }
        let bootstrap = self.bootstrap.iter().map(|p| (p.name.as_str(), p.version.as_str(), p.path.as_str(), p.size));
        check_list("bootstrap", bootstrap.collect(), &mut problems);
        if !self.bootstrap.iter().any(|package| package.name == self.busybox.package) {
            problems.push(format!("busybox.package: {:?} is not in bootstrap", self.busybox.package));
        }
        problems
    }
}

/// The problems of a package's tiers. Order and uniqueness matter, so that a lock has one spelling.
fn tiers_problem(tiers: &[Tier]) -> Option<&'static str> {
    if tiers.is_empty() {
        Some("none, where a package is in one at least")
    } else if !tiers.is_sorted_by(|a, b| a < b) {
        Some("not sorted, or one stands twice")
    } else if tiers.len() > 1 && tiers.contains(&Tier::Base) {
        Some("base stands alone, since every tier has it")
    } else {
        None
    }
}

fn check_list(list: &str, packages: Vec<(&str, &str, &str, u64)>, problems: &mut Vec<String>) {
    if packages.is_empty() || packages.len() > PACKAGES_LIMIT {
        problems.push(format!("{list}: {} packages, where 1 to {PACKAGES_LIMIT} can be", packages.len()));
        return;
    }
    let mut names = BTreeSet::new();
    let mut last = "";
    for (i, (name, version, path, size)) in packages.into_iter().enumerate() {
        let mut problem = |text: String| problems.push(format!("{list}[{i}] ({name:?}): {text}"));
        if !names.insert(name) {
            problem("stands twice".to_owned());
        } else if name < last {
            problem(format!("stands after {last:?}; packages are sorted by name"));
        }
        last = name;
        if !is_package_name(name) {
            problem("name: not a Debian package name".to_owned());
        }
        if !is_version(version) {
            problem(format!("version: {version:?} is not a Debian version"));
        }
        if !is_pool_path(path) {
            problem(format!("path: {path:?} is not a path pool/…/….deb"));
        }
        if size == 0 || size > SIZE_LIMIT {
            problem(format!("size: {size} is not between 1 and {SIZE_LIMIT}"));
        }
    }
}

/// Debian policy 5.6.7, and a length that a store name can hold.
fn is_package_name(text: &str) -> bool {
    (2..=100).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"+-.".contains(&byte))
}

fn is_version(text: &str) -> bool {
    (1..=90).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.~:".contains(&byte))
}

/// A path that stays below `pool/` on a server and in a directory.
pub fn is_pool_path(text: &str) -> bool {
    text.len() <= 300
        && text.starts_with("pool/")
        && text.ends_with(".deb")
        && text.split('/').all(|part| !part.starts_with('.'))
        && stays_below(text)
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.~_/%:".contains(&byte))
}

/// The Nix store name of a package's file: `<name>_<version>.deb`, with `_` for `~` and `:`, which a store name can't
/// hold. A fixed output's path depends on this name and the digest alone.
pub fn store_name(name: &str, version: &str) -> String {
    format!("{name}_{}.deb", version.replace(['~', ':'], "_"))
}
