//! `matrix.lock`: which bits every source of a matrix is, and where they can be had.
//!
//! The lock is JSON in a fixed order, made for diffs. `crossloom lock` writes it from the catalogue; everything after
//! it reads the lock alone, so a newer catalogue changes no file of a release until the user asks.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::catalogue::{Origin, Own, Release, Unpinned, Variant, catalogue};
use crate::diag::{Reason, start};
use crate::nix::hash::{FileHash, Sha256, Sha512};
use crate::reader::is_path;
use crate::seed::date::is_snapshot;

/// The format that this program reads and writes.
pub const VERSION: u64 = 1;
/// How the address of a file in Debian's archive begins.
pub const DEBIAN: &str = "mirror://debian/";
/// A lock is a few kilobytes; what is larger than this is not one.
pub const MAX_BYTES: usize = 4 << 20;

/// Versions by package and by the shorthand that stands for them, such as `15` or `latest`.
pub type Versions = BTreeMap<String, BTreeMap<String, String>>;

/// Everything that `matrix.lock` holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    /// [`VERSION`].
    pub version: u64,
    /// A state of Debian's archive that had its files, for the day when its mirrors no longer do: `20260711T101637Z`.
    #[serde(default, rename = "debian-snapshot", skip_serializing_if = "Option::is_none")]
    pub debian_snapshot: Option<String>,
    /// By name and version, e.g. `gcc-14.2.0`.
    pub sources: BTreeMap<String, LockedSource>,
    /// The releases that shorthands of the matrix stand for. They stay until `crossloom upgrade` takes newer ones.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub versions: Versions,
    /// macOS SDKs that the user imported, by their names in the matrix.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sdks: BTreeMap<String, LockedSdk>,
}

/// One source file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "SourceFields", into = "SourceFields")]
pub struct LockedSource {
    /// Which published form of the release this is.
    pub variant: Variant,
    /// The file's name, and the name of its store path.
    pub file: String,
    /// Digest of the file itself; of a tree the NAR hash.
    pub hash: FileHash,
    /// Whether this is an archive of a git tree, known by what it unpacks to without its top directory. The bits of
    /// such an archive are nobody's promise; its contents are.
    pub tree: bool,
    /// Bytes, where known.
    pub size: Option<u64>,
    /// Addresses in the order to be tried.
    pub urls: Vec<String>,
    /// Its place beside the matrix, of an archive of the user's that has no address.
    pub path: Option<String>,
    /// The table `[source.NAME]` of the matrix that it comes from: its entry is as that table says.
    pub source: Option<String>,
    /// Whether the user chose this file instead of the catalogue's. Without this mark another hash than the catalogue's
    /// is an error: it would be a slip, or a change that a reviewer did not see.
    pub own: bool,
}

/// A [`LockedSource`] as JSON has it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SourceFields {
    variant: Variant,
    file: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sha256: Option<Sha256>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sha512: Option<Sha512>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    tree: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    urls: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    source: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    own: bool,
}

impl From<LockedSource> for SourceFields {
    fn from(source: LockedSource) -> SourceFields {
        let LockedSource { variant, file, hash, tree, size, urls, path, source, own } = source;
        let (sha256, sha512) = match hash {
            FileHash::Sha256(hash) => (Some(hash), None),
            FileHash::Sha512(hash) => (None, Some(hash)),
        };
        SourceFields { variant, file, sha256, sha512, tree, size, urls, path, source, own }
    }
}

impl TryFrom<SourceFields> for LockedSource {
    type Error = String;

    fn try_from(fields: SourceFields) -> Result<LockedSource, String> {
        let SourceFields { variant, file, sha256, sha512, tree, size, urls, path, source, own } = fields;
        let hash = match (sha256, sha512) {
            (Some(hash), None) => FileHash::Sha256(hash),
            (None, Some(hash)) if !tree => FileHash::Sha512(hash),
            (None, None) => return Err("missing field `sha256`".to_owned()),
            (Some(_), Some(_)) => return Err("`sha256` and `sha512` in one entry".to_owned()),
            (None, Some(_)) => return Err("a tree is known by its `sha256`".to_owned()),
        };
        Ok(LockedSource { variant, file, hash, tree, size, urls, path, source, own })
    }
}

