//! `crossloom fetch`: pinned files, from wherever they can be had, into the Nix store under the paths that the rendered
//! derivations name.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use clap::Args;

use super::project::Project;
use super::{MatrixArgs, Outcome, Result};
use crate::fetch::{Fetched, Mirrors, Options, Show, Wanted, fetch_all};
use crate::nix::driver::Nix;
use crate::nix::store::{Method, StoreName, StorePath, fixed_output_path};
use crate::plan::{Output, Plan, Shell, SystemPlan};
use crate::platform::System;
use crate::seed::{SeedLock, Tier, extract_busybox};
use crate::word::Word;

#[derive(Debug, Args)]
pub struct FetchArgs {
    #[command(flatten)]
    matrix: MatrixArgs,
    /// Only what these cells, development shells and checks need; all of them when none is named.
    #[arg(value_name = "CELL|SHELL|CHECK")]
    cells: Vec<String>,
    /// The build machine's system, when it is another than this one.
    #[arg(long, value_name = "SYSTEM", value_parser = parse_system)]
    system: Option<System>,
    /// Look for files here first, e.g. on a medium for a machine without a network. May be given more than once.
    #[arg(long, value_name = "DIR")]
    from: Vec<PathBuf>,
    /// Collect every file here instead of in the cache, and leave the Nix store alone.
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
}

/// What a set of cells is built from.
struct Needed {
    /// Files and the store names they get.
    files: Vec<(Wanted, StoreName)>,
    /// The package that busybox comes in, among `files`.
    busybox: Option<(usize, crate::nix::hash::Sha256)>,
    /// SDKs of the user's, by their names in the matrix: no address has them.
    sdks: Vec<(String, StorePath)>,
    /// Cells that are left out, by the SDK that the lock does not hold.
    missing: BTreeMap<String, Vec<String>>,
    /// Whether cells were asked for by name, so that every one of them has to be possible.
    named: bool,
}

#[derive(Debug, thiserror::Error)]
enum FetchCommandError {
    #[error("there is no cell, check or node {name:?} for {system}\nhint: {hint}")]
    NoCell { name: String, system: System, hint: String },
    #[error(
        "{name} is made with sdk {sdk}, which is not in matrix.lock\nhint: run `crossloom sdk import --name {sdk} FILE`"
    )]
    NoSdk { name: String, sdk: String },
    #[error(
        "sdk {sdk} is locked, and not in this machine's store\nhint: run `crossloom sdk import --name {sdk} FILE` here, too"
    )]
    NotImported { sdk: String },
    #[error("the matrix has no cell for {system}, this machine's system\nhint: add it to [build] systems")]
    NoSystem { system: System },
    #[error("{failed} of {all} files could not be fetched")]
    Failed { failed: usize, all: usize },
    #[error("Nix added {name} as {found}, expected {expected}: this is a defect of crossloom, please report it")]
    Path { name: String, found: StorePath, expected: StorePath },
    #[error("the busybox in {path} is not the pinned one: its NAR hash is {found}, expected {expected}")]
    Busybox { path: String, found: String, expected: String },
    #[error("{host} is none of the build systems that crossloom knows\nhint: name one with --system")]
    Host { host: String },
    #[error("cannot make {path}, where links to what was fetched are kept")]
    Roots {
        path: String,
        #[source]
        source: std::io::Error,
    },
    #[error("there is no directory for a cache\nhint: set XDG_CACHE_HOME or HOME")]
    NoCache,
}

fn parse_system(text: &str) -> std::result::Result<System, String> {
    text.parse().map_err(|_| format!("expected one of {}", System::WORDS.join(", ")))
}

/// The system of the machine that this program runs on.
pub fn this_system() -> Result<System> {
    let host = || format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS);
    Ok(System::of_this_program().ok_or_else(|| FetchCommandError::Host { host: host() })?)
}

/// Where downloads are kept: `$XDG_CACHE_HOME/crossloom`, else `~/.cache/crossloom`.
pub(super) fn cache() -> Result<PathBuf> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let base = set("XDG_CACHE_HOME").or_else(|| Some(set("HOME")?.join(".cache")));
    Ok(base.ok_or(FetchCommandError::NoCache)?.join("crossloom"))
}

