//! Fetching pinned files into a cache directory: from the cache itself, from directories that the user names, from
//! addresses and mirrors. Whatever a place says, a file counts only if its digest is the pinned one.
//!
//! **Invariant:** a file appears in the cache directory complete and verified or not at all. While it grows it is
//! `<digest>-<file>.part`, which a later run goes on from. No file that is not crossloom's own is replaced or removed.

pub mod apt;
pub mod cargo;
pub mod error;
mod git;
pub mod http;
pub mod mirrors;
mod npm;
pub(crate) mod part;
pub mod pip;
mod progress;
pub mod unpack;
mod verify;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

use crate::input;
use crate::nix::hash::FileHash;
use crate::temporary;

pub use error::{Attempt, Failure, FetchError};
pub use http::{Client, HttpOptions};
pub use mirrors::{Candidate, Mirrors, stays_below};
pub use progress::Show;
pub use verify::UnpackedTree;

use error::write_error;
use http::Stop;
use part::Part;
use progress::{Progress, Total};
use verify::Verified;

/// A pinned file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// For messages, e.g. `gcc-14.2.0`.
    pub name: String,
    /// The file's name in caches, usually upstream's.
    pub file: String,
    /// Digest of the file itself, or of what it unpacks to.
    pub hash: FileHash,
    /// Whether this is an archive that is known by what it unpacks to without its top directory: then `hash` is the
    /// NAR hash of that. Hosts make such archives when they are asked for, and promise nothing about their bits.
    pub tree: bool,
    /// Its size in bytes, where it is pinned too; none of a tree.
    pub size: Option<u64>,
    /// Addresses in the order to be tried: http, https, file, mirror.
    pub urls: Vec<String>,
}

/// How to fetch.
#[derive(Debug, Clone)]
pub struct Options {
    /// Patience of the HTTP client.
    pub http: HttpOptions,
    /// Files that are worked on at the same time.
    pub parallel: usize,
    /// Whether a file that is found in a `from` directory is copied into the cache directory too, not used where
    /// it is.
    pub collect: bool,
    /// The progress that is shown on standard error.
    pub show: Show,
}

impl Default for Options {
    fn default() -> Self {
        Options { http: HttpOptions::default(), parallel: 3, collect: false, show: Show::Auto }
    }
}

/// A verified file.
#[derive(Debug)]
pub struct Fetched {
    /// Its path.
    pub path: PathBuf,
    /// Bytes that were downloaded for it, discarded ones included; 0 if it was on this machine.
    pub downloaded: u64,
    /// The unpacked tree, if it is an archive of one; none if files are only collected.
    pub tree: Option<UnpackedTree>,
}

/// Fetches every file, at most `options.parallel` at a time and the largest first. The results keep the order of
/// `wanted`.
///
/// Each is looked for in `into`, then in the directories `from`, then at its addresses. In directories a file may have
/// its own name or `<first 12 hexadecimal digits of the digest>-<its name>`. A failed file does not stop the others.
pub fn fetch_all(
    wanted: &[Wanted],
    into: &Path,
    from: &[PathBuf],
    mirrors: &Mirrors,
    options: &Options,
) -> Vec<Result<Fetched, FetchError>> {
    let job = Job {
        into,
        from,
        mirrors,
        client: Client::new(&options.http),
        collect: options.collect,
        progress: Progress::new(options.show, total(wanted)),
    };
    // Leftovers of killed runs may be hundreds of megabytes, and this run may have nothing to unpack.
    temporary::sweep(into);
    // One digest under one name is one file: a second request finds what the first one fetched.
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by_key(|i| std::cmp::Reverse(wanted.get(*i).and_then(|file| file.size).unwrap_or(u64::MAX)));
    let next = AtomicUsize::new(0);
    let (sender, receiver) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..options.parallel.clamp(1, wanted.len().max(1)) {
            let (sender, job, next, order) = (sender.clone(), &job, &next, &order);
            scope.spawn(move || {
                while let Some(i) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let Some(file) = wanted.get(*i) else { break };
                    // The receiver outlives this scope.
                    let _ = sender.send((*i, job.fetch(file)));
                }
            });
        }
    });
    drop(sender);
    let mut results: Vec<_> = receiver.into_iter().collect();
    results.sort_by_key(|(i, _)| *i);
    results.into_iter().map(|(_, result)| result).collect()
}

/// All files of a run, and the bytes of those whose size is known.
fn total(wanted: &[Wanted]) -> Total {
    Total { files: wanted.len(), bytes: wanted.iter().filter_map(|file| file.size).sum() }
}

