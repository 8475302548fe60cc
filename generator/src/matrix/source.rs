//! `[source.NAME]`: releases of the user's own. Each adds a version to the list of a package, so that axes, filters and names
//! take it as they take the catalogue's.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use serde_json::json;
use toml::de::DeTable;

use crate::catalogue::{Checked, Origin, Own, Package, Release, Source, Variant};
use crate::diag::{Problem, Wrong, quote};
use crate::family::table::Meaning;
use crate::family::{Entries, Key, Registered, Table, Values};
use crate::forge;
use crate::nix::hash::Sha256;
use crate::reader::{MAX_USER_FILE, PATH_PATTERN, Reader, UserFiles, Value, is_path, not_among};

/// The table, for these families.
pub struct Sources<'a>(pub &'a [&'static dyn Registered]);

/// The releases of a matrix that its axes can name beside the catalogue's.
#[derive(Default)]
pub struct OwnReleases {
    /// By package and version.
    known: BTreeMap<(&'static str, String), &'static Release>,
    /// Whether a table has a problem, so that a version that is not known here may be the one that it means.
    doubtful: bool,
}

const RELEASE: &str = "release";
const URL: &str = "url";
const FILE: &str = "file";
const GIT: &str = "git";

/// Where the files come from, and what to write: one of these is in every table.
const ORIGINS: [(&str, Origin); 4] =
    [(RELEASE, Origin::Release), (URL, Origin::Url), (FILE, Origin::File), (GIT, Origin::Git)];

/// How archives are called that every build unpacks.
const ARCHIVES: [&str; 7] = [".tar.gz", ".tgz", ".tar.xz", ".txz", ".tar.bz2", ".tbz2", ".tar"];

/// Patches of one table that are read at most.
const MAX_PATCHES: usize = 200;

static KEYS: [Key; 10] = [
    Key {
        name: "package",
        required: true,
        doc: "The package of the catalogue that it is a version of.",
        schema: || json!({ "type": "string" }),
    },
    Key {
        name: "version",
        required: true,
        doc: "The version that axes name: upstream's, and for a changed source `-` and a word of yours, such as `1.2.5-mine`.",
        schema: || json!({ "type": "string", "pattern": VERSION }),
    },
    Key {
        name: RELEASE,
        required: false,
        doc: "The catalogue's version that `patches` change.",
        schema: || json!({ "type": "string" }),
    },
    Key {
        name: URL,
        required: false,
        doc: "The address of an archive: https://, http:// or mirror://.",
        schema: || json!({ "type": "string", "pattern": "^(https|http|mirror)://" }),
    },
    Key {
        name: FILE,
        required: false,
        doc: "An archive beside the matrix.",
        schema: || json!({ "type": "string", "pattern": PATH_PATTERN }),
    },
    Key {
        name: GIT,
        required: false,
        doc: "The address of a git repository: https://, http:// or ssh://.",
        schema: || json!({ "type": "string", "pattern": "^(https|http|ssh)://" }),
    },
    Key {
        name: "rev",
        required: false,
        doc: "Required with `git`: the commit, as 40 hexadecimal digits.",
        schema: || json!({ "type": "string", "pattern": "^[0-9a-f]{40}$" }),
    },
    Key {
        name: "hash",
        required: false,
        doc: "Required with `url`, `file` and `git`: the SHA-256 of the archive, or the NAR hash of the git tree.",
        schema: || json!({ "type": "string", "pattern": "^(sha256-[A-Za-z0-9+/]{43}=|[0-9a-f]{64}|[0-9a-z]{52})$" }),
    },
    Key {
        name: "patches",
        required: false,
        doc: "Patches beside the matrix, applied in this order with `patch -p1` before anything else. Required with `release`.",
        schema: || {
            let path = json!({ "type": "string", "pattern": PATH_PATTERN });
            json!({ "type": "array", "items": path, "minItems": 1, "maxItems": MAX_PATCHES, "uniqueItems": true })
        },
    },
    Key {
        name: "targets",
        required: false,
        doc: "All targets that the source supports, if they are not those of the catalogue's releases.",
        schema: || json!({ "type": "array", "items": { "type": "string" }, "minItems": 1, "uniqueItems": true }),
    },
];

/// The form of a version, as a pattern for the schema.
pub const VERSION: &str = "^[0-9][0-9A-Za-z_.]*(-[a-z][0-9a-z_.]*)?$";

impl Table for Sources<'_> {
    fn key(&self) -> &'static str {
        "source"
    }

    fn summary(&self) -> &'static str {
        "Your own sources: releases that the catalogue does not have, forks, and patched releases. Each adds a version to its \
         package's list."
    }

    fn what(&self) -> &'static str {
        "a source"
    }

    fn used_in(&self) -> &'static str {
        "the axis of its package"
    }

    fn keys(&self) -> &'static [Key] {
        &KEYS
    }

    fn reserved(&self) -> &'static [&'static str] {
        &[]
    }

    fn read(&self, reader: &mut Reader, name: &str, value: &Value<'_>, files: &dyn UserFiles) -> Option<Meaning> {
        let before = reader.count();
        let place = format!("[source.{name}]");
        let table = reader.table(value, &place, &(self as &dyn Table).key_names())?;
        let mut entry = Entry { reader, name, place, table, span: value.span(), files };
        let package = entry.package(self.0);
        let targets = entry.targets(self.0, package);
        let version = entry.version(package);
        let source = entry.source(package, version);
        let patches = entry.patches();
        if let (Some((Origin::Release, _)), None) = (&source, table.get("patches")) {
            let hint = "name them: patches = [\"fix.patch\"]; without patches it is the catalogue's release, which needs no table";
            entry.missing("patches", hint);
        }
        let ((origin, sources), patches) = (source?, patches?);
        if entry.reader.count() > before {
            return None;
        }
        let own = Own { name: name.to_owned(), origin, patches, targets };
        Some(Arc::new(Release::keep(package?, version?, own, sources)))
    }

    /// Two versions of a package must not be one name.
    fn compare(&self, reader: &mut Reader, entries: &Entries) {
        let mut seen: BTreeMap<(&str, String), (&str, &str)> = BTreeMap::new();
        for (name, entry) in entries {
            let Some(release) = release_of(entry.named.meaning.as_ref()) else { continue };
            let (package, version) = (release.package(), release.version());
            let key = (package, in_names(version));
            let Some((other, same)) = seen.insert(key, (name, version)) else { continue };
            let message = match same == version {
                true => format!("[source.{name}] and [source.{other}] are both {package} {version}"),
                false => {
                    format!("[source.{name}] and [source.{other}], {version} and {same}, are one in names of cells")
                }
            };
            reader.report(Problem::at(entry.span.clone(), message).hint("give one of the two another version"));
        }
    }

    fn missing_hint(&self) -> &'static str {
        "sources are tables of the file, e.g. [source.mine]"
    }
}