/// A macOS SDK that `crossloom sdk import` put into the Nix store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockedSdk {
    /// The name of its store path, e.g. `MacOSX15.5.sdk`.
    pub file: String,
    /// NAR hash of the tree.
    pub sha256: Sha256,
    /// The SDK's own version, e.g. `15.5`.
    pub version: String,
    /// The name of the file that it came from, for people to read.
    pub origin: String,
}

/// A lock is unreadable, or does not hold what the matrix asks for.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum LockError {
    #[error("not a lock: {bytes} bytes are more than {MAX_BYTES}")]
    TooLarge { bytes: usize },
    #[error("not a lock")]
    Syntax {
        #[source]
        source: Reason,
    },
    #[error("format version {found} is not {VERSION}, the one that this crossloom reads")]
    Version { found: u64 },
    #[error("`debian-snapshot` is not a time of the form 20260711T101637Z")]
    Snapshot,
    #[error("source {:?}: {problem}", start(name))]
    Source { name: String, problem: String },
    #[error("versions, {:?}: {problem}", start(text))]
    Versions { text: String, problem: String },
    #[error("sdk {:?}: {problem}", start(name))]
    Sdk { name: String, problem: String },
    #[error("there is no source {name:?} to update")]
    #[diagnostic(help("{}", updatable(name, known, *sdk)))]
    Update { name: String, known: Vec<String>, sdk: bool },
    #[error("its hash of {name} is not the one in the matrix")]
    OtherHash { name: String },
    #[error("its entry {name} is not what [source.{source_name}] says")]
    OtherSource { name: String, source_name: String },
    #[error("its entry {name} comes from [source.{source_name}], which the matrix no longer has for it")]
    NoSource { name: String, source_name: String },
    #[error("{}", other_hashes(differing))]
    #[diagnostic(help("{}", differing.iter().map(Differing::way_out).collect::<Vec<_>>().join("\n")))]
    NotCatalogue { differing: Vec<Differing> },
    #[error("it lacks {missing}, which the matrix needs")]
    Stale { missing: String },
}

/// A source whose hash is not the one that the catalogue has for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Differing {
    /// Its name in the lock.
    pub name: String,
    variant: Variant,
    locked: FileHash,
    /// Nothing where the catalogue does not have this variant of the release.
    catalogue: Option<Sha256>,
}

impl Differing {
    fn way_out(&self) -> String {
        let name = &self.name;
        format!(
            "`crossloom lock --update {name}` takes the catalogue's file; if the file is your own, write `\"own\": true` \
             into its entry"
        )
    }
}

impl fmt::Display for Differing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Differing { name, variant, locked, catalogue } = self;
        match catalogue {
            // Archives of git trees are hashed otherwise than files, so that one hash can have two meanings.
            Some(hash) if locked == hash => write!(f, "{name} has the catalogue's hash, but `tree` differs"),
            Some(hash) => write!(f, "{name} has hash {locked}, but the catalogue says {hash}"),
            None => write!(f, "{name} has hash {locked}, but the catalogue knows no variant {variant} of it"),
        }
    }
}

fn other_hashes(differing: &[Differing]) -> String {
    differing.iter().map(Differing::to_string).collect::<Vec<_>>().join("; ")
}

/// The hint for a name that no source has.
fn updatable(name: &str, known: &[String], sdk: bool) -> String {
    match sdk {
        true => format!("it is your own SDK: `crossloom sdk import --replace --name {name} FILE` changes it"),
        false => format!("the matrix builds from {}, and nixpkgs", known.join(", ")),
    }
}

/// A file whose hash is in a file of the user's, as those of crates are in a `Cargo.lock`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// Its name in the lock is `PACKAGE-VERSION`.
    pub package: String,
    pub version: String,
    /// The file's name, and the name of its store path.
    pub file: String,
    pub hash: FileHash,
    /// As [`LockedSource::tree`].
    pub tree: bool,
    /// Addresses in the order to be tried.
    pub urls: Vec<String>,
}

