//! `crossloom diff`: the cells that would be rebuilt, and why.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use clap::Args;

use super::page::{Page, Use};
use super::{Outcome, Result, project};
use crate::diff::{Diff, Side, Status, diff};
use crate::output::FOLDER;
use crate::project::{ProjectError, Snapshot, at_revision, nearest};
use crate::tree::TreeError;

/// The page of `diff`.
pub const PAGE: Page = Page {
    command: "diff",
    examples: &[
        ("crossloom diff HEAD", "compares with the last commit"),
        ("crossloom diff --markdown origin/main", "prints a comment for a pull request"),
        ("crossloom diff ../before matrix.toml", "compares with the matrix in another folder"),
        ("crossloom diff --json HEAD", "the same for programs"),
    ],
    uses: &[Use::Project, Use::Rendered],
    found: "a cell would be rebuilt, or a name stands for another cell than before",
};

#[derive(Debug, Args)]
pub struct DiffArgs {
    /// The matrix or folder to compare with; or a revision of git, such as HEAD, if nothing of that name is there.
    #[arg(value_name = "OLD")]
    old: PathBuf,
    /// The new matrix or folder. [default: matrix.toml in this folder, or in the nearest one above it that has one]
    #[arg(value_name = "NEW")]
    new: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    /// Print Markdown, for a comment on a pull request.
    #[arg(long, conflicts_with = "json")]
    markdown: bool,
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
    let path = args.new.clone().map_or_else(nearest, Ok)?;
    if path.symlink_metadata().is_err() {
        return Err(ProjectError::NotNamed { path: path.display().to_string() }.into());
    }
    // A folder has precedence, as for git's own commands that take both.
    let revision = match (args.old.symlink_metadata(), args.old.to_str()) {
        (Err(error), Some(word)) if error.kind() == ErrorKind::NotFound => {
            Some(at_revision(word, &path).map_err(ProjectError::from)?)
        }
        _ => None,
    };
    let old = revision.as_ref().map_or(&args.old, |revision| &revision.matrix);
    let (old, new) = (project::open_named(old)?, project::open_named(&path)?);
    // A folder that an older crossloom rendered has its recipes. Without it, both sides have the recipes of this program.
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
        FilesError { old: name(&args.old), new: name(&path), source }
    })?;
    match (args.json, args.markdown) {
        (true, _) => super::say_json(&compared)?,
        (_, true) => super::say(&compared.to_markdown(&summary(&compared)))?,
        _ => super::say(&compared.to_text())?,
    }
    tracing::info!("{}", summary(&compared));
    if compared.reuses() {
        tracing::warn!("some names now stand for other cells: whoever builds them by name gets another package");
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
