//! What the garbage collector leaves alone.

use std::path::{Path, PathBuf};

use crate::nix::driver::{Nix, NixError};
use crate::nix::store::StorePath;
use crate::output::{Guard, Obstacle, OutputError, write_file};

/// What was fetched cannot be kept.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum RootsError {
    #[error("cannot make {path}, where links to what was fetched are kept")]
    Folder {
        path: String,
        #[source]
        source: std::io::Error,
    },
    #[error(transparent)]
    #[diagnostic(transparent)]
    Output(#[from] OutputError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Nix(#[from] NixError),
}

/// The folder beside the matrix for what belongs to this machine alone. `project` holds the matrix's folder.
pub fn roots(project: &Guard) -> Result<PathBuf, RootsError> {
    const IGNORED: &str = "*\n";
    let roots = project.folder().join(".crossloom");
    let fail = |source| RootsError::Folder { path: roots.display().to_string(), source };
    // A project that somebody else wrote must not say where on this machine is written.
    if roots.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink()) {
        return Err(OutputError::InTheWay { path: roots, obstacle: Obstacle::Symlink }.into());
    }
    std::fs::create_dir_all(&roots).map_err(fail)?;
    // Links into one machine's store are nothing to commit.
    let ignore = roots.join(".gitignore");
    let is_link = ignore.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink());
    if is_link || !std::fs::read(&ignore).is_ok_and(|bytes| bytes == IGNORED.as_bytes()) {
        write_file(&ignore, IGNORED)?;
    }
    roots.canonicalize().map_err(fail)
}

/// Registers a garbage-collector root for each path, so that what was fetched is there when it is built from.
pub fn keep(nix: &Nix, paths: &[StorePath], dir: &Path) -> Result<(), RootsError> {
    // The folder is held while it is made. The links are Nix's doing, each in one step, and two runs make the same.
    let roots = roots(&Guard::take(dir)?)?;
    for path in paths {
        let link = roots.join(path.base_name());
        // Named by what it points to: a link that is there is right.
        if link.symlink_metadata().is_err() {
            nix.add_root(path, &link)?;
        }
    }
    Ok(())
}