impl OwnReleases {
    /// The releases of the entries of a table.
    pub fn of(entries: &Entries) -> OwnReleases {
        let releases = entries.values().filter_map(|entry| release_of(entry.named.meaning.as_ref()));
        let known: BTreeMap<_, _> =
            releases.map(|release| ((release.package(), release.version().to_owned()), release)).collect();
        OwnReleases { doubtful: known.len() < entries.len(), known }
    }

    /// The release of a version, of the catalogue or the user's.
    pub fn find(&self, package: Package, version: &str) -> Option<&'static Release> {
        let own = || self.known.get(&(package.as_str(), version.to_owned())).copied();
        package.release(version).or_else(own)
    }

    /// Whether a table has a problem, so that any version may be the one that it means.
    pub fn is_doubtful(&self) -> bool {
        self.doubtful
    }

    /// A release in the place of one that is not known, where a table is in doubt: the default stands for it, so that the one
    /// problem is not reported twice.
    pub fn instead(&self, package: Package) -> Option<&'static Release> {
        self.doubtful.then(|| package.default())
    }

    /// The user's versions of a package.
    pub fn versions(&self, package: Package) -> impl Iterator<Item = &str> {
        self.known.keys().filter(move |(of, _)| *of == package.as_str()).map(|(_, version)| version.as_str())
    }
}

