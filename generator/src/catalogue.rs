//! The sources that crossloom can build, as data: `generator/data/catalogue.toml`, compiled in.
//!
//! "Supported version" means that the catalogue holds a hash for it. Adding a version is adding data.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

use crate::nix::hash::Sha256;

/// One published form of a release: a file, its digest, and where the same bits can be had.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The package's name: `gcc`, `binutils`, `linux`, …
    pub package: String,
    /// Upstream's version, e.g. `14.2.0`.
    pub version: String,
    /// `upstream` or `debian`.
    pub variant: String,
    /// The file's name as published.
    pub file: String,
    /// Digest of the file itself (flat, not of what it unpacks to); of a tree the NAR hash.
    pub sha256: Sha256,
    /// Whether this is an archive of a git tree, known by what it unpacks to without its top directory.
    #[serde(default)]
    pub tree: bool,
    /// Bytes, where known.
    pub size: Option<u64>,
    /// Addresses in the order to be tried; `mirror://NAME/…` is resolved on the user's machine.
    pub urls: Vec<String>,
    /// How the digest is known.
    pub checked: Checked,
}

/// A release whose bits nobody vouches for: who wants it has to give its hash.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unpinned {
    /// As those of a [`Source`], which this becomes with a hash.
    pub package: String,
    pub version: String,
    pub file: String,
    #[serde(default)]
    pub tree: bool,
    pub urls: Vec<String>,
}

/// A cell that crossloom's authors built in the Nix sandbox, and whose programs they ran.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Built {
    /// The family's key in a matrix.
    pub family: String,
    /// The triple.
    pub target: String,
    /// The variant that was preferred among the sources.
    pub variant: String,
    /// By axis: what is chosen there beside versions, e.g. `flavour = "llvm"`.
    #[serde(default)]
    pub words: BTreeMap<String, String>,
    /// By package: versions of the releases that tell the cell from others.
    pub releases: BTreeMap<String, String>,
}

/// How a digest in the catalogue is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Checked {
    /// The file was downloaded and hashed.
    Bits,
    /// It stands in Debian's signed source index.
    Index,
    /// An independent package set publishes it.
    Published,
}

/// Packages, their releases and their default versions.
#[derive(Debug)]
pub struct Catalogue {
    releases: BTreeMap<String, Vec<Release>>,
    unpinned: Vec<Unpinned>,
    built: Vec<Built>,
}

#[derive(Debug)]
struct Release {
    version: String,
    sources: Vec<Source>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    defaults: BTreeMap<String, String>,
    source: Vec<Source>,
    unpinned: Vec<Unpinned>,
    built: Vec<Built>,
}

/// The compiled-in catalogue.
pub fn catalogue() -> &'static Catalogue {
    static CATALOGUE: OnceLock<Catalogue> = OnceLock::new();
    CATALOGUE.get_or_init(|| {
        // The text is part of this program and a test reads it: a failure here is a build that was never tested.
        Catalogue::parse(include_str!("../data/catalogue.toml"))
            .expect("data/catalogue.toml is tested to be well formed")
    })
}

impl Catalogue {
    fn parse(text: &str) -> Result<Self, String> {
        let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
        let mut releases: BTreeMap<String, Vec<Release>> = BTreeMap::new();
        for source in file.source {
            let package = releases.entry(source.package.clone()).or_default();
            match package.iter_mut().find(|release| release.version == source.version) {
                Some(release) => release.sources.push(source),
                None => package.push(Release { version: source.version.clone(), sources: vec![source] }),
            }
        }
        for (package, versions) in &mut releases {
            let default = file.defaults.get(package).ok_or_else(|| format!("{package} has no default version"))?;
            // The default stands first; the others follow, oldest first.
            versions.sort_by_key(|release| (release.version != *default, version_key(&release.version)));
            if versions.first().is_none_or(|release| release.version != *default) {
                return Err(format!("{package}'s default {default} is not in the catalogue"));
            }
        }
        Ok(Catalogue { releases, unpinned: file.unpinned, built: file.built })
    }

    /// The packages' names, sorted.
    pub fn packages(&self) -> impl Iterator<Item = &str> {
        self.releases.keys().map(String::as_str)
    }

    /// The versions of `package`: its default first, then the others from old to new; none for an unknown package.
    pub fn versions(&self, package: &str) -> Vec<&str> {
        self.releases.get(package).into_iter().flatten().map(|release| release.version.as_str()).collect()
    }

    /// The version that a matrix gets when it names none.
    pub fn default_version(&self, package: &str) -> Option<&str> {
        self.versions(package).first().copied()
    }

    /// Every published form of one release, in the catalogue's order; empty when it is unknown.
    pub fn sources(&self, package: &str, version: &str) -> &[Source] {
        self.releases
            .get(package)
            .into_iter()
            .flatten()
            .find(|release| release.version == version)
            .map_or(&[], |release| &release.sources)
    }

