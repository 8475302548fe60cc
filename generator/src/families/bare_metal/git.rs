//! Packages that a `Cargo.lock` takes from git: repositories at revisions, and the hashes that the matrix gives for them. Pure.
//!
//! A lock names a commit, and nothing in it vouches for files. So the matrix has a hash of the files at that commit, as of
//! every other archive of a git tree.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use serde_json::json;
use toml::de::DeValue;

use crate::diag::{Problem, Wrong, quote};
use crate::forge;
use crate::lock::{Given, Wanted};
use crate::nix::hash::Sha256;
use crate::reader::{Reader, Value};

/// Repositories that one kernel takes packages from at most.
const MAX_REPOSITORIES: usize = 100;
/// Hashes by repository and commit.
pub const KEY: &str = "git-hashes";
const REPOSITORY: &str = "^(https?|ssh|git|file)://[A-Za-z0-9._~/@:+-]+#[0-9a-f]{40}$";
const ARCHIVE: &str = "^(https?|file)://[^ ]+$";

/// A repository at a commit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Revision {
    url: String,
    commit: String,
}

/// What a lock takes from one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Taken {
    /// How manifests ask for it, as cargo writes that: `branch=main`, `tag=v1`, `rev=1234`, or nothing.
    references: BTreeSet<String>,
    /// `NAME@VERSION`.
    packages: BTreeSet<String>,
}

/// A repository at a commit whose files are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree {
    revision: Revision,
    taken: Taken,
    pub sha256: Sha256,
    archive: String,
}

/// A hash that the matrix gives.
pub struct Hash {
    sha256: Sha256,
    archive: Option<String>,
    span: Range<usize>,
}

impl Taken {
    pub fn add(&mut self, reference: String, package: &str, version: &str) {
        self.references.insert(reference);
        self.packages.insert(format!("{package}@{version}"));
    }
}

impl Revision {
    /// Reads what follows `git+` in a lock's `source`, with how the manifest asks for it.
    pub fn parse(source: &str) -> Option<(Revision, String)> {
        let (address, commit) = source.split_once('#')?;
        let (url, query) = address.split_once('?').unwrap_or((address, ""));
        let reference = query.replace("%2F", "/").replace("%2B", "+");
        let plain = |text: &str, more: &[u8]| {
            text.bytes().all(|byte| byte.is_ascii_alphanumeric() || more.contains(&byte)) && text.len() <= 500
        };
        let known = match reference.split_once('=') {
            None => reference.is_empty(),
            Some((kind, value)) => ["branch", "rev", "tag"].contains(&kind) && plain(value, b"._/+-"),
        };
        let revision = Revision { url: url.to_owned(), commit: commit.to_owned() };
        (known && revision.is_sound()).then_some((revision, reference))
    }

    /// Both go into Nix, into names of files and into cargo's configuration.
    fn is_sound(&self) -> bool {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._~/@:+-".contains(&byte);
        let scheme = ["https://", "http://", "ssh://", "git://", "file://"].iter().any(|it| self.url.starts_with(it));
        scheme && self.url.len() <= 500 && self.url.bytes().all(plain) && forge::is_commit(&self.commit)
    }

    /// As `git-hashes` calls it.
    fn key(&self) -> String {
        format!("{}#{}", self.url, self.commit)
    }

    fn address(&self) -> &str {
        forge::address(&self.url)
    }

    /// The repository's own name, which goes into names of files.
    fn name(&self) -> String {
        let last = self.address().rsplit('/').next().unwrap_or_default();
        let plain = |c: &char| c.is_ascii_alphanumeric() || "_-".contains(*c);
        let name: String = last.chars().filter(plain).take(60).collect();
        if name.is_empty() { "repository".to_owned() } else { name }
    }
}

impl Tree {
    /// Its name in the lock, and among the nodes.
    pub fn package(&self) -> String {
        format!("git-{}", self.revision.name())
    }

    pub fn commit(&self) -> &str {
        &self.revision.commit
    }

    pub fn url(&self) -> &str {
        &self.revision.url
    }

