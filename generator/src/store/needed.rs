//! The inputs of a set of cells: files with their pins, SDKs, and the seed's first program.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::choose::{ChooseError, choose, planned};
use crate::fetch::Wanted;
use crate::fetch::mirrors::SNAPSHOT;
use crate::lock::{DEBIAN, LockedSource};
use crate::nix::hash::Sha256;
use crate::nix::store::{Method, StoreError, StoreName, StorePath, fixed_output_path};
use crate::plan::Plan;
use crate::platform::System;
use crate::seed::date::snapshot;
use crate::seed::{SeedError, SeedLock, Tier};
use crate::verbatim::{Verbatim, VerbatimError, place};

/// Files, SDKs and the busybox that a build needs in the store.
#[derive(Debug, Default)]
pub struct Needed {
    pub files: Vec<Pinned>,
    /// The package that busybox comes in, one of `files`, and what busybox itself is.
    pub busybox: Option<Busybox>,
    /// The user's SDKs, by their names in the matrix: they have no address.
    pub sdks: Vec<(String, StorePath)>,
    /// Cells that are left out, by the SDK that the lock does not hold.
    pub missing: BTreeMap<String, Vec<String>>,
    /// Whether cells were asked for by name, so that every one of them has to be possible.
    pub named: bool,
}

/// A file, and where it goes.
#[derive(Debug, Clone)]
pub struct Pinned {
    pub wanted: Wanted,
    pub name: StoreName,
}

impl Pinned {
    /// How its store path follows from its hash.
    pub fn method(&self) -> Method {
        if self.wanted.tree { Method::Recursive } else { Method::Flat }
    }

    /// The store path under which derivations name it.
    pub fn path(&self) -> StorePath {
        fixed_output_path(&self.name, self.method(), self.wanted.hash)
    }
}

/// The seed's first program.
#[derive(Debug, Clone)]
pub struct Busybox {
    /// The digest of its package.
    pub package: Sha256,
    /// NAR hash of what [`extract_busybox`](crate::seed::extract_busybox) makes of it.
    pub nar: Sha256,
}

/// Its name in the store.
pub const BUSYBOX: &str = "busybox-static";

/// The store path of the seed's first program.
pub fn busybox_path(nar: Sha256) -> Result<StorePath, StoreError> {
    Ok(fixed_output_path(&StoreName::new(BUSYBOX)?, Method::Recursive, nar))
}

/// The inputs cannot be determined.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum NeededError {
    #[error(transparent)]
    #[diagnostic(transparent)]
    Choose(#[from] ChooseError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Name(#[from] StoreError),
    #[error(transparent)]
    Verbatim(#[from] VerbatimError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Seed(#[from] SeedError),
}

/// The inputs of the named cells, shells, checks and nodes; of all cells and checks if no name is given. `dir` is the folder
/// of the matrix.
pub fn needed(
    dir: &Path,
    plan: &Plan,
    seeds: &BTreeMap<System, SeedLock>,
    system: System,
    names: &[String],
) -> Result<Needed, NeededError> {
    let nodes = planned(plan, system)?;
    let chosen = choose(nodes, system, names)?;
    let mut sources = nodes.sources_of(chosen.nodes.iter().map(String::as_str));
    sources.extend(chosen.sources);
    let mut needed = Needed { missing: chosen.missing, named: !names.is_empty(), ..Needed::default() };
    for name in sources {
        if let Some(sdk) = plan.sdks.get(&name) {
            let path = fixed_output_path(&StoreName::new(&sdk.file)?, Method::Recursive, sdk.sha256);
            needed.sdks.push((name.strip_prefix("sdk-").unwrap_or(&name).to_owned(), path));
        }
        let Some(source) = plan.sources.get(&name) else { continue };
        let wanted = Wanted {
            name,
            file: if source.tree { format!("{}.tar.gz", source.file) } else { source.file.clone() },
            hash: source.hash,
            tree: source.tree,
            // The size of an archive whose bits may change would be a guess.
            size: source.size.filter(|_| !source.tree),
            urls: with_snapshot(&source.urls, plan.debian_snapshot.as_deref())
                .into_iter()
                .chain(beside(dir, source))
                .collect(),
        };
        needed.files.push(Pinned { wanted, name: StoreName::new(&source.file)? });
    }
    if let Some(seed) = seeds.get(&system) {
        let tiers: Vec<_> = chosen.tiers.into_iter().collect();
        add_seed(&mut needed, seed, &tiers)?;
    }
    let closure = nodes.closure(chosen.nodes.iter().map(String::as_str));
    let recipes: BTreeSet<&str> = closure.into_iter().map(|node| node.recipe).collect();
    for recipe in recipes {
        for (path, text) in Verbatim::embedded().package_locks(&place(recipe), system)? {
            add_seed(&mut needed, &SeedLock::parse(text, path)?, &Tier::ALL)?;
        }
    }
    Ok(needed)
}

/// Addresses, and after them those of the same files in a state of Debian's archive: its mirrors drop a file when no release
/// has it any more.
fn with_snapshot(urls: &[String], time: Option<&str>) -> Vec<String> {
    let paths = urls.iter().filter_map(|url| url.strip_prefix(DEBIAN));
    let old =
        time.into_iter().flat_map(|time| paths.clone().map(move |path| format!("mirror://{SNAPSHOT}/{time}/{path}")));
    urls.iter().cloned().chain(old).collect()
}

/// The address on this machine of an archive beside the matrix.
fn beside(dir: &Path, source: &LockedSource) -> Option<String> {
    let path = std::path::absolute(dir).ok()?.join(source.path.as_ref()?);
    reqwest::Url::from_file_path(path).ok().map(String::from)
}

/// Every package of a seed's lock.
pub fn whole_seed(seed: &SeedLock) -> Result<Needed, NeededError> {
    let mut needed = Needed { named: true, ..Needed::default() };
    add_seed(&mut needed, seed, &Tier::ALL)?;
    Ok(needed)
}

/// Adds a seed's base, the tiers and what unpacks them.
fn add_seed(needed: &mut Needed, seed: &SeedLock, tiers: &[Tier]) -> Result<(), StoreError> {
    let time = snapshot(&seed.date);
    let packages = seed.with(tiers).map(|package| package.pin());
    for package in packages.chain(seed.bootstrap.iter().cloned()) {
        let name = package.store_name();
        if package.name == seed.busybox.package {
            needed.busybox = Some(Busybox { package: package.sha256, nar: seed.busybox.nar });
        }
        if needed.files.iter().any(|file| file.wanted.hash == package.sha256) {
            continue;
        }
        let wanted = Wanted {
            name: package.name.clone(),
            file: name.clone(),
            hash: package.sha256.into(),
            tree: false,
            size: Some(package.size),
            urls: with_snapshot(&[format!("{DEBIAN}{}", package.path)], time.as_deref()),
        };
        needed.files.push(Pinned { wanted, name: StoreName::new(&name)? });
    }
    Ok(())
}
