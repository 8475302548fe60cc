//! The sources that crossloom can build, as data: `generator/data/catalogue.toml`, compiled in.
//!
//! "Supported version" means that the catalogue holds a hash for it. Adding a version is adding data.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, OnceLock, PoisonError};

use serde::Deserialize;

use crate::nix::hash::Sha256;
use crate::words;

words! {
    /// A published form of a release. The first is preferred where a matrix says nothing.
    pub enum Variant: "source variant" {
        /// As its authors published it.
        Upstream = "upstream",
        /// As Debian's archive holds it, without parts that Debian may not pass on.
        Debian = "debian",
    }
}

/// A package that the catalogue has at least one release of. Families name theirs as constants, and a test over the registry
/// looks each of them up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Package(&'static str);

impl Package {
    /// The package of this name.
    pub const fn new(name: &'static str) -> Package {
        Package(name)
    }

    /// Its name: `gcc`.
    pub const fn as_str(self) -> &'static str {
        self.0
    }

    /// Its releases, the default first, then from old to new.
    pub fn releases(self) -> &'static [Release] {
        catalogue().releases.get(self.0).map_or(&[], Vec::as_slice)
    }

    /// The release that a matrix gets when it names none.
    pub fn default(self) -> &'static Release {
        // A package is a constant of a family, and a test looks up every one.
        self.releases().first().unwrap_or_else(|| panic!("the catalogue has no package {}", self.0))
    }

    /// The release of a version, spelled exactly so.
    pub fn release(self, version: &str) -> Option<&'static Release> {
        self.releases().iter().find(|release| release.version == version)
    }

    /// The newest release of all.
    pub fn newest(self) -> &'static Release {
        newest(self.releases()).unwrap_or_else(|| self.default())
    }

    /// The series of a version: `14` of GCC's `14.2.0`, `6.1` of Linux's `6.1.176`.
    pub fn series(self, version: &str) -> &str {
        let numbers = catalogue().series.get(self.0).copied().unwrap_or(usize::MAX);
        let end = numbers.checked_sub(1).and_then(|last| version.match_indices('.').nth(last));
        end.and_then(|(end, _)| version.get(..end)).unwrap_or(version)
    }

    /// The newest release of the series of a version; none where the catalogue has no release of that series.
    pub fn newest_of_series(self, version: &str) -> Option<&'static Release> {
        let series = self.series(version);
        newest(self.releases().iter().filter(|release| self.series(&release.version) == series))
    }

    /// The releases that a shorthand may stand for: all for [`LATEST`], else those whose version begins with its numbers.
    pub fn meant(self, word: &str) -> impl Iterator<Item = &'static Release> {
        let begins = move |version: &str| version.strip_prefix(word).is_some_and(|rest| rest.starts_with('.'));
        self.releases().iter().filter(move |release| word == LATEST || begins(&release.version))
    }

    /// The newest release that a shorthand stands for.
    ///
    /// # Errors
    /// [`Unfound`] where it stands for nothing, or for releases of several series.
    pub fn shorthand(self, word: &str) -> Result<&'static Release, Unfound> {
        let mut series: Vec<&str> = self.meant(word).map(|release| self.series(&release.version)).collect();
        series.sort_by_key(|series| version_key(series));
        series.dedup();
        if word != LATEST && series.len() > 1 {
            return Err(Unfound::Ambiguous(series));
        }
        newest(self.meant(word)).ok_or(Unfound::Unknown)
    }

    /// The releases that the catalogue has no hash for.
    pub fn unpinned(self) -> impl Iterator<Item = &'static Unpinned> {
        catalogue().unpinned.iter().filter(move |release| release.package == self.0)
    }
}

fn newest(releases: impl IntoIterator<Item = &'static Release>) -> Option<&'static Release> {
    releases.into_iter().max_by_key(|release| version_key(&release.version))
}

/// The word that stands for the newest release of a package.
pub const LATEST: &str = "latest";

/// Why a shorthand is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unfound {
    /// No release is meant by it.
    Unknown,
    /// Releases of these series are.
    Ambiguous(Vec<&'static str>),
}

/// One release of a package, of which the catalogue holds at least one published form; or one of the user's.
pub struct Release {
    package: String,
    version: String,
    sources: Vec<Source>,
    own: Option<Own>,
}

/// The part of a release that only a table `[source.NAME]` of a matrix has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Own {
    /// The table's name.
    pub name: String,
    pub origin: Origin,
    /// Names of files and their texts, in the order in which they are applied.
    pub patches: Vec<(String, String)>,
    /// The targets that the source says that it supports; none where it says nothing.
    pub targets: Option<Vec<&'static str>>,
}

