//! Why a tree cannot be compared or written.

use std::borrow::Borrow;
use std::fmt;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use miette::Diagnostic;

use crate::input::Conflict;

/// An obstacle on disk in the place of a file or folder of the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Obstacle {
    /// A symbolic link, in place of a file or of a folder above one.
    Symlink,
    /// A folder in place of a file.
    Folder,
    /// A file in place of a folder.
    NotFolder,
    /// A device, socket or named pipe in place of a file.
    Special,
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Obstacle::Symlink => "a symbolic link, and crossloom does not write through links",
            Obstacle::Folder => "a folder, and a file belongs there",
            Obstacle::NotFolder => "not a folder, and one belongs there",
            Obstacle::Special => "neither a file nor a folder",
        })
    }
}

/// The tree cannot be compared or written. Where the way out is known, it comes with the error.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum OutputError {
    #[error("the tree has {path:?}, which is not a valid path of a file: {problem}")]
    BadPath { path: String, problem: &'static str },
    #[error("the tree's {path:?} does not begin with crossloom's marker, so no later run could replace it")]
    Unmarked { path: String },
    #[error("{} is not a file that crossloom generated; it is left alone", .path.display())]
    #[diagnostic(help("move it away, or {}", instead(path)))]
    ForeignFile { path: PathBuf },
    #[error(
        "{} is not a folder that crossloom generated: its default.nix does not begin with crossloom's marker",
        .path.display()
    )]
    #[diagnostic(help("move it away, or put its generated default.nix back"))]
    ForeignFolder { path: PathBuf },
    #[error(transparent)]
    #[diagnostic(transparent)]
    Conflict(#[from] Conflict),
    #[error("{} is {obstacle}", .path.display())]
    #[diagnostic(help("move it away"))]
    InTheWay { path: PathBuf, obstacle: Obstacle },
    #[error("cannot {action} {}: no space left", .path.display())]
    #[diagnostic(help("free some space (or quota, or inodes)"))]
    NoSpace { action: &'static str, path: PathBuf },
    #[error("cannot {action} {}: permission denied", .path.display())]
    #[diagnostic(help("check who owns it and its folder"))]
    Denied { action: &'static str, path: PathBuf },
    #[error("cannot {action} {}: its folder does not exist", .path.display())]
    #[diagnostic(help("create {}", path.parent().unwrap_or(Path::new(".")).display()))]
    NoFolder { action: &'static str, path: PathBuf },
    #[error("cannot {action} {}", .path.display())]
    Io {
        action: &'static str,
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("another crossloom is working in {}", .path.display())]
    #[diagnostic(help("wait until it is done, and run the command again"))]
    Busy { path: PathBuf },
    #[error("only {done} of {total} changes were made")]
    #[diagnostic(help("when the cause is gone, run the same command again"))]
    Partial {
        done: usize,
        total: usize,
        #[source]
        #[diagnostic_source]
        source: Box<OutputError>,
    },
}

/// The derive macro needs this for a boxed cause.
impl Borrow<dyn Diagnostic> for Box<OutputError> {
    fn borrow(&self) -> &(dyn Diagnostic + 'static) {
        self.as_ref()
    }
}

/// The hint for doing without a generated file, beside moving the user's file away.
fn instead(path: &Path) -> &'static str {
    if path.extension().is_some_and(|end| end == "nix") {
        "pass --no-flake and import ./crossloom from your own flake.nix"
    } else {
        "take its service out of `surfaces` in [ci]"
    }
}

impl OutputError {
    /// Sorts what the system said about `path` while trying to `action` it, so that common causes come with a hint.
    pub fn from_io(action: &'static str, path: &Path, source: io::Error) -> OutputError {
        let path = path.to_path_buf();
        match source.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => OutputError::NoSpace { action, path },
            ErrorKind::PermissionDenied => OutputError::Denied { action, path },
            ErrorKind::IsADirectory => OutputError::InTheWay { path, obstacle: Obstacle::Folder },
            _ => OutputError::Io { action, path, source },
        }
    }
}