/// A release that is to be locked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// One that the catalogue has a hash for.
    Release(&'static Release),
    /// One that the catalogue has no hash for, with the hash that the matrix gives.
    Unpinned { release: &'static Unpinned, hash: Sha256 },
    /// One that no catalogue has to know.
    Given(Arc<Given>),
}

impl Wanted {
    /// Its name in the lock.
    pub fn name(&self) -> String {
        match self {
            Wanted::Release(release) => source_name(release.package(), release.version()),
            Wanted::Unpinned { release, .. } => source_name(&release.package, &release.version),
            Wanted::Given(given) => source_name(&given.package, &given.version),
        }
    }

    fn package(&self) -> &str {
        match self {
            Wanted::Release(release) => release.package(),
            Wanted::Unpinned { release, .. } => &release.package,
            Wanted::Given(given) => &given.package,
        }
    }

    /// The hash that the matrix gives, or a file that it names.
    pub fn hash(&self) -> Option<FileHash> {
        match self {
            Wanted::Release(_) => None,
            Wanted::Unpinned { hash, .. } => Some((*hash).into()),
            Wanted::Given(given) => Some(given.hash),
        }
    }

    /// Sees that what is locked comes from where the matrix says, as far as a table of the user's has to do with it.
    ///
    /// # Errors
    /// [`LockError::OtherSource`] and [`LockError::NoSource`], with which a lock is stale.
    pub fn of_its_source(&self, locked: &LockedSource) -> Result<(), LockError> {
        let own = self.own();
        match (own, &locked.source) {
            (None, Some(source)) => Err(LockError::NoSource { name: self.name(), source_name: source.clone() }),
            (Some(own), _) if !self.is_as_said(own, locked) => {
                Err(LockError::OtherSource { name: self.name(), source_name: own.name.clone() })
            }
            _ => Ok(()),
        }
    }

    fn is_as_said(&self, own: &Own, locked: &LockedSource) -> bool {
        // Which form of a release is taken follows from `prefer`, and so does the order of its addresses.
        let said = self.chosen(&[locked.variant]);
        let sorted = |source: &LockedSource| {
            let mut source = source.clone();
            source.urls.sort();
            source
        };
        let same_form = || said.as_ref().is_some_and(|said| sorted(said) == sorted(locked));
        locked.source.as_ref() == Some(&own.name) && same_form()
    }

    /// The table of the user's that it comes from.
    pub fn own(&self) -> Option<&'static Own> {
        if let Wanted::Release(release) = self { release.own() } else { None }
    }

    /// How what is locked differs from the catalogue, where nobody says that it should.
    pub fn differing(&self, locked: &LockedSource) -> Option<Differing> {
        let Wanted::Release(release) = self else { return None };
        if release.own().is_some() {
            return None;
        }
        let form = release.form(locked.variant);
        if locked.own
            || form.is_some_and(|form| (FileHash::Sha256(form.sha256), form.tree) == (locked.hash, locked.tree))
        {
            return None;
        }
        let (variant, catalogue) = (locked.variant, form.map(|form| form.sha256));
        Some(Differing { name: self.name(), variant, locked: locked.hash, catalogue })
    }

    /// Sees that a lock has the variant that is chosen with `prefer`. Those that are the user's own stay whatever is preferred.
    ///
    /// # Errors
    /// [`LockError::Stale`] when it has another one.
    pub fn preferred(&self, locked: &LockedSource, prefer: &[Variant]) -> Result<(), LockError> {
        match self.chosen(prefer) {
            Some(chosen) if !locked.own && locked.variant != chosen.variant => {
                Err(LockError::Stale { missing: format!("{} from {}", self.name(), chosen.variant) })
            }
            _ => Ok(()),
        }
    }

    /// The form of it that is locked where the lock holds none yet.
    fn chosen(&self, prefer: &[Variant]) -> Option<LockedSource> {
        match self {
            Wanted::Unpinned { release, hash } => Some(LockedSource {
                variant: Variant::Upstream,
                file: release.file.clone(),
                hash: (*hash).into(),
                tree: release.tree,
                size: None,
                urls: release.urls.clone(),
                path: None,
                source: None,
                own: false,
            }),
            Wanted::Given(given) => Some(LockedSource {
                variant: Variant::Upstream,
                file: given.file.clone(),
                hash: given.hash,
                tree: given.tree,
                size: None,
                urls: given.urls.clone(),
                path: None,
                source: None,
                own: false,
            }),
            Wanted::Release(release) => release.choose(prefer).map(|chosen| LockedSource {
                variant: chosen.variant,
                file: chosen.file.clone(),
                hash: chosen.sha256.into(),
                tree: chosen.tree,
                size: chosen.size,
                urls: chosen.urls.clone(),
                path: chosen.path.clone(),
                source: release.own().map(|own| own.name.clone()),
                own: release.own().is_some_and(|own| own.origin != Origin::Release),
            }),
        }
    }
}