    pub fn references(&self) -> Vec<String> {
        self.taken.references.iter().cloned().collect()
    }

    pub fn packages(&self) -> Vec<String> {
        self.taken.packages.iter().cloned().collect()
    }

    /// The versions of a package among them.
    pub fn versions<'a>(&'a self, package: &'a str) -> impl Iterator<Item = &'a str> {
        self.taken
            .packages
            .iter()
            .filter_map(|it| it.split_once('@'))
            .filter(move |(name, _)| *name == package)
            .map(|it| it.1)
    }

    pub fn wanted(&self) -> Wanted {
        Wanted::Given(Arc::new(Given {
            package: self.package(),
            version: self.revision.commit.clone(),
            // Files of two commits lie side by side in one cache.
            file: format!("{}-{}", self.package(), self.commit().get(..12).unwrap_or_default()),
            hash: self.sha256.into(),
            tree: true,
            urls: vec![self.archive.clone()],
        }))
    }
}

pub fn schema() -> serde_json::Value {
    let hash = json!({ "type": "string", "minLength": 1 });
    let table = json!({
        "type": "object",
        "properties": { "hash": hash, "archive": { "type": "string", "pattern": ARCHIVE } },
        "additionalProperties": false,
        "required": ["hash"],
    });
    json!({
        "type": "object",
        "propertyNames": { "pattern": REPOSITORY },
        "additionalProperties": { "anyOf": [hash, table] },
        "minProperties": 1,
        "maxProperties": MAX_REPOSITORIES,
    })
}

/// Hashes by what they are of.
pub type Hashes = BTreeMap<Revision, Option<Hash>>;

/// Everything that a lock takes from git, with its hash; and problems of those that have none.
pub fn trees(
    reader: &mut Reader,
    mut hashes: Hashes,
    locked: BTreeMap<Revision, Taken>,
    (folder, span): (&str, Range<usize>),
) -> Vec<Tree> {
    let mut trees = Vec::new();
    for (revision, taken) in locked {
        let Some(hash) = hashes.remove(&revision) else {
            reader.report(without_hash(&revision, &taken, folder).at(span.clone()));
            continue;
        };
        let Some(hash) = hash else { continue };
        let Some(archive) = hash.archive.or_else(|| forge::archive(&revision.url, &revision.commit)) else {
            let message = format!("crossloom does not know the address of an archive of {}", revision.url);
            let key = revision.key();
            let hint = format!("name one: {key:?} = {{ hash = \"sha256-…\", archive = \"https://….tar.gz\" }}");
            reader.report(Problem::at(hash.span, message).hint(hint));
            continue;
        };
        trees.push(Tree { revision, taken, sha256: hash.sha256, archive });
    }
    for (revision, hash) in hashes.into_iter().filter_map(|(revision, hash)| Some((revision, hash?))) {
        let message = format!("{} takes nothing from {}", quote(&format!("{folder}/Cargo.lock")), revision.key());
        reader
            .report(Problem::at(hash.span, message).hint("remove the hash, or correct the repository and the commit"));
    }
    trees
}

fn without_hash(revision: &Revision, taken: &Taken, folder: &str) -> Wrong {
    let packages: Vec<String> = taken.packages.iter().map(|it| quote(&it.replace('@', " "))).collect();
    let path = quote(&format!("{folder}/Cargo.lock"));
    let message = format!("{path} takes {} from git, and the matrix has no hash of it", packages.join(", "));
    let Revision { url, commit } = revision;
    let hint = format!(
        "in a clone of {url}, `git archive --prefix=tree/ {commit} | tar -x && nix-hash --type sha256 --base32 tree` prints it; \
         then {KEY} = {{ {:?} = \"…\" }}",
        revision.key()
    );
    Wrong::new(message, hint)
}

