//! The rendered tree on disk: compared by [`check`], put in place by [`write()`].
//!
//! Both look at the disk in the same way and refuse the same things, so a check that passes is a write that changes
//! nothing. The folder [`FOLDER`] belongs to crossloom as a whole: what the tree no longer has is stale there. Every
//! other file is overwritten only where its first line begins with [`MARKER`], and one for a service that the tree no longer has
//! is removed only where it is.
//!
//! **Invariant:** until every changed file lies complete beside its target, no target has been touched.

mod difference;
mod error;
mod guard;
mod stage;
mod survey;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::input::Kind;

pub use self::difference::Difference;
use self::difference::{diff, shown};
pub use self::error::{Obstacle, OutputError};
pub use self::guard::Guard;
use self::guard::sweep_if_free;
use self::stage::{Staged, dir_or_dot, stage};
use self::survey::{Found, look, obstacle, survey, unconflicted};

/// How every file that crossloom may overwrite begins.
pub use crate::render::header::MARKER;
/// The folder that is crossloom's own, relative to the output directory.
pub const FOLDER: &str = "crossloom";
/// garnix' file, beside the folder.
pub const GARNIX: &str = "garnix.yaml";
/// GitHub's.
pub const GITHUB: &str = ".github/workflows/crossloom.yml";
/// GitLab's.
pub const GITLAB: &str = ".gitlab-ci.yml";
/// No rendered file is larger: all of those of today have less than one megabyte together.
pub const RENDERED: Kind = Kind { what: "a file that crossloom rendered", most: 64 << 20 };
/// Files beside the folder that only some trees have: one that bears the marker and that the tree lacks is stale.
const OPTIONAL: [&str; 3] = [GARNIX, GITHUB, GITLAB];
/// The file by whose marker the folder is known to be ours.
const INDEX: &str = "crossloom/default.nix";

/// Relative path with `/` → file.
pub type Tree = BTreeMap<String, TreeFile>;

/// One rendered file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeFile {
    /// The whole text.
    pub text: String,
    /// Whether its owner may execute it; the umask decides on everybody else.
    pub executable: bool,
}

/// The changes that [`write()`] made; paths as in the tree, sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// New, or replaced because text or executable bit differed.
    pub written: Vec<String>,
    /// Right already, and not touched.
    pub unchanged: Vec<String>,
    /// Stale files: of the owned folder, and of services.
    pub removed: Vec<String>,
}

/// Compares the tree with what is below `dir`, and changes nothing. In the tree's order, stale files last.
///
/// # Errors
/// Files that [`write()`] would refuse because crossloom did not write them, files that cannot be read, and merge conflicts. Links, folders and the like in place
/// of a single file are differences.
pub fn check(dir: &Path, tree: &Tree) -> Result<Vec<Difference>, OutputError> {
    let (found, stale) = survey(dir, tree)?;
    let mut differences = Vec::new();
    for (path, file, found) in found {
        match found {
            Found::Missing => differences.push(Difference::Missing { path: path.to_string() }),
            Found::InTheWay { path: at, obstacle } => differences.push(Difference::Differs {
                path: path.to_string(),
                diff: format!("{} is {obstacle}", shown(at.strip_prefix(dir).unwrap_or(&at))),
            }),
            Found::File { bytes, executable } => {
                if bytes != file.text.as_bytes() {
                    unconflicted(&dir.join(path), &bytes)?;
                    let diff = diff(path, &bytes, &file.text);
                    differences.push(Difference::Differs { path: path.to_string(), diff });
                }
                if executable != file.executable {
                    let executable = file.executable;
                    differences.push(Difference::ModeDiffers { path: path.to_string(), executable });
                }
            }
        }
    }
    differences.extend(stale.into_iter().map(|(path, _)| Difference::Stale { path }));
    Ok(differences)
}