/// Runs the command.
pub fn run(args: &FetchArgs, quiet: bool) -> Result<Outcome> {
    let project = Project::open(&args.matrix.matrix)?;
    let system = args.system.map_or_else(this_system, Ok)?;
    let (plan, seeds) = (project.plan()?, project.seeds()?);
    let needed = needed(&plan, &seeds, system, &args.cells)?;
    for (sdk, cells) in &needed.missing {
        tracing::warn!("sdk {sdk} is not in matrix.lock, so nothing is fetched for {}", cells.join(", "));
    }
    match &args.to {
        Some(dir) => {
            for (sdk, _) in &needed.sdks {
                let dir = dir.display();
                tracing::warn!(
                    "sdk {sdk} has no address, and is not put into {dir}: take along the file that it was imported \
                     from, and run `crossloom sdk import --name {sdk} FILE` there"
                );
            }
            let files: Vec<_> = needed.files.iter().map(|(file, _)| file.clone()).collect();
            // What this machine has already need not be downloaded again.
            let from: Vec<_> = args.from.iter().cloned().chain(cache().ok()).collect();
            download(&files, dir, &from, true, quiet)?;
        }
        None => {
            let nix = Nix::locate()?;
            into_store(&nix, &needed, &args.from, &project.dir, quiet)?;
        }
    }
    Ok(Outcome::Fine)
}

/// Fetches what cells and checks need unless the store holds it.
pub fn for_names(
    nix: &Nix,
    project: &Project,
    plan: &Plan,
    system: System,
    names: &[String],
    quiet: bool,
) -> Result<()> {
    let needed = needed(plan, &project.seeds()?, system, names)?;
    into_store(nix, &needed, &[], &project.dir, quiet)
}

fn needed(plan: &Plan, seeds: &BTreeMap<System, SeedLock>, system: System, names: &[String]) -> Result<Needed> {
    let nodes = plan.systems.get(&system).ok_or(FetchCommandError::NoSystem { system })?;
    let chosen = choose(nodes, system, names)?;
    let mut sources = nodes.sources_of(chosen.nodes.iter().map(String::as_str));
    sources.extend(chosen.sources);
    let mut files = Vec::new();
    let mut sdks = Vec::new();
    for name in sources {
        if let Some(sdk) = plan.sdks.get(&name) {
            let path = fixed_output_path(&StoreName::new(&sdk.file)?, Method::Recursive, sdk.sha256);
            sdks.push((name.strip_prefix("sdk-").unwrap_or(&name).to_owned(), path));
        }
        let Some(source) = plan.sources.get(&name) else { continue };
        let wanted = Wanted {
            name,
            file: if source.tree { format!("{}.tar.gz", source.file) } else { source.file.clone() },
            sha256: source.sha256,
            tree: source.tree,
            // Of an archive whose bits may change, it would be a guess.
            size: source.size.filter(|_| !source.tree),
            urls: source.urls.clone(),
        };
        files.push((wanted, StoreName::new(&source.file)?));
    }
    let mut needed = Needed { files, busybox: None, sdks, missing: chosen.missing, named: !names.is_empty() };
    if let Some(seed) = seeds.get(&system) {
        let tiers: Vec<_> = chosen.tiers.into_iter().collect();
        add_seed(&mut needed, seed, &tiers)?;
    }
    Ok(needed)
}

/// Adds a seed's base, the tiers and what unpacks them.
fn add_seed(needed: &mut Needed, seed: &SeedLock, tiers: &[Tier]) -> Result<()> {
    let packages = seed.with(tiers).map(|package| package.pin());
    for package in packages.chain(seed.bootstrap.iter().cloned()) {
        let name = package.store_name();
        let holds_busybox = package.name == seed.busybox.package;
        let wanted = Wanted {
            name: package.name.clone(),
            file: name.clone(),
            sha256: package.sha256,
            tree: false,
            size: Some(package.size),
            urls: vec![format!("mirror://debian/{}", package.path)],
        };
        let known = needed.files.iter().position(|(file, _)| file.sha256 == wanted.sha256);
        let index = known.unwrap_or(needed.files.len());
        if known.is_none() {
            needed.files.push((wanted, StoreName::new(&name)?));
        }
        if holds_busybox {
            needed.busybox = Some((index, seed.busybox.nar));
        }
    }
    Ok(())
}

/// Puts all packages of a seed's lock into the store. Links that keep them are made in `dir`.
pub fn seed_into_store(seed: &SeedLock, from: &[PathBuf], dir: &Path, quiet: bool) -> Result<()> {
    let mut needed =
        Needed { files: Vec::new(), busybox: None, sdks: Vec::new(), missing: BTreeMap::new(), named: true };
    add_seed(&mut needed, seed, &Tier::ALL)?;
    into_store(&Nix::locate()?, &needed, from, dir, quiet)
}

