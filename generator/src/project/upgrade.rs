//! What is newer than the versions of a matrix, and matrix and lock with it.

use std::path::{Path, PathBuf};

use super::{MATRIX, Project, ProjectError, as_written, file_name, folder_of, matrix_in, read, read_lock};
use crate::families;
use crate::lock::Versions;
use crate::matrix::upgrade::{Row, packages, rows, upgraded};

/// Newer versions, and the files that have them.
#[derive(Debug)]
pub struct Upgrade {
    /// The versions that change.
    pub rows: Vec<Row>,
    /// Files that change, with their new texts.
    pub files: Vec<(PathBuf, String)>,
}

/// A matrix's text with the meanings of its shorthands.
struct Written {
    dir: PathBuf,
    name: String,
    text: String,
    locked: Versions,
}

fn written(path: &Path) -> Result<Written, ProjectError> {
    let path = &matrix_in(path);
    let text = read(path, MATRIX)?.ok_or_else(|| ProjectError::no_matrix(path))?;
    let (dir, name) = (folder_of(path).to_owned(), file_name(path)?);
    let lock = read_lock(&super::lock_beside(&dir, &name))?;
    Ok(Written { dir, name, text, locked: lock.map(|lock| lock.versions).unwrap_or_default() })
}

/// The versions of a matrix, beside the newest.
///
/// # Errors
/// A matrix or a lock that cannot be read, or has problems.
pub fn outdated(path: &Path) -> Result<Vec<Row>, ProjectError> {
    let Written { dir, name, text, locked } = written(path)?;
    // The rows are of a matrix without a problem.
    Project::of_text(dir, name, &text, &locked)?;
    Ok(rows(families::ALL, &text, &locked, false)?)
}

/// Matrix and locks with newer versions of the named packages; of all packages if none is named.
///
/// # Errors
/// A name that no version has, and the problems of the matrix that would come of it.
pub fn upgrade(path: &Path, names: &[String], latest: bool) -> Result<Upgrade, ProjectError> {
    let Written { dir, name, text, locked: before } = written(path)?;
    let mut locked = before.clone();
    let mut rows = rows(families::ALL, &text, &before, latest)?;
    packages(&rows, names)?;
    let meant = |package: &str| names.is_empty() || names.iter().any(|name| name == package);
    rows.retain(|row| row.upgrade.is_some() && meant(row.package));
    locked.retain(|package, _| !meant(package));
    let new = upgraded(families::ALL, &text, &rows)?;
    let new = if new == text { new } else { as_written(&text, &new) };
    let project = Project::of_text(dir.clone(), name.clone(), &new, &locked).map_err(|error| {
        // Problems that were there before have their places in the text that the user has.
        let old = |locked| Project::of_text(dir.clone(), name.clone(), &text, locked);
        match (error, old(&before).or_else(|_| old(&locked))) {
            (ProjectError::Matrix { path, text, problems }, Ok(_)) => ProjectError::Change { path, text, problems },
            (_, Err(old)) => old,
            (other, Ok(_)) => other,
        }
    })?;
    let mut files = project.locks(&[])?.stale;
    if new != text {
        files.insert(0, (project.dir.join(&project.name), new));
    }
    Ok(Upgrade { rows, files })
}