/// Makes what is below `dir` the tree: writes what is new or different, removes what is stale, touches nothing else.
/// `dir` itself is created when only its last component is missing. A tree without any file in the owned folder
/// leaves that folder alone.
///
/// # Errors
/// Whatever is found before the first rename leaves the disk as it was. [`OutputError::Partial`] says that a rename or
/// removal failed after that; every file is then either the old one or the new one, and another run finishes the work.
pub fn write(dir: &Path, tree: &Tree) -> Result<Report, OutputError> {
    let (found, stale) = survey(dir, tree)?;
    let mut report = Report::default();
    let mut changed = Vec::new();
    for (path, file, found) in found {
        match found {
            Found::InTheWay { path, obstacle } => return Err(OutputError::InTheWay { path, obstacle }),
            Found::File { bytes, executable } if bytes == file.text.as_bytes() && executable == file.executable => {
                report.unchanged.push(path.to_string());
            }
            Found::File { .. } | Found::Missing => {
                report.written.push(path.to_string());
                changed.push((path, file));
            }
        }
    }
    // The index goes first: were the rest of a first run lost, the next run would still know the folder as ours.
    changed.sort_by_key(|(path, _)| *path != INDEX);

    let mut created = Vec::new();
    let staged = stage(dir, &changed, &mut created).inspect_err(|_| {
        // The temporaries inside are gone by now. A folder that somebody else has filled meanwhile stays.
        for folder in created.iter().rev() {
            let _ = fs::remove_dir(folder);
        }
    })?;

    let total = staged.len() + stale.len();
    let mut done = 0;
    let partial = |done, source: OutputError| match done {
        0 => source,
        _ => OutputError::Partial { done, total, source: Box::new(source) },
    };
    for file in staged {
        file.put_in_place().map_err(|source| partial(done, source))?;
        done += 1;
    }
    for (path, on_disk) in stale {
        match fs::remove_file(&on_disk) {
            Err(source) if source.kind() != ErrorKind::NotFound => {
                return Err(partial(done, OutputError::from_io("remove", &on_disk, source)));
            }
            _ => {}
        }
        done += 1;
        report.removed.push(path);
        // Folders that this emptied; removing one that is not empty fails, which is the test.
        let folder = dir.join(FOLDER);
        for parent in on_disk.ancestors().skip(1).take_while(|parent| **parent != folder && **parent != *dir) {
            if fs::remove_dir(parent).is_err() {
                break;
            }
        }
    }
    Ok(report)
}

/// Writes one file as a whole: under another name in the same folder, then renamed. An existing file's permissions
/// are kept; the folder has to exist.
///
/// # Errors
/// As [`write()`]'s; the file is then what it was before.
pub fn write_file(path: &Path, text: &str) -> Result<(), OutputError> {
    write_files(&[(path.to_path_buf(), text.to_owned())])
}

/// [`write_file`] for files that belong together: each lies complete beside its target before the first is replaced.
///
/// # Errors
/// As [`write()`]'s.
pub fn write_files(files: &[(PathBuf, String)]) -> Result<(), OutputError> {
    let folders: BTreeSet<&Path> = files.iter().filter_map(|(path, _)| path.parent()).map(dir_or_dot).collect();
    folders.into_iter().for_each(sweep_if_free);
    let mut staged = Vec::new();
    for (path, text) in files {
        let old = match look(path)? {
            None => None,
            Some(metadata) => match obstacle(&metadata) {
                Some(obstacle) => return Err(OutputError::InTheWay { path: path.to_path_buf(), obstacle }),
                None => Some(metadata.permissions()),
            },
        };
        staged.push(Staged::beside(path.clone(), text, 0o666, old)?);
    }
    let total = staged.len();
    for (done, file) in staged.into_iter().enumerate() {
        file.put_in_place().map_err(|source| match done {
            0 => source,
            _ => OutputError::Partial { done, total, source: Box::new(source) },
        })?;
    }
    Ok(())
}