/// The files that a release of the user's is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Those of a release of the catalogue.
    Release,
    /// An archive at an address.
    Url,
    /// An archive beside the matrix.
    File,
    /// A git tree.
    Git,
}

impl Release {
    /// The package's name.
    pub fn package(&self) -> &str {
        &self.package
    }

    /// Upstream's version, e.g. `14.2.0`. A user's release may have a word of the user's after it: `14.2.0-mine`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The version without the user's word: the one that its own build scripts know, e.g. in names of folders.
    pub fn upstream(&self) -> &str {
        match &self.own {
            Some(_) => self.version.split_once('-').map_or(&self.version, |(upstream, _)| upstream),
            None => &self.version,
        }
    }

    /// The table of the user's that it comes from; none where the catalogue holds it.
    pub fn own(&self) -> Option<&Own> {
        self.own.as_ref()
    }

    /// A release of the user's. It lives as long as the catalogue: as long as the program. Each is kept once, so that reading a
    /// matrix again takes no more memory.
    pub fn keep(package: Package, version: &str, own: Own, sources: Vec<Source>) -> &'static Release {
        static KEPT: Mutex<Vec<&'static Release>> = Mutex::new(Vec::new());
        let release = Release { package: package.0.to_owned(), version: version.to_owned(), sources, own: Some(own) };
        let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(same) = kept.iter().find(|known| ***known == release) {
            return same;
        }
        let release: &'static Release = Box::leak(Box::new(release));
        kept.push(release);
        release
    }

    /// Its published forms in the catalogue's order.
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// The form that is published as this variant.
    pub fn form(&self, variant: Variant) -> Option<&Source> {
        self.sources.iter().find(|source| source.variant == variant)
    }

    /// Whether a matrix gets it that names none.
    pub fn is_default(&self) -> bool {
        let first = catalogue().releases.get(&self.package).and_then(|releases| releases.first());
        first.is_some_and(|first| first.version == self.version)
    }

    /// The form whose variant comes first in `prefer`, else the first there is.
    pub fn choose(&self, prefer: &[Variant]) -> Option<&Source> {
        let preferred = prefer.iter().find_map(|variant| self.form(*variant));
        preferred.or(self.sources.first())
    }
}

impl fmt::Debug for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.package, self.version)
    }
}

/// The catalogue holds each release once, so that package and version say all. A user's releases are what their tables say.
impl PartialEq for Release {
    fn eq(&self, other: &Release) -> bool {
        (&self.package, &self.version, &self.own) == (&other.package, &other.version, &other.own)
            && (self.own.is_none() || self.sources == other.sources)
    }
}

impl Eq for Release {}

/// One published form of a release: a file, its digest, and where the same bits can be had.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The package's name: `gcc`, `binutils`, `musl`, …
    pub package: String,
    /// Upstream's version, e.g. `14.2.0`.
    pub version: String,
    pub variant: Variant,
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
    /// Its place beside the matrix, of an archive of the user's that has no address.
    #[serde(skip)]
    pub path: Option<String>,
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
    pub variant: Variant,
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
    /// A user's matrix says it.
    #[serde(skip)]
    Matrix,
}

/// Packages, their releases and their default versions.
#[derive(Debug)]
pub struct Catalogue {
    releases: BTreeMap<String, Vec<Release>>,
    series: BTreeMap<String, usize>,
    /// The state of Debian's archive that locks take.
    pub snapshot: String,
    unpinned: Vec<Unpinned>,
    built: Vec<Built>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    defaults: BTreeMap<String, String>,
    series: BTreeMap<String, usize>,
    source: Vec<Source>,
    snapshot: String,
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
                None => package.push(Release {
                    package: source.package.clone(),
                    version: source.version.clone(),
                    sources: vec![source],
                    own: None,
                }),
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
        Ok(Catalogue {
            releases,
            series: file.series,
            snapshot: file.snapshot,
            unpinned: file.unpinned,
            built: file.built,
        })
    }

    /// Every release, by package.
    pub fn releases(&self) -> impl Iterator<Item = &Release> {
        self.releases.values().flatten()
    }

    /// The cells that crossloom's authors built.
    pub fn built(&self) -> &[Built] {
        &self.built
    }
}