/// An address as it may be printed: without user name and password.
pub fn shown(url: &str) -> String {
    let Ok(mut parsed) = reqwest::Url::parse(url) else { return url.to_owned() };
    if parsed.username().is_empty() && parsed.password().is_none() {
        return url.to_owned();
    }
    match (parsed.set_username(""), parsed.set_password(None)) {
        (Ok(()), Ok(())) => parsed.into(),
        _ => format!("{}://…", parsed.scheme()),
    }
}

/// Index pages of Python projects with thousands of files are some megabytes long.
const LARGEST_INDEX_PAGE: u64 = 32 << 20;
const SIMPLE_INDEX: &str = "application/vnd.pypi.simple.v1+json, text/html;q=0.2";

/// The data that all files of a run share.
struct Job<'a> {
    into: &'a Path,
    from: &'a [PathBuf],
    mirrors: &'a Mirrors,
    client: Result<Client, Failure>,
    collect: bool,
    progress: Progress,
}

/// The names under which one file may stand in a directory.
struct Names {
    plain: String,
    prefixed: String,
    part: String,
}

fn names(wanted: &Wanted) -> Result<Names, FetchError> {
    let file = &wanted.file;
    // 200 leaves room for the prefix and the ending in the 255 bytes that file systems allow.
    if !(1..=200).contains(&file.len())
        || file.starts_with('.')
        || file.contains('/')
        || file.chars().any(char::is_control)
    {
        return Err(FetchError::FileName { name: wanted.name.clone(), file: file.clone() });
    }
    let prefixed = format!("{}-{file}", wanted.hash.to_hex().get(..12).unwrap_or_default());
    Ok(Names { plain: file.clone(), part: format!("{prefixed}{}", part::END), prefixed })
}

impl Wanted {
    /// The names that it may have in the cache; none if it cannot be fetched.
    pub fn cached_as(&self) -> Vec<String> {
        names(self).map(|names| vec![names.plain, names.prefixed]).unwrap_or_default()
    }
}

