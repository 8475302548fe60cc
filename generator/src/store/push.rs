//! Finished builds, copied into a binary cache or another store, signed.

use std::path::{Path, PathBuf};

use crate::input;
use crate::nix::cache::{CacheError, public_key};
use crate::nix::driver::{Nix, NixError};
use crate::uri::encoded;

/// Builds cannot be copied.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum PushError {
    #[error("{} not in this machine's store: {}", if names.len() == 1 { "a build is" } else { "builds are" }, names.join(", "))]
    #[diagnostic(help("run `crossloom build` with the same names first"))]
    NotBuilt { names: Vec<String> },
    #[error("cannot read {}", path.display())]
    Read {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("cannot use {}", path.display())]
    Key {
        path: PathBuf,
        #[source]
        #[diagnostic_source]
        source: CacheError,
    },
    #[error(transparent)]
    #[diagnostic(transparent)]
    Nix(#[from] NixError),
}

/// Paths for one command: with everything that they need there are more, and Nix finds these itself.
const BATCH: usize = 500;

/// The public key of a file with a secret one.
pub fn public(path: &Path) -> Result<String, PushError> {
    let text = input::text(path, input::SETTINGS);
    let text = text.map_err(|source| PushError::Read { path: path.to_owned(), source })?;
    public_key(&text).map_err(|source| PushError::Key { path: path.to_owned(), source })
}

/// Copies paths, with everything that they need at run time, to a store. With a key they are signed there.
pub fn push(nix: &Nix, store: &str, paths: &[String], key: Option<&Path>) -> Result<(), PushError> {
    let mut to = store.to_owned();
    if let Some(key) = key {
        let key = std::path::absolute(key).map_err(|source| PushError::Read { path: key.to_owned(), source })?;
        if store.starts_with("ssh") {
            // Only a cache signs what it gets. To another store the signatures go along.
            for paths in paths.chunks(BATCH) {
                let sign = ["store", "sign", "--recursive", "--key-file"].map(str::to_owned).into_iter();
                let args = sign.chain([key.display().to_string()]).chain(paths.iter().cloned());
                nix.run("nix", args)?;
            }
        } else {
            let separator = if store.contains('?') { '&' } else { '?' };
            to = format!("{store}{separator}secret-key={}", encoded(&key.display().to_string()));
        }
    }
    for paths in paths.chunks(BATCH) {
        nix.run("nix", ["copy", "--to", &to].into_iter().chain(paths.iter().map(String::as_str)))?;
    }
    Ok(())
}
