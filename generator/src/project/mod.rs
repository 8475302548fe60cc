//! A matrix and the files beside it: its locks, its seeds, and the folder that is rendered from it. Nothing is printed
//! here, and only [`init`], [`edit`] and [`cached`] write.

mod error;
mod locks;
mod rendered;
mod revision;
mod upgrade;

use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::families;
use crate::flake_lock;
use crate::input::{self, Kind, unconflicted};
use crate::lock::{Lock, LockError, Versions};
use crate::matrix::edit::EditError;
use crate::matrix::{MAX_FILE, Matrix};
use crate::output::{self, Guard};
use crate::plan::Plan;
use crate::platform::{Suite, System};
use crate::reader::Beside;
use crate::seed::SeedLock;

pub use error::ProjectError;
pub use rendered::{Snapshot, keeps_links_of};
pub use revision::at_revision;
pub use upgrade::{outdated, upgrade};

/// A matrix that was read without a problem.
#[derive(Debug)]
pub struct Project {
    /// The folder of the matrix and of all other files.
    pub dir: PathBuf,
    /// The matrix's file name, which ends in `.toml`.
    name: String,
    pub matrix: Matrix,
}

/// The name of a matrix that nothing else names.
pub const MATRIX_NAME: &str = "matrix.toml";

impl Project {
    /// The top of the git repository that the project is in, if its own folder is not that top.
    pub fn repository(&self) -> Option<PathBuf> {
        let dir = self.dir.canonicalize().ok()?;
        // A worktree and a submodule have a file of this name.
        let top = dir.ancestors().find(|folder| folder.join(".git").symlink_metadata().is_ok())?;
        (top != dir).then(|| top.to_path_buf())
    }
}

/// The matrix of the working directory: the one in it, or in the nearest folder above that has one.
///
/// # Errors
/// A matrix above that belongs to another user: who may write to a folder such as `/tmp` could choose what is built here.
pub fn nearest() -> Result<PathBuf, ProjectError> {
    let here = PathBuf::from(MATRIX_NAME);
    if here.symlink_metadata().is_ok() {
        return Ok(here);
    }
    let above = std::env::current_dir().unwrap_or_default();
    for path in above.ancestors().skip(1).map(|folder| folder.join(MATRIX_NAME)) {
        if let Ok(metadata) = path.symlink_metadata() {
            let own = [0, rustix::process::geteuid().as_raw()].contains(&metadata.uid());
            return if own { Ok(path) } else { Err(ProjectError::Foreign { path: path.display().to_string() }) };
        }
    }
    Ok(here)
}

/// A project that crossloom keeps in a folder for itself: with this matrix, a new lock, and rendered files. Gives the matrix.
///
/// # Errors
/// Those of writing, and of locking and rendering a matrix.
pub fn cached(folder: &Path, text: &str) -> Result<PathBuf, ProjectError> {
    let shown = || folder.display().to_string();
    std::fs::create_dir_all(folder).map_err(|source| ProjectError::Folder { path: shown(), source })?;
    let guard = Guard::take(folder)?;
    let path = guard.folder().join(MATRIX_NAME);
    output::write_file(&path, text)?;
    let project = Project::open(&path)?;
    // The lock follows the catalogue of this crossloom, whichever wrote the old one.
    let lock = project.lock_path();
    match std::fs::remove_file(&lock) {
        Err(source) if source.kind() != ErrorKind::NotFound => {
            return Err(ProjectError::Folder { path: lock.display().to_string(), source });
        }
        _ => output::write_files(&project.locks(&["nixpkgs".to_owned()])?.stale)?,
    }
    output::write(folder, &project.tree(true)?.1)?;
    Ok(path)
}

/// Changes the text of a matrix, and writes it if it is one afterwards.
///
/// # Errors
/// What the change says, and the problems of the matrix that would come of it. The file is then what it was.
pub fn edit(path: &Path, change: impl FnOnce(&str) -> Result<String, EditError>) -> Result<(), ProjectError> {
    let path = &matrix_in(path);
    let _project = Guard::take(folder_of(path))?;
    let shown = path.display().to_string();
    let text = read(path, MATRIX)?.ok_or_else(|| ProjectError::no_matrix(path))?;
    // Nothing is held to the lock's versions here: a word that was not locked yet is as good as one that was.
    let problems_of =
        |text: &str| Matrix::parse_in(families::ALL, text, &Beside(folder_of(path)), &Versions::new()).err();
    let new = as_written(&text, &change(&text)?);
    if let Some(problems) = problems_of(&new) {
        return Err(match problems_of(&text) {
            Some(problems) => ProjectError::Matrix { path: shown, text, problems },
            None => ProjectError::Change { path: shown, text: new, problems },
        });
    }
    Ok(output::write_file(path, &new)?)
}