impl Job<'_> {
    fn fetch(&self, wanted: &Wanted) -> Result<Fetched, FetchError> {
        let names = names(wanted)?;
        let mut skipped = Vec::new();
        if let Some((path, verified)) = self.find(self.into, &names, wanted, &mut skipped)? {
            // The file is there already.
            let _ = part::tidy(&self.into.join(&names.part));
            return Ok(self.found(wanted, path, verified));
        }
        for directory in self.from {
            if let Some((path, verified)) = self.find(directory, &names, wanted, &mut skipped)? {
                self.report(wanted, &skipped);
                let path = if self.collect { self.collect(wanted, &names, &path)? } else { path };
                return Ok(self.found(wanted, path, verified));
            }
        }
        self.report(wanted, &skipped);
        self.download(wanted, &names, skipped)
    }

    /// A file that was on this machine.
    fn found(&self, wanted: &Wanted, path: PathBuf, verified: Verified) -> Fetched {
        self.progress.there(wanted.size);
        Fetched { path, downloaded: 0, tree: self.kept(verified.tree) }
    }

    /// Nothing is built from what is collected.
    fn kept(&self, tree: Option<UnpackedTree>) -> Option<UnpackedTree> {
        tree.filter(|_| !self.collect)
    }

    fn report(&self, wanted: &Wanted, skipped: &[Attempt]) {
        // Each host that cannot be reached is told of once, not for every file.
        for attempt in skipped.iter().filter(|attempt| !matches!(attempt.failure, Failure::Unreachable { .. })) {
            self.progress.warn(&format!("warning: {}: not used: {attempt}", wanted.name));
        }
    }

    fn open(&self, wanted: &Wanted, names: &Names) -> Result<(PathBuf, Part<fs::File>), FetchError> {
        fs::create_dir_all(self.into).map_err(|error| write_error(&wanted.name, "create", self.into, error))?;
        let path = self.into.join(&names.part);
        let waiting = || self.progress.warn(&format!("waiting for another process that fetches {}", wanted.name));
        let part =
            part::open(&path, wanted.hash, waiting).map_err(|error| write_error(&wanted.name, "open", &path, error))?;
        Ok((path, part))
    }

    /// Copies a verified file into the cache directory.
    fn collect(&self, wanted: &Wanted, names: &Names, source: &Path) -> Result<PathBuf, FetchError> {
        let (path, mut part) = self.open(wanted, names)?;
        // Another process may have put it there since this one looked.
        if let Some((found, _)) = self.find(self.into, names, wanted, &mut Vec::new())? {
            discard(part, &path);
            return Ok(found);
        }
        let copied = match input::open(source) {
            Ok(file) => http::copy(file, &mut part, (wanted.size, http::LARGEST), &|_, _| {}),
            Err(source) => Err(Stop::Address(Failure::Read { source })),
        };
        // The source may have changed since it was verified.
        let copied = copied.and_then(|()| self.verify(wanted, &part, &path).map(drop));
        match copied {
            Ok(()) => self.place(wanted, names, part, &path),
            Err(stop) => {
                discard(part, &path);
                Err(match stop {
                    Stop::Disk(error) => write_error(&wanted.name, "write", &path, error),
                    Stop::Address(failure) => FetchError::Unavailable {
                        name: wanted.name.clone(),
                        file: wanted.file.clone(),
                        attempts: vec![Attempt { place: source.display().to_string(), failure }],
                    },
                })
            }
        }
    }

    fn place(&self, wanted: &Wanted, names: &Names, part: Part<fs::File>, path: &Path) -> Result<PathBuf, FetchError> {
        let (plain, prefixed) = (self.into.join(&names.plain), self.into.join(&names.prefixed));
        part::place(part, path, &plain, &prefixed).map_err(|error| {
            let _ = fs::remove_file(path);
            write_error(&wanted.name, "put in place", &plain, error)
        })
    }

    fn download(&self, wanted: &Wanted, names: &Names, mut skipped: Vec<Attempt>) -> Result<Fetched, FetchError> {
        let (path, mut part) = self.open(wanted, names)?;
        // Another process may have fetched it while this one waited for the lock.
        if let Some((found, verified)) = self.find(self.into, names, wanted, &mut Vec::new())? {
            discard(part, &path);
            return Ok(self.found(wanted, found, verified));
        }
        let line = self.progress.start(&wanted.name, wanted.size);
        let first = skipped.len();
        for url in &wanted.urls {
            let candidates = match self.mirrors.candidates(url) {
                Ok(candidates) => candidates,
                Err(source) => {
                    skipped.push(Attempt { place: shown(url), failure: Failure::Mirror { source } });
                    continue;
                }
            };
            for candidate in candidates {
                let (place, result) = self.try_candidate(url, candidate, wanted, (&mut part, &path), &line);
                match result {
                    Ok(tree) => {
                        let (size, downloaded) = (part.length(), part.received());
                        let done = self.place(wanted, names, part, &path);
                        match &done {
                            Ok(_) => line.done(size, &place),
                            Err(_) => line.failed(),
                        }
                        self.report(wanted, skipped.get(first..).unwrap_or_default());
                        return Ok(Fetched { path: done?, downloaded, tree: self.kept(tree) });
                    }
                    Err(Stop::Address(failure)) => skipped.push(Attempt { place, failure }),
                    Err(Stop::Disk(error)) => {
                        line.failed();
                        // A part that filled the disk must not keep it full.
                        discard(part, &path);
                        return Err(write_error(&wanted.name, "write", &path, error));
                    }
                }
            }
        }
        line.failed();
        if part.length() == 0 {
            discard(part, &path);
        }
        Err(FetchError::Unavailable { name: wanted.name.clone(), file: wanted.file.clone(), attempts: skipped })
    }

    /// Tries one candidate; the first of the pair is the place to be named in messages.
    fn try_candidate(
        &self,
        url: &str,
        candidate: Candidate,
        wanted: &Wanted,
        (part, path): (&mut Part<fs::File>, &Path),
        line: &progress::Line,
    ) -> (String, Result<Option<UnpackedTree>, Stop>) {
        let client = match &self.client {
            Ok(client) => client,
            Err(failure) => {
                let cause = match failure {
                    Failure::Client { cause } => cause.clone(),
                    other => other.to_string(),
                };
                let failure = Failure::Client { cause };
                return (shown(url), Err(Stop::Address(failure)));
            }
        };
        let candidate = match candidate {
            Candidate::Commit(commit) => return (shown(url), self.made(&commit, wanted, (part, path), line)),
            candidate => candidate,
        };
        match self.resolve(client, candidate) {
            Ok(address) => {
                tracing::debug!("{}: asking {}", wanted.name, shown(&address));
                let watch = |there, total| line.at(there, total);
                let place = shown(&address);
                // All of it may have been there before this run.
                if !wanted.tree && part.length() > 0 && part.digest() == wanted.hash {
                    return (place, Ok(None));
                }
                let mut tree = None;
                let verify = |part: &Part<fs::File>| {
                    tree = self.verify(wanted, part, path)?;
                    Ok(())
                };
                let done = client.download(&address, part, wanted.size, &watch, verify);
                (place, done.map(|()| tree))
            }
            Err((index, failure)) => {
                let place = index.map_or_else(|| shown(url), |index| format!("{url} ({})", shown(&index)));
                (place, Err(Stop::Address(failure)))
            }
        }
    }

    /// The archive that git makes of a commit, if it is as pinned.
    fn made(
        &self,
        commit: &git::Commit,
        wanted: &Wanted,
        (part, path): (&mut Part<fs::File>, &Path),
        line: &progress::Line,
    ) -> Result<Option<UnpackedTree>, Stop> {
        let archive = git::archive(commit, self.into).map_err(Stop::Address)?;
        http::copy(archive.file, part, (wanted.size, http::LARGEST), &|there, total| line.at(there, total))?;
        let tree = self.verify(wanted, part, path);
        if tree.is_err() {
            part.restart().map_err(Stop::Disk)?;
        }
        tree
    }

    /// Compares a part, which is at `path`, with its pin.
    fn verify(&self, wanted: &Wanted, part: &Part<fs::File>, path: &Path) -> Result<Option<UnpackedTree>, Stop> {
        if wanted.tree {
            return verify::check(path, wanted, self.into).map(|verified| verified.tree).map_err(verify::stop);
        }
        // Hashed as it grew.
        match part.digest() {
            got if got == wanted.hash => Ok(None),
            got => Err(Stop::Address(Failure::Hash { expected: Box::new(wanted.hash), got: Box::new(got) })),
        }
    }

    /// The file in `directory`, if one of its names is there with the right bits. What is there with others is noted.
    fn find(
        &self,
        directory: &Path,
        names: &Names,
        wanted: &Wanted,
        skipped: &mut Vec<Attempt>,
    ) -> Result<Option<(PathBuf, Verified)>, FetchError> {
        // The prefixed name first: where it exists, the plain one belongs to another variant.
        for name in [&names.prefixed, &names.plain] {
            let path = directory.join(name);
            let failure = match verify::check(&path, wanted, self.into) {
                Ok(verified) => return Ok(Some((path, verified))),
                Err(Failure::Read { source })
                    if matches!(source.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) =>
                {
                    continue;
                }
                Err(failure) => failure,
            };
            let failure = match verify::stop(failure) {
                Stop::Address(failure) => failure,
                // A lack of room to unpack the file is not a fault of the file.
                Stop::Disk(error) => {
                    return Err(write_error(&wanted.name, "unpack", &self.into.join(&names.plain), error));
                }
            };
            skipped.push(Attempt { place: path.display().to_string(), failure });
        }
        Ok(None)
    }

    /// The file's own address; an error names the index that was asked.
    fn resolve(&self, client: &Client, candidate: Candidate) -> Result<String, (Option<Box<str>>, Failure)> {
        match candidate {
            Candidate::Url(url) => Ok(url),
            // git brings it, and no address of it is asked.
            Candidate::Commit(_) => Err((None, Failure::Address)),
            Candidate::SimpleIndex { index, project, file } => {
                let index = index
                    .or_else(pip::default_index)
                    .ok_or_else(|| (None, Failure::Mirror { source: self.mirrors.no_base("pypi") }))?;
                let url = format!("{}/{project}/", index.trim_end_matches('/'));
                let named = |failure| (Some(url.as_str().into()), failure);
                let page = client.get_page(&url, LARGEST_INDEX_PAGE, SIMPLE_INDEX).map_err(named)?;
                let text = String::from_utf8_lossy(&page.bytes);
                pip::file_url(&text, &page.content_type, &page.url, &file)
                    .map(String::from)
                    .ok_or_else(|| named(Failure::NotListed { index: shown(page.url.as_str()) }))
            }
            Candidate::NpmDefault { path } => npm::default_registry()
                .map(|registry| format!("{}/{path}", registry.trim_end_matches('/')))
                .ok_or_else(|| (None, Failure::Mirror { source: self.mirrors.no_base("npm") })),
            Candidate::SparseIndex { index, name, version } => {
                let url = format!("{}/config.json", index.trim_end_matches('/'));
                let named = |failure| (Some(url.as_str().into()), failure);
                let bytes = client.get_bytes(&url, 1 << 20).map_err(named)?;
                cargo::download_template(&String::from_utf8_lossy(&bytes))
                    .map(|template| cargo::download_url(&template, &name, &version))
                    .ok_or_else(|| named(Failure::NotListed { index: shown(&url) }))
            }
        }
    }
}

/// Removes a part that is of no use. The lock goes with it, after the name.
fn discard(part: Part<fs::File>, path: &Path) {
    // It may be gone, or its directory unwritable; the error that led here tells more.
    let _ = fs::remove_file(path);
    drop(part);
}
