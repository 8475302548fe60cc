//! `crossloom sdk`: macOS SDKs of the user's own, into the Nix store and the lock.

use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use rustix::fs::FlockOperation;

use super::fetch::{keep, roots, same};
use super::project::Project;
use super::{MatrixArgs, Outcome, Result};
use crate::families::Import;
use crate::lock::{Lock, LockedSdk};
use crate::matrix::Matrix;
use crate::nix::driver::Nix;
use crate::nix::hash::Sha256;
use crate::nix::nar;
use crate::nix::store::{Method, StoreName, StorePath, fixed_output_path};
use crate::output::OutputError;
use crate::sdk::{Limits, PREFIX, SdkError, unpack};

#[derive(Debug, Subcommand)]
pub enum SdkCommand {
    /// Check a macOS SDK of your own, add it to the Nix store, and record it in matrix.lock.
    Import(ImportArgs),
}

#[derive(Debug, Args)]
pub struct ImportArgs {
    #[command(flatten)]
    matrix: MatrixArgs,
    /// What the matrix calls it: NAME of a table [sdk.NAME] with kind = "file".
    #[arg(long, value_name = "NAME")]
    name: String,
    /// Which one, where there are several, e.g. MacOSX15.5.sdk.
    #[arg(long, value_name = "SDK")]
    sdk: Option<String>,
    /// Take this SDK in place of another one that matrix.lock holds under the name.
    #[arg(long)]
    replace: bool,
    /// The SDK as .tar.xz, .tar.gz or .tar, as an Apple .pkg, or as a directory.
    #[arg(value_name = "FILE|DIR")]
    from: PathBuf,
}

#[derive(Debug, thiserror::Error)]
enum ImportError {
    #[error("{matrix} has no table [sdk.{name}]\nhint: {}", add(name, near))]
    NotDeclared { matrix: String, name: String, near: Option<String> },
    #[error("[sdk.{name}] of {matrix} is of kind {kind:?}, which needs no import\nhint: kind = \"file\" takes one")]
    Kind { matrix: String, name: String, kind: &'static str },
    #[error("cannot import {path}")]
    Unpack {
        path: String,
        #[source]
        source: SdkError,
    },
    #[error(
        "{path} is not the SDK that matrix.lock holds as {name}: {pinned}, this {found}\n\
         hint: {REPLACE}"
    )]
    Other { path: String, name: String, pinned: String, found: String },
    #[error("another import is at work in {path}\nhint: wait until it is done")]
    Busy { path: String },
    #[error("cannot {action} {path}")]
    Room {
        action: &'static str,
        path: String,
        #[source]
        source: std::io::Error,
    },
    #[error(
        "the SDK is in the Nix store as {store_path}, but is not recorded\nhint: import it again once this is put right"
    )]
    NotRecorded {
        store_path: String,
        #[source]
        source: OutputError,
    },
}

const REPLACE: &str = "import the SDK that is locked; or pass --replace to take this one, for all who have the lock";

/// The way out where a matrix lacks an SDK.
fn add(name: &str, near: &Option<String>) -> String {
    match near {
        Some(near) => format!("did you mean {near:?}?"),
        None => format!("name {name:?} in a list `sdk` of the matrix, and add\n\n[sdk.{name}]\nkind = \"file\""),
    }
}

/// Runs the command.
pub fn run(command: SdkCommand) -> Result<Outcome> {
    match command {
        SdkCommand::Import(args) => import(&args),
    }
}