/// A package at a version, as the lock names it.
pub fn source_name(package: &str, version: &str) -> String {
    format!("{package}-{version}")
}

/// A user's SDK, as it is called among the sources.
pub fn sdk_source_name(name: &str) -> String {
    format!("sdk-{name}")
}

impl Lock {
    /// The lock for the `wanted` releases, each in the first variant of `prefer` that there is. Sources that `old`
    /// holds already stay as they are, unless they stand in `update` (by package, e.g. `gcc`, or by name, e.g.
    /// `gcc-14.2.0`) or another variant is now preferred, or the matrix gives another hash. Those that are the user's own
    /// stay whatever is preferred.
    ///
    /// # Errors
    /// [`LockError::Stale`] when the catalogue knows no such release: the matrix was read with another catalogue.
    /// [`LockError::NotCatalogue`] where one that would stay has another hash than the catalogue, and is not the user's.
    pub fn resolve(
        wanted: &BTreeMap<String, Wanted>,
        prefer: &[Variant],
        old: Option<&Lock>,
        update: &BTreeSet<String>,
    ) -> Result<Lock, LockError> {
        let known = |name: &String| {
            let package = || wanted.values().any(|wanted| name == wanted.package());
            name == "nixpkgs" || wanted.contains_key(name) || package()
        };
        if let Some(name) = update.iter().find(|name| !known(name)) {
            let known = wanted.keys().cloned().collect();
            let sdk = old.is_some_and(|old| old.sdks.contains_key(name));
            return Err(LockError::Update { name: name.clone(), known, sdk });
        }
        let (mut sources, mut differing) = (BTreeMap::new(), Vec::new());
        for (name, wanted) in wanted {
            let new = wanted.chosen(prefer).ok_or_else(|| LockError::Stale { missing: name.clone() })?;
            let updated = update.contains(wanted.package()) || update.contains(name);
            let kept = old.and_then(|old| old.sources.get(name));
            let same = |kept: &&LockedSource| wanted.hash().is_none_or(|hash| hash == kept.hash);
            // A table of the matrix says all of an entry, as long as it is there.
            let from_table = |kept: &&LockedSource| new.source.is_some() || kept.source.is_some();
            let stays = |kept: &&LockedSource| !updated && (kept.own || kept.variant == new.variant);
            let kept = kept.filter(stays).filter(same).filter(|kept| !from_table(kept));
            differing.extend(kept.and_then(|kept| wanted.differing(kept)));
            let mut locked = kept.cloned().unwrap_or(new);
            if !locked.own {
                locked.urls = preferred(&locked.urls, prefer);
            }
            sources.insert(name.clone(), locked);
        }
        if !differing.is_empty() {
            return Err(LockError::NotCatalogue { differing });
        }
        // An import is the user's doing, and only the user's.
        let sdks = old.map(|old| old.sdks.clone()).unwrap_or_default();
        let of_debian = sources.values().flat_map(|source| &source.urls).any(|url| url.starts_with(DEBIAN));
        let kept = old.filter(|_| update.is_empty()).and_then(|old| old.debian_snapshot.clone());
        let debian_snapshot = of_debian.then(|| kept.unwrap_or_else(|| catalogue().snapshot.clone()));
        Ok(Lock { version: VERSION, debian_snapshot, sources, versions: Versions::new(), sdks })
    }

    /// The same lock with these meanings of shorthands.
    #[must_use]
    pub fn with_versions(mut self, versions: &Versions) -> Lock {
        self.versions = versions.clone();
        self
    }

    /// The same lock with this SDK in it, in the place of one that had its name.
    #[must_use]
    pub fn with_sdk(mut self, name: &str, sdk: LockedSdk) -> Lock {
        self.sdks.insert(name.to_owned(), sdk);
        self
    }

