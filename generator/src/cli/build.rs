//! `crossloom build`: fetches the files that cells need, builds the cells with Nix, and prints their paths. `crossloom nix`:
//! Nix with the same settings.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Args;
use clap_complete::ArgValueCandidates;
use serde_json::json;

use super::edit::named;
use super::page::{Page, Use};
use super::progress::{Progress, estimated, show};
use super::project::{EditedArgs, first};
use super::table::separated;
use super::{MatrixArgs, Outcome, Result, project};
use crate::nix::cache::{CacheError, Caches, is_public_key, is_store};
use crate::nix::driver::Nix;
use crate::output::FOLDER;
use crate::plan::{Plan, SystemPlan};
use crate::platform::System;
use crate::project::{MATRIX_NAME, Project, cached};
use crate::store::build::Outcome as Built;
use crate::store::build::{BuildError, How, build, has_to_build, located};
use crate::store::choose::{attributes, choose, expand, planned};
use crate::store::develop::without_nixpkgs;
use crate::store::evaluate::store;
use crate::store::gc::TARGETS;
use crate::store::roots::can_be_made;
use crate::store::sources::for_names;
use crate::store::times::Times;
use crate::store::{Event, machine};

/// The page of `build`.
pub const PAGE: Page = Page {
    command: "build",
    examples: &[
        ("crossloom build {cell}", "builds a toolchain, prints its store path and makes a link `result` to it"),
        ("crossloom build --no-out-link {cell}", "makes no link `result` to it"),
        ("crossloom build --cache {cell}", "takes it from the binary cache that the matrix names, if it is there"),
        ("crossloom build --max-jobs 0 --builders ssh-ng://me@host {cell}", "builds on another machine"),
        ("crossloom build programs-{cell}", "builds a check, which compiles programs and runs them"),
        ("crossloom build --target {target}", "builds a toolchain without a matrix"),
        ("crossloom build --all --keep-going", "builds all cells and runs all checks, whatever fails"),
        ("crossloom build --dry-run {cell}", "prints the nodes that are not in the store yet"),
        ("crossloom build --rebuild gmp", "builds one node a second time and compares"),
    ],
    uses: &[Use::Project, Use::Rendered, Use::Nix, Use::Network],
    found: "--rebuild got a different output",
};

#[derive(Debug, Args)]
pub struct BuildArgs {
    #[command(flatten)]
    matrix: MatrixArgs,
    #[command(flatten)]
    edited: EditedArgs,
    /// Cells and checks, as `crossloom plan` prints them, nodes, or patterns such as '*-x86_64-*'; all cells if there is none.
    #[arg(value_name = "CELL|CHECK|NODE|PATTERN", add = ArgValueCandidates::new(super::manual::names))]
    names: Vec<String>,
    /// Build all cells and all checks.
    #[arg(long, conflicts_with = "names")]
    all: bool,
    /// Build the cell of this target, with tested defaults and without a matrix; its files are made in the cache.
    #[arg(long, value_name = "TARGET", conflicts_with_all = ["names", "all", "matrix", "allow_edited"])]
    target: Option<String>,
    /// The family of the target, if more than one family has it.
    #[arg(long, value_name = "FAMILY", value_parser = super::list::family(), requires = "target")]
    family: Option<String>,
    /// Print the nodes that would be built, with their store paths. Builds and downloads nothing.
    #[arg(long, conflicts_with = "rebuild")]
    dry_run: bool,
    /// Print JSON: the nodes that would be built.
    #[arg(long, requires = "dry_run")]
    json: bool,
    /// If something cannot be built, build everything else that does not need it.
    #[arg(short, long)]
    keep_going: bool,
    /// Name of the links to the results, which protect them from the garbage collector; the second is LINK-2.
    #[arg(short, long, value_name = "LINK", default_value = "result")]
    out_link: PathBuf,
    /// Make no links to the results.
    #[arg(long, conflicts_with = "out_link")]
    no_out_link: bool,
    /// Build every node of a cell a second time and compare; exit 1 if one differs.
    #[arg(long, conflicts_with_all = ["substituters", "cache"])]
    rebuild: bool,
    #[command(flatten)]
    cache: CacheArgs,
    /// Machines that build in this one's place, as Nix's setting `builders` has them: "ssh-ng://me@host x86_64-linux".
    #[arg(long, value_name = "MACHINES")]
    builders: Option<String>,
    /// Build so many nodes at a time on this machine; with 0, none. [default: Nix's setting]
    #[arg(short = 'j', long, value_name = "N")]
    max_jobs: Option<u32>,
}

