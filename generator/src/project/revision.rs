//! A project as it was at a revision of git.
//!
//! Files are read as git stores them, blob by blob: a checkout could run programs that the repository names as filters, and
//! `git archive` leaves out what its attributes say.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::{folder_of, matrix_in};
use crate::programs;

/// Files of a revision together, in bytes, at most.
const LIMIT: u64 = 1 << 30;

/// A revision's files cannot be had.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum RevisionError {
    #[error("there is no {word}, and {reason}")]
    #[diagnostic(help("name a matrix, a folder with a matrix.toml, or a revision of git such as HEAD~1"))]
    None { word: String, reason: String },
    #[error("{revision} has no {path}")]
    #[diagnostic(help("git looks for it where the new matrix is; compare with another worktree if it has moved"))]
    NoMatrix { revision: String, path: String },
    #[error("{revision} has no {path}: the lock was not committed there")]
    #[diagnostic(help("compare with a revision that has it"))]
    NoLock { revision: String, path: String },
    #[error("git cannot read {revision}{}", said(words))]
    Git { revision: String, words: String },
    #[error("{revision} has a file that cannot be written: {name:?}")]
    Name { revision: String, name: String },
    #[error("the folder of the matrix has more than {LIMIT} bytes in {revision}")]
    #[diagnostic(help("compare with another worktree: git worktree add ../before {revision}"))]
    Large { revision: String },
    #[error("cannot write the files of {revision} into a temporary folder")]
    Write {
        revision: String,
        #[source]
        source: std::io::Error,
    },
}

fn said(words: &str) -> String {
    if words.is_empty() { String::new() } else { format!(": {words}") }
}

/// The folder of a matrix as it was, which goes when this is dropped.
#[derive(Debug)]
pub struct Revision {
    _folder: TempDir,
    /// Its matrix.
    pub matrix: PathBuf,
}

/// A command of git in a folder, whose words are in English.
fn git(dir: &Path, args: &[&str]) -> Option<Command> {
    let mut git = programs::git(dir)?;
    git.args(args).env("LC_ALL", "C");
    Some(git)
}

/// The folder of the matrix `new` at the revision that `word` names.
///
/// # Errors
/// No git, no repository, no such revision, or no matrix in it.
pub fn at_revision(word: &str, new: &Path) -> Result<Revision, RevisionError> {
    let matrix = matrix_in(new);
    let dir = folder_of(&matrix);
    let none = |reason: &str| RevisionError::None { word: word.to_owned(), reason: reason.to_owned() };
    if word.starts_with('-') {
        return Err(none("a revision does not begin with -"));
    }
    let run = |args: &[&str]| {
        let output = git(dir, args).map(|mut git| git.output());
        output
            .ok_or_else(|| none("no git on PATH to look for a revision"))?
            .map_err(|error| failed(word, &error.to_string()))
    };
    let inside = run(&["rev-parse", "--is-inside-work-tree"])?;
    if !inside.status.success() {
        // Usually that there is no repository, but a repository may also belong to somebody else.
        let words = String::from_utf8_lossy(&inside.stderr);
        let words = words.lines().next().unwrap_or_default().trim_start_matches("fatal: ").to_owned();
        return Err(none(&format!("git says: {words}")));
    }
    let commit = run(&["rev-parse", "--verify", "--quiet", &format!("{word}^{{commit}}")])?;
    let commit = String::from_utf8_lossy(&commit.stdout).trim().to_owned();
    if commit.is_empty() {
        return Err(none("git has no revision of that name"));
    }
    let listed = run(&["ls-tree", "-r", "-l", "-z", &commit])?;
    if !listed.status.success() {
        return Err(failed(word, String::from_utf8_lossy(&listed.stderr).trim()));
    }
    let files = files(word, &listed.stdout)?;
    let name = matrix.file_name().map(PathBuf::from).unwrap_or_default();
    if !files.iter().any(|file| file.path == name) {
        return Err(RevisionError::NoMatrix { revision: word.to_owned(), path: matrix.display().to_string() });
    }
    let lock = name.with_extension("lock");
    if !files.iter().any(|file| file.path == lock) {
        return Err(RevisionError::NoLock { revision: word.to_owned(), path: lock.display().to_string() });
    }
    let folder = tempfile::tempdir().map_err(|source| RevisionError::Write { revision: word.to_owned(), source })?;
    extract(word, dir, &files, folder.path())?;
    Ok(Revision { matrix: folder.path().join(name), _folder: folder })
}