/// The nodes that named cells, checks and nodes stand for, without those that they need.
///
/// # Errors
/// A name that the plan has not, or a cell whose SDK is not there.
pub fn nodes_of(plan: &SystemPlan, system: System, names: &[String]) -> Result<Vec<String>> {
    Ok(choose(plan, system, names)?.nodes)
}

/// What the named cells and checks stand for.
#[derive(Default)]
struct Chosen {
    nodes: Vec<String>,
    /// Sources that a check builds from without a node.
    sources: Vec<String>,
    /// Tiers of the seed beside its base.
    tiers: BTreeSet<Tier>,
    /// Cells that cannot be had, by the SDK that is not there.
    missing: BTreeMap<String, Vec<String>>,
}

fn choose(plan: &SystemPlan, system: System, names: &[String]) -> Result<Chosen> {
    if let Some((check, sdk)) = names.iter().find_map(|name| plan.missing_checks.get_key_value(name)) {
        return Err(FetchCommandError::NoSdk { name: check.clone(), sdk: sdk.clone() }.into());
    }
    let known = plan.names();
    if let Some(name) = names.iter().find(|name| !known.contains(name.as_str())) {
        let hint = match crate::diag::nearest(name, known.iter().copied()) {
            Some(near) => format!("did you mean {near:?}?"),
            None => "`crossloom plan` lists them".to_owned(),
        };
        return Err(FetchCommandError::NoCell { name: name.clone(), system, hint }.into());
    }
    let wanted = |name: &String| names.is_empty() || names.contains(name);
    let mut chosen = Chosen::default();
    for cell in &plan.cells {
        let shell = cell.shell.as_ref().filter(|shell| wanted(&shell.name));
        if shell.is_none() && !wanted(&cell.name) {
            continue;
        }
        // What a cell is built from does without: only who develops with it needs build systems and an emulator.
        chosen.tiers.extend(shell.map(Shell::tiers).unwrap_or_default());
        match &cell.output {
            Output::Node(node) => chosen.nodes.push(node.clone()),
            // Asked for by name it cannot be had; among all of them it is one that is not there yet.
            Output::MissingSdk(sdk) if names.is_empty() => {
                chosen.missing.entry(sdk.clone()).or_default().push(cell.name.clone());
            }
            Output::MissingSdk(sdk) => {
                return Err(FetchCommandError::NoSdk { name: cell.name.clone(), sdk: sdk.clone() }.into());
            }
        }
    }
    chosen.nodes.extend(names.iter().filter(|name| plan.nodes.iter().any(|node| node.name == **name)).cloned());
    for check in plan.checks.iter().filter(|check| wanted(&check.name)) {
        chosen.nodes.extend(check.nodes().cloned());
        chosen.sources.extend(check.sources().cloned());
        chosen.tiers.extend(&check.tiers);
    }
    chosen.tiers.extend(plan.tiers_of(chosen.nodes.iter().map(String::as_str)));
    Ok(chosen)
}

/// Downloads into a directory. Every failure is printed before the error that counts them is returned.
/// With `collect`, files that are found in `from` are copied too, rather than used where they lie.
fn download(files: &[Wanted], into: &Path, from: &[PathBuf], collect: bool, quiet: bool) -> Result<Vec<Fetched>> {
    let show = if quiet { Show::Quiet } else { Show::Auto };
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
                super::report(&error);
            }
        }
    }
    if failed > 0 {
        return Err(FetchCommandError::Failed { failed, all: files.len() }.into());
    }
    tracing::info!("{} files in {}, {:.1} MB downloaded", files.len(), into.display(), bytes as f64 / 1e6);
    Ok(found)
}

