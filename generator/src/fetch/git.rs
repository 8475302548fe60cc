//! A commit of a git repository as an archive, made by the machine's own git: `git+https://HOST/REPOSITORY?rev=COMMIT`.
//!
//! The archive is known by what it unpacks to, so that nothing of what a server or git says is trusted.

use std::fs::File;
use std::io;
use std::path::Path;

use crate::forge;
use crate::input;
use crate::programs;
use crate::temporary::{Folder, Purpose};

use super::error::Failure;

/// A repository and a commit in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// As git takes it.
    pub repository: String,
    pub rev: String,
}

impl Commit {
    /// The commit of an address; none if it is the address of something else.
    pub fn parse(url: &str) -> Option<Commit> {
        let (repository, rev) = url.strip_prefix("git+")?.rsplit_once("?rev=")?;
        forge::is_commit(rev).then(|| Commit { repository: repository.to_owned(), rev: rev.to_owned() })
    }
}

/// The archive of a commit, and the folder that it is in, which goes when this is dropped.
#[derive(Debug)]
pub struct MadeArchive {
    pub file: File,
    _folder: Folder,
}

/// What git must not take from the machine or the user, since files would have other bits: line ends, and attributes.
const PLAIN: [&str; 6] = ["-c", "core.autocrlf=false", "-c", "core.eol=lf", "-c", "core.attributesFile=/dev/null"];

/// Fetches a commit into a temporary folder in `cache`, and makes an archive of it.
///
/// # Errors
/// When there is no git, or what git says.
pub fn archive(commit: &Commit, cache: &Path) -> Result<MadeArchive, Failure> {
    let read = |source| Failure::Read { source };
    std::fs::create_dir_all(cache).map_err(read)?;
    let folder = Folder::new(cache, Purpose::Tree).map_err(read)?;
    let Commit { repository, rev } = commit;
    run(folder.path(), &["init", "--quiet", "--bare"])?;
    // A server may give no single commit. Then the whole history is fetched, as a clone would.
    let one = ["fetch", "--quiet", "--depth=1", "--no-tags", "--", repository, rev];
    let all = ["fetch", "--quiet", "--no-tags", "--", repository, "+refs/*:refs/remotes/all/*"];
    if run(folder.path(), &one).is_err() {
        run(folder.path(), &all)?;
    }
    let file = folder.path().join("tree.tar.gz");
    let output = format!("--output={}", file.display());
    run(folder.path(), &["archive", "--format=tar.gz", "--prefix=tree/", &output, rev])?;
    Ok(MadeArchive { file: input::open_itself(&file).map_err(read)?, _folder: folder })
}

fn run(folder: &Path, args: &[&str]) -> Result<(), Failure> {
    let missing = || Failure::Git { cause: "there is no git on PATH: install it".to_owned() };
    let mut git = programs::git(folder).ok_or_else(missing)?;
    git.env("GIT_ATTR_NOSYSTEM", "1").env("GIT_TERMINAL_PROMPT", "0").env("GIT_ALLOW_PROTOCOL", "https:http:ssh:file");
    let done = git.args(PLAIN).args(args).output();
    let done = done.map_err(|error: io::Error| Failure::Git { cause: error.to_string() })?;
    if done.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&done.stderr);
    let last = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it failed and said nothing");
    Err(Failure::Git { cause: crate::diag::start(last) })
}
