//! `crossloom format`: Nix files in the one style that rendered files have.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::page::Page;
use super::{Outcome, Result};
use crate::format::{Formatted, formatted};
use crate::output;

/// The page of `format`.
pub const PAGE: Page = Page {
    command: "format",
    examples: &[
        ("crossloom format", "formats the Nix files in this folder and below"),
        ("crossloom format --check overlays flake.nix", "prints which files would change"),
    ],
    uses: &[],
    found: "--check found a file that would change",
};

#[derive(Debug, Args)]
pub struct FormatArgs {
    /// Files, and folders with Nix files. Hidden folders, folders with a CACHEDIR.TAG and links are skipped.
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,
    /// Write nothing; print the files that would change, and exit 1 if there are any.
    #[arg(long)]
    check: bool,
    /// Print JSON: the files that would change.
    #[arg(long, requires = "check")]
    json: bool,
}

/// Formats what the arguments name. All files are read before one is written.
pub fn run(args: &FormatArgs) -> Result<Outcome> {
    let Formatted { changed, count } = formatted(&args.paths)?;
    if args.check {
        let names: Vec<String> = changed.iter().map(|(path, _)| path.display().to_string()).collect();
        match args.json {
            true => super::say_json(&json!({ "files": names }))?,
            false => super::say(&names.iter().map(|name| format!("{name}\n")).collect::<String>())?,
        }
        return Ok(if changed.is_empty() { Outcome::Fine } else { Outcome::Found });
    }
    output::write_files(&changed)?;
    tracing::info!("{} of {count} files changed", changed.len());
    Ok(Outcome::Fine)
}
