//! `matrix.lock` and `flake.lock`, as the matrix asks for them.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::{FLAKE_LOCK, LOCK, Project, ProjectError, read};
use crate::family::Import;
use crate::flake_lock;
use crate::lock::{Lock, LockError};

/// The result of locking.
#[derive(Debug)]
pub struct Locks {
    /// The files that are missing or stale, with the text that they should have.
    pub stale: Vec<(PathBuf, String)>,
    /// SDKs that the lock keeps, though the matrix no longer has them as files of the user's.
    pub undeclared: Vec<String>,
}

impl Project {
    /// Resolves every source of the matrix. Those that `update` names are taken anew from the catalogue.
    ///
    /// # Errors
    /// A lock that cannot be read, or a name in `update` that nothing has.
    pub fn locks(&self, update: &[String]) -> Result<Locks, ProjectError> {
        let update: BTreeSet<String> = update.iter().cloned().collect();
        let old = self.read_lock()?;
        let wanted = self.matrix.wanted();
        let lock =
            Lock::resolve(&wanted, &self.matrix.prefer, old.as_ref(), &update).map_err(|source| match source {
                source @ LockError::NotCatalogue { .. } => {
                    ProjectError::LockHash { path: self.lock_path().display().to_string(), source }
                }
                source => ProjectError::Resolve(source),
            })?;
        let lock = lock.with_versions(&self.matrix.versions);
        let declared = |name: &String| self.matrix.imports.get(name) == Some(&Import::Needed);
        let undeclared = lock.sdks.keys().filter(|name| !declared(name)).cloned().collect();

        let flake_path = self.flake_lock_path();
        let flake = flake_lock::with_nixpkgs(read(&flake_path, FLAKE_LOCK)?.as_deref(), update.contains("nixpkgs"))
            .map_err(|source| ProjectError::FlakeLock { path: flake_path.display().to_string(), source })?;
        let mut stale = Vec::new();
        for (path, kind, text) in [(self.lock_path(), LOCK, lock.to_text()), (flake_path, FLAKE_LOCK, flake)] {
            if read(&path, kind)?.as_ref() != Some(&text) {
                stale.push((path, text));
            }
        }
        Ok(Locks { stale, undeclared })
    }
}