/// A key that sorts dotted versions by number: `2.9` before `2.44`. A part that is not a number sorts as text, before numbers.
pub fn version_key(version: &str) -> Vec<(Option<u64>, String)> {
    version.split(['.', '-']).map(|part| (part.parse().ok(), part.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::{Seed, System};
    use crate::seed::SeedLock;

    const GCC: Package = Package::new("gcc");

    #[test]
    fn the_catalogue_is_well_formed() {
        for release in catalogue().releases() {
            let (package, version) = (release.package(), release.version());
            let mut variants: Vec<_> = release.sources().iter().map(|source| source.variant).collect();
            variants.sort();
            variants.dedup();
            assert_eq!(variants.len(), release.sources().len(), "{package} {version} has one variant twice");
            for source in release.sources() {
                assert!(!source.urls.is_empty(), "{package} {version} has no address");
                for url in &source.urls {
                    assert!(url.starts_with("https://") || url.starts_with("mirror://"), "{url}");
                }
            }
        }
    }

    #[test]
    fn what_was_built_is_said_once() {
        let built = catalogue().built();
        for (index, one) in built.iter().enumerate() {
            assert!(!built[..index].contains(one), "{one:?} is there twice");
        }
    }

    #[test]
    fn releases_that_nobody_vouches_for_have_no_hash() {
        for release in &catalogue().unpinned {
            let pinned = catalogue().releases.get(&release.package).into_iter().flatten();
            assert!(pinned.into_iter().all(|pinned| pinned.version != release.version), "{release:?}");
            assert!(release.urls.iter().all(|url| url.starts_with("https://")) && !release.urls.is_empty());
        }
        let versions: Vec<_> = Package::new("xnu").unpinned().map(|release| release.version.as_str()).collect();
        assert_eq!(versions, ["11417.101.15"]);
    }

    /// The compiler is the seed's. Its runtime libraries and its resource folder have to be of the same version.
    #[test]
    fn the_llvm_of_the_catalogue_is_the_seeds() {
        let llvm = Package::new("llvm").default().version();
        for seed in [Seed::Bookworm, Seed::Trixie] {
            let lock = SeedLock::built_in(seed, System::X86_64Linux).unwrap();
            let clang = lock.packages.iter().find(|package| package.name == "clang-19").unwrap();
            assert!(clang.version.starts_with(&format!("1:{llvm}-")), "{seed}: {}", clang.version);
        }
    }

    #[test]
    fn versions_sort_by_number_with_the_default_first() {
        assert!(version_key("2.9") < version_key("2.44"));
        assert_eq!(GCC.releases().first().map(Release::version), Some("14.2.0"));
        let rest: Vec<_> = GCC.releases().iter().skip(1).map(|release| version_key(release.version())).collect();
        assert!(rest.len() > 1 && rest.is_sorted());
        assert!(Package::new("no-such-package").releases().is_empty());
    }

    #[test]
    fn shorthands_stand_for_the_newest_of_a_series() {
        let linux = Package::new("linux");
        let found = |package: Package, word| package.shorthand(word).map(Release::version);
        let key = |version: &str| version_key(version);
        for (package, word) in [(GCC, "14"), (GCC, "15"), (GCC, "15.2"), (linux, "6.12"), (GCC, LATEST)] {
            let version = found(package, word).unwrap();
            let meant: Vec<&str> = package.meant(word).map(Release::version).collect();
            assert!(meant.contains(&version) && meant.iter().all(|it| key(it) <= key(version)), "{word}: {version}");
            assert!(word == LATEST || version.starts_with(&format!("{word}.")), "{word}: {version}");
        }
        // 6.12 is not a release of 6.1.
        assert!(found(linux, "6.1").unwrap().starts_with("6.1."));
        assert_eq!(found(linux, "6"), Err(Unfound::Ambiguous(vec!["6.1", "6.6", "6.12", "6.18"])));
        for word in ["", ".", "1", "14.", "14.2.0", "14.2.0.1", "Latest", "14.x", "-1"] {
            assert_eq!(found(GCC, word), Err(Unfound::Unknown), "{word:?}");
        }
        assert_eq!((GCC.series("14.2.0"), linux.series("6.1.176"), linux.series("6.1")), ("14", "6.1", "6.1"));
        assert_eq!(GCC.newest_of_series("14.2.0"), GCC.shorthand("14").ok());
        assert_eq!(Some(GCC.newest()), GCC.shorthand(LATEST).ok());
        assert_eq!(GCC.newest_of_series("1.0"), None);
    }

    #[test]
    fn the_preferred_variant_is_chosen() {
        let prefer = [Variant::Debian, Variant::Upstream];
        let chosen = |version| Some(GCC.release(version)?.choose(&prefer)?.variant);
        assert_eq!(chosen("14.2.0"), Some(Variant::Debian));
        assert_eq!(chosen("14.3.0"), Some(Variant::Upstream));
        assert_eq!(chosen("0"), None);
    }
}