/// The hashes by what they are of; nothing stands for one that was reported.
pub fn read(reader: &mut Reader, place: &str, value: &Value<'_>) -> Hashes {
    let Some(table) = reader.tables(value, &format!("`{KEY}` of {place}"), MAX_REPOSITORIES) else {
        return BTreeMap::new();
    };
    let mut hashes = BTreeMap::new();
    for (key, value) in table {
        let name: &str = key.get_ref();
        let (url, commit) = name.rsplit_once('#').unwrap_or((name, ""));
        let revision = Revision { url: url.to_owned(), commit: commit.to_owned() };
        if !revision.is_sound() {
            let problem = Problem::at(key.span(), format!("{} is not a repository at a commit", quote(name)));
            reader.report(
                problem.hint("write its address without what follows a `?`, then `#` and the 40 digits of Cargo.lock"),
            );
            continue;
        }
        let hash = read_hash(reader, value, key.span());
        hashes.insert(revision, hash);
    }
    hashes
}

fn read_hash(reader: &mut Reader, value: &Value<'_>, span: Range<usize>) -> Option<Hash> {
    let place = format!("an entry of `{KEY}`");
    let (hash, archive) = match value.get_ref() {
        DeValue::Table(_) => {
            let table = reader.table(value, &place, &["hash", "archive"])?;
            let Some(hash) = table.get("hash") else {
                let problem = Problem::at(span, format!("`hash` is missing in {place}"));
                reader.missing.push(problem.hint("hash = \"sha256-…\", the NAR hash of the repository's files"));
                return None;
            };
            (hash, table.get("archive"))
        }
        _ => (value, None),
    };
    let archive = match archive {
        Some(value) => Some(reader.word(value, &place, |word, span| {
            let scheme = ["https://", "http://", "file:///"].iter().any(|scheme| word.starts_with(scheme));
            if scheme && word.bytes().all(|byte| byte > b' ' && byte != 0x7f) {
                return Ok(word.to_owned());
            }
            let problem = Problem::at(span, format!("{} is not the address of an archive", quote(word)));
            Err(problem.hint("a .tar.gz with one top directory, at https://… or file:///…"))
        })?),
        None => None,
    };
    let sha256 = reader.word(hash, &place, |word, span| {
        word.parse().map_err(|_| {
            let problem = Problem::at(span, format!("{} is not a SHA-256 hash", quote(word)));
            problem.hint("write it as Nix does: sha256- and 44 characters of base 64, or 52 of Nix's base 32")
        })
    })?;
    Some(Hash { sha256: sha256.value, archive: archive.map(|archive| archive.value), span })
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

    fn revision(url: &str) -> Revision {
        Revision { url: url.to_owned(), commit: COMMIT.to_owned() }
    }

    #[test]
    fn sources_of_locks() {
        let parse = |source: &str| Revision::parse(source);
        let url = "https://git.example.org/spin";
        for (query, reference) in
            [("", ""), ("?rev=0123456", "rev=0123456"), ("?branch=a%2Fb", "branch=a/b"), ("?tag=v1.0", "tag=v1.0")]
        {
            let source = format!("{url}{query}#{COMMIT}");
            assert_eq!(parse(&source), Some((revision(url), reference.to_owned())), "{source}");
        }
        for source in [
            url.to_owned(),
            format!("{url}#0123"),
            format!("{url}?depth=1#{COMMIT}"),
            format!("{url}?branch=a\"b#{COMMIT}"),
            format!("{url} x#{COMMIT}"),
            format!("{url}#{}", COMMIT.to_uppercase()),
            format!("javascript:x#{COMMIT}"),
        ] {
            assert_eq!(parse(&source), None, "{source}");
        }
    }

    #[test]
    fn hosts_that_make_archives() {
        let archive = |url: &str| forge::archive(url, &revision(url).commit);
        assert_eq!(
            archive("https://github.com/a/b.git"),
            Some(format!("https://github.com/a/b/archive/{COMMIT}.tar.gz"))
        );
        let gitlab = format!("https://gitlab.example.org/a/b/-/archive/{COMMIT}/b-{COMMIT}.tar.gz");
        assert_eq!(archive("https://gitlab.example.org/a/b"), Some(gitlab));
        assert_eq!(archive("https://git.example.org/a/b"), None);
        assert_eq!(archive("https://github.com.example.org/a/b"), None);
        assert_eq!(revision("https://git.example.org/a/b.rs.git").name(), "brs");
    }
}