/// The release that an entry stands for, unless it has a problem.
pub fn release_of(meaning: Option<&Meaning>) -> Option<&'static Release> {
    meaning?.clone().downcast::<&'static Release>().ok().map(|release| *release)
}

/// A version as names of cells and nodes have it: two versions that are the same here would be one name.
fn in_names(version: &str) -> String {
    version.replace(['.', '-'], "_")
}

/// The packages whose versions are values of an axis, with the first such axis of each.
pub fn packages(families: &[&'static dyn Registered]) -> BTreeMap<&'static str, (Package, &'static str)> {
    let mut packages = BTreeMap::new();
    for axis in families.iter().flat_map(|family| family.axes()) {
        if let Values::Releases(package) = axis.values {
            packages.entry(package.as_str()).or_insert((package, axis.key));
        }
    }
    packages
}

/// One table while it is read.
struct Entry<'a, 'i> {
    reader: &'a mut Reader,
    name: &'a str,
    place: String,
    table: &'a DeTable<'i>,
    span: Range<usize>,
    files: &'a dyn UserFiles,
}

impl<'a> Entry<'a, '_> {
    /// Reports a key that is not there.
    fn missing(&mut self, key: &str, hint: impl Into<String>) {
        let problem = Problem::at(self.span.clone(), format!("`{key}` is missing in {}", self.place));
        self.reader.missing.push(problem.hint(hint));
    }

    /// Reports what is wrong with the value of a key.
    fn wrong(&mut self, key: &str, message: impl Into<String>, hint: impl Into<String>) {
        let span = self.table.get(key).map_or(self.span.clone(), |value| value.span());
        self.reader.report(Problem::at(span, message).hint(hint));
    }

    /// The string of a key that is there.
    fn text(&mut self, key: &str) -> Option<&'a str> {
        let value = self.table.get(key)?;
        self.reader.string(value, &format!("`{key}` of {}", self.place))
    }

    fn package(&mut self, families: &[&'static dyn Registered]) -> Option<Package> {
        let known = packages(families);
        let names = known.keys().copied().collect::<Vec<_>>();
        if self.table.get("package").is_none() {
            self.missing("package", format!("name the package that it is a version of: {}", names.join(", ")));
            return None;
        }
        let word = self.text("package")?;
        if let Some((package, _)) = known.get(word) {
            return Some(*package);
        }
        let all = families.iter().flat_map(|family| family.about().packages);
        if all.into_iter().any(|package| package.as_str() == word) {
            let message = format!("no axis chooses versions of {word}");
            let hint = format!("crossloom builds it at one version; sources can be given for {}", names.join(", "));
            self.wrong("package", message, hint);
        } else {
            let span = self.table.get("package").map_or(self.span.clone(), |value| value.span());
            self.reader.report(not_among(span, "package", word, names.iter().copied()));
        }
        None
    }

    fn version(&mut self, package: Option<Package>) -> Option<&'a str> {
        if self.table.get("version").is_none() {
            self.missing("version", "the version that axes name: version = \"1.2.5-mine\"");
            return None;
        }
        let version = self.text("version")?;
        if !is_version(version) {
            let message = format!("{} cannot be the version of a source", quote(version));
            let hint = "upstream's version, which begins with a digit, and for a changed source - and a word in lower-case letters \
                        and digits: 1.2.5-mine";
            self.wrong("version", message, hint);
            return None;
        }
        let Some(package) = package else { return Some(version) };
        if let Some(known) = package.releases().iter().find(|known| in_names(known.version()) == in_names(version)) {
            let message = format!("{} {} is a version of the catalogue", package.as_str(), known.version());
            let hint = format!("a source adds a version: name yours {}-mine", known.version());
            self.wrong("version", message, hint);
            return None;
        }
        Some(version)
    }

    /// Where the files come from, and the forms in which they can be had.
    fn source(&mut self, package: Option<Package>, version: Option<&str>) -> Option<(Origin, Vec<Source>)> {
        let given: Vec<_> = ORIGINS.iter().filter(|(key, _)| self.table.get(*key).is_some()).copied().collect();
        let (key, origin) = match given.as_slice() {
            [] => {
                // Nothing needs them, but their types may be wrong.
                self.text("rev");
                self.text("hash");
                let hint = "release = \"1.2.5\" patches a release of the catalogue; url = \"https://…\" and file = \"….tar.gz\" are \
                            archives; git = \"https://…\" with rev is a commit";
                let message = format!("{} does not say where its files come from", self.place);
                self.reader.missing.push(Problem::at(self.span.clone(), message).hint(hint));
                return None;
            }
            [one] => *one,
            [(first, _), (second, _), ..] => {
                let message = format!("{} has both `{first}` and `{second}`", self.place);
                self.wrong(second, message, "its files come from one of them: remove the other");
                return None;
            }
        };
        if origin != Origin::Git && self.text("rev").is_some() {
            self.wrong(
                "rev",
                format!("`rev` has no meaning with `{key}`"),
                "remove it: it is the commit of a `git` repository",
            );
        }
        if origin == Origin::Release {
            if self.text("hash").is_some() {
                self.wrong("hash", "`hash` has no meaning with `release`", "remove it: the catalogue knows the hash");
            }
            return self.release(package, version).map(|sources| (origin, sources));
        }
        let mut source = match origin {
            Origin::Url => self.url(),
            Origin::File => self.file(),
            Origin::Git | Origin::Release => self.git(package, version),
        }?;
        source.package = package?.as_str().to_owned();
        source.version = version?.to_owned();
        Some((origin, vec![source]))
    }

    /// The forms of a release of the catalogue.
    fn release(&mut self, package: Option<Package>, version: Option<&str>) -> Option<Vec<Source>> {
        let (word, package) = (self.text(RELEASE)?, package?);
        let Some(release) = package.release(word) else {
            let known: Vec<_> = package.releases().iter().map(Release::version).collect();
            let message = format!("{} {} is not in the catalogue", package.as_str(), quote(word));
            self.wrong(RELEASE, message, format!("it has {}", known.join(", ")));
            return None;
        };
        if version.is_some_and(|version| version.split_once('-').is_none_or(|(upstream, _)| upstream != word)) {
            let message = format!("the version of {} does not begin with {word}-", self.place);
            self.wrong("version", message, format!("a patched release is named after it: version = \"{word}-mine\""));
            return None;
        }
        Some(release.sources().to_vec())
    }

    fn url(&mut self) -> Option<Source> {
        let hash = self.hash("`nix store prefetch-file URL` prints it");
        let url = self.text(URL)?;
        if !is_address(url, &["https://", "http://", "mirror://"]) {
            let message = format!("{} is not an address of an archive", quote(url));
            self.wrong(URL, message, "https://HOST/FILE.tar.gz; an archive beside the matrix is `file`");
            return None;
        }
        let path = url.split(['?', '#']).next().unwrap_or_default();
        let file = path.rsplit('/').next().unwrap_or_default().to_owned();
        self.archive(URL, &file)?;
        Some(Source { file, urls: vec![url.to_owned()], ..bare(hash?) })
    }

    fn file(&mut self) -> Option<Source> {
        let path = self.text(FILE)?;
        if !is_path(path) {
            let message = format!("{} is not a file beside the matrix", quote(path));
            self.wrong(FILE, message, "a relative path; letters, digits and . _ - / make it");
            return None;
        }
        let file = path.rsplit('/').next().unwrap_or_default().to_owned();
        self.archive(FILE, &file)?;
        let (found, size) = match self.files.digest(path) {
            Ok(found) => found,
            Err(wrong) => {
                let Wrong { message, hint } = wrong.cannot_read(path);
                self.wrong(FILE, message, hint);
                return None;
            }
        };
        let hash = self.hash(&format!("it is hash = \"{found}\""))?;
        if hash != found {
            let message = format!("{} has another hash: {found}", quote(path));
            self.wrong("hash", message, format!("if the file is the right one, write hash = \"{found}\""));
            return None;
        }
        Some(Source { file, size: Some(size), path: Some(path.to_owned()), ..bare(hash) })
    }

    fn git(&mut self, package: Option<Package>, version: Option<&str>) -> Option<Source> {
        let hash = self.hash(
            "the NAR hash of what `git archive` holds: with any other one, `crossloom fetch` prints the right one",
        );
        let rev = match self.table.get("rev") {
            None => {
                self.missing(
                    "rev",
                    "the commit, since branches and tags move: rev = \"…\", as `git rev-parse` prints it",
                );
                None
            }
            Some(_) => self.text("rev"),
        };
        if let Some(rev) = rev.filter(|rev| !forge::is_commit(rev)) {
            let message = format!("{} is not a commit: a branch or a tag may move", quote(rev));
            self.wrong("rev", message, "its 40 hexadecimal digits, as `git rev-parse` prints them");
            return None;
        }
        let git = self.text(GIT)?;
        if !is_address(git, &["https://", "http://", "ssh://"]) {
            let message = format!("{} is not an address of a git repository", quote(git));
            self.wrong(GIT, message, "https://HOST/REPOSITORY or ssh://USER@HOST/REPOSITORY");
            return None;
        }
        let (rev, file) = (rev?, format!("{}-{}", package?.as_str(), version?));
        let mut urls: Vec<String> = forge::archive(git, rev).into_iter().collect();
        urls.push(format!("git+{git}?rev={rev}"));
        Some(Source { file, urls, tree: true, ..bare(hash?) })
    }

    /// Sees that a file can be the name of a store path, and is an archive that every build unpacks.
    fn archive(&mut self, key: &str, file: &str) -> Option<()> {
        if is_path(file) && ARCHIVES.iter().any(|ending| file.ends_with(ending)) {
            return Some(());
        }
        let message = format!("{} is not the name of an archive that builds can unpack", quote(file));
        self.wrong(key, message, format!("its name ends in one of {}", ARCHIVES.join(", ")));
        None
    }

    fn hash(&mut self, how: &str) -> Option<Sha256> {
        let Some(value) = self.table.get("hash") else {
            self.missing("hash", format!("whoever builds from it has to know that it is this file; {how}"));
            return None;
        };
        let read = |word: &str, span| {
            word.parse().map_err(|_| {
                let message = format!("{} is not a SHA-256 hash", quote(word));
                Problem::at(span, message)
                    .hint(format!("write it as Nix does: sha256- and 44 characters of base 64; {how}"))
            })
        };
        self.reader.word(value, "hash", read).map(|hash| hash.value)
    }

    /// The texts of the patches by their file names, which have to differ: builds name them so.
    fn patches(&mut self) -> Option<Vec<(String, String)>> {
        let Some(value) = self.table.get("patches") else { return Some(Vec::new()) };
        let (before, files) = (self.reader.count(), self.files);
        let what = format!("patches of {}", self.place);
        let read = self.reader.words(value, &what, |path, span| patch(files, path).map_err(|wrong| wrong.at(span)));
        if read.len() > MAX_PATCHES {
            let message = format!("{what} has {} entries", read.len());
            self.wrong("patches", message, format!("at most {MAX_PATCHES} are read"));
        }
        let mut seen: Vec<&str> = Vec::new();
        for patch in &read {
            let name = patch.value.0.as_str();
            if seen.contains(&name) {
                let message = format!("two patches of [source.{}] are called {name}", self.name);
                let problem =
                    Problem::at(patch.span.clone(), message).hint("rename one: builds name a patch by its file");
                self.reader.report(problem);
            }
            seen.push(name);
        }
        let patches = read.into_iter().map(|patch| patch.value).collect();
        (self.reader.count() == before).then_some(patches)
    }

    fn targets(&mut self, families: &[&'static dyn Registered], package: Option<Package>) -> Option<Vec<&'static str>> {
        let value = self.table.get("targets")?;
        let takes = |family: &&&'static dyn Registered| {
            let of_package = |values: &Values| matches!(values, Values::Releases(of) if Some(*of) == package);
            family.axes().iter().any(|axis| of_package(&axis.values))
        };
        let known: Vec<&'static str> = families.iter().filter(takes).flat_map(|family| family.targets()).collect();
        let found = |word: &str, span| {
            let found = known.iter().find(|known| **known == word).copied();
            // Without a package nothing is known, and that is reported already.
            match found {
                None if package.is_some() => Err(not_among(span, "target", word, known.iter().copied())),
                found => Ok(found),
            }
        };
        let what = format!("targets of {}", self.place);
        Some(self.reader.words(value, &what, found).into_iter().filter_map(|target| target.value).collect())
    }
}

/// A source of which only the hash is known.
fn bare(sha256: Sha256) -> Source {
    Source {
        package: String::new(),
        version: String::new(),
        variant: Variant::Upstream,
        file: String::new(),
        sha256,
        tree: false,
        size: None,
        urls: Vec::new(),
        path: None,
        checked: Checked::Matrix,
    }
}

/// The name and the text of a patch.
fn patch(files: &dyn UserFiles, path: &str) -> Result<(String, String), Wrong> {
    if !is_path(path) {
        let message = format!("{} is not a patch beside the matrix", quote(path));
        return Err(Wrong::new(message, "a relative path; letters, digits and . _ - / make it"));
    }
    let bytes = files.read(path).map_err(|wrong| wrong.cannot_read(path))?;
    if bytes.len() > MAX_USER_FILE {
        let message = format!("{} is larger than {MAX_USER_FILE} bytes", quote(path));
        return Err(Wrong::new(message, "apply it to the source, and name that: file = \"….tar.gz\", or git with rev"));
    }
    let Ok(text) = String::from_utf8(bytes) else {
        let hint = "apply it to the source, and name that: file = \"….tar.gz\", or git with rev";
        return Err(Wrong::new(format!("{} is not UTF-8 text", quote(path)), hint));
    };
    if !text.lines().any(|line| line.starts_with("+++ ") || line.starts_with("*** ") || line.starts_with("rename to "))
    {
        let hint = "it has no line with `+++ FILE`; `diff -u` and `git format-patch` write such files";
        return Err(Wrong::new(format!("{} is not a patch", quote(path)), hint));
    }
    Ok((path.rsplit('/').next().unwrap_or_default().to_owned(), text))
}

fn is_version(version: &str) -> bool {
    let (upstream, word) = match version.split_once('-') {
        Some((upstream, word)) => (upstream, Some(word)),
        None => (version, None),
    };
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._".contains(&byte));
    let lower = |word: &str| {
        word.starts_with(|first: char| first.is_ascii_lowercase())
            && !word.bytes().any(|byte| byte.is_ascii_uppercase())
    };
    version.len() <= 40
        && upstream.starts_with(|first: char| first.is_ascii_digit())
        && plain(upstream)
        && word.is_none_or(|word| plain(word) && lower(word))
}

/// Whether it is an address that begins in one of these ways. It ends up in Nix and on command lines.
fn is_address(text: &str, schemes: &[&str]) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?&=%+@,;!".contains(&byte);
    let rest = schemes.iter().find_map(|scheme| text.strip_prefix(scheme));
    text.len() <= 1000
        && text.bytes().all(plain)
        && rest.is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_alphanumeric()) && rest.contains('/'))
}