fn import(args: &ImportArgs) -> Result<Outcome> {
    let ImportArgs { matrix, name, sdk, replace, from } = args;
    let project = Project::open(&matrix.matrix)?;
    declared(&project.matrix, &matrix.matrix, name)?;
    // What would stop the last step should not do so after a minute.
    project.existing_lock()?;
    let nix = Nix::locate()?;

    let path = from.display().to_string();
    tracing::info!("{path}: reading");
    let (room, _lock) = room(&project.dir)?;
    let unpacked = unpack(from, sdk.as_deref(), &room, &Limits::default());
    let unpacked = unpacked.map_err(|source| ImportError::Unpack { path: path.clone(), source })?;
    let (sha256, _) = nar::hash_path(&unpacked.path())?;
    let megabytes = unpacked.bytes as f64 / 1e6;
    tracing::info!("{}: {} files and links, {megabytes:.1} MB, {sha256}", unpacked.name, unpacked.count);
    // A pin is everybody's who has the lock: what is in it stays, unless the user says otherwise.
    let pinned = |lock: &Lock| match lock.sdks.get(name) {
        Some(old) if old.sha256 != sha256 && !replace => Err(ImportError::Other {
            path: path.clone(),
            name: name.clone(),
            pinned: format!("{} is {}", old.file, old.sha256),
            found: format!("{} is {sha256}", unpacked.name),
        }),
        old => Ok(old.cloned()),
    };
    let old = pinned(&project.existing_lock()?)?.filter(|old| old.sha256 == sha256);
    let file = old.map_or_else(|| unpacked.name.clone(), |old| old.file);
    let store_path = add_to_store(&nix, &unpacked.path(), &file, sha256)?;
    keep(&nix, std::slice::from_ref(&store_path), &project.dir)?;

    // Read again: meanwhile somebody else may have written it.
    let lock = project.existing_lock()?;
    let old = pinned(&lock)?;
    let store_path = store_path.path_in(nix.store_dir());
    if old.as_ref().is_none_or(|old| old.sha256 != sha256) {
        let new = LockedSdk { file, sha256, version: unpacked.version.clone(), origin: origin(from) };
        let written = crate::output::write_file(&project.lock_path(), &lock.with_sdk(name, new).to_text());
        written.map_err(|source| ImportError::NotRecorded { store_path: store_path.clone(), source })?;
    }
    const NEXT: &str = "next: crossloom generate";
    match old {
        Some(old) if old.sha256 == sha256 => tracing::info!("{name} was this SDK already"),
        Some(old) => {
            tracing::info!("{name} is now {}, in place of {} ({}); {NEXT}", unpacked.name, old.file, old.sha256);
        }
        None => tracing::info!("{name} is {}; {NEXT}", unpacked.name),
    }
    super::say(&format!("{store_path}\n"))?;
    Ok(Outcome::Fine)
}

/// Where SDKs are unpacked to: beside the links to what is kept, which git ignores. What a killed import left there
/// goes; it is known to be nobody's by the lock on the folder, which lasts as long as the returned file.
fn room(dir: &Path) -> Result<(PathBuf, File)> {
    let room = roots(dir)?;
    let failed = |action| {
        let path = room.display().to_string();
        move |source| ImportError::Room { action, path, source }
    };
    let lock = File::options().create(true).truncate(false).write(true).open(room.join("sdk-import.lock"));
    let lock = lock.map_err(failed("open a lock in"))?;
    match rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::WouldBlock => {
            return Err(ImportError::Busy { path: room.display().to_string() }.into());
        }
        Err(error) => return Err(failed("take the lock in")(error.into()).into()),
    }
    for entry in std::fs::read_dir(&room).map_err(failed("read"))? {
        let entry = entry.map_err(failed("read"))?;
        if entry.file_name().as_encoded_bytes().starts_with(PREFIX.as_bytes()) {
            std::fs::remove_dir_all(entry.path()).map_err(failed("clear"))?;
        }
    }
    Ok((room, lock))
}

/// Sees that the matrix has an SDK of that name, which is to be imported.
fn declared(matrix: &Matrix, path: &Path, name: &str) -> std::result::Result<(), ImportError> {
    let imports = &matrix.imports;
    let (matrix, name) = (path.display().to_string(), name.to_owned());
    let kind = match imports.get(&name) {
        Some(Import::Needed) => return Ok(()),
        Some(Import::Fetched(kind)) => kind,
        None => {
            let files = imports.iter().filter(|(_, import)| **import == Import::Needed).map(|(name, _)| name.as_str());
            let near = crate::diag::nearest(&name, files).map(str::to_owned);
            return Err(ImportError::NotDeclared { matrix, name, near });
        }
    };
    Err(ImportError::Kind { matrix, name, kind })
}

fn add_to_store(nix: &Nix, tree: &Path, name: &str, sha256: Sha256) -> Result<StorePath> {
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
