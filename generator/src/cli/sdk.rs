//! `crossloom sdk`: macOS SDKs of the user's own, into the Nix store and the lock.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::fetch::{keep, same};
use super::project::Project;
use super::{MatrixArgs, Outcome, Result};
use crate::lock::LockedSdk;
use crate::matrix::{Matrix, SdkKind};
use crate::nix::driver::Nix;
use crate::nix::nar;
use crate::nix::store::{Method, StoreName, StorePath, fixed_output_path};
use crate::output::OutputError;
use crate::sdk::{Limits, SdkError, unpack};

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
        "the SDK is in the Nix store as {store_path}, but is not recorded\nhint: import it again once this is put right"
    )]
    NotRecorded {
        store_path: String,
        #[source]
        source: OutputError,
    },
}

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
    let ImportArgs { matrix, name, sdk, from } = args;
    let project = Project::open(&matrix.matrix)?;
    declared(&project.matrix, &matrix.matrix, name)?;
    // What would stop the last step should not do so after a minute.
    project.existing_lock()?;
    let nix = Nix::locate()?;

    let path = from.display().to_string();
    tracing::info!("{path}: reading");
    let unpacked = unpack(from, sdk.as_deref(), &project.dir, &Limits::default());
    let unpacked = unpacked.map_err(|source| ImportError::Unpack { path, source })?;
    let (sha256, _) = nar::hash_path(&unpacked.path())?;
    let megabytes = unpacked.bytes as f64 / 1e6;
    tracing::info!("{}: {} files and links, {megabytes:.1} MB, {sha256}", unpacked.name, unpacked.count);
    let store_path = add_to_store(&nix, &unpacked.path(), &unpacked.name, sha256)?;
    keep(&nix, std::slice::from_ref(&store_path), &project.dir)?;

    // Read again: meanwhile somebody else may have written it.
    let lock = project.existing_lock()?;
    let new =
        LockedSdk { file: unpacked.name.clone(), sha256, version: unpacked.version.clone(), origin: origin(from) };
    let old = lock.sdks.get(name).cloned();
    let store_path = store_path.path_in(nix.store_dir());
    let written = crate::output::write_file(&project.lock_path(), &lock.with_sdk(name, new).to_text());
    written.map_err(|source| ImportError::NotRecorded { store_path: store_path.clone(), source })?;
    match old {
        Some(old) if old.sha256 == sha256 => tracing::info!("{name} was this SDK already"),
        Some(old) => tracing::info!("{name} is now {}, in place of {} ({})", unpacked.name, old.file, old.sha256),
        None => tracing::info!("{name} is {}; next: crossloom generate", unpacked.name),
    }
    super::say(&format!("{store_path}\n"))?;
    Ok(Outcome::Fine)
}

/// Sees that the matrix has an SDK of that name, which is to be imported.
fn declared(matrix: &Matrix, path: &Path, name: &str) -> std::result::Result<(), ImportError> {
    // One that no cell names is a problem of the matrix, so the cells have them all.
    let of_darwin = matrix.darwin.iter().map(|cell| &cell.sdk);
    let all = of_darwin.chain(matrix.valgrind_darwin.iter().map(|cell| &cell.sdk));
    let kinds: BTreeMap<&str, &SdkKind> = all.map(|sdk| (sdk.name.as_str(), &sdk.kind)).collect();
    let (matrix, name) = (path.display().to_string(), name.to_owned());
    let kind = match kinds.get(name.as_str()) {
        Some(SdkKind::File) => return Ok(()),
        Some(SdkKind::Zig) => "zig",
        Some(SdkKind::Apple { .. }) => "apple",
        Some(SdkKind::Xnu { .. }) => "xnu",
        None => {
            let files = kinds.iter().filter(|(_, kind)| ***kind == SdkKind::File).map(|(name, _)| *name);
            let near = crate::diag::nearest(&name, files).map(str::to_owned);
            return Err(ImportError::NotDeclared { matrix, name, near });
        }
    };
    Err(ImportError::Kind { matrix, name, kind })
}

fn add_to_store(nix: &Nix, tree: &Path, name: &str, sha256: crate::nix::hash::Sha256) -> Result<StorePath> {
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