/// Binary caches to take finished builds from.
#[derive(Debug, Args)]
struct CacheArgs {
    /// Take finished builds from this binary cache; may be repeated.
    #[arg(long = "substituter", value_name = "URL", value_parser = store_address)]
    substituters: Vec<String>,
    /// Trust builds that are signed with this key, NAME:KEY; may be repeated.
    #[arg(long = "trusted-public-key", value_name = "KEY", value_parser = public_key, requires = "substituters")]
    keys: Vec<String>,
    /// Take finished builds from the caches that `[cache]` in the matrix names, and trust its keys.
    #[arg(long)]
    cache: bool,
}

/// The address of a store.
pub fn store_address(word: &str) -> std::result::Result<String, CacheError> {
    if is_store(word) { Ok(word.to_owned()) } else { Err(CacheError::Substituter { word: word.to_owned() }) }
}

fn public_key(word: &str) -> std::result::Result<String, CacheError> {
    if is_public_key(word) { Ok(word.to_owned()) } else { Err(CacheError::PublicKey { word: word.to_owned() }) }
}

/// The matrix offers no cache.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("the matrix has no [cache]")]
#[diagnostic(help("name a cache: --substituter URL --trusted-public-key KEY; or leave --cache away"))]
struct NoCache;

impl CacheArgs {
    /// The caches that are asked for, those of the command line first.
    fn caches(&self, project: &Project) -> Result<Caches> {
        let mut caches = Caches { substituters: self.substituters.clone(), keys: self.keys.clone() };
        if self.cache {
            let offered = &project.matrix.caches;
            if offered.substituters.is_empty() {
                return Err(NoCache.into());
            }
            tracing::info!("taking from {}, trusting {}", offered.substituters.join(" "), offered.keys.join(" "));
            caches.substituters.extend(offered.substituters.iter().cloned());
            caches.keys.extend(offered.keys.iter().cloned());
        }
        Ok(caches)
    }
}

/// Names the cells that are left out where no name is given, because their SDK is not imported.
///
/// # Errors
/// If nothing is left: that of a cell whose SDK is not there.
pub fn without_sdk(plan: &SystemPlan, system: System, names: &[String]) -> Result<()> {
    if names.is_empty() {
        let all: Vec<String> = plan.cells.iter().map(|cell| cell.name.clone()).collect();
        choose(plan, system, &all)?;
    }
    for cell in plan.cells.iter().filter(|cell| cell.node().is_none()) {
        tracing::warn!("{} is left out: its SDK is not imported", cell.name);
    }
    Ok(())
}

/// Runs the command.
pub fn run(args: &BuildArgs, quiet: bool) -> Result<Outcome> {
    let path = match &args.target {
        Some(word) => planned_for(word, args.family.as_deref())?,
        None => args.matrix.find()?,
    };
    let project = project::open(&path)?;
    let index = project.index()?;
    let system = machine::system()?;
    let nix = located(&project.seeds()?, system)?;
    let plan = project.plan()?;
    args.edited.current(&project, &plan)?;
    let part = planned(&plan, system)?;
    let names = expand(part, system, &args.names, args.all)?;
    if args.names.is_empty() {
        without_sdk(part, system, &names)?;
    }
    let caches = args.cache.caches(&project)?;
    let nix = if caches.substituters.is_empty() { nix } else { nix.with_caches(&caches)? };
    if args.dry_run {
        return dry_run(&nix, &project, &plan, system, &names, args.json);
    }
    let mut progress = Progress::new(quiet);
    let mut tell = |event: Event<'_>| progress.tell(event);
    let attributes = attributes(part, system, &names, args.rebuild);
    // A second build that is compared gives nothing new.
    let link = (!args.no_out_link && !args.rebuild).then_some(args.out_link.as_path());
    if let Some(link) = link {
        can_be_made(&nix, link, attributes.len())?;
    }
    // What comes from a cache needs no sources.
    if caches.substituters.is_empty() || has_to_build(&nix, &index, &attributes)? {
        for_names(&nix, &project, &plan, system, &names, show(quiet), &mut tell)?;
    }
    let how = How {
        link,
        rebuild: args.rebuild,
        keep_going: args.keep_going,
        builders: args.builders.as_deref(),
        jobs: args.max_jobs,
    };
    let outcome = match build(&nix, &index, &attributes, &how, &mut tell)? {
        Built::Built(paths) => {
            super::say(&paths)?;
            Outcome::Fine
        }
        Built::Differs(nodes) => {
            for node in nodes {
                tracing::error!("{node} differs when it is built again");
            }
            Outcome::Found
        }
    };
    if let Some(word) = &args.target {
        let family = args.family.as_ref().map(|family| format!(" --family {family}")).unwrap_or_default();
        tracing::info!(
            "to keep this as a project of your own: crossloom init --target {word}{family} && crossloom sync"
        );
    }
    Ok(outcome)
}

