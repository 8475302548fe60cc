//! Pinned files, from wherever they can be had, into the Nix store under the paths that the rendered derivations name.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::machine::{MachineError, cache};
use super::needed::{BUSYBOX, Busybox, Needed, NeededError, Pinned, busybox_path, needed};
use super::roots::{RootsError, keep};
use super::{Event, Tell};
use crate::fetch::mirrors::MirrorError;
use crate::fetch::{Fetched, Mirrors, Options, Show, Wanted, fetch_all};
use crate::nix::driver::{Nix, NixError};
use crate::nix::hash::Sha256;
use crate::nix::nar::{NarError, hash_path};
use crate::nix::store::{Method, StoreError, StoreName, StorePath};
use crate::plan::Plan;
use crate::platform::System;
use crate::project::{Project, ProjectError};
use crate::seed::error::SeedError;
use crate::seed::extract_busybox;

/// Inputs cannot be brought into the store.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum SourcesError {
    #[error("sdk {sdk} is in the lock, but not in this machine's store")]
    #[diagnostic(help("run `crossloom sdk import --name {sdk} FILE` here, too"))]
    NotImported { sdk: String },
    #[error("there is no folder {path}")]
    #[diagnostic(help("--from needs a folder that exists, such as the place where a medium is mounted"))]
    NoFolder { path: String },
    /// Each was told of as [`Event::NotFetched`].
    #[error("{failed} of {all} files could not be fetched")]
    Failed { failed: usize, all: usize },
    #[error("Nix added {name} as {found}, expected {expected}: this is a defect of crossloom, please report it")]
    Path { name: String, found: StorePath, expected: StorePath },
    #[error("the busybox in {path} is not the pinned one: its NAR hash is {found}, expected {expected}")]
    Busybox { path: String, found: Sha256, expected: Sha256 },
    #[error("cannot make a temporary folder")]
    Temporary(#[source] std::io::Error),
    #[error("cannot give the tree of {name} its name in the store")]
    Rename {
        name: String,
        #[source]
        source: std::io::Error,
    },
    #[error(transparent)]
    #[diagnostic(transparent)]
    Machine(#[from] MachineError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Mirror(#[from] MirrorError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Needed(#[from] NeededError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Nix(#[from] NixError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Name(#[from] StoreError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Nar(#[from] NarError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Seed(#[from] SeedError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Project(#[from] ProjectError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Roots(#[from] RootsError),
}

/// Sees that folders that a user names are there: files that are looked for in vain would be downloaded in silence.
pub fn folders(from: &[PathBuf]) -> Result<(), SourcesError> {
    match from.iter().find(|path| !path.is_dir()) {
        Some(path) => Err(SourcesError::NoFolder { path: path.display().to_string() }),
        None => Ok(()),
    }
}

/// Downloads into a directory. With `collect`, files that are found in `from` are copied too, rather than used where they
/// are.
pub fn download(
    files: &[Wanted],
    into: &Path,
    from: &[PathBuf],
    collect: bool,
    show: Show,
    tell: Tell<'_>,
) -> Result<Vec<Fetched>, SourcesError> {
    let mirrors = Mirrors::from_machine()?;
    let results = fetch_all(files, into, from, &mirrors, &Options { show, collect, ..Options::default() });
    let mut found = Vec::new();
    let (mut failed, mut bytes) = (0, 0);
    for result in results {
        match result {
            Ok(fetched) => {
                bytes += fetched.downloaded;
                found.push(fetched);
            }
            Err(error) => {
                failed += 1;
                tell(Event::NotFetched(&error));
            }
        }
    }
    if failed > 0 {
        return Err(SourcesError::Failed { failed, all: files.len() });
    }
    tracing::info!("{} files in {}, {:.1} MB downloaded", files.len(), into.display(), bytes as f64 / 1e6);
    Ok(found)
}

/// Fetches what cells, checks and nodes need unless the store holds it.
pub fn for_names(
    nix: &Nix,
    project: &Project,
    plan: &Plan,
    system: System,
    names: &[String],
    show: Show,
    tell: Tell<'_>,
) -> Result<(), SourcesError> {
    let needed = needed(&project.dir, plan, &project.seeds()?, system, names)?;
    into_store(nix, &needed, &[], &project.dir, show, tell)
}

/// Fetches what the store lacks, looking into the directories `from` first, and puts it there. Links that keep all of it
/// are made in `dir`.
pub fn into_store(
    nix: &Nix,
    needed: &Needed,
    from: &[PathBuf],
    dir: &Path,
    show: Show,
    tell: Tell<'_>,
) -> Result<(), SourcesError> {
    let imported = imported(nix, needed)?;
    let mut paths: Vec<StorePath> = needed.files.iter().map(Pinned::path).collect();
    let busybox = needed.busybox.as_ref().map(|busybox| Ok::<_, StoreError>((busybox, busybox_path(busybox.nar)?)));
    let busybox = busybox.transpose()?;
    paths.extend(busybox.iter().map(|(_, path)| path.clone()));
    let valid = nix.valid_paths(&paths)?;

    let busybox = busybox.filter(|(_, path)| !valid.contains(path));
    // The package is needed again where busybox was collected as garbage and the package was not.
    let holds_busybox = |file: &Pinned| busybox.as_ref().is_some_and(|(of, _)| file.wanted.hash == of.package);
    let missing = needed.files.iter().filter(|file| !valid.contains(&file.path()) || holds_busybox(file));
    let missing: Vec<&Pinned> = missing.collect();
    if !missing.is_empty() {
        let wanted: Vec<_> = missing.iter().map(|file| file.wanted.clone()).collect();
        let found = download(&wanted, &cache()?, from, false, show, tell)?;
        let found: Vec<(&Pinned, Fetched)> = missing.into_iter().zip(found).collect();
        let deb = found.iter().find(|(file, _)| holds_busybox(file)).map(|(_, fetched)| fetched.path.clone());
        add_found(nix, found)?;
        if let (Some((busybox, path)), Some(deb)) = (busybox, deb) {
            add_busybox(nix, &deb, busybox, &path)?;
        }
    }
    paths.extend(imported);
    Ok(keep(nix, &paths, dir)?)
}

/// The SDKs that are in the store. One that is not stops what was asked for by name.
fn imported(nix: &Nix, needed: &Needed) -> Result<Vec<StorePath>, SourcesError> {
    let mut imported = Vec::new();
    for (sdk, path) in &needed.sdks {
        if nix.is_valid(path)? {
            imported.push(path.clone());
        } else if needed.named {
            return Err(SourcesError::NotImported { sdk: sdk.clone() });
        } else {
            tracing::warn!("sdk {sdk} is not in this machine's store: nodes that need it cannot be built");
        }
    }
    Ok(imported)
}

fn add_found(nix: &Nix, found: Vec<(&Pinned, Fetched)>) -> Result<(), SourcesError> {
    let mut flat: BTreeMap<&str, Vec<(&Pinned, PathBuf)>> = BTreeMap::new();
    for (file, fetched) in found {
        let name = &file.wanted.name;
        match fetched.tree {
            // One after the other, and each goes from the disk as soon as it is in the store: they are large.
            Some(mut tree) => {
                tree.rename(&file.name).map_err(|source| SourcesError::Rename { name: name.clone(), source })?;
                same(name, nix.add_fixed(&tree.path(), &file.name, Method::Recursive)?, &file.path())?;
            }
            None => {
                flat.entry(file.wanted.hash.algorithm()).or_default().push((file, fetched.path));
            }
        }
    }
    for (algorithm, found) in flat {
        let files: Vec<_> = found.iter().map(|(file, path)| (path.clone(), file.name.clone())).collect();
        for ((file, _), added) in found.iter().zip(nix.add_fixed_all(&files, Method::Flat, algorithm)?) {
            same(&file.wanted.name, added, &file.path())?;
        }
    }
    Ok(())
}

/// Sees that Nix put something where it should be.
pub fn same(name: &str, found: StorePath, expected: &StorePath) -> Result<(), SourcesError> {
    if found == *expected {
        return Ok(());
    }
    Err(SourcesError::Path { name: name.to_owned(), found, expected: expected.clone() })
}

fn add_busybox(nix: &Nix, deb: &Path, busybox: &Busybox, path: &StorePath) -> Result<(), SourcesError> {
    let dir = tempfile::tempdir().map_err(SourcesError::Temporary)?;
    let out = dir.path().join(BUSYBOX);
    extract_busybox(deb, &out)?;
    let (found, _) = hash_path(&out)?;
    if found != busybox.nar {
        return Err(SourcesError::Busybox { path: deb.display().to_string(), found, expected: busybox.nar });
    }
    same("busybox", nix.add_fixed(&out, &StoreName::new(BUSYBOX)?, Method::Recursive)?, path)
}