/// A changed text with the line ends and the mark at the beginning that the old one had, which a change loses.
fn as_written(old: &str, new: &str) -> String {
    const MARK: char = '\u{feff}';
    let mark = if old.starts_with(MARK) { "\u{feff}" } else { "" };
    let new = new.trim_start_matches(MARK).replace("\r\n", "\n");
    let all = old.matches('\n').count();
    let lines = if all > 0 && old.matches("\r\n").count() == all { new.replace('\n', "\r\n") } else { new };
    format!("{mark}{lines}")
}

/// Writes a first matrix with a cell of a target, where none is yet.
pub fn init(path: &Path, text: &str) -> Result<(), ProjectError> {
    file_name(path)?;
    let dir = folder_of(path);
    // Without the folder there is nothing to be held, and the write says so.
    let _project = dir.is_dir().then(|| Guard::take(dir)).transpose()?;
    if path.symlink_metadata().is_ok() {
        return Err(ProjectError::Exists { path: path.display().to_string() });
    }
    Ok(output::write_file(path, text)?)
}

const MATRIX: Kind = Kind { what: "a matrix", most: MAX_FILE };
const LOCK: Kind = Kind { what: "a lock file", most: crate::lock::MAX_BYTES };
/// nixpkgs alone takes some 600 bytes, and flakes with a hundred inputs have a hundred thousand.
const FLAKE_LOCK: Kind = Kind { what: "a lock file", most: 4 << 20 };
pub const SEED_LOCK: Kind = Kind { what: "a lock file of a seed", most: crate::seed::TEXT_LIMIT };

/// A file's text; none if the file does not exist.
pub fn read(path: &Path, kind: Kind) -> Result<Option<String>, ProjectError> {
    text(path, input::bytes(path, kind))
}

/// The bytes as text; none if the file does not exist.
fn text(path: &Path, bytes: io::Result<Vec<u8>>) -> Result<Option<String>, ProjectError> {
    let name = || path.display().to_string();
    match bytes {
        Ok(bytes) => {
            let text = String::from_utf8(bytes).map_err(|_| ProjectError::Encoding { path: name() })?;
            unconflicted(path, &text)?;
            Ok(Some(text))
        }
        Err(source) if source.kind() == ErrorKind::NotFound => Ok(None),
        Err(source) => Err(ProjectError::Read { path: name(), source }),
    }
}

/// The file that is meant: a folder stands for the matrix in it.
pub fn matrix_in(path: &Path) -> PathBuf {
    if path.is_dir() { path.join(MATRIX_NAME) } else { path.to_owned() }
}

/// The name of a matrix's file. The names of other files follow from it, and generated files hold it in their first
/// line, in a command that a shell should read as it stands.
fn file_name(path: &Path) -> Result<String, ProjectError> {
    let bad = |problem| ProjectError::BadName { path: path.display().to_string(), problem };
    let Some(name) = path.file_name().unwrap_or_default().to_str() else {
        return Err(bad("the name of a matrix is made of letters, digits and - _ . +"));
    };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.+".contains(&byte);
    match name.strip_suffix(".toml") {
        None | Some("") => Err(bad("the name of a matrix ends in .toml")),
        Some(_) if !name.bytes().all(plain) || name.starts_with('-') => {
            Err(bad("the name of a matrix is made of letters, digits and - _ . +, and does not begin with -"))
        }
        // Its lock would be the one that Nix or cargo reads.
        Some("flake" | "Cargo") => Err(bad("its lock would have the name of another program's")),
        Some(_) => Ok(name.to_owned()),
    }
}

/// The folder of a file, which is the working directory for a bare name.
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn lock_beside(dir: &Path, name: &str) -> PathBuf {
    dir.join(Path::new(name).with_extension("lock"))
}

fn read_lock(path: &Path) -> Result<Option<Lock>, ProjectError> {
    let Some(text) = read(path, LOCK)? else { return Ok(None) };
    let lock = Lock::parse(&text);
    Ok(Some(lock.map_err(|source| ProjectError::Lock { path: path.display().to_string(), source })?))
}

/// The place of a seed's lock, relative to the matrix.
pub fn seed_file(suite: Suite, system: System) -> String {
    format!("seeds/{suite}-{system}.json")
}

impl Project {
    /// Reads a matrix.
    ///
    /// # Errors
    /// [`ProjectError::Matrix`] holds every problem of its text.
    pub fn open(path: &Path) -> Result<Project, ProjectError> {
        let path = &matrix_in(path);
        let text = read(path, MATRIX)?.ok_or_else(|| ProjectError::no_matrix(path))?;
        let (dir, name) = (folder_of(path).to_owned(), file_name(path)?);
        // A lock that cannot be read is an error of whatever reads it next, and hides no problem of the matrix.
        let lock = read_lock(&lock_beside(&dir, &name)).ok().flatten();
        let versions = lock.map(|lock| lock.versions).unwrap_or_default();
        Project::of_text(dir, name, &text, &versions)
    }

