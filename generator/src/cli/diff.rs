//! `crossloom diff`: what would be built again, and why.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use clap::Args;

use super::project::{self, Project};
use super::{Outcome, Result};
use crate::diff::{Diff, Side, Status, diff};
use crate::output::{FOLDER, MARKER};
use crate::plan::Plan;
use crate::platform::System;
use crate::seed::SeedLock;
use crate::tree::TreeError;
use crate::verbatim::Verbatim;

#[derive(Debug, Args)]
pub struct DiffArgs {
    /// The matrix to compare with, its lock beside it, e.g. in another git worktree.
    #[arg(value_name = "OLD")]
    old: PathBuf,
    /// The matrix as it is now.
    #[arg(value_name = "NEW", default_value = "matrix.toml")]
    new: PathBuf,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, thiserror::Error)]
enum DiffError {
    #[error("there is no {path}\nhint: name a matrix, or a folder with a matrix.toml")]
    NoMatrix { path: String },
    #[error(
        "the recipes beside {old} and {new} cannot be compared\n\
         hint: run `crossloom generate` beside both, or move the older folder {FOLDER} away to compare without recipes"
    )]
    Files {
        old: String,
        new: String,
        #[source]
        source: TreeError,
    },
    #[error("cannot read {path}")]
    Read {
        path: String,
        #[source]
        source: std::io::Error,
    },
    #[error("{path} is neither a file nor a folder\nhint: run `crossloom generate` there")]
    Special { path: String },
    #[error("{path} is too large for a folder that crossloom renders\nhint: run `crossloom generate` there")]
    Large { path: String },
    #[error("{path} has a name that is not UTF-8 text\nhint: run `crossloom generate` there")]
    Name { path: String },
}

/// No rendered folder is larger, in bytes: those of today have less than one megabyte.
const LIMIT: usize = 64 << 20;

/// Files of a rendered folder that are taken over as they are, and seed locks, by their paths in it.
type Files = BTreeMap<String, String>;

/// Everything that one side is compared by.
struct Known {
    plan: Plan,
    seeds: BTreeMap<System, SeedLock>,
    nixpkgs: Option<String>,
    files: Verbatim,
}

/// Runs the command.
pub fn run(args: &DiffArgs) -> Result<Outcome> {
    let (old, new) = (Project::open(&matrix(&args.old)?)?, Project::open(&matrix(&args.new)?)?);
    // What an older crossloom rendered tells what its recipes were. Without that both have those that there are now.
    let (before, after) = match rendered(&old.dir)? {
        Some(files) => (files, rendered(&new.dir)?.unwrap_or_default()),
        None => {
            tracing::info!("no folder {FOLDER} beside {}: recipes are not compared", args.old.display());
            Default::default()
        }
    };
    let (old, new) = (known(&old, before)?, known(&new, after)?);
    let compared = diff(&side(&old), &side(&new)).map_err(|source| {
        let name = |path: &Path| path.display().to_string();
        DiffError::Files { old: name(&args.old), new: name(&args.new), source }
    })?;
    match args.json {
        true => super::say(&format!("{}\n", serde_json::to_string_pretty(&compared)?))?,
        false => super::say(&compared.to_text())?,
    }
    tracing::info!("{}", summary(&compared));
    Ok(if compared.rebuilds() { Outcome::Found } else { Outcome::Fine })
}

/// The matrix that is named, which is there.
fn matrix(path: &Path) -> Result<PathBuf> {
    let matrix = project::matrix_in(path);
    match matrix.symlink_metadata() {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            Err(DiffError::NoMatrix { path: matrix.display().to_string() }.into())
        }
        // What else is wrong with it shows when it is read.
        _ => Ok(matrix),
    }
}

fn known(project: &Project, files: Files) -> Result<Known> {
    let mut seeds = project.seeds()?;
    for (system, seed) in &mut seeds {
        // A lock of the user's own stands in seeds/ and was taken already.
        let name = format!("seeds/{}-{system}.json", seed.suite);
        let rendered = format!("seed/{}-{system}.json", seed.suite);
        if !project.dir.join(name).is_file()
            && let Some(text) = files.get(&rendered)
        {
            *seed = SeedLock::parse(text, &project.dir.join(FOLDER).join(rendered).display().to_string())?;
        }
    }
    // A plan may name a recipe that was not rendered yet: it would be this program's.
    let files = files.into_iter().filter(|(path, _)| !is_lock(path));
    let files = files.fold(Verbatim::embedded().clone(), |all, (path, text)| all.with(&path, &text));
    Ok(Known { plan: project.plan()?, seeds, nixpkgs: project.nixpkgs()?, files })
}

fn side(known: &Known) -> Side<'_> {
    Side { plan: &known.plan, seeds: &known.seeds, nixpkgs: known.nixpkgs.as_deref(), files: &known.files }
}

fn is_lock(path: &str) -> bool {
    path.starts_with("seed/") && path.ends_with(".json")
}

/// The files in the folders of a rendered tree beside a matrix, if crossloom rendered one there.
fn rendered(dir: &Path) -> Result<Option<Files>> {
    let folder = dir.join(FOLDER);
    if !project::read(&folder.join("default.nix"))?.is_some_and(|text| text.starts_with(MARKER)) {
        return Ok(None);
    }
    let (mut files, mut bytes) = (Files::new(), 0usize);
    let mut left = vec![String::new()];
    while let Some(below) = left.pop() {
        let path = folder.join(&below);
        let failed = |source| DiffError::Read { path: path.display().to_string(), source };
        for entry in std::fs::read_dir(&path).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let shown = entry.path().display().to_string();
            let name = entry.file_name().into_string().map_err(|_| DiffError::Name { path: shown.clone() })?;
            let name = if below.is_empty() { name } else { format!("{below}/{name}") };
            let metadata = entry.metadata().map_err(failed)?;
            if metadata.is_dir() {
                left.push(name);
            } else if !metadata.is_file() {
                return Err(DiffError::Special { path: shown }.into());
            } else if !below.is_empty() {
                bytes = bytes.saturating_add(usize::try_from(metadata.len()).unwrap_or(usize::MAX));
                if bytes > LIMIT {
                    return Err(DiffError::Large { path: folder.display().to_string() }.into());
                }
                files.extend(project::read(&entry.path())?.map(|text| (name, text)));
            }
        }
    }
    Ok(Some(files))
}

/// How many cells of each kind there are, for people.
fn summary(diff: &Diff) -> String {
    let kinds = [
        (Status::Rebuilt, "rebuilt"),
        (Status::Added, "added"),
        (Status::Removed, "removed"),
        (Status::Renamed, "renamed"),
        (Status::Unchanged, "unchanged"),
    ];
    let counts = kinds.map(|(status, word)| (diff.count(status), word)).into_iter().filter(|(count, _)| *count > 0);
    let counts: Vec<String> = counts.map(|(count, word)| format!("{count} {word}")).collect();
    if counts.is_empty() { "no cells".to_owned() } else { format!("cells: {}", counts.join(", ")) }
}