    /// The form of a release whose variant stands first in `prefer`, else the first there is.
    pub fn choose(&self, package: &str, version: &str, prefer: &[String]) -> Option<&Source> {
        let sources = self.sources(package, version);
        prefer.iter().find_map(|variant| sources.iter().find(|source| source.variant == *variant)).or(sources.first())
    }

    /// A release that needs the user's hash.
    pub fn unpinned(&self, package: &str, version: &str) -> Option<&Unpinned> {
        self.unpinned.iter().find(|release| release.package == package && release.version == version)
    }

    /// The versions of `package` that need the user's hash, the default first.
    pub fn unpinned_versions(&self, package: &str) -> Vec<&str> {
        let of = self.unpinned.iter().filter(|release| release.package == package);
        of.map(|release| release.version.as_str()).collect()
    }

    /// The cells that were built.
    pub fn built(&self) -> &[Built] {
        &self.built
    }
}

/// A key that sorts dotted versions by number: `2.9` before `2.44`. What is no number sorts as text, before numbers.
pub fn version_key(version: &str) -> Vec<(Option<u64>, String)> {
    version.split(['.', '-']).map(|part| (part.parse().ok(), part.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matrix::Family;
    use crate::seed::SeedLock;
    use crate::target::{Seed, System};

    #[test]
    fn the_catalogue_is_well_formed() {
        let catalogue = Catalogue::parse(include_str!("../data/catalogue.toml")).unwrap();
        for package in catalogue.packages() {
            for version in catalogue.versions(package) {
                let sources = catalogue.sources(package, version);
                let mut variants: Vec<_> = sources.iter().map(|source| &source.variant).collect();
                variants.sort();
                variants.dedup();
                assert_eq!(variants.len(), sources.len(), "{package} {version} has one variant twice");
                for source in sources {
                    assert!(!source.urls.is_empty(), "{package} {version} has no address");
                    assert!(["upstream", "debian"].contains(&source.variant.as_str()));
                    for url in &source.urls {
                        assert!(url.starts_with("https://") || url.starts_with("mirror://"), "{url}");
                    }
                }
            }
        }
    }

    #[test]
    fn what_was_built_is_in_the_catalogue() {
        for built in catalogue().built() {
            let family = Family::ALL.into_iter().find(|family| family.key() == built.family).unwrap();
            assert!(family.triples().contains(&built.target.as_str()), "{}", built.target);
            let mut words: Vec<_> = family.axes().iter().map(|axis| axis.key()).collect();
            words.retain(|axis| built.words.contains_key(*axis));
            assert_eq!(words.len(), built.words.len(), "{built:?}");
            assert!(!built.releases.is_empty(), "{built:?}");
            for (package, version) in &built.releases {
                assert!(!catalogue().sources(package, version).is_empty(), "{package} {version}");
            }
        }
    }

    #[test]
    fn what_nobody_vouches_for_has_no_hash() {
        for release in &catalogue().unpinned {
            assert!(catalogue().sources(&release.package, &release.version).is_empty(), "{release:?}");
            assert!(release.urls.iter().all(|url| url.starts_with("https://")) && !release.urls.is_empty());
        }
        assert_eq!(catalogue().unpinned_versions("xnu"), ["11417.101.15"]);
        assert!(catalogue().unpinned("xnu", "0").is_none());
    }

    /// The compiler is the seed's; what it links, runtime libraries and its resource folder, are of this version.
    #[test]
    fn the_llvm_of_the_catalogue_is_the_seeds() {
        let llvm = catalogue().default_version("llvm").unwrap();
        for seed in [Seed::Bookworm, Seed::Trixie] {
            let lock = SeedLock::built_in(seed, System::X86_64Linux).unwrap();
            let clang = lock.packages.iter().find(|package| package.name == "clang-19").unwrap();
            assert!(clang.version.starts_with(&format!("1:{llvm}-")), "{seed}: {}", clang.version);
        }
    }

    #[test]
    fn versions_sort_by_number_with_the_default_first() {
        assert!(version_key("2.9") < version_key("2.44"));
        assert_eq!(catalogue().versions("gcc").first(), Some(&"14.2.0"));
        assert!(catalogue().versions("no-such-package").is_empty());
    }

    #[test]
    fn the_preferred_variant_is_chosen() {
        let prefer = ["debian".to_owned(), "upstream".to_owned()];
        let chosen = |version| catalogue().choose("gcc", version, &prefer).map(|source| source.variant.as_str());
        assert_eq!(chosen("14.2.0"), Some("debian"));
        assert_eq!(chosen("14.3.0"), Some("upstream"));
        assert_eq!(chosen("0"), None);
    }
}
