//! `crossloom diff`: what would be built again, and why.

use std::path::{Path, PathBuf};

use clap::Args;

use super::{Outcome, Result, project};
use crate::diff::{Diff, Side, Status, diff};
use crate::output::FOLDER;
use crate::project::Snapshot;
use crate::tree::TreeError;

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

#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("the recipes beside {old} and {new} cannot be compared")]
#[diagnostic(help(
    "run `crossloom generate` beside both, or move the older folder {FOLDER} away to compare without recipes"
))]
struct FilesError {
    old: String,
    new: String,
    #[source]
    source: TreeError,
}

/// Runs the command.
pub fn run(args: &DiffArgs) -> Result<Outcome> {
    let (old, new) = (project::open_named(&args.old)?, project::open_named(&args.new)?);
    // What an older crossloom rendered tells what its recipes were. Without that both have those that there are now.
    let (before, after) = match old.rendered()? {
        Some(files) => (files, new.rendered()?.unwrap_or_default()),
        None => {
            tracing::info!("no folder {FOLDER} beside {}: recipes are not compared", args.old.display());
            Default::default()
        }
    };
    let (old, new) = (old.snapshot(before)?, new.snapshot(after)?);
    let compared = diff(&side(&old), &side(&new)).map_err(|source| {
        let name = |path: &Path| path.display().to_string();
        FilesError { old: name(&args.old), new: name(&args.new), source }
    })?;
    match args.json {
        true => super::say_json(&compared)?,
        false => super::say(&compared.to_text())?,
    }
    tracing::info!("{}", summary(&compared));
    if compared.reuses() {
        tracing::warn!(
            "names stand for other cells than before: whoever builds one of them by name gets another package"
        );
    }
    Ok(if compared.rebuilds() || compared.reuses() { Outcome::Found } else { Outcome::Fine })
}

fn side(of: &Snapshot) -> Side<'_> {
    Side { plan: &of.plan, seeds: &of.seeds, nixpkgs: of.nixpkgs.as_deref(), files: &of.files }
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
