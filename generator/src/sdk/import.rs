//! An SDK of the user's, into the Nix store and the lock.

use std::path::{Path, PathBuf};

use super::{Limits, PREFIX, SdkError, unpack};
use crate::diag::nearest;
use crate::family::Import;
use crate::lock::{Lock, LockedSdk};
use crate::matrix::Matrix;
use crate::nix::driver::{Nix, NixError};
use crate::nix::hash::Sha256;
use crate::nix::nar::{NarError, hash_path};
use crate::nix::store::{Method, StoreError, StoreName, StorePath, fixed_output_path};
use crate::output::{Guard, OutputError, write_file};
use crate::project::{Project, ProjectError};
use crate::store::roots::{RootsError, keep, roots};
use crate::store::sources::{SourcesError, same};

/// An SDK cannot be imported.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum ImportError {
    #[error("{matrix} has no table [sdk.{name}]")]
    #[diagnostic(help("{}", add(name, near)))]
    NotDeclared { matrix: String, name: String, near: Option<String> },
    #[error("[sdk.{name}] of {matrix} is of kind {kind:?}, which needs no import")]
    #[diagnostic(help("kind = \"file\" takes one"))]
    Kind { matrix: String, name: String, kind: &'static str },
    #[error("cannot import {path}")]
    Unpack {
        path: String,
        #[source]
        #[diagnostic_source]
        source: SdkError,
    },
    #[error("{path} is not the SDK that matrix.lock holds as {name}: {pinned}, this {found}")]
    #[diagnostic(help("import the SDK that is locked; or pass --replace to take this one, for all who have the lock"))]
    Other { path: String, name: String, pinned: String, found: String },
    #[error("cannot {action} {path}")]
    Room {
        action: &'static str,
        path: String,
        #[source]
        source: std::io::Error,
    },
    #[error("the SDK is in the Nix store as {store_path}, but not in the lock")]
    #[diagnostic(help("correct this, then import it again"))]
    NotRecorded {
        store_path: String,
        #[source]
        #[diagnostic_source]
        source: OutputError,
    },
    #[error(transparent)]
    #[diagnostic(transparent)]
    Output(#[from] OutputError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Project(#[from] ProjectError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Nix(#[from] NixError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Nar(#[from] NarError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Name(#[from] StoreError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Roots(#[from] RootsError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Sources(#[from] SourcesError),
}

/// The way out where a matrix lacks an SDK.
fn add(name: &str, near: &Option<String>) -> String {
    match near {
        Some(near) => format!("did you mean {near:?}?"),
        None => format!("name {name:?} in a list `sdk` of the matrix, and add\n\n[sdk.{name}]\nkind = \"file\""),
    }
}

/// An SDK that is in the store and in the lock.
#[derive(Debug)]
pub struct Imported {
    pub store_path: String,
    /// Its own name, such as `MacOSX15.5.sdk`.
    pub name: String,
    /// The one that the lock held under the name before.
    pub old: Option<LockedSdk>,
    pub sha256: Sha256,
}

/// Sees that the matrix has an SDK of that name, which is to be imported. `path` is the matrix's, for messages.
pub fn declared(matrix: &Matrix, path: &Path, name: &str) -> Result<(), ImportError> {
    let imports = &matrix.imports;
    let (matrix, name) = (path.display().to_string(), name.to_owned());
    let kind = match imports.get(&name) {
        Some(Import::Needed) => return Ok(()),
        Some(Import::Fetched(kind)) => kind,
        None => {
            let files = imports.iter().filter(|(_, import)| **import == Import::Needed).map(|(name, _)| name.as_str());
            let near = nearest(&name, files).map(str::to_owned);
            return Err(ImportError::NotDeclared { matrix, name, near });
        }
    };
    Err(ImportError::Kind { matrix, name, kind })
}

/// Checks the SDK that is, or is in, `from`, puts it into the store, and records it in the lock under `name`. Where there
/// are several, `sdk` is the one that is meant. With `replace` it may be another than the lock holds.
pub fn import(
    nix: &Nix,
    project: &Project,
    name: &str,
    from: &Path,
    sdk: Option<&str>,
    replace: bool,
) -> Result<Imported, ImportError> {
    let path = from.display().to_string();
    tracing::info!("{path}: reading");
    let (room, _lock) = room(&project.dir)?;
    let unpacked = unpack(from, sdk, &room, &Limits::default());
    let unpacked = unpacked.map_err(|source| ImportError::Unpack { path: path.clone(), source })?;
    let (sha256, _) = hash_path(&unpacked.path())?;
    let megabytes = unpacked.bytes as f64 / 1e6;
    tracing::info!("{}: {} files and links, {megabytes:.1} MB, {sha256}", unpacked.name, unpacked.count);
    // Everybody who has the lock shares a pin: what is in it stays, unless the user says otherwise.
    let pinned = |lock: &Lock| match lock.sdks.get(name) {
        Some(old) if old.sha256 != sha256 && !replace => Err(ImportError::Other {
            path: path.clone(),
            name: name.to_owned(),
            pinned: format!("{} is {}", old.file, old.sha256),
            found: format!("{} is {sha256}", unpacked.name),
        }),
        old => Ok(old.cloned()),
    };
    let old = pinned(&project.existing_lock()?)?.filter(|old| old.sha256 == sha256);
    let file = old.map_or_else(|| unpacked.name.clone(), |old| old.file);
    let store_path = add_to_store(nix, &unpacked.path(), &file, sha256)?;
    keep(nix, std::slice::from_ref(&store_path), &project.dir)?;

    // Read again: meanwhile somebody else may have written it. From here on nobody else can.
    let _project = Guard::take(&project.dir)?;
    let lock = project.existing_lock()?;
    let old = pinned(&lock)?;
    let store_path = store_path.path_in(nix.store_dir());
    if old.as_ref().is_none_or(|old| old.sha256 != sha256) {
        let new = LockedSdk { file, sha256, version: unpacked.version.clone(), origin: origin(from) };
        let written = write_file(&project.lock_path(), &lock.with_sdk(name, new).to_text());
        written.map_err(|source| ImportError::NotRecorded { store_path: store_path.clone(), source })?;
    }
    Ok(Imported { store_path, name: unpacked.name.clone(), old, sha256 })
}

/// The folder that SDKs are unpacked to: beside the links to kept files, which git ignores. Leftovers of a killed import
/// goes; it is known to be nobody's by the lock on the folder, which lasts as long as the returned guard.
fn room(dir: &Path) -> Result<(PathBuf, Guard), ImportError> {
    let room = roots(&Guard::take(dir)?)?;
    let failed = |action| {
        let path = room.path().display().to_string();
        move |source| ImportError::Room { action, path, source }
    };
    // Not the matrix's folder: an import can take minutes, and other commands need not wait for it.
    let held = Guard::hold(room.path())?;
    for name in room.names().map_err(failed("read"))? {
        if name.as_encoded_bytes().starts_with(PREFIX.as_bytes()) {
            std::fs::remove_dir_all(room.path().join(name)).map_err(failed("clear"))?;
        }
    }
    Ok((room.path().to_owned(), held))
}

fn add_to_store(nix: &Nix, tree: &Path, name: &str, sha256: Sha256) -> Result<StorePath, ImportError> {
    let store_name = StoreName::new(name)?;
    let expected = fixed_output_path(&store_name, Method::Recursive, sha256);
    if !nix.is_valid(&expected)? {
        same(name, nix.add_fixed(tree, &store_name, Method::Recursive)?, &expected)?;
    }
    Ok(expected)
}

/// The name of a file or directory, for people: without what a lock may not hold.
fn origin(from: &Path) -> String {
    const MOST: usize = 200;
    // `.` and `..` have no name of their own.
    let named = from.file_name().map(ToOwned::to_owned);
    let name = named.or_else(|| from.canonicalize().ok()?.file_name().map(ToOwned::to_owned)).unwrap_or_default();
    name.to_string_lossy().chars().filter(|c| !c.is_control()).take(MOST).collect()
}
