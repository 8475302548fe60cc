//! What the garbage collector leaves alone.

use std::path::{Path, PathBuf};

use crate::nix::driver::{Nix, NixError};
use crate::nix::store::StorePath;
use crate::output::{OutputError, write_file};

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

/// The folder beside the matrix for what belongs to this machine alone.
pub fn roots(dir: &Path) -> Result<PathBuf, RootsError> {
    let roots = dir.join(".crossloom");
    let fail = |source| RootsError::Folder { path: roots.display().to_string(), source };
    std::fs::create_dir_all(&roots).map_err(fail)?;
    // Links into one machine's store are nothing to commit.
    write_file(&roots.join(".gitignore"), "*\n")?;
    roots.canonicalize().map_err(fail)
}

/// Registers a garbage-collector root for each path, so that what was fetched is there when it is built from.
pub fn keep(nix: &Nix, paths: &[StorePath], dir: &Path) -> Result<(), RootsError> {
    let roots = roots(dir)?;
    for path in paths {
        let link = roots.join(path.base_name());
        // Named by what it points to: a link that is there is right.
        if link.symlink_metadata().is_err() {
            nix.add_root(path, &link)?;
        }
    }
    Ok(())
}