fn failed(revision: &str, words: &str) -> RevisionError {
    RevisionError::Git { revision: revision.to_owned(), words: words.to_owned() }
}

struct File {
    object: String,
    path: PathBuf,
}

/// The regular files of a listing. Links and submodules are left out: crossloom reads neither.
fn files(revision: &str, listed: &[u8]) -> Result<Vec<File>, RevisionError> {
    let (mut files, mut bytes) = (Vec::new(), 0_u64);
    for entry in listed.split(|byte| *byte == 0).filter(|entry| !entry.is_empty()) {
        let tab = entry.iter().position(|byte| *byte == b'\t').and_then(|tab| entry.split_at_checked(tab));
        let (words, name) = tab.ok_or_else(|| failed(revision, "its list of files is not one"))?;
        // Names are bytes: two of them may differ in nothing that is UTF-8.
        let name = OsStr::from_bytes(name.get(1..).unwrap_or_default());
        let words = String::from_utf8_lossy(words);
        let words: Vec<&str> = words.split_whitespace().collect();
        let &[mode, "blob", object, size] = words.as_slice() else { continue };
        if !mode.starts_with("100") {
            continue;
        }
        let path = PathBuf::from(name);
        // A tree that somebody made by hand may hold any name.
        if path.as_os_str().is_empty() || !path.components().all(|part| matches!(part, Component::Normal(_))) {
            return Err(RevisionError::Name {
                revision: revision.to_owned(),
                name: name.to_string_lossy().into_owned(),
            });
        }
        bytes = bytes.saturating_add(size.parse().unwrap_or(LIMIT));
        if bytes > LIMIT {
            return Err(RevisionError::Large { revision: revision.to_owned() });
        }
        files.push(File { object: object.to_owned(), path });
    }
    Ok(files)
}

/// Writes files into a new folder.
fn extract(revision: &str, dir: &Path, files: &[File], to: &Path) -> Result<(), RevisionError> {
    let write = |source| RevisionError::Write { revision: revision.to_owned(), source };
    let no_git = || failed(revision, "there is no git on PATH");
    let mut command = git(dir, &["cat-file", "--batch"]).ok_or_else(no_git)?;
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().map_err(|error| failed(revision, &error.to_string()))?;
    let (Some(mut ask), Some(answer)) = (child.stdin.take(), child.stdout.take()) else { return Err(no_git()) };
    let mut answer = BufReader::new(answer);
    let mut extracted = || {
        for file in files {
            ask.write_all(format!("{}\n", file.object).as_bytes())?;
            ask.flush()?;
            let mut line = String::new();
            answer.read_line(&mut line)?;
            let size = line.split_whitespace().nth(2).and_then(|size| size.parse::<u64>().ok());
            let size = size.ok_or_else(|| std::io::Error::other(format!("git said {:?}", line.trim())))?;
            let path = to.join(&file.path);
            std::fs::create_dir_all(folder_of(&path))?;
            let copied = std::io::copy(&mut (&mut answer).take(size), &mut std::fs::File::create_new(&path)?)?;
            // A newline follows each object.
            answer.read_exact(&mut [0])?;
            if copied != size {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(())
    };
    let result = extracted();
    drop(ask);
    let _ = child.kill();
    let _ = child.wait();
    result.map_err(write)
}
