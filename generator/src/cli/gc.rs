//! `crossloom gc`: the size of the cache, and what of it can go.

use std::time::Duration;

use clap::Args;
use indicatif::HumanBytes;
use serde_json::json;

use super::page::{Page, Use};
use super::table::separated;
use super::{MatrixArgs, Outcome, Result, project};
use crate::store::gc::{Item, remove, survey};

/// The page of `gc`.
pub const PAGE: Page = Page {
    command: "gc",
    examples: &[
        ("crossloom gc --dry-run", "prints how large the cache is, and what would be removed"),
        ("crossloom gc", "removes downloads and projects of `build --target` that are older than 30 days"),
        ("crossloom gc --older-than 0", "removes everything that the matrix here does not need"),
    ],
    uses: &[Use::Project, Use::Network],
    found: "",
};

#[derive(Debug, Args)]
pub struct GcArgs {
    #[command(flatten)]
    matrix: MatrixArgs,
    /// Remove nothing; print what would be removed.
    #[arg(long)]
    dry_run: bool,
    /// Keep what is younger than this many days.
    #[arg(long, value_name = "DAYS", default_value_t = 30)]
    older_than: u32,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: &GcArgs) -> Result<Outcome> {
    // Without a matrix nothing is kept but what is young.
    let path = args.matrix.find()?;
    let here = if args.matrix.is_given() || path.exists() { Some(project::open(&path)?) } else { None };
    let (dir, items) = survey(here.as_ref(), Duration::from_secs(u64::from(args.older_than) * 86_400))?;
    let bytes = |items: &[&Item]| items.iter().map(|item| item.bytes).sum::<u64>();
    let all: Vec<&Item> = items.iter().collect();
    let gone: Vec<&Item> = items.iter().filter(|item| item.removable).collect();
    if !args.dry_run {
        for item in &gone {
            remove(item)?;
        }
    }
    let (total, freed) = (bytes(&all), bytes(&gone));
    if args.json {
        let removed: Vec<_> =
            gone.iter().map(|item| json!({ "path": item.path.display().to_string(), "bytes": item.bytes })).collect();
        super::say_json(&json!({
            "cache": dir.display().to_string(),
            "bytes": total,
            "dry_run": args.dry_run,
            "removed": removed,
        }))?;
        return Ok(Outcome::Fine);
    }
    let rows: Vec<Vec<String>> =
        gone.iter().map(|item| vec![item.bytes.to_string(), item.path.display().to_string()]).collect();
    super::say(&separated(&rows))?;
    let verb = if args.dry_run { "would be removed" } else { "removed" };
    tracing::info!(
        "{}: {} in {} items; {} in {} {verb}",
        dir.display(),
        HumanBytes(total),
        all.len(),
        HumanBytes(freed),
        gone.len()
    );
    Ok(Outcome::Fine)
}