    /// Reads what [`Lock::to_text`] wrote.
    ///
    /// # Errors
    /// Every way in which a text fails to be a lock of this version; none of them panics.
    pub fn parse(text: &str) -> Result<Lock, LockError> {
        if text.len() > MAX_BYTES {
            return Err(LockError::TooLarge { bytes: text.len() });
        }
        // The version is read first: a newer format should say so, not trip over its first unknown key.
        #[derive(Deserialize)]
        struct Version {
            version: u64,
        }
        let Version { version } =
            serde_json::from_str(text).map_err(|error| LockError::Syntax { source: error.into() })?;
        if version != VERSION {
            return Err(LockError::Version { found: version });
        }
        let lock: Lock = serde_json::from_str(text).map_err(|error| LockError::Syntax { source: error.into() })?;
        if lock.debian_snapshot.as_ref().is_some_and(|time| !is_snapshot(time)) {
            return Err(LockError::Snapshot);
        }
        for (name, source) in &lock.sources {
            check(name, source).map_err(|problem| LockError::Source { name: name.clone(), problem })?;
        }
        for (package, words) in &lock.versions {
            for text in std::iter::once(package).chain(words.iter().flat_map(|(word, version)| [word, version])) {
                if !plain(text) {
                    let problem = "not a word that a matrix can hold".to_owned();
                    return Err(LockError::Versions { text: text.clone(), problem });
                }
            }
        }
        for (name, sdk) in &lock.sdks {
            check_sdk(name, sdk).map_err(|problem| LockError::Sdk { name: name.clone(), problem })?;
        }
        Ok(lock)
    }

    /// The file's text: pretty JSON, sorted, with a final newline.
    pub fn to_text(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("a lock holds nothing that JSON cannot");
        text.push('\n');
        text
    }

    /// The source of this name.
    ///
    /// # Errors
    /// [`LockError::Stale`] when the lock was made for another matrix.
    pub fn source(&self, name: &str) -> Result<&LockedSource, LockError> {
        self.sources.get(name).ok_or_else(|| LockError::Stale { missing: name.to_owned() })
    }
}

/// Addresses with those of the first preference in front: who prefers Debian's archive may reach nothing else. The order follows
/// from the preference alone, whatever an earlier lock had.
fn preferred(urls: &[String], prefer: &[Variant]) -> Vec<String> {
    let mut urls = urls.to_vec();
    let debian = prefer.first() == Some(&Variant::Debian);
    urls.sort_by_key(|url| url.starts_with(DEBIAN) != debian);
    urls
}

/// Whether a text can name a store path. It ends up in Nix and in file names.
fn plain(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 200
        && !text.starts_with('.')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-._?=".contains(&byte))
}

/// Contents that a lock must not have although they are well-formed JSON.
fn check(name: &str, source: &LockedSource) -> Result<(), String> {
    if !plain(name) {
        return Err("its name is not one that a store path can have".to_owned());
    }
    if !plain(&source.file) {
        return Err(format!("its file name {:?} is not one that a store path can have", start(&source.file)));
    }
    if source.urls.is_empty() && source.path.is_none() {
        return Err("it has no address".to_owned());
    }
    if let Some(path) = source.path.as_ref().filter(|path| !is_path(path)) {
        return Err(format!("its path {:?} is not one below the matrix's folder", start(path)));
    }
    if let Some(name) = source.source.as_ref().filter(|name| !is_sdk_name(name)) {
        return Err(format!("[source.{}] is not a table that a matrix can have", start(name).escape_debug()));
    }
    for url in &source.urls {
        const KNOWN: [&str; 7] =
            ["https://", "http://", "mirror://", "file:///", "git+https://", "git+http://", "git+ssh://"];
        let known = KNOWN.iter().any(|scheme| url.starts_with(scheme));
        if !known || url.len() > 2000 || url.bytes().any(|byte| byte <= b' ' || byte == 0x7f) {
            let expected = "https://…, http://…, mirror://… or file:///…, of at most 2000 bytes, without spaces";
            return Err(format!("{:?} is not an address that can be used: expected {expected}", start(url)));
        }
    }
    Ok(())
}

/// The same of an SDK.
fn check_sdk(name: &str, sdk: &LockedSdk) -> Result<(), String> {
    if !is_sdk_name(name) {
        return Err("its name is not one that a matrix can hold: lower-case letters, digits and -".to_owned());
    }
    for (what, text) in [("file name", &sdk.file), ("version", &sdk.version)] {
        if !plain(text) {
            return Err(format!("its {what} {:?} is not one that a store path can have", start(text)));
        }
    }
    if sdk.origin.len() > 1000 || sdk.origin.chars().any(char::is_control) {
        return Err(format!("its origin {:?} is not the name of a file", start(&sdk.origin)));
    }
    Ok(())
}

/// Whether `name` can be that of a `[sdk.NAME]` in a matrix.
pub fn is_sdk_name(name: &str) -> bool {
    let plain = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    plain && !name.is_empty() && name.len() <= 64 && !name.starts_with('-')
}
