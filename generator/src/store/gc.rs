//! The cache of downloads: its size, and what of it nothing needs any more.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::machine::{MachineError, cache};
use super::needed::{NeededError, needed};
use crate::fetch::part;
use crate::input::{Entry, Folder, Walk};
use crate::project::{MATRIX_NAME, Project, ProjectError};

/// The folder in the cache with the projects of `build --target`.
pub const TARGETS: &str = "targets";

/// The cache cannot be looked through or emptied.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum GcError {
    #[error("cannot read {}", path.display())]
    Read {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("cannot remove {}", path.display())]
    Remove {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error(transparent)]
    #[diagnostic(transparent)]
    Machine(#[from] MachineError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Project(#[from] ProjectError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Needed(#[from] NeededError),
}

/// One file, or the project of one target.
#[derive(Debug, PartialEq, Eq)]
pub struct Item {
    pub path: PathBuf,
    pub bytes: u64,
    /// Whether it is a folder.
    pub project: bool,
    /// Whether it is old, and the matrix does not need it.
    pub removable: bool,
}

/// Everything in the cache. What is younger than `age` stays, and so does every download that `project` needs.
///
/// # Errors
/// As the system says, and those of the project.
pub fn survey(project: Option<&Project>, age: Duration) -> Result<(PathBuf, Vec<Item>), GcError> {
    let dir = cache()?;
    let kept = project.map(names).transpose()?.unwrap_or_default();
    // A file that was written while the clock was ahead has no age, and would stay for ever.
    let old = |time: io::Result<SystemTime>| {
        age.is_zero() || time.is_ok_and(|time| time.elapsed().is_ok_and(|since| since >= age))
    };
    let failed = |path: &Path, source| GcError::Read { path: path.to_owned(), source };
    let mut items = Vec::new();
    let folder = match Folder::open(&dir) {
        Ok(folder) => folder,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok((dir, items)),
        Err(error) => return Err(failed(&dir, error)),
    };
    for name in folder.names().map_err(|error| failed(&dir, error))? {
        let path = dir.join(&name);
        match folder.entry(&name).map_err(|error| failed(&path, error))? {
            Entry::File(file, metadata) => {
                let needed = name.to_str().is_some_and(|name| kept.contains(name.trim_end_matches(part::END)));
                // One that is being downloaded is in use, whatever it is for.
                let in_use = is_part(&path) && !part::take(&file);
                let removable = !needed && !in_use && old(metadata.modified());
                items.push(Item { path, bytes: metadata.len(), project: false, removable });
            }
            Entry::Folder(targets) if name == TARGETS => {
                for name in targets.names().map_err(|error| failed(&path, error))? {
                    let path = path.join(&name);
                    if let Entry::Folder(project) = targets.entry(&name).map_err(|error| failed(&path, error))? {
                        // It is written whenever the target is built.
                        let used = fs::symlink_metadata(path.join(MATRIX_NAME)).and_then(|it| it.modified());
                        let bytes = size(project).map_err(|error| failed(&path, error))?;
                        items.push(Item { path, bytes, project: true, removable: old(used) });
                    }
                }
            }
            // Nothing else in there is crossloom's.
            Entry::Folder(_) | Entry::Link(_) | Entry::Special(_) => {}
        }
    }
    Ok((dir, items))
}

/// Whether a file is a download that has not ended.
fn is_part(path: &Path) -> bool {
    path.as_os_str().as_encoded_bytes().ends_with(part::END.as_bytes())
}

/// Removes a file, or a project with everything in it. A link in it is removed, and not what it leads to. A download that went
/// on in the meantime stays.
///
/// # Errors
/// As the system says.
pub fn remove(item: &Item) -> Result<(), GcError> {
    let removed = match item.project {
        true => fs::remove_dir_all(&item.path),
        false if is_part(&item.path) => part::tidy(&item.path),
        false => fs::remove_file(&item.path),
    };
    match removed {
        Err(source) if source.kind() != ErrorKind::NotFound => Err(GcError::Remove { path: item.path.clone(), source }),
        _ => Ok(()),
    }
}

/// The names that files of a project may have in the cache.
fn names(project: &Project) -> Result<BTreeSet<String>, GcError> {
    let (plan, seeds) = (project.plan()?, project.seeds()?);
    let mut names = BTreeSet::new();
    for system in plan.systems.keys() {
        for file in needed(&project.dir, &plan, &seeds, *system, &[])?.files {
            names.extend(file.wanted.cached_as());
        }
    }
    Ok(names)
}

/// The bytes of all files in a folder.
fn size(folder: Folder) -> io::Result<u64> {
    let mut bytes = 0;
    let mut walk = Walk::through(folder)?;
    while let Some((name, _)) = walk.next() {
        match walk.entry(&name)? {
            Entry::File(_, metadata) => bytes += metadata.len(),
            Entry::Folder(folder) => walk.enter(folder)?,
            Entry::Link(_) | Entry::Special(_) => {}
        }
    }
    Ok(bytes)
}
