//! `crossloom format`: Nix files in the one style that rendered files have.

use std::path::PathBuf;

use clap::Args;

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
}

/// Formats what the arguments name. All files are read before one is written.
pub fn run(args: &FormatArgs) -> Result<Outcome> {
    let Formatted { changed, count } = formatted(&args.paths)?;
    if args.check {
        let names: String = changed.iter().map(|(path, _)| format!("{}\n", path.display())).collect();
        super::say(&names)?;
        return Ok(if changed.is_empty() { Outcome::Fine } else { Outcome::Found });
    }
    output::write_files(&changed)?;
    tracing::info!("{} of {count} files changed", changed.len());
    Ok(Outcome::Fine)
}