    /// The project of a matrix's text, with these meanings of shorthands.
    fn of_text(dir: PathBuf, name: String, text: &str, versions: &Versions) -> Result<Project, ProjectError> {
        match Matrix::parse_in(families::ALL, text, &Beside(&dir), versions) {
            Ok(matrix) => Ok(Project { dir, name, matrix }),
            Err(problems) => {
                let path = dir.join(&name);
                // The folder of a bare name is not shown.
                let path = path.strip_prefix(".").unwrap_or(&path).display().to_string();
                Err(ProjectError::Matrix { path, text: text.to_owned(), problems })
            }
        }
    }

    /// [`open`](Project::open) of a matrix to compare with: that there is none is a mistake in the command line.
    pub fn open_named(path: &Path) -> Result<Project, ProjectError> {
        let matrix = matrix_in(path);
        match matrix.symlink_metadata() {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                Err(ProjectError::NotNamed { path: matrix.display().to_string() })
            }
            // Anything else that is wrong with it shows when it is read.
            _ => Project::open(&matrix),
        }
    }

    /// The place of its lock: `NAME.lock` for `NAME.toml`, so that matrices in one folder do not overwrite each other's. They
    /// share `flake.lock`, which has one pin of nixpkgs for all. The rendered folder belongs to one matrix: its files name the
    /// matrix in their first line, and [`generate`](Project::tree) refuses a folder that was rendered from another.
    pub fn lock_path(&self) -> PathBuf {
        lock_beside(&self.dir, &self.name)
    }

    fn flake_lock_path(&self) -> PathBuf {
        self.dir.join("flake.lock")
    }

    fn seed_path(&self, suite: Suite, system: System) -> PathBuf {
        self.dir.join(seed_file(suite, system))
    }

    fn read_lock(&self) -> Result<Option<Lock>, ProjectError> {
        read_lock(&self.lock_path())
    }

    /// The lock, which has to be there.
    pub fn existing_lock(&self) -> Result<Lock, ProjectError> {
        self.read_lock()?.ok_or_else(|| ProjectError::NoLock { path: self.lock_path().display().to_string() })
    }

    /// Plans the matrix from its lock.
    pub fn plan(&self) -> Result<Plan, ProjectError> {
        let path = self.lock_path().display().to_string();
        let lock = self.existing_lock()?;
        self.matrix.plan(&lock).map_err(|source| match source {
            source @ LockError::NotCatalogue { .. } => ProjectError::LockHash { path, source },
            source => ProjectError::Stale { path, source },
        })
    }

    /// The seed lock of every Linux build system: the one in `seeds/` beside the matrix, else crossloom's own.
    pub fn seeds(&self) -> Result<BTreeMap<System, SeedLock>, ProjectError> {
        let suite = self.matrix.seed;
        let mut seeds = BTreeMap::new();
        for system in self.matrix.systems.iter().copied().filter(|system| system.is_linux()) {
            let path = self.seed_path(suite.into(), system);
            let seed = match read(&path, SEED_LOCK)? {
                Some(text) => {
                    let path = path.display().to_string();
                    let seed = SeedLock::parse(&text, &path)?;
                    if (seed.suite, seed.system) != (suite.into(), system) {
                        return Err(ProjectError::OtherSeed { path, found: (seed.suite, seed.system) });
                    }
                    seed
                }
                None => SeedLock::built_in(suite, system)?,
            };
            seeds.insert(system, seed);
        }
        Ok(seeds)
    }

    /// Sees that `flake.lock` is there and pins nixpkgs.
    pub fn check_flake_lock(&self) -> Result<(), ProjectError> {
        let flake = self.flake_lock_path();
        let path = || flake.display().to_string();
        let text = read(&flake, FLAKE_LOCK)?.ok_or_else(|| ProjectError::NoLock { path: path() })?;
        let pinned = flake_lock::pins_nixpkgs(&text);
        match pinned.map_err(|source| ProjectError::FlakeLock { path: path(), source })? {
            true => Ok(()),
            false => Err(ProjectError::NoPin { path: path() }),
        }
    }

    /// The nixpkgs that build systems without a seed build from, as `flake.lock` pins it.
    pub fn nixpkgs(&self) -> Result<Option<String>, ProjectError> {
        let path = self.flake_lock_path();
        let Some(text) = read(&path, FLAKE_LOCK)? else { return Ok(None) };
        let pinned = flake_lock::pinned_nixpkgs(&text);
        pinned.map_err(|source| ProjectError::FlakeLock { path: path.display().to_string(), source })
    }
}
