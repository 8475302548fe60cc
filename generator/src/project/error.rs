//! Errors of a matrix's folder.

use std::io;
use std::path::Path;

use super::revision::RevisionError;
use crate::diag::{Problem, for_shell};
use crate::flake_lock::FlakeLockError;
use crate::input::Conflict;
use crate::lock::LockError;
use crate::matrix::edit::EditError;
use crate::matrix::upgrade::UpgradeError;
use crate::output::OutputError;
use crate::platform::{Suite, System};
use crate::seed::error::SeedError;
use crate::tree::TreeError;

/// A matrix or a file beside it is missing, unreadable, wrong or stale.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum ProjectError {
    #[error("cannot read {path}")]
    Read {
        path: String,
        #[source]
        source: io::Error,
    },
    #[error("there is no {path}")]
    #[diagnostic(help("run `crossloom init`, or name the matrix with --matrix FILE"))]
    NoMatrix { path: String },
    #[error("{path} is a link to {target}, and there is no such file")]
    #[diagnostic(help("correct the link, or remove it"))]
    Dangling { path: String, target: String },
    #[error("{path} belongs to another user, and lies above the working directory")]
    #[diagnostic(help("if it is the matrix that you mean, name it: --matrix {}", for_shell(path)))]
    Foreign { path: String },
    #[error(transparent)]
    #[diagnostic(transparent)]
    Edit(#[from] EditError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Upgrade(#[from] UpgradeError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Revision(#[from] RevisionError),
    #[error("cannot use {path}")]
    Folder {
        path: String,
        #[source]
        source: io::Error,
    },
    #[error("there is no {path}")]
    #[diagnostic(help("name a matrix, or a folder with a matrix.toml"))]
    NotNamed { path: String },
    #[error("{path} is not UTF-8 text")]
    #[diagnostic(help("save it as UTF-8; `iconv -f latin1 -t utf8` converts a file of an older encoding"))]
    Encoding { path: String },
    /// Everything that is wrong with the text is in `problems`, and `text` is what they point into.
    #[error("{path} has {} problem{}", problems.len(), if problems.len() == 1 { "" } else { "s" })]
    Matrix { path: String, text: String, problems: Vec<Problem> },
    /// A change of a matrix that was in order, which was not written.
    #[error("{path} is as it was: with this change it would have {} problem{}", problems.len(), if problems.len() == 1 { "" } else { "s" })]
    Change { path: String, text: String, problems: Vec<Problem> },
    #[error("there is no {path}")]
    #[diagnostic(help("run `crossloom lock`"))]
    NoLock { path: String },
    #[error("{path} does not pin nixpkgs")]
    #[diagnostic(help("run `crossloom lock`"))]
    NoPin { path: String },
    #[error("{path}")]
    #[diagnostic(help("correct it, or move it away and run `crossloom lock`"))]
    Lock {
        path: String,
        #[source]
        #[diagnostic_source]
        source: LockError,
    },
    /// A hash that somebody changed, which `crossloom lock --check` reports as a finding.
    #[error("{path}")]
    LockHash {
        path: String,
        #[source]
        #[diagnostic_source]
        source: LockError,
    },
    #[error(transparent)]
    #[diagnostic(transparent)]
    Conflict(#[from] Conflict),
    #[error("{path}: {problem}")]
    #[diagnostic(help("rename it, e.g. to matrix.toml"))]
    BadName { path: String, problem: &'static str },
    #[error("{folder} was rendered from {found}, not from {name}")]
    #[diagnostic(help(
        "a folder belongs to one matrix: move {name} into another folder; or, if {found} is gone, remove \
         {folder} and run `crossloom generate` again"
    ))]
    OtherMatrix { folder: String, found: String, name: String },
    #[error(transparent)]
    #[diagnostic(transparent)]
    Resolve(LockError),
    #[error("{path} is stale")]
    #[diagnostic(help("run `crossloom lock`"))]
    Stale {
        path: String,
        #[source]
        #[diagnostic_source]
        source: LockError,
    },
    #[error("{path}")]
    #[diagnostic(help("correct it, or move it away and run `crossloom lock`"))]
    FlakeLock {
        path: String,
        #[source]
        #[diagnostic_source]
        source: FlakeLockError,
    },
    #[error("{path} is a lock of {} for {}, not the one that its name says", found.0, found.1)]
    #[diagnostic(help("run `crossloom seed lock`, or move it away"))]
    OtherSeed { path: String, found: (Suite, System) },
    #[error(transparent)]
    #[diagnostic(transparent)]
    Seed(#[from] SeedError),
    #[error(transparent)]
    Tree(#[from] TreeError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Output(#[from] OutputError),
    #[error("{path} is there already")]
    #[diagnostic(help("name another with --matrix FILE"))]
    Exists { path: String },
    #[error("there is no {path}")]
    #[diagnostic(help("run `crossloom generate`"))]
    NotGenerated { path: String },
    #[error("{path} does not match the matrix and the lock")]
    #[diagnostic(help("run `crossloom generate`"))]
    Outdated { path: String },
    #[error("{path} is not the file that this crossloom renders{}", and_more(*more))]
    #[diagnostic(help(
        "`crossloom generate` replaces it: that drops edits made by hand, and updates files that another version of \
         crossloom wrote\n`--allow-edited` builds from the folder as it is"
    ))]
    Edited { path: String, more: usize },
    #[error("{path} is neither a file nor a folder")]
    #[diagnostic(help("run `crossloom generate` there"))]
    Special { path: String },
    #[error("{path} is too large for a folder that crossloom renders")]
    #[diagnostic(help("run `crossloom generate` there"))]
    Large { path: String },
    #[error("{path} has a name that is not UTF-8 text")]
    #[diagnostic(help("run `crossloom generate` there"))]
    Name { path: String },
}

impl ProjectError {
    /// There is no file at a matrix's path, which may be a link to nothing.
    pub fn no_matrix(path: &Path) -> ProjectError {
        let shown = path.display().to_string();
        match path.read_link() {
            Ok(target) => ProjectError::Dangling { path: shown, target: target.display().to_string() },
            Err(_) => ProjectError::NoMatrix { path: shown },
        }
    }
}

/// How many files are not as they should be, beside the one that is named.
fn and_more(count: usize) -> String {
    match count {
        0 => String::new(),
        1 => ", and 1 more file is not".to_owned(),
        _ => format!(", and {count} more files are not"),
    }
}