fn into_store(nix: &Nix, needed: &Needed, from: &[PathBuf], dir: &Path, quiet: bool) -> Result<()> {
    let mut imported = Vec::new();
    for (sdk, path) in &needed.sdks {
        if nix.is_valid(path)? {
            imported.push(path.clone());
        } else if needed.named {
            return Err(FetchCommandError::NotImported { sdk: sdk.clone() }.into());
        } else {
            tracing::warn!("sdk {sdk} is not in this machine's store: what is made with it cannot be built");
        }
    }
    let path_of = |file: &(Wanted, StoreName)| fixed_output_path(&file.1, method(&file.0), file.0.sha256);
    let busybox =
        needed.busybox.map(|(index, nar)| Ok::<_, Box<dyn std::error::Error>>((index, nar, busybox_path(nar)?)));
    let busybox = busybox.transpose()?;
    let mut paths: Vec<StorePath> = needed.files.iter().map(path_of).collect();
    paths.extend(busybox.iter().map(|(_, _, path)| path.clone()));
    let valid = nix.valid_paths(&paths)?;

    let mut missing: Vec<usize> = (0..needed.files.len()).filter(|i| !valid.contains(&paths[*i])).collect();
    let busybox = busybox.filter(|(_, _, path)| !valid.contains(path));
    if let Some((index, ..)) = busybox
        && !missing.contains(&index)
    {
        missing.push(index);
    }
    if !missing.is_empty() {
        let wanted: Vec<_> = missing.iter().map(|i| needed.files[*i].0.clone()).collect();
        let found = download(&wanted, &cache()?, from, false, quiet)?;
        let deb = busybox.as_ref().and_then(|(index, ..)| missing.iter().position(|i| i == index));
        let deb = deb.and_then(|i| found.get(i)).map(|deb| deb.path.clone());
        add_found(nix, needed, &paths, missing.iter().copied().zip(found).collect())?;
        if let (Some((_, nar, path)), Some(deb)) = (busybox, deb) {
            add_busybox(nix, &deb, nar, &path)?;
        }
    }
    paths.extend(imported);
    keep(nix, &paths, dir)
}

fn method(wanted: &Wanted) -> Method {
    if wanted.tree { Method::Recursive } else { Method::Flat }
}

/// Adds what was found to the store: pairs of a file's place in `needed` and where it is.
fn add_found(nix: &Nix, needed: &Needed, paths: &[StorePath], found: Vec<(usize, Fetched)>) -> Result<()> {
    let (mut places, mut files) = (Vec::new(), Vec::new());
    for (i, fetched) in found {
        let (wanted, name) = &needed.files[i];
        match fetched.tree {
            // One after the other, and each goes from the disk as soon as it is in the store: they are large.
            Some(mut tree) => {
                tree.rename(name)?;
                same(&wanted.name, nix.add_fixed(&tree.path(), name, Method::Recursive)?, &paths[i])?;
            }
            None => {
                places.push(i);
                files.push((fetched.path, name.clone()));
            }
        }
    }
    for (i, added) in places.into_iter().zip(nix.add_fixed_all(&files, Method::Flat)?) {
        same(&needed.files[i].0.name, added, &paths[i])?;
    }
    Ok(())
}

/// Sees that Nix put something where it should be.
pub fn same(name: &str, found: StorePath, expected: &StorePath) -> Result<()> {
    if found == *expected {
        return Ok(());
    }
    Err(FetchCommandError::Path { name: name.to_owned(), found, expected: expected.clone() }.into())
}

/// The store path of the seed's first program.
pub fn busybox_path(nar: crate::nix::hash::Sha256) -> Result<StorePath> {
    Ok(fixed_output_path(&StoreName::new("busybox-static")?, Method::Recursive, nar))
}

fn add_busybox(nix: &Nix, deb: &Path, nar: crate::nix::hash::Sha256, path: &StorePath) -> Result<()> {
    let dir = tempfile::tempdir()?;
    let out = dir.path().join("busybox-static");
    extract_busybox(deb, &out)?;
    let (found, _) = crate::nix::nar::hash_path(&out)?;
    if found != nar {
        let (found, expected) = (found.to_string(), nar.to_string());
        return Err(FetchCommandError::Busybox { path: deb.display().to_string(), found, expected }.into());
    }
    same("busybox", nix.add_fixed(&out, &StoreName::new("busybox-static")?, Method::Recursive)?, path)
}

/// The folder of this machine's own, beside the matrix.
pub fn roots(dir: &Path) -> Result<PathBuf> {
    let roots = dir.join(".crossloom");
    let fail = |source| FetchCommandError::Roots { path: roots.display().to_string(), source };
    std::fs::create_dir_all(&roots).map_err(fail)?;
    // Links into one machine's store are nothing to commit.
    crate::output::write_file(&roots.join(".gitignore"), "*\n")?;
    Ok(roots.canonicalize().map_err(fail)?)
}

/// Registers a garbage-collector root for each path, so that what was fetched is there when it is built from.
pub fn keep(nix: &Nix, paths: &[StorePath], dir: &Path) -> Result<()> {
    let roots = roots(dir)?;
    for path in paths {
        let link = roots.join(path.base_name());
        // Named by what it points to: a link that is there is right.
        if link.symlink_metadata().is_err() {
            nix.add_root(path, &link)?;
        }
    }
    Ok(())
}