/// A project in the cache with one target, locked and rendered.
fn planned_for(word: &str, family: Option<&str>) -> Result<PathBuf> {
    let target = named(word, family)?;
    let name = format!("{}-{}", target.family.about().key, target.name);
    let folder = machine::cache()?.join(TARGETS).join(name);
    let text = first(&[word.to_owned()], family)?;
    // A newer crossloom may have other defaults, and its own lock for them.
    Ok(cached(&folder, &text)?)
}

/// The name in a store path, which is that of its derivation for a default output.
fn name_of(path: &str) -> Option<&str> {
    path.rsplit('/').next()?.get(33..)
}

/// Prints the nodes that a build would build.
fn dry_run(nix: &Nix, project: &Project, plan: &Plan, system: System, names: &[String], json: bool) -> Result<Outcome> {
    let part = planned(plan, system)?;
    let stores = store(nix, project, plan)?;
    let known = stores.get(&system);
    let chosen = choose(part, system, names)?.nodes;
    let nodes = part.closure(chosen.iter().map(String::as_str));
    let all = nodes.len();
    let checks =
        part.checks.iter().map(|check| check.name.as_str()).filter(|check| names.iter().any(|name| name == check));
    let all_names = nodes.iter().map(|node| node.name.as_str()).chain(checks);
    let stored = all_names.filter_map(|name| Some((name, known?.get(name)?)));
    let missing: Vec<(&str, &str)> =
        stored.filter(|(_, stored)| !stored.present).map(|(name, stored)| (name, stored.path.as_str())).collect();
    let times = Times::of_this_machine();
    let time = estimated(times.sum(missing.iter().filter_map(|(_, path)| name_of(path)))).unwrap_or_default();
    tracing::info!("{} to build; {all} nodes in all{time}", missing.len());
    if json {
        let seconds = |path| times.of(name_of(path)?).map(|time| time.as_secs());
        let build: Vec<_> = missing
            .iter()
            .map(|(name, path)| json!({ "name": name, "path": path, "seconds": seconds(path) }))
            .collect();
        super::say_json(&json!({ "system": system.as_str(), "nodes": all, "build": build }))?;
    } else {
        let row = |(name, path): &(&str, &str)| vec![(*name).to_owned(), (*path).to_owned()];
        super::say(&separated(&missing.iter().map(row).collect::<Vec<_>>()))?;
    }
    Ok(Outcome::Fine)
}

/// The page of `nix`.
pub const NIX: Page = Page {
    command: "nix",
    examples: &[
        ("crossloom nix develop .#{target}", "enters a development shell; run `crossloom fetch {target}` before"),
        ("crossloom nix flake show", "shows what the rendered flake has"),
        (
            "crossloom nix path-info --closure-size .#{cell}",
            "prints how large a toolchain is with everything that it needs",
        ),
    ],
    uses: &[Use::Project, Use::Rendered, Use::Nix],
    found: "",
};

#[derive(Debug, Args)]
pub struct NixArgs {
    #[command(flatten)]
    matrix: MatrixArgs,
    #[command(flatten)]
    edited: EditedArgs,
    /// Arguments for `nix`, such as `build .#CELL`.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true, value_name = "ARG")]
    args: Vec<String>,
}

/// Whether a command of Nix builds nothing, and is useful even where nothing is rendered or the lock is stale. An option's value
/// in front of the command counts as an unknown command.
fn builds_nothing(args: &[String]) -> bool {
    const COMMANDS: [&str; 17] = [
        "config",
        "daemon",
        "derivation",
        "doctor",
        "eval",
        "hash",
        "help",
        "key",
        "log",
        "nar",
        "path-info",
        "registry",
        "search",
        "show-config",
        "show-derivation",
        "store",
        "why-depends",
    ];
    const FLAKE: [&str; 8] = ["clone", "info", "init", "lock", "metadata", "new", "show", "update"];
    if args.iter().any(|arg| ["--help", "--version"].contains(&arg.as_str())) {
        return true;
    }
    let mut words = args.iter().map(String::as_str).filter(|arg| !arg.starts_with('-'));
    match words.next() {
        Some("flake") => words.next().is_none_or(|word| FLAKE.contains(&word)),
        word => word.is_none_or(|word| COMMANDS.contains(&word)),
    }
}

/// The matrices of rendered folders that arguments of Nix name: as flakes, by folder, or by a file in them; that of the working
/// directory where they name none.
fn named_matrices(args: &[String]) -> Vec<PathBuf> {
    let own = args.iter().take_while(|arg| !["--", "-c", "--command"].contains(&arg.as_str()));
    let place = |arg: &String| {
        let flake = arg.split('#').next().unwrap_or_default();
        let known = ["path:", "git+file:"].iter().find_map(|scheme| flake.strip_prefix(scheme));
        let flake = known.unwrap_or(flake);
        let (path, query) = flake.split_once('?').unwrap_or((flake, ""));
        let path = Path::new(".").join(path.strip_prefix("//").unwrap_or(path));
        let below = query.split('&').find_map(|word| word.strip_prefix("dir="));
        let path = below.map_or(path.clone(), |below| path.join(below));
        (known.is_some() || arg.contains('#') || path.exists()).then_some(path)
    };
    let mut places: Vec<PathBuf> = own.skip(1).filter_map(place).collect();
    places.push(PathBuf::from("."));
    let rendered = |folder: &Path| folder.join(FOLDER).join("default.nix").is_file();
    let matrix = |place: PathBuf| {
        let matrix = place.canonicalize().ok()?.ancestors().find(|folder| rendered(folder))?.join(MATRIX_NAME);
        matrix.is_file().then_some(matrix)
    };
    places.into_iter().filter_map(matrix).collect::<BTreeSet<_>>().into_iter().collect()
}

/// Runs `nix` as `crossloom build` would: with flakes, sandboxed, offline, and with the sandbox's /bin/sh.
pub fn nix(args: &NixArgs) -> Result<Outcome> {
    let project = project::open(&args.matrix.find()?)?;
    let nix = located(&project.seeds()?, machine::system()?)?;
    if !builds_nothing(&args.args) {
        if project.index().is_ok() {
            args.edited.current(&project, &project.plan()?)?;
        }
        // What Nix builds may be another project.
        let own = project.dir.canonicalize().ok();
        for matrix in named_matrices(&args.args) {
            let other = project::open(&matrix)?;
            if other.dir.canonicalize().ok() != own {
                args.edited.current(&other, &other.plan()?)?;
            }
        }
    }
    let mut all = vec!["--offline".to_owned()];
    all.extend(without_nixpkgs(&nix, &args.args)?);
    let run = |source| BuildError::Run { program: "nix".to_owned(), source };
    let status = nix.command("nix", &all).status().map_err(run)?;
    // As in a shell, the exit code is the one of Nix.
    Ok(Outcome::Code(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(2)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_that_nix_builds_is_found_however_it_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().canonicalize().unwrap().join("below");
        let index = folder.join(FOLDER).join("default.nix");
        std::fs::create_dir_all(index.parent().unwrap()).unwrap();
        for file in [&index, &folder.join(MATRIX_NAME)] {
            std::fs::write(file, "").unwrap();
        }
        let (own, above) = (folder.display(), folder.parent().unwrap().display());
        let by = |word: &str| named_matrices(&["build", word].map(str::to_owned));
        for word in [
            own.to_string(),
            format!("{own}#cell"),
            format!("path:{own}#cell"),
            format!("git+file://{above}?dir=below#cell"),
            index.display().to_string(),
        ] {
            assert!(by(&word).contains(&folder.join(MATRIX_NAME)), "{word}: {:?}", by(&word));
        }
        assert!(!by(&format!("{above}#cell")).contains(&folder.join(MATRIX_NAME)));
    }

    #[test]
    fn commands_that_build_nothing_are_known() {
        let of = |words: &str| builds_nothing(&words.split(' ').map(str::to_owned).collect::<Vec<_>>());
        for words in ["eval .#a", "flake show", "-L store sign", "build --help", "--version"] {
            assert!(of(words), "{words}");
        }
        for words in ["build .#a", "--max-jobs 1 eval .#a", "flake check", "copy .#a", "fmt", "develop"] {
            assert!(!of(words), "{words}");
        }
    }
}
